import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { OpenFlags, Rights } from './abi.js';
import { errnoOfCode } from './errno.js';
import { TestTier } from './program.fixture.js';

/** For each way of resolving paths. */
const seconds = Number(process.env['UPSHIFT_RACE_SECONDS'] ?? 1.5);

const swapper = fileURLToPath(new URL('./race.fixture.js', import.meta.url));
const dir = 3;

/** Allowed outcomes for a path through what is being swapped. */
const allowed = new Set(
  ['ENOTCAPABLE', 'ENOENT', 'EEXIST', 'ENOTDIR', 'ELOOP', 'EAGAIN', 'EINVAL'].map((name) =>
    errnoOfCode(name),
  ),
);

describe('while others swap a directory and a link that leads out', () => {
  for (const resolution of ['openat2', 'walk'] as const) {
    it(`nothing outside is reached: ${resolution}`, async (context) => {
      const base = mkdtempSync(join(tmpdir(), 'upshift-race-'));
      const root = join(base, 'root');
      const outside = join(base, 'outside');
      for (const path of [root, outside, join(root, 'swapped'), join(outside, 'sub')]) mkdirSync(path);
      writeFileSync(join(root, 'swapped/file'), 'inside');
      writeFileSync(join(outside, 'file'), 'OUTSIDE');
      symlinkSync('../outside', join(root, 'link'));
      const before = statSync(outside, { bigint: true });
      const other = spawn(process.execPath, [swapper, root], { stdio: ['ignore', 'pipe', 'inherit'] });
      const tier = new TestTier('interp');
      try {
        await once(other.stdout, 'data');
        const program = tier.program({ preopens: { '/': root }, resolution });
        let inside = 0;
        let refused = 0;
        let operations = 0;
        const check = (error: number): void => {
          operations++;
          if (error === 0) inside++;
          else if (error === errnoOfCode('ENOTCAPABLE')) refused++;
          assert.ok(error === 0 || allowed.has(error), `error ${error}`);
        };
        const { create, exclusive, truncate } = OpenFlags;
        const rights = Rights.fdRead | Rights.fdWrite | Rights.fdSeek;
        const end = Date.now() + seconds * 1000;
        for (let round = 0; Date.now() < end || inside <= 10 || refused <= 10; round++) {
          const read = program.tryOpen(dir, 'swapped/file', { rights: Rights.fdRead, inheriting: 0 });
          check(read < 0 ? -read : 0);
          if (read >= 0) {
            assert.equal(program.read(read, 20), 'inside');
            program.call('fd_close', read);
          }
          const made = program.tryOpen(dir, 'swapped/new', {
            oflags: create | exclusive,
            rights,
            inheriting: 0,
          });
          check(made < 0 ? -made : 0);
          if (made >= 0) {
            program.write(made, 'from the program');
            program.call('fd_close', made);
          }
          const cut = program.tryOpen(dir, 'swapped/new', { oflags: truncate, rights, inheriting: 0 });
          check(cut < 0 ? -cut : 0);
          if (cut >= 0) program.call('fd_close', cut);
          check(Number(program.path('path_filestat_get', [dir, 1], 'swapped/sub', 0)));
          // The kernel gives up on `..` while somebody renames.
          const around = program.tryOpen(dir, 'swapped/../swapped/../swapped/file', {
            rights: 0,
            inheriting: 0,
          });
          check(around < 0 ? -around : 0);
          if (around >= 0) program.call('fd_close', around);
          check(Number(program.path('path_create_directory', [dir], 'swapped/made')));
          check(Number(program.path('path_remove_directory', [dir], 'swapped/made')));
          check(Number(program.path('path_remove_directory', [dir], 'swapped/sub')));
          check(Number(program.paths('path_rename', dir, 'swapped/new', dir, 'swapped/other')));
          check(Number(program.paths('path_link', dir, 'swapped/other', dir, `linked-${round % 4}`)));
          check(Number(program.path('path_unlink_file', [dir], `linked-${round % 4}`)));
          check(Number(program.path('path_unlink_file', [dir], 'swapped/other')));
          check(Number(program.symlink('nothing', dir, 'swapped/symbolic')));
          check(Number(program.path('path_unlink_file', [dir], 'swapped/symbolic')));
          check(Number(program.path('path_filestat_set_times', [dir, 1], 'swapped', 0n, 5n, 4)));
          const listed = program.tryOpen(dir, 'swapped', { rights: Rights.fdReaddir, inheriting: 0 });
          check(listed < 0 ? -listed : 0);
          if (listed >= 0) {
            assert.ok(program.entries(listed).every(({ name, type }) => name !== 'sub' || type !== 3));
            program.call('fd_close', listed);
          }
        }
        context.diagnostic(`${operations} operations: ${inside} inside, ${refused} refused`);
        assert.deepEqual(readdirSync(outside).sort(), ['file', 'sub']);
        assert.equal(readFileSync(join(outside, 'file'), 'utf8'), 'OUTSIDE');
        const after = statSync(outside, { bigint: true });
        assert.deepEqual([after.mtimeNs, after.nlink], [before.mtimeNs, before.nlink]);
        assert.equal(statSync(join(outside, 'file')).nlink, 1);
        assert.ok(existsSync(join(outside, 'sub')));
      } finally {
        other.kill('SIGKILL');
        await once(other, 'exit');
        tier.runtime.dispose();
        rmSync(base, { recursive: true });
      }
    });
  }
});
