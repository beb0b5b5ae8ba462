import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it, test } from 'node:test';
import type { Tier } from '../runtime/tiers/tier.js';
import { FdFlags, OpenFlags } from './abi.js';
import { errnoOfCode } from './errno.js';
import { programMaker, TestTier } from './program.fixture.js';

const { create } = OpenFlags;
const { append, nonblock } = FdFlags;
const dir = 3;
const folder = mkdtempSync(join(tmpdir(), 'upshift-append-'));
after(() => rmSync(folder, { recursive: true }));

const tiers: Tier[] = ['interp', 'fast', 'multi'];

for (const tier of tiers) {
  const testTier = new TestTier(tier);
  const start = programMaker(testTier);

  describe(`appending in tier ${tier}`, () => {
    it('a position is kept to where a descriptor appends, however it came to', () => {
      const { program, root } = start();
      const content = (): string => readFileSync(join(root, 'file'), 'utf8');
      const opened = program.open(dir, 'file', { oflags: create, fdflags: append });
      const set = program.open(dir, 'file');
      program.write(opened, '0123456789');
      assert.equal(program.call('fd_fdstat_set_flags', set, append | nonblock), 0);
      for (const [fd, text] of [
        [opened, 'ab'],
        [set, 'cd'],
      ] as const) {
        program.write(fd, text, 2n);
        assert.equal(content(), `01${text}456789`);
      }
      // Past the end, across the end, and with several buffers.
      program.write(opened, 'z', 12n);
      assert.equal(content(), '01cd456789\0\0z');
      program.setText(100, 'XY');
      program.setVectors(0, [101, 1], [0, 0], [100, 1]);
      assert.equal(program.call('fd_pwrite', opened, 0, 3, 12n, 64), 0);
      assert.equal(program.u32(64), 2);
      assert.equal(content(), '01cd456789\0\0YX');
      assert.equal(program.tryWrite(opened, 'x', -1n), -errnoOfCode('EINVAL'));
      // They append as before, even after what the other has written.
      program.write(opened, '1');
      program.write(set, '2');
      program.write(opened, '3');
      assert.equal(content(), '01cd456789\0\0YX123');
      assert.equal(program.call('fd_fdstat_get', set, 0), 0);
      assert.equal(program.view.getUint16(2, true), append | nonblock);
      // And stop when told to.
      assert.equal(program.call('fd_fdstat_set_flags', opened, 0), 0);
      assert.equal(program.call('fd_seek', opened, 0n, 0, 64), 0);
      program.write(opened, '__');
      program.write(opened, '!', 4n);
      assert.equal(content(), '__cd!56789\0\0YX123');
    });

    it('a position is kept to in a standard stream that the host has open to append', () => {
      const path = join(folder, `lent-${tier}`);
      writeFileSync(path, '0123456789');
      const stdout = openSync(path, 'a');
      const program = testTier.program({ stdout });
      assert.equal(program.call('fd_fdstat_get', 1, 0), 0);
      assert.equal(program.view.getUint16(2, true), append);
      const written = program.tryWrite(1, 'abc', 0n);
      // Kernels before 6.9 cannot do it; then nothing may be appended.
      const cannot = written === -errnoOfCode('ENOTSUP');
      if (!cannot) assert.equal(written, 3);
      program.write(1, 'end');
      assert.equal(readFileSync(path, 'utf8'), `${cannot ? '012' : 'abc'}3456789end`);
      assert.equal(program.tryWrite(1, 'x', -1n), -errnoOfCode('EINVAL'));
      // The flag does not belong to the program alone.
      assert.equal(program.call('fd_fdstat_set_flags', 1, 0), errnoOfCode('ENOTSUP'));
      assert.equal(program.call('fd_fdstat_set_flags', 1, append | nonblock), 0);
      closeSync(stdout);
    });

    it('a standard stream appends when the program says so', () => {
      const path = join(folder, `set-${tier}`);
      writeFileSync(path, '0123456789');
      const stdout = openSync(path, 'r+');
      const program = testTier.program({ stdout });
      program.write(1, 'a');
      assert.equal(program.call('fd_fdstat_set_flags', 1, append), 0);
      program.setText(100, 'bc');
      program.setVectors(0, [100, 1], [101, 1]);
      assert.equal(program.call('fd_write', 1, 0, 2, 64), 0);
      program.write(1, 'd', 1n);
      assert.equal(program.call('fd_fdstat_set_flags', 1, 0), 0);
      assert.equal(program.call('fd_seek', 1, 2n, 0, 64), 0);
      program.write(1, 'e');
      assert.equal(readFileSync(path, 'utf8'), 'ade3456789bc');
      closeSync(stdout);
    });
  });
}

/** Writes as programs do, in a process to which the kernel refuses pwritev2, like kernels before 4.6. */
const refused = `
  import { openSync } from 'node:fs';
  import { LinuxErrno } from ${url('../native/linux/errno.js')};
import { Syscall } from ${url('../native/x64/linux/syscalls.js')};
  import { FdFlags } from ${url('./abi.js')};
  import { refuse } from ${url('./seccomp.fixture.js')};
  import { TestTier } from ${url('./program.fixture.js')};
  const [folder] = process.argv.slice(1);
  const stdout = openSync(folder + '/refused-lent', 'a');
  const program = new TestTier('interp').program({ stdout, preopens: { '/': folder } });
  if (!refuse(Syscall.pwritev2, LinuxErrno.nosys)) console.log('no seccomp');
  else {
    const fd = program.open(3, 'refused', { oflags: 1, fdflags: FdFlags.append });
    program.write(fd, '0123456789');
    program.write(fd, 'ab', 0n);
    program.write(1, 'lent');
    console.log(program.tryWrite(1, 'x', 0n));
  }`;

function url(path: string): string {
  return JSON.stringify(new URL(path, import.meta.url).href);
}

test('where the kernel cannot write to a position of what appends, nothing is appended', (context) => {
  const args = ['--input-type=module', '-e', refused, '--', folder];
  const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  const outcome = (stdout || stderr).trim();
  if (outcome === 'no seccomp') return context.skip(outcome);
  assert.equal(outcome, String(-errnoOfCode('ENOSYS')));
  assert.equal(readFileSync(join(folder, 'refused'), 'utf8'), 'ab23456789');
  assert.equal(readFileSync(join(folder, 'refused-lent'), 'utf8'), 'lent');
});
