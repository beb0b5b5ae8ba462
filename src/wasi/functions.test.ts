import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, openSync, readFileSync, statSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { Tier } from '../runtime/tiers/tier.js';
import { FdFlags, OpenFlags, Rights } from './abi.js';
import { errnoOfCode } from './errno.js';
import { wasiFunctionNames } from './functions.js';
import { ProcExit } from './proc-exit.js';
import { fileRights, pageSize, programMaker, TestTier } from './program.fixture.js';
import { Wasi } from './wasi.js';

const { create, truncate } = OpenFlags;
const e = errnoOfCode;
const dir = 3;
const closed = 99;

it('there is an implementation of every function', () => {
  const wasi = new Wasi();
  assert.deepEqual(Object.keys(wasi.functions('preview1')), wasiFunctionNames);
  const older = wasiFunctionNames.filter((name) => name !== 'sock_accept');
  assert.deepEqual(Object.keys(wasi.functions('unstable')), older);
});

const tiers: Tier[] = ['interp', 'fast', 'multi'];

for (const tier of tiers) {
  describe(`WASI functions in tier ${tier}`, () => {
    const here = new TestTier(tier);
    const start = programMaker(here);

    it('files are written and read, in several places at once', () => {
      const { program, root } = start();
      const fd = program.open(dir, 'file', { oflags: create, rights: fileRights });
      assert.equal(fd, 4);
      program.write(fd, 'hello world');
      // Nothing is held back.
      assert.equal(readFileSync(join(root, 'file'), 'utf8'), 'hello world');
      assert.equal(program.read(fd, 5), '');
      assert.equal(program.call('fd_seek', fd, 6n, 0, 0), 0);
      assert.equal(program.read(fd, 50), 'world');
      assert.equal(program.read(fd, 4, 1n), 'ello');
      program.write(fd, 'J', 0n);
      assert.equal(program.call('fd_tell', fd, 0), 0);
      assert.equal(program.u64(0), 11n);
      assert.equal(program.read(fd, 20, 0n), 'Jello world');
      assert.equal(program.read(fd, 20, 11n), '');
      program.setText(100, 'abcdef');
      program.setVectors(0, [100, 1], [0, 0], [103, 2], [101, 1]);
      assert.equal(program.call('fd_pwrite', fd, 0, 4, 2n, 64), 0);
      assert.equal(program.u32(64), 4);
      program.setVectors(0, [200, 3], [210, 4]);
      assert.equal(program.call('fd_pread', fd, 0, 2, 1n, 64), 0);
      assert.equal(program.text(200, 3) + program.text(210, 4), 'eadebwo');
      for (const name of ['fd_pread', 'fd_pwrite'] as const) {
        assert.equal(program.call(name, closed, 0, 1, 0n, 64), e('EBADF'));
        assert.equal(program.call(name, fd, 0, 1, -1n, 64), e('EINVAL'));
        assert.equal(program.call(name, fd, pageSize, 1, 0n, 64), e('EFAULT'));
        assert.equal(program.call(name, fd, 0, 1, 0n, pageSize - 3), e('EFAULT'));
      }
    });

    it('files may be larger than 4 GiB', () => {
      const { program } = start();
      const fd = program.open(dir, 'large', { oflags: create });
      const far = 5n * 2n ** 30n;
      program.write(fd, 'end', far);
      assert.equal(program.read(fd, 3, far), 'end');
      assert.equal(program.call('fd_seek', fd, -1n, 2, 0), 0);
      assert.equal(program.u64(0), far + 2n);
      assert.equal(program.stat(dir, 'large').size, far + 3n);
      assert.equal(program.call('fd_filestat_set_size', fd, far - 1n), 0);
      assert.equal(program.stat(dir, 'large').size, far - 1n);
      assert.equal(program.call('fd_filestat_set_size', fd, -1n), e('EINVAL'));
      assert.equal(program.call('fd_filestat_set_size', closed, 0n), e('EBADF'));
    });

    it('files are appended to, and flags can be changed', () => {
      const { program, root } = start();
      const fd = program.open(dir, 'log', { oflags: create, fdflags: FdFlags.append });
      program.write(fd, 'one');
      assert.equal(program.call('fd_seek', fd, 0n, 0, 0), 0);
      program.write(fd, 'two');
      assert.equal(program.call('fd_fdstat_get', fd, 0), 0);
      assert.equal(program.view.getUint16(2, true), FdFlags.append);
      assert.equal(program.call('fd_fdstat_set_flags', fd, 0), 0);
      assert.equal(program.call('fd_seek', fd, 0n, 0, 0), 0);
      program.write(fd, 'ONE');
      assert.equal(readFileSync(join(root, 'log'), 'utf8'), 'ONEtwo');
      assert.equal(program.call('fd_fdstat_set_flags', fd, FdFlags.nonblock | FdFlags.append), 0);
      assert.equal(program.call('fd_fdstat_set_flags', fd, FdFlags.sync), e('ENOTSUP'));
      assert.equal(program.call('fd_fdstat_set_flags', fd, 32), e('EINVAL'));
      assert.equal(program.call('fd_fdstat_set_flags', closed, 0), e('EBADF'));
      for (const flag of [FdFlags.dsync, FdFlags.rsync, FdFlags.sync, FdFlags.nonblock]) {
        const other = program.open(dir, 'log', { fdflags: flag });
        assert.equal(program.call('fd_fdstat_get', other, 0), 0);
        assert.equal(program.view.getUint16(2, true), flag);
        assert.equal(program.call('fd_fdstat_set_flags', other, flag), 0);
      }
    });

    it('files are allocated, advised about and synchronized', () => {
      const { program } = start();
      const fd = program.open(dir, 'file', { oflags: create });
      assert.equal(program.call('fd_allocate', fd, 0n, 100n), 0);
      assert.equal(program.call('fd_allocate', fd, 10n, 10n), 0);
      assert.equal(program.stat(dir, 'file').size, 100n);
      assert.equal(program.call('fd_allocate', fd, 90n, 20n), 0);
      assert.equal(program.stat(dir, 'file').size, 110n);
      assert.equal(program.call('fd_allocate', fd, 0n, 0n), e('EINVAL'));
      assert.equal(program.call('fd_allocate', fd, -1n, 1n), e('EINVAL'));
      assert.equal(program.call('fd_allocate', closed, 0n, 1n), e('EBADF'));
      for (let advice = 0; advice <= 5; advice++)
        assert.equal(program.call('fd_advise', fd, 10n, 50n, advice), 0);
      assert.equal(program.call('fd_advise', fd, 0n, 0n, 6), e('EINVAL'));
      assert.equal(program.call('fd_advise', fd, -1n, 0n, 0), e('EINVAL'));
      assert.equal(program.call('fd_advise', fd, 0n, -1n, 0), e('EINVAL'));
      assert.equal(program.call('fd_advise', closed, 0n, 0n, 0), e('EBADF'));
      for (const name of ['fd_sync', 'fd_datasync'] as const) {
        assert.equal(program.call(name, fd), 0);
        assert.equal(program.call(name, closed), e('EBADF'));
      }
    });

    it('times are set, to now too', () => {
      const { program, root } = start();
      const fd = program.open(dir, 'file', { oflags: create });
      const times = (): bigint[] => {
        const { atimeNs, mtimeNs } = statSync(join(root, 'file'), { bigint: true });
        return [atimeNs, mtimeNs];
      };
      assert.equal(program.call('fd_filestat_set_times', fd, 1_000_000_007n, 2_000_000_009n, 1 | 4), 0);
      assert.deepEqual(times(), [1_000_000_007n, 2_000_000_009n]);
      assert.equal(program.call('fd_filestat_set_times', fd, 5n, 6n, 4), 0);
      assert.deepEqual(times(), [1_000_000_007n, 6n]);
      assert.equal(program.call('fd_filestat_set_times', fd, 0n, 0n, 0), 0);
      assert.deepEqual(times(), [1_000_000_007n, 6n]);
      assert.equal(program.call('fd_filestat_set_times', fd, 0n, 0n, 2), 0);
      assert.ok(times()[0] > 10n ** 18n && times()[1] === 6n);
      assert.equal(program.path('path_filestat_set_times', [dir, 1], 'file', 8n, 9n, 1 | 8), 0);
      assert.ok(times()[0] === 8n && times()[1] > 10n ** 18n);
      for (const flags of [1 | 2, 4 | 8, 16]) {
        assert.equal(program.call('fd_filestat_set_times', fd, 0n, 0n, flags), e('EINVAL'));
        const result = program.path('path_filestat_set_times', [dir, 0], 'file', 0n, 0n, flags);
        assert.equal(result, e('EINVAL'));
      }
      assert.equal(program.call('fd_filestat_set_times', closed, 0n, 0n, 0), e('EBADF'));
      const missing = program.path('path_filestat_set_times', [dir, 0], 'missing', 0n, 0n, 1);
      assert.equal(missing, e('ENOENT'));
      // On a directory, by its descriptor.
      assert.equal(program.call('fd_filestat_set_times', dir, 0n, 7n, 4), 0);
      assert.equal(statSync(root, { bigint: true }).mtimeNs, 7n);
    });

    it('status tells type, size, links, inode and times', () => {
      const { program, root } = start();
      const fd = program.open(dir, 'file', { oflags: create });
      program.write(fd, '12345');
      assert.equal(program.paths('path_link', dir, 'file', dir, 'second'), 0);
      const stat = statSync(join(root, 'file'), { bigint: true });
      assert.equal(program.call('fd_filestat_get', fd, 0), 0);
      const found = [0, 8, 24, 32, 40, 48, 56].map((at) => program.u64(at));
      const { dev, ino, nlink, size, atimeNs, mtimeNs, ctimeNs } = stat;
      assert.deepEqual(found, [dev, ino, nlink, size, atimeNs, mtimeNs, ctimeNs]);
      assert.deepEqual([nlink, size, program.bytes[16]], [2n, 5n, 4]);
      const types = [program.stat(dir, '.').type, program.stat(dir, 'second').type];
      assert.deepEqual(types, [3, 4]);
      assert.equal(program.symlink('file', dir, 'link'), 0);
      assert.equal(program.stat(dir, 'link', false).type, 7);
      assert.equal(program.stat(dir, 'link', true).type, 4);
      assert.equal(program.path('path_filestat_get', [dir, 0], 'file', pageSize - 63), e('EFAULT'));
      assert.equal(program.path('path_filestat_get', [closed, 0], 'file', 0), e('EBADF'));
      assert.equal(program.path('path_filestat_get', [fd, 0], 'file', 0), e('ENOTDIR'));
      assert.equal(program.call('fd_filestat_get', closed, 0), e('EBADF'));
    });

    it('directories are listed through buffers of any size, with cookies that stay right', () => {
      const { program, root } = start();
      const names = Array.from({ length: 300 }, (_, k) => `file-${k}-${'x'.repeat(k % 200)}`);
      for (const name of names) writeFileSync(join(root, name), '');
      const all = ['.', '..', ...names].sort();
      for (const length of [300, 500, 4096, 16000]) {
        const found = program.entries(dir, length);
        assert.deepEqual(found.map(({ name }) => name).sort(), all);
      }
      const listed = program.entries(dir);
      const own = listed.find(({ name }) => name === '.');
      assert.equal(own?.inode, statSync(root, { bigint: true }).ino);
      assert.equal(listed.find(({ name }) => name === '..')?.inode, 0n);
      const [first] = listed.filter(({ name }) => name.startsWith('file'));
      assert.deepEqual(
        [first.type, first.inode],
        [4, statSync(join(root, first.name), { bigint: true }).ino],
      );
      // Each cookie gives the rest, even when what came before it is gone.
      const middle = 150;
      const rest = (): string[] => program.entries(dir, 4096, listed[middle].next).map(({ name }) => name);
      const expected = listed.slice(middle + 1).map(({ name }) => name);
      assert.deepEqual(rest(), expected);
      for (const { name } of listed.slice(0, middle + 1).filter(({ name }) => name.startsWith('file'))) {
        assert.equal(program.path('path_unlink_file', [dir], name), 0);
      }
      assert.deepEqual(rest(), expected);
      // Cut in the middle of an entry.
      assert.equal(program.call('fd_readdir', dir, 1000, 10, 0n, 64), 0);
      assert.equal(program.u32(64), 10);
      assert.equal(program.call('fd_readdir', dir, 1000, 0, 0n, 64), 0);
      assert.equal(program.u32(64), 0);
      const fd = program.open(dir, 'file', { oflags: create });
      assert.equal(program.call('fd_readdir', fd, 0, 64, 0n, 64), e('ENOTDIR'));
      assert.equal(program.call('fd_readdir', closed, 0, 64, 0n, 64), e('EBADF'));
      assert.equal(program.call('fd_readdir', dir, pageSize - 8, 64, 0n, 64), e('EFAULT'));
      assert.equal(program.call('fd_readdir', dir, 0, 64, 0n, pageSize), e('EFAULT'));
      assert.equal(program.call('fd_readdir', dir, 0, 64, -1n, 64), e('EINVAL'));
    });

    it('preopened directories have names, and descriptors are new ones', () => {
      const { root: parent } = start();
      const roots = ['a', 'b'].map((name) => join(parent, name));
      for (const root of roots) mkdirSync(root);
      const program = here.program({ preopens: { '/first': roots[0], sécond: { path: roots[1] } } });
      const nameOf = (fd: number): string => {
        assert.equal(program.call('fd_prestat_get', fd, 0), 0);
        assert.equal(program.u32(0), 0);
        const length = program.u32(4);
        assert.equal(program.call('fd_prestat_dir_name', fd, 16, length), 0);
        assert.equal(program.call('fd_prestat_dir_name', fd, 200, length + 5), 0);
        assert.equal(program.call('fd_prestat_dir_name', fd, 16, length - 1), e('ENAMETOOLONG'));
        return program.text(16, length);
      };
      assert.deepEqual([nameOf(3), nameOf(4)], ['/first', 'sécond']);
      for (const fd of [0, 1, 2, 5, 6, closed, -1]) {
        assert.equal(program.call('fd_prestat_get', fd, 0), e('EBADF'));
        assert.equal(program.call('fd_prestat_dir_name', fd, 0, 9), e('EBADF'));
      }
      // Whatever the process has open, the program has only its own descriptors.
      const secret = openSync(join(roots[0], 'secret'), 'w');
      for (let fd = 5; fd < secret + 50; fd++) {
        assert.equal(program.call('fd_fdstat_get', fd, 0), e('EBADF'));
        assert.equal(program.call('fd_write', fd, 0, 0, 8), e('EBADF'));
      }
      // What is opened in a directory is not preopened.
      const opened = program.open(3, '.', { rights: Rights.pathOpen });
      assert.equal(program.call('fd_prestat_get', opened, 0), e('EBADF'));
    });

    it('descriptors are closed and renumbered, preopened ones too', () => {
      const { program } = start();
      const [a, b] = ['a', 'b'].map((name) => program.open(dir, name, { oflags: create }));
      program.write(a, 'in a');
      assert.equal(program.call('fd_renumber', a, b), 0);
      assert.equal(program.call('fd_close', a), e('EBADF'));
      assert.equal(program.read(b, 9, 0n), 'in a');
      assert.equal(program.call('fd_renumber', b, a), e('EBADF'));
      assert.equal(program.call('fd_renumber', closed, b), e('EBADF'));
      assert.equal(program.call('fd_renumber', b, b), 0);
      assert.equal(program.read(b, 9, 0n), 'in a');
      // The lowest free number.
      assert.equal(program.open(dir, 'c', { oflags: create }), a);
      const other = program.open(dir, '.', { rights: program.rights(dir)[0] });
      assert.equal(program.call('fd_renumber', other, dir), 0);
      assert.equal(program.call('fd_prestat_get', dir, 0), e('EBADF'));
      assert.equal(program.stat(dir, 'a').size, 4n);
      assert.equal(program.call('fd_close', dir), 0);
      assert.equal(program.call('fd_close', dir), e('EBADF'));
      assert.equal(program.tryOpen(dir === 3 ? b : b, 'a', { rights: 0, inheriting: 0 }), -e('ENOTDIR'));
    });

    it('files are opened as POSIX says', () => {
      const { program, root } = start();
      const old = process.umask(0o027);
      try {
        program.open(dir, 'private', { oflags: create });
        assert.equal(program.path('path_create_directory', [dir], 'made'), 0);
        assert.equal(statSync(join(root, 'private')).mode & 0o777, 0o640);
        assert.equal(statSync(join(root, 'made')).mode & 0o777, 0o750);
      } finally {
        process.umask(old);
      }
      writeFileSync(join(root, 'full'), 'full');
      program.open(dir, 'full', { oflags: truncate });
      assert.equal(readFileSync(join(root, 'full'), 'utf8'), '');
      assert.equal(program.tryOpen(dir, 'made', { rights: Rights.fdRead | Rights.fdWrite }), -e('EISDIR'));
      assert.equal(program.tryOpen(dir, 'x', { oflags: 16 }), -e('EINVAL'));
      assert.equal(program.tryOpen(dir, 'x', { fdflags: 32 }), -e('EINVAL'));
      assert.equal(program.path('path_open', [dir, 2], 'x', 0, 0n, 0n, 0, 0), e('EINVAL'));
      assert.equal(program.path('path_open', [dir, 0], 'full', 0, 0n, 0n, 0, pageSize - 3), e('EFAULT'));
      assert.equal(program.call('path_open', dir, 0, pageSize - 2, 3, 0, 0n, 0n, 0, 0), e('EFAULT'));
      assert.equal(program.call('path_open', dir, 0, 0, -1, 0, 0n, 0n, 0, 0), e('EFAULT'));
      assert.equal(program.call('path_open', closed, 0, 0, 1, 0, 0n, 0n, 0, 0), e('EBADF'));
      const file = program.open(dir, 'full');
      assert.equal(program.tryOpen(file, 'x', { rights: 0, inheriting: 0 }), -e('ENOTDIR'));
      chmodSync(join(root, 'full'), 0o444);
      if (process.getuid?.() !== 0) {
        assert.equal(program.tryOpen(dir, 'full', { rights: Rights.fdWrite }), -e('EACCES'));
      }
      // A deleted file can be used as long as it is open.
      program.write(file, 'still here');
      assert.equal(program.path('path_unlink_file', [dir], 'full'), 0);
      assert.equal(program.read(file, 20, 0n), 'still here');
    });

    it('names are moved, with all that is in them', () => {
      const { program } = start();
      const make = (path: string): unknown => program.path('path_create_directory', [dir], path);
      const rename = (from: string, to: string): unknown => program.paths('path_rename', dir, from, dir, to);
      assert.equal(make('source'), 0);
      assert.equal(rename('source', 'target'), 0);
      assert.equal(rename('source', 'target'), e('ENOENT'));
      assert.equal(make('source'), 0);
      assert.equal(rename('source', 'target'), 0);
      assert.equal(make('source'), 0);
      program.open(dir, 'target/file', { oflags: create });
      assert.equal(rename('source', 'target'), e('ENOTEMPTY'));
      assert.equal(rename('source', 'target/file'), e('ENOTDIR'));
      assert.equal(rename('target/file', 'source'), e('EISDIR'));
      assert.equal(rename('target', 'target/deeper'), e('EINVAL'));
      for (const [from, to] of [
        ['source/', 'other'],
        ['other', 'source/'],
        ['source/', 'other/'],
        ['target/file', 'file'],
      ]) {
        assert.equal(rename(from, to), 0, `${from} to ${to}`);
      }
      assert.equal(program.paths('path_rename', closed, 'a', dir, 'b'), e('EBADF'));
      assert.equal(program.paths('path_rename', dir, 'a', closed, 'b'), e('EBADF'));
    });

    it('proc_raise ends a program as a shell would show it, or does nothing', () => {
      const { program } = start();
      const raised = (signal: number): unknown => {
        try {
          return program.call('proc_raise', signal);
        } catch (error) {
          assert(error instanceof ProcExit);
          return error.exitCode;
        }
      };
      assert.deepEqual([0, 13, 16, 17, 22, 27].map(raised), [0, 0, 0, 0, 0, 0]);
      assert.deepEqual([1, 6, 9, 15, 23, 30].map(raised), [129, 134, 137, 143, 152, 159]);
      assert.deepEqual([18, 19, 20, 21].map(raised), Array(4).fill(e('ENOTSUP')));
      assert.deepEqual([31, -1].map(raised), Array(2).fill(e('EINVAL')));
    });

    it('a large buffer is filled with random bytes', () => {
      const { program } = start();
      program.memory.grow(2);
      assert.equal(program.call('random_get', 0, 3 * pageSize), 0);
      const seen = new Set(Buffer.from(program.bytes).swap64());
      assert.equal(seen.size, 256);
      const tail = program.bytes.subarray(3 * pageSize - 64);
      assert.ok(tail.some((byte) => byte !== 0));
    });

    it('poll_oneoff tells what can be read, of several descriptors at once', () => {
      const { program, root } = start(false, (place) => writeFileSync(join(place, 'file'), '12345'));
      const file = program.open(dir, 'file');
      const subscribe = (index: number, type: number, fd: number): void => {
        const at = 48 * index;
        program.bytes.fill(0, at, at + 48);
        program.view.setBigUint64(at, BigInt(100 + index), true);
        program.bytes[at + 8] = type;
        program.view.setUint32(at + 16, fd, true);
      };
      subscribe(0, 1, file);
      subscribe(1, 2, file);
      subscribe(2, 1, dir);
      subscribe(3, 1, closed);
      assert.equal(program.call('poll_oneoff', 0, 1000, 4, 2000), 0);
      assert.equal(program.u32(2000), 4);
      const events = [0, 1, 2, 3].map((k) => {
        const at = 1000 + 32 * k;
        return [
          program.u64(at),
          program.view.getUint16(at + 8, true),
          program.bytes[at + 10],
          program.u64(at + 16),
        ];
      });
      assert.deepEqual(events.slice(0, 2), [
        [100n, 0, 1, 5n],
        [101n, 0, 2, 0n],
      ]);
      assert.deepEqual(events[3], [103n, e('EBADF'), 1, 0n]);
      assert.ok(root);
      // A clock next to an error is not waited for.
      subscribe(0, 0, 1);
      program.view.setBigUint64(24, 10n ** 12n, true);
      subscribe(1, 1, closed);
      assert.equal(program.call('poll_oneoff', 0, 1000, 2, 2000), 0);
      assert.equal(program.u32(2000), 1);
      assert.equal(program.call('fd_fdstat_set_rights', file, 2n, 0n), 0);
      subscribe(0, 1, file);
      assert.equal(program.call('poll_oneoff', 0, 1000, 1, 2000), 0);
      assert.equal(program.view.getUint16(1008, true), e('ENOTCAPABLE'));
    });

    it('standard streams are what they are given', () => {
      const path = join(start().root, 'stream');
      const program = here.program({ stdout: openSync(path, 'w') });
      program.write(1, 'out');
      assert.equal(readFileSync(path, 'utf8'), 'out');
      assert.equal(program.call('fd_renumber', 1, 2), 0);
      program.write(2, 'err');
      assert.equal(readFileSync(path, 'utf8'), 'outerr');
      assert.equal(program.tryWrite(1, 'x'), -e('EBADF'));
      const input = openSync(path, 'r');
      const reader = here.program({ stdin: input });
      assert.equal(reader.read(0, 4), 'oute');
      assert.equal(reader.read(0, 4, 1n), 'uter');
      writeSync(openSync(path, 'a'), 'more');
      assert.equal(reader.read(0, 9), 'rrmore');
    });
  });
}
