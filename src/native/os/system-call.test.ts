import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { Gpr } from '../../x64/abi.js';
import { X } from '../../x64/instructions.js';
import { linuxErrnoName } from '../linux/errno.js';
import { makeBufferBlock } from '../memory/buffer-block.js';
import { nativeFunction } from '../node-api/node-api.js';
import { Syscall } from '../x64/linux/syscalls.js';
import { assemble } from '../x64/stubs/assemble.js';
import { PollList } from './poll-list.js';
import { SystemCalls, systemCalls } from './system-call.js';

const folder = mkdtempSync(join(tmpdir(), 'upshift-syscall-'));
after(() => rmSync(folder, { recursive: true }));

/** Machine code for the thread, so that calls are made by it from then on. */
function makeMachineCode(): void {
  nativeFunction(
    assemble((a) => {
      a.rr(X.xor32, Gpr.rax, Gpr.rax);
      a.op(X.ret);
    }),
  )();
}

// The first calls go through the FFI, the later ones through machine code.
for (const way of ['the FFI', 'machine code']) {
  test(`system calls by ${way} give results, error numbers and all 64 bits`, () => {
    if (way === 'machine code') makeMachineCode();
    const calls = new SystemCalls();
    const path = join(folder, 'file');
    const fd = openSync(path, 'w+');
    const { address, buffer } = makeBufferBlock(64);
    const bytes = new Uint8Array(buffer);
    bytes.set(Buffer.from('some text'));
    assert.equal(calls.call3(Syscall.write, fd, address, 9), 9);
    assert.equal(calls.call(Syscall.pwrite64, fd, address, 4, 5n * 2n ** 30n), 4);
    assert.equal(calls.call3(Syscall.lseek, fd, -4n, 2), 5 * 2 ** 30);
    assert.equal(calls.call3(Syscall.lseek, fd, 2 ** 40, 0), 2 ** 40);
    assert.equal(calls.result, 2n ** 40n);
    assert.equal(calls.call(Syscall.pread64, fd, address + 32, 32, 5), 32);
    assert.equal(Buffer.from(bytes.subarray(32, 36)).toString(), 'text');
    const failed = [
      calls.call3(Syscall.write, -1, address, 9),
      calls.call3(Syscall.lseek, fd, -1, 0),
      calls.call3(Syscall.write, fd, 8, 9),
      calls.call3(9999, 0, 0, 0),
    ];
    assert.deepEqual(
      failed.map((result) => linuxErrnoName(-result)),
      ['EBADF', 'EINVAL', 'EFAULT', 'ENOSYS'],
    );
    closeSync(fd);
  });
}

/** Sends signals to this process from now on: one may come where nothing waits. Returns what ends that. */
function sendSignals(): () => void {
  const script = `while kill -USR2 ${process.pid}; do sleep 0.2; done`;
  const sender = spawn('sh', ['-c', script], { stdio: 'ignore' });
  sender.unref();
  return () => sender.kill('SIGKILL');
}

test('what a signal interrupts goes on, after a word with whoever wants to know', () => {
  makeMachineCode();
  const calls = systemCalls();
  const ignore = (): void => {};
  process.on('SIGUSR2', ignore);
  let interruptions = 0;
  let stop = (): void => {};
  try {
    calls.interrupted = () => {
      interruptions++;
    };
    stop = sendSignals();
    // What is interrupted takes its whole time all the same.
    while (interruptions === 0) {
      const start = process.hrtime.bigint();
      assert.equal(new PollList(0).wait(500_000_000n), 0);
      assert.ok(process.hrtime.bigint() - start >= 500_000_000n);
    }
    const end = new Error('time is up');
    calls.interrupted = () => {
      throw end;
    };
    assert.throws(
      () => new PollList(0).wait(undefined),
      (error) => error === end,
    );
  } finally {
    stop();
    // The handler stays: another signal may be on its way.
    calls.interrupted = ignore;
  }
});

test('nothing of ours is executable where only the FFI makes calls', () => {
  const script = `
    import { readFileSync } from 'node:fs';
    import { Wasi } from ${JSON.stringify(new URL('../../wasi/wasi.js', import.meta.url).href)};
    const executable = () => readFileSync('/proc/self/maps', 'utf8').split('\\n')
      .filter((line) => / r-xp .* 0 *$/.test(line)).length;
    const before = executable();
    const wasi = new Wasi({ preopens: { '/': '/tmp' } });
    const memory = { buffer: new ArrayBuffer(65536) };
    wasi.bindMemory(memory);
    const functions = wasi.functions('preview1');
    new Uint8Array(memory.buffer).set(Buffer.from('.'));
    console.log(functions.path_filestat_get(3, 0, 0, 1, 64), new Uint8Array(memory.buffer)[80], executable() - before);`;
  const { stdout, stderr } = spawnSync(process.execPath, ['--jitless', '--input-type=module', '-e', script], {
    encoding: 'utf8',
  });
  assert.equal(stdout || stderr, '0 3 0\n');
});

test('names of error numbers', () => {
  assert.deepEqual(
    [1, 2, 11, 22, 39, 40, 42, 88, 95, 125, 131, 133].map(linuxErrnoName),
    'EPERM ENOENT EAGAIN EINVAL ENOTEMPTY ELOOP ENOMSG ENOTSOCK EOPNOTSUPP ECANCELED ENOTRECOVERABLE'
      .split(' ')
      .concat('errno 133'),
  );
});
