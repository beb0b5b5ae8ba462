import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  closeSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { LinkError } from '../runtime/errors.js';
import type { Module } from '../runtime/modules/module.js';
import { Func } from '../runtime/objects/func.js';
import { Errno, errnoOfCode } from './errno.js';
import { preview1 } from './functions.js';
import { ProcExit } from './proc-exit.js';
import { type Program, pageSize, TestTier, wasmOf } from './program.fixture.js';
import { Wasi } from './wasi.js';

const tier = new TestTier();
const { runtime } = tier;
const folder = mkdtempSync(join(tmpdir(), 'upshift-wasi-'));
after(() => {
  runtime.dispose();
  rmSync(folder, { recursive: true });
});

function compile(text: string): Module {
  return runtime.compile(wasmOf(text));
}

function tempFile(name: string, contents = ''): string {
  const path = join(folder, name);
  writeFileSync(path, contents);
  return path;
}

/** A pipe with both ends in one descriptor. */
function openPipe(name: string): number {
  const path = join(folder, name);
  execFileSync('mkfifo', [path]);
  return openSync(path, 'r+');
}

describe('arguments and environment', () => {
  it('are handed over as C strings in UTF-8', () => {
    const program = tier.program({ args: ['prog', '', 'größe'], env: { A: '1', EMPTY: '' } });
    assert.equal(program.call('args_sizes_get', 0, 4), 0);
    assert.equal(program.u32(0), 3);
    assert.equal(program.u32(4), 5 + 1 + 8);
    assert.equal(program.call('args_get', 16, 100), 0);
    assert.deepEqual([program.u32(16), program.u32(20), program.u32(24)], [100, 105, 106]);
    assert.equal(program.text(100, 14), 'prog\0\0größe\0');
    assert.equal(program.call('environ_sizes_get', 0, 4), 0);
    assert.equal(program.u32(0), 2);
    assert.equal(program.u32(4), 4 + 7);
    assert.equal(program.call('environ_get', 16, 100), 0);
    assert.equal(program.text(100, 11), 'A=1\0EMPTY=\0');
  });

  it('are empty by default', () => {
    const program = tier.program();
    program.view.setUint32(0, 99, true);
    assert.equal(program.call('environ_sizes_get', 0, 4), 0);
    assert.equal(program.u32(0), 0);
    assert.equal(program.u32(4), 0);
  });

  it('do not get out of memory', () => {
    const program = tier.program({ args: ['prog', 'argument'] });
    const before = program.bytes.slice();
    assert.equal(program.call('args_get', 0, pageSize - 13), Errno.fault);
    assert.equal(program.call('args_get', pageSize - 7, 0), Errno.fault);
    assert.equal(program.call('args_sizes_get', 0, pageSize - 3), Errno.fault);
    assert.equal(program.call('args_sizes_get', -1, 0), Errno.fault);
    assert.deepEqual(program.bytes, before);
    assert.equal(program.call('args_get', 0, pageSize - 14), Errno.success);
  });

  it('cannot hold a NUL', () => {
    assert.throws(() => new Wasi({ args: ['a\0b'] }), TypeError);
    assert.throws(() => new Wasi({ env: { A: '\0' } }), TypeError);
  });
});

describe('clocks', () => {
  it('tell the time in nanoseconds', () => {
    const program = tier.program();
    const before = Date.now();
    assert.equal(program.call('clock_time_get', 0, 0n, 8), 0);
    const milliseconds = Number(program.u64(8) / 1_000_000n);
    assert(before <= milliseconds && milliseconds <= Date.now());
    for (const clock of [1, 2, 3]) {
      assert.equal(program.call('clock_time_get', clock, 0n, 8), 0);
      assert.equal(program.call('clock_time_get', clock, 0n, 16), 0);
      assert(program.u64(16) >= program.u64(8));
      assert.equal(program.call('clock_res_get', clock, 24), 0);
      assert(program.u64(24) > 0n && program.u64(24) <= 1_000_000n);
    }
  });

  it('are four', () => {
    const program = tier.program();
    assert.equal(program.call('clock_time_get', 4, 0n, 8), Errno.inval);
    assert.equal(program.call('clock_res_get', -1, 8), Errno.inval);
    assert.equal(program.call('clock_time_get', 0, 0n, pageSize - 4), Errno.fault);
  });
});

describe('random_get', () => {
  it('fills exactly the bytes asked for', () => {
    const program = tier.program();
    assert.equal(program.call('random_get', 100, 64), 0);
    assert(program.bytes.subarray(100, 164).some((byte) => byte !== 0));
    assert(program.bytes.subarray(0, 100).every((byte) => byte === 0));
    assert(program.bytes.subarray(164).every((byte) => byte === 0));
    const first = program.bytes.slice(100, 164);
    program.call('random_get', 100, 64);
    assert.notDeepEqual(program.bytes.slice(100, 164), first);
    assert.equal(program.call('random_get', pageSize, 0), 0);
    assert.equal(program.call('random_get', pageSize - 10, 11), Errno.fault);
    assert.equal(program.call('random_get', 16, -8), Errno.fault);
  });
});

describe('fd_write', () => {
  it('writes scattered buffers in order', () => {
    const path = tempFile('written');
    const program = tier.program({ stdout: openSync(path, 'w') });
    program.setText(100, 'hello world');
    program.setVectors(0, [106, 5], [0, 0], [105, 1], [100, 5]);
    assert.equal(program.call('fd_write', 1, 0, 4, 64), 0);
    assert.equal(program.u32(64), 11);
    assert.equal(readFileSync(path, 'utf8'), 'world hello');
  });

  it('writes buffers too long to be gathered', () => {
    const path = tempFile('long');
    const program = tier.program({ stderr: openSync(path, 'w') });
    program.bytes.fill(0x61, 1000, 50_000);
    program.bytes.fill(0x62, 50_000, 60_000);
    program.setVectors(0, [1000, 59_000], [50_000, 10_000]);
    assert.equal(program.call('fd_write', 2, 0, 2, 64), 0);
    assert.equal(program.u32(64), 69_000);
    assert.equal(readFileSync(path, 'utf8'), 'a'.repeat(49_000) + 'b'.repeat(20_000));
  });

  it('follows memory when it grows', () => {
    const path = tempFile('grown');
    const program = tier.program({ stdout: openSync(path, 'w') });
    program.setVectors(0, [pageSize + 8, 3]);
    assert.equal(program.call('fd_write', 1, 0, 1, 64), Errno.fault);
    program.memory.grow(1);
    program.setText(pageSize + 8, 'new');
    assert.equal(program.call('fd_write', 1, 0, 1, 64), 0);
    assert.equal(readFileSync(path, 'utf8'), 'new');
  });

  it('writes nothing when a pointer is bad', () => {
    const path = tempFile('unwritten');
    const program = tier.program({ stdout: openSync(path, 'w') });
    program.setVectors(0, [100, 5], [pageSize - 4, 5]);
    assert.equal(program.call('fd_write', 1, 0, 2, 64), Errno.fault);
    assert.equal(program.call('fd_write', 1, 0, 1, pageSize - 3), Errno.fault);
    assert.equal(program.call('fd_write', 1, pageSize - 7, 1, 64), Errno.fault);
    program.setVectors(0, [100, 5], [0, -1]);
    assert.equal(program.call('fd_write', 1, 0, 2, 64), Errno.fault);
    assert.equal(program.call('fd_write', 1, 0, 1025, 64), Errno.inval);
    assert.equal(program.call('fd_write', 1, 0, -1, 64), Errno.inval);
    assert.equal(readFileSync(path, 'utf8'), '');
  });

  it('takes no other descriptors', () => {
    const program = tier.program();
    assert.equal(program.call('fd_write', 0, 0, 0, 64), Errno.badf);
    assert.equal(program.call('fd_write', 3, 0, 0, 64), Errno.badf);
    assert.equal(program.call('fd_write', -1, 0, 0, 64), Errno.badf);
  });

  it('reports the errors of the host', () => {
    const program = tier.program({ stdout: openSync('/dev/full', 'w') });
    program.setVectors(0, [100, 5]);
    assert.equal(program.call('fd_write', 1, 0, 1, 64), errnoOfCode('ENOSPC'));
    assert.equal(errnoOfCode('ENOSPC'), 51);
  });
});

describe('fd_read', () => {
  it('fills buffers in order and gives 0 at the end', () => {
    const program = tier.program({ stdin: openSync(tempFile('read', 'abcdefgh'), 'r') });
    program.setVectors(0, [100, 3], [0, 0], [200, 4]);
    assert.equal(program.call('fd_read', 0, 0, 3, 64), 0);
    assert.equal(program.u32(64), 7);
    assert.equal(program.text(100, 3), 'abc');
    assert.equal(program.text(200, 5), 'defg\0');
    assert.equal(program.call('fd_read', 0, 0, 1, 64), 0);
    assert.equal(program.u32(64), 1);
    assert.equal(program.text(100, 3), 'hbc');
    assert.equal(program.call('fd_read', 0, 0, 1, 64), 0);
    assert.equal(program.u32(64), 0);
  });

  it('does not wait for more than what a pipe holds', () => {
    const pipe = openPipe('short');
    const program = tier.program({ stdin: pipe });
    writeSync(pipe, 'abc');
    program.setVectors(0, [100, 3], [200, 100]);
    assert.equal(program.call('fd_read', 0, 0, 2, 64), 0);
    assert.equal(program.u32(64), 3);
  });

  it('does not read into what is not memory', () => {
    const program = tier.program({ stdin: openSync(tempFile('unread', 'abcdefgh'), 'r') });
    program.setVectors(0, [pageSize - 2, 3]);
    assert.equal(program.call('fd_read', 0, 0, 1, 64), Errno.fault);
    assert.equal(program.call('fd_read', 1, 0, 1, 64), Errno.badf);
    program.setVectors(0, [100, 8]);
    assert.equal(program.call('fd_read', 0, 0, 1, 64), 0);
    assert.equal(program.text(100, 8), 'abcdefgh');
  });

  it('gives EAGAIN from an empty pipe when the program asked not to wait', () => {
    const program = tier.program({ stdin: openPipe('empty') });
    program.setVectors(0, [100, 8]);
    assert.equal(program.call('fd_fdstat_set_flags', 0, 4), 0);
    assert.equal(program.call('fd_read', 0, 0, 1, 64), Errno.again);
    assert.equal(program.call('fd_fdstat_get', 0, 128), 0);
    assert.equal(program.view.getUint16(130, true), 4);
    assert.equal(program.call('fd_fdstat_set_flags', 0, 8), Errno.notsup);
  });

  it('passes on what a directory says', () => {
    const program = tier.program({ stdin: openSync(folder, 'r') });
    program.setVectors(0, [100, 8]);
    assert.equal(program.call('fd_read', 0, 0, 1, 64), errnoOfCode('EISDIR'));
  });
});

describe('descriptors', () => {
  it('seek and tell in files', () => {
    const program = tier.program({ stdin: openSync(tempFile('seek', '0123456789'), 'r') });
    program.setVectors(0, [100, 2]);
    assert.equal(program.call('fd_seek', 0, 4n, 0, 64), 0);
    assert.equal(program.u64(64), 4n);
    assert.equal(program.call('fd_read', 0, 0, 1, 64), 0);
    assert.equal(program.text(100, 2), '45');
    assert.equal(program.call('fd_tell', 0, 64), 0);
    assert.equal(program.u64(64), 6n);
    assert.equal(program.call('fd_seek', 0, -5n, 1, 64), 0);
    assert.equal(program.u64(64), 1n);
    assert.equal(program.call('fd_seek', 0, -1n, 2, 64), 0);
    assert.equal(program.u64(64), 9n);
    assert.equal(program.call('fd_seek', 0, -20n, 1, 64), Errno.inval);
    assert.equal(program.call('fd_seek', 0, 0n, 3, 64), Errno.inval);
    assert.equal(program.call('fd_seek', 0, 0n, 0, pageSize - 7), Errno.fault);
  });

  it('do not seek in pipes', () => {
    const program = tier.program({ stdin: openPipe('seekless') });
    assert.equal(program.call('fd_seek', 0, 0n, 1, 64), Errno.spipe);
    assert.equal(program.call('fd_tell', 0, 64), Errno.spipe);
  });

  it('have a type and rights', () => {
    const file = tempFile('stat', 'xyz');
    const program = tier.program({ stdin: openSync(file, 'r'), stdout: openSync('/dev/null', 'w') });
    assert.equal(program.call('fd_fdstat_get', 0, 64), 0);
    assert.equal(program.view.getUint8(64), 4);
    // Read, seek and tell, but not write.
    assert.equal(program.u64(72) & 0b110_0110n, 0b010_0110n);
    assert.equal(program.call('fd_fdstat_get', 1, 64), 0);
    assert.equal(program.view.getUint8(64), 2);
    // A device that can seek is not a terminal.
    assert.equal(program.u64(72) & 0b110_0110n, 0b110_0100n);
    assert.equal(program.call('fd_filestat_get', 0, 128), 0);
    assert.equal(program.view.getUint8(144), 4);
    assert.equal(program.u64(160), 3n);
    assert.equal(program.u64(176), statSync(file, { bigint: true }).mtimeNs);
    assert.equal(program.call('fd_filestat_get', 0, pageSize - 63), Errno.fault);
    assert.equal(program.call('fd_fdstat_get', 0, pageSize - 23), Errno.fault);
  });

  it('are closed for the program only', () => {
    const path = tempFile('closed');
    const stdout = openSync(path, 'w');
    const program = tier.program({ stdout });
    program.setText(100, 'x');
    program.setVectors(0, [100, 1]);
    assert.equal(program.call('fd_close', 1), 0);
    assert.equal(program.call('fd_close', 1), Errno.badf);
    assert.equal(program.call('fd_write', 1, 0, 1, 64), Errno.badf);
    assert.equal(program.call('fd_fdstat_get', 1, 64), Errno.badf);
    writeSync(stdout, 'still open');
    closeSync(stdout);
    assert.equal(readFileSync(path, 'utf8'), 'still open');
  });

  it('are no preopened directories', () => {
    const program = tier.program();
    for (const fd of [0, 3, 4]) {
      assert.equal(program.call('fd_prestat_get', fd, 64), Errno.badf);
      assert.equal(program.call('fd_prestat_dir_name', fd, 64, 8), Errno.badf);
    }
  });
});

describe('poll_oneoff', () => {
  const subscribe = (program: Program, at: number, userData: bigint, type: number): void => {
    program.bytes.fill(0, at, at + 48);
    program.view.setBigUint64(at, userData, true);
    program.view.setUint8(at + 8, type);
  };
  const subscribeClock = (
    program: Program,
    at: number,
    userData: bigint,
    clock: number,
    ns: bigint,
  ): void => {
    subscribe(program, at, userData, 0);
    program.view.setUint32(at + 16, clock, true);
    program.view.setBigUint64(at + 24, ns, true);
  };
  const subscribeFd = (program: Program, at: number, userData: bigint, type: number, fd: number): void => {
    subscribe(program, at, userData, type);
    program.view.setUint32(at + 16, fd, true);
  };

  it('waits for the first of several times', () => {
    const program = tier.program();
    subscribeClock(program, 0, 7n, 1, 10_000_000_000n);
    subscribeClock(program, 48, 8n, 1, 20_000_000n);
    const start = performance.now();
    assert.equal(program.call('poll_oneoff', 0, 1000, 2, 2000), 0);
    assert(performance.now() - start >= 19.5);
    assert.equal(program.u32(2000), 1);
    assert.equal(program.u64(1000), 8n);
    assert.equal(program.view.getUint16(1008, true), 0);
    assert.equal(program.view.getUint8(1010), 0);
  });

  it('waits until a point in time', () => {
    const program = tier.program();
    for (const clock of [0, 1]) {
      program.call('clock_time_get', clock, 0n, 2048);
      subscribeClock(program, 0, 1n, clock, program.u64(2048) + 20_000_000n);
      program.view.setUint16(40, 1, true);
      const start = performance.now();
      assert.equal(program.call('poll_oneoff', 0, 1000, 1, 2000), 0);
      assert(performance.now() - start >= 17);
      // A time in the past is ready at once.
      subscribeClock(program, 0, 1n, clock, 5n);
      program.view.setUint16(40, 1, true);
      assert.equal(program.call('poll_oneoff', 0, 1000, 1, 2000), 0);
    }
  });

  it('tells which descriptors are ready', () => {
    const pipe = openPipe('polled');
    const program = tier.program({ stdin: pipe, stdout: openSync(tempFile('polled-file'), 'w') });
    subscribeFd(program, 0, 1n, 1, 0);
    subscribeClock(program, 48, 2n, 1, 5_000_000n);
    assert.equal(program.call('poll_oneoff', 0, 1000, 2, 2000), 0);
    assert.equal(program.u32(2000), 1);
    assert.equal(program.u64(1000), 2n);
    writeSync(pipe, 'x');
    subscribeClock(program, 48, 2n, 1, 10_000_000_000n);
    subscribeFd(program, 96, 3n, 2, 1);
    assert.equal(program.call('poll_oneoff', 0, 1000, 3, 2000), 0);
    assert.equal(program.u32(2000), 2);
    assert.deepEqual([program.u64(1000), program.view.getUint8(1010)], [1n, 1]);
    assert.deepEqual([program.u64(1032), program.view.getUint8(1042)], [3n, 2]);
  });

  it('reports wrong subscriptions as events', () => {
    const program = tier.program();
    subscribeFd(program, 0, 1n, 1, 9);
    subscribeClock(program, 48, 2n, 2, 0n);
    subscribe(program, 96, 3n, 77);
    assert.equal(program.call('poll_oneoff', 0, 1000, 3, 2000), 0);
    assert.equal(program.u32(2000), 3);
    assert.equal(program.view.getUint16(1008, true), Errno.badf);
    assert.equal(program.view.getUint16(1040, true), Errno.notsup);
    assert.equal(program.view.getUint16(1072, true), Errno.inval);
  });

  it('wants subscriptions in memory', () => {
    const program = tier.program();
    assert.equal(program.call('poll_oneoff', 0, 1000, 0, 2000), Errno.inval);
    assert.equal(program.call('poll_oneoff', pageSize - 47, 1000, 1, 2000), Errno.fault);
    assert.equal(program.call('poll_oneoff', 0, pageSize - 31, 1, 2000), Errno.fault);
    assert.equal(program.call('poll_oneoff', 0, 1000, 1, pageSize - 3), Errno.fault);
    assert.equal(program.call('poll_oneoff', 0, 1000, -1, 2000), Errno.fault);
  });
});

describe('the process', () => {
  it('ends by proc_exit with any u32', () => {
    const program = tier.program();
    const isExit = (code: number) => (error: unknown) => error instanceof ProcExit && error.exitCode === code;
    assert.throws(() => program.call('proc_exit', 0), isExit(0));
    assert.throws(() => program.call('proc_exit', 7), isExit(7));
    assert.throws(() => program.call('proc_exit', -1), isExit(0xffff_ffff));
  });

  it('may yield', () => {
    assert.equal(tier.program().call('sched_yield'), 0);
  });
});

describe('linking', () => {
  it('refuses functions with a wrong type', () => {
    const module = compile(`(module (import "${preview1}" "fd_close" (func (param i64) (result i32))))`);
    assert.throws(() => new Wasi().imports(module), {
      name: 'LinkError',
      message: `incompatible import type: "${preview1}" "fd_close" must have type [i64] -> [i32], not [i32] -> [i32]`,
    });
  });

  it('leaves out what WASI does not have', () => {
    for (const [from, name] of [
      [preview1, 'fd_fly'],
      [preview1, 'toString'],
      ['toString', 'call'],
      ['env', 'fd_write'],
    ]) {
      const module = compile(`(module (import "${from}" "${name}" (func)))`);
      assert.throws(() => runtime.instantiate(module, new Wasi().imports(module)), LinkError);
    }
  });

  it('works without a memory, of which no byte can be reached', () => {
    const module = compile(`(module
      (import "${preview1}" "random_get" (func $random_get (param i32 i32) (result i32)))
      (export "random_get" (func $random_get)))`);
    const wasi = new Wasi();
    const instance = runtime.instantiate(module, wasi.imports(module));
    wasi.bind(instance);
    const { random_get: func } = instance.exports;
    assert(func instanceof Func);
    assert.equal(func(0, 4), Errno.fault);
  });

  it('refuses to start what is no command', () => {
    const module = compile('(module)');
    assert.throws(() => new Wasi().start(runtime.instantiate(module)), /no function _start/);
  });
});
