import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  closeSync,
  constants,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { FdFlags, OpenFlags, Rights } from './abi.js';
import { errnoOfCode } from './errno.js';
import { TestTier } from './program.fixture.js';

const tier = new TestTier('interp');
const folder = mkdtempSync(join(tmpdir(), 'upshift-errnos-'));
after(() => {
  tier.runtime.dispose();
  rmSync(folder, { recursive: true });
});
const e = errnoOfCode;
const dir = 3;
const read = { rights: Rights.fdRead, inheriting: 0 };
const write = { rights: Rights.fdWrite, inheriting: 0 };

const url = (path: string): string => JSON.stringify(new URL(path, import.meta.url).href);

describe('errors of the host', () => {
  it('EXDEV: a name is moved or linked to another file system', (context) => {
    const other = '/dev/shm';
    if (!existsSync(other) || statSync(other).dev === statSync(folder).dev) {
      context.skip('there is one file system only');
      return;
    }
    const program = tier.program({ preopens: { '/here': folder, '/there': other } });
    writeFileSync(join(folder, 'moved'), '');
    const name = `upshift-${process.pid}`;
    assert.equal(program.paths('path_rename', 3, 'moved', 4, name), e('EXDEV'));
    assert.equal(program.paths('path_link', 3, 'moved', 4, name), e('EXDEV'));
  });

  it('ENOSPC, ENXIO, EIO, ESPIPE: devices, fifos and files of the kernel', () => {
    execFileSync('mkfifo', [join(folder, 'fifo')]);
    const program = tier.program({ preopens: { '/': folder, '/dev': '/dev', '/proc': '/proc/self' } });
    const full = program.open(4, 'full', write);
    assert.equal(program.tryWrite(full, 'x'), -e('ENOSPC'));
    const nonblock = { fdflags: FdFlags.nonblock };
    assert.equal(program.tryOpen(dir, 'fifo', { ...write, ...nonblock }), -e('ENXIO'));
    const rights = Rights.fdRead | Rights.fdSeek;
    const fifo = program.open(dir, 'fifo', { rights, inheriting: 0, ...nonblock });
    assert.equal(program.read(fifo, 1, 0n), -e('ESPIPE'));
    assert.equal(program.call('fd_seek', fifo, 0n, 0, 0), e('ESPIPE'));
    assert.equal(program.read(fifo, 1), '');
    const sender = openSync(join(folder, 'fifo'), 'w');
    assert.equal(program.read(fifo, 1), -e('EAGAIN'));
    closeSync(sender);
    assert.equal(program.read(program.open(5, 'mem', read), 1), -e('EIO'));
    assert.equal(program.read(program.open(4, 'zero', read), 2), '\0\0');
  });

  it('EOVERFLOW, EFBIG: positions that no file has', () => {
    const program = tier.program({ preopens: { '/': folder } });
    const fd = program.open(dir, 'far', { oflags: OpenFlags.create });
    assert.equal(program.call('fd_allocate', fd, 2n ** 62n, 2n ** 62n), e('EFBIG'));
    const far = program.call('fd_seek', fd, 2n ** 63n - 1n, 0, 0);
    assert.ok(far === 0 || far === e('EINVAL'));
    assert.equal(program.call('fd_seek', fd, -(2n ** 63n), 0, 0), e('EINVAL'));
  });

  it('EACCES: what the user who runs Upshift may not do', (context) => {
    if (process.getuid?.() !== 0) {
      context.skip('only root can be somebody else');
      return;
    }
    const root = join(folder, 'locked');
    mkdirSync(join(root, 'closed'), { recursive: true });
    writeFileSync(join(root, 'closed/file'), '');
    writeFileSync(join(root, 'unreadable'), '');
    chmodSync(join(root, 'closed'), 0o700);
    chmodSync(join(root, 'unreadable'), 0o600);
    chmodSync(folder, 0o755);
    const program = tier.program({ preopens: { '/': root } });
    const walker = tier.program({ preopens: { '/': root }, resolution: 'walk' });
    process.seteuid?.(65534);
    try {
      for (const each of [program, walker]) {
        assert.equal(each.tryOpen(dir, 'unreadable', read), -e('EACCES'));
        assert.equal(each.tryOpen(dir, 'closed/file', read), -e('EACCES'));
        assert.equal(each.tryOpen(dir, 'new', { ...write, oflags: OpenFlags.create }), -e('EACCES'));
        assert.equal(each.path('path_create_directory', [dir], 'made'), e('EACCES'));
        assert.equal(each.path('path_unlink_file', [dir], 'unreadable'), e('EACCES'));
        assert.equal(each.path('path_filestat_set_times', [dir, 1], 'unreadable', 0n, 5n, 4), e('EPERM'));
        assert.equal(each.path('path_filestat_get', [dir, 1], 'unreadable', 0), 0);
      }
    } finally {
      process.seteuid?.(0);
    }
  });

  it('EMFILE: the process has no descriptors left; then nothing is lost', () => {
    const root = join(folder, 'many');
    mkdirSync(join(root, 'a/b/c/d/e'), { recursive: true });
    const script = `
      import { readdirSync } from 'node:fs';
      import { Wasi } from ${url('./wasi.js')};
      const count = () => readdirSync('/proc/self/fd').length;
      for (const resolution of ['openat2', 'walk']) {
        const wasi = new Wasi({ preopens: { '/': ${JSON.stringify(root)} }, resolution });
        const memory = new WebAssembly.Memory({ initial: 1 });
        wasi.bindMemory(memory);
        const { path_open, path_filestat_get, fd_close } = wasi.functions('preview1');
        new Uint8Array(memory.buffer).set(Buffer.from('a/b/c/d/e'));
        const before = count();
        const open = (length) => path_open(3, 0, 0, length, 2, 0n, 0n, 0, 64);
        let opened = 0;
        while (open(1) === 0) opened++;
        const errors = [open(1), path_filestat_get(3, 0, 0, 9, 128)];
        fd_close(4), fd_close(5);
        const later = [open(1)];
        for (let fd = 4; fd < opened + 4; fd++) fd_close(fd);
        console.log(opened > 10, errors.join(), later.join(), path_filestat_get(3, 0, 0, 9, 128), count() - before);
      }`;
    const { stdout, stderr } = spawnSync(
      'sh',
      ['-c', 'ulimit -n 120; exec "$0" --input-type=module -e "$1"', process.execPath, script],
      { encoding: 'utf8' },
    );
    const line = `true ${e('EMFILE')},${e('EMFILE')} 0 0 0\n`;
    assert.equal(stdout || stderr, line + line);
  });

  it('a standard stream that does not wait is waited for all the same', () => {
    const path = join(folder, 'impatient');
    execFileSync('mkfifo', [path]);
    const stdin = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
    const program = tier.program({ stdin });
    spawn('sh', ['-c', `sleep 0.2; printf late > ${path}`], { stdio: 'ignore' });
    assert.equal(program.read(0, 10), 'late');
    closeSync(stdin);
  });

  it('what a program leaves open is closed when nobody can use it any more', () => {
    const script = `
      import { readdirSync } from 'node:fs';
      import { Wasi } from ${url('./wasi.js')};
      const count = () => readdirSync('/proc/self/fd').length;
      new Wasi({ preopens: { '/': '/tmp' } }).dispose();
      const before = count();
      for (let k = 0; k < 50; k++) new Wasi({ preopens: { '/': '/tmp' }, listen: ['127.0.0.1:0'] });
      const between = count() - before;
      while (count() > before) {
        gc();
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      const wasi = new Wasi({ preopens: { '/': '/tmp' } });
      wasi.dispose();
      console.log(between, count() - before);`;
    const { stdout, stderr } = spawnSync(
      process.execPath,
      ['--expose-gc', '--input-type=module', '-e', script],
      {
        encoding: 'utf8',
      },
    );
    assert.equal(stdout || stderr, '100 0\n');
  });

  it('descriptors are not inherited by programs that the process starts', () => {
    const before = new Set(readdirSync('/proc/self/fd'));
    const program = tier.program({ preopens: { '/': folder }, listen: ['127.0.0.1:0'] });
    program.open(dir, 'inherited', { oflags: OpenFlags.create });
    const own = readdirSync('/proc/self/fd').filter(
      (fd) => !before.has(fd) && existsSync(`/proc/self/fd/${fd}`),
    );
    assert.ok(own.length >= 2);
    const listed = execFileSync('sh', ['-c', 'ls -l /proc/self/fd'], { encoding: 'utf8' });
    assert.ok(!listed.includes(folder), listed);
    program.wasi.dispose();
    assert.equal(program.call('fd_fdstat_get', dir, 0), e('EBADF'));
  });
});
