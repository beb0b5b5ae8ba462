/**
 * Runs a WASI command on Node's own WebAssembly: `node [V8 flags] v8-host.js file.wasm [args…]`. It stands in
 * for node:wasi, which crashes on some Node versions when fd_write gets hot. Only stdio, clocks, random
 * numbers, arguments and the environment are there; every other function returns ENOSYS.
 *
 * It reports the milliseconds between the call of _start and its end to the parent process.
 */
import { randomFillSync } from 'node:crypto';
import { readFileSync, readSync, writeSync } from 'node:fs';
import { report } from './child-report.js';
import { threadCpuMs } from './cpu-time.js';
import { enableRelaxedSimd, V8, type V8Function, type V8Memory } from './v8-webassembly.js';

const success = 0;
const ebadf = 8;
const einval = 28;
const enosys = 52;
const espipe = 70;

class Exit extends Error {
  readonly status: number;
  constructor(status: number) {
    super(`exit ${status}`);
    this.status = status;
  }
}

function wasiHost(args: readonly string[], memory: () => V8Memory): Record<string, V8Function> {
  const view = (): DataView => new DataView(memory().buffer);
  const encoder = new TextEncoder();
  const strings = (list: readonly string[]): Uint8Array[] => list.map((text) => encoder.encode(`${text}\0`));
  const argStrings = strings(args);
  const environStrings: Uint8Array[] = [];

  const sizes = (list: readonly Uint8Array[], countAt: number, sizeAt: number): number => {
    view().setUint32(countAt, list.length, true);
    view().setUint32(
      sizeAt,
      list.reduce((sum, bytes) => sum + bytes.length, 0),
      true,
    );
    return success;
  };
  const copy = (list: readonly Uint8Array[], pointersAt: number, bytesAt: number): number => {
    for (const [index, bytes] of list.entries()) {
      view().setUint32(pointersAt + 4 * index, bytesAt, true);
      new Uint8Array(memory().buffer).set(bytes, bytesAt);
      bytesAt += bytes.length;
    }
    return success;
  };
  const transfer = (
    vectors: number,
    count: number,
    totalAt: number,
    move: (bytes: Uint8Array) => number,
  ): number => {
    let total = 0;
    for (let i = 0; i < count; i++) {
      const address = view().getUint32(vectors + 8 * i, true);
      const length = view().getUint32(vectors + 8 * i + 4, true);
      if (length === 0) continue;
      const moved = move(new Uint8Array(memory().buffer, address, length));
      total += moved;
      if (moved < length) break;
    }
    view().setUint32(totalAt, total, true);
    return success;
  };
  const writeAll = (descriptor: number, bytes: Uint8Array): number => {
    let written = 0;
    while (written < bytes.length) written += writeSync(descriptor, bytes, written);
    return written;
  };
  const now = (clock: number): bigint | undefined => {
    if (clock === 0) return BigInt(Date.now()) * 1_000_000n;
    return clock <= 3 ? process.hrtime.bigint() : undefined;
  };

  return {
    args_sizes_get: (countAt: number, sizeAt: number) => sizes(argStrings, countAt, sizeAt),
    args_get: (pointersAt: number, bytesAt: number) => copy(argStrings, pointersAt, bytesAt),
    environ_sizes_get: (countAt: number, sizeAt: number) => sizes(environStrings, countAt, sizeAt),
    environ_get: (pointersAt: number, bytesAt: number) => copy(environStrings, pointersAt, bytesAt),
    clock_res_get: (clock: number, at: number) => {
      if (clock > 3) return einval;
      view().setBigUint64(at, clock === 0 ? 1_000_000n : 1n, true);
      return success;
    },
    clock_time_get: (clock: number, _precision: bigint, at: number) => {
      const time = now(clock);
      if (time === undefined) return einval;
      view().setBigUint64(at, time, true);
      return success;
    },
    random_get: (at: number, length: number) => {
      randomFillSync(new Uint8Array(memory().buffer, at, length));
      return success;
    },
    fd_write: (fd: number, vectors: number, count: number, totalAt: number) =>
      fd === 1 || fd === 2 ? transfer(vectors, count, totalAt, (bytes) => writeAll(fd, bytes)) : ebadf,
    fd_read: (fd: number, vectors: number, count: number, totalAt: number) =>
      fd === 0 ? transfer(vectors, count, totalAt, (bytes) => readSync(0, bytes)) : ebadf,
    fd_seek: (fd: number) => (fd <= 2 ? espipe : ebadf),
    fd_tell: (fd: number) => (fd <= 2 ? espipe : ebadf),
    fd_close: (fd: number) => (fd <= 2 ? success : ebadf),
    fd_fdstat_get: (fd: number, at: number) => {
      if (fd > 2) return ebadf;
      new Uint8Array(memory().buffer, at, 24).fill(0);
      view().setUint8(at, 2); // a character device
      view().setBigUint64(at + 8, 0x1fff_ffffn, true);
      return success;
    },
    fd_fdstat_set_flags: (fd: number) => (fd <= 2 ? success : ebadf),
    fd_filestat_get: (fd: number, at: number) => {
      if (fd > 2) return ebadf;
      new Uint8Array(memory().buffer, at, 64).fill(0);
      view().setUint8(at + 16, 2);
      return success;
    },
    fd_prestat_get: () => ebadf,
    fd_prestat_dir_name: () => ebadf,
    sched_yield: () => success,
    proc_exit: (status: number) => {
      throw new Exit(status);
    },
  };
}

const file = process.argv[2];
enableRelaxedSimd();
const module = new V8.Module(readFileSync(file));
let memory: V8Memory | undefined;
const host = wasiHost(process.argv.slice(2), () => {
  if (memory === undefined) throw new Error('the program exports no memory');
  return memory;
});
const imports: Record<string, Record<string, V8Function>> = {};
for (const { module: from, name } of V8.Module.imports(module)) {
  imports[from] ??= {};
  imports[from][name] = host[name] ?? (() => enosys);
}
const { exports } = new V8.Instance(module, imports);
memory = exports['memory'] as V8Memory;
const start = exports['_start'] as () => void;
const cpuBefore = threadCpuMs();
const before = performance.now();
try {
  start();
} catch (error) {
  if (!(error instanceof Exit)) throw error;
  process.exitCode = error.status;
}
report('run', performance.now() - before);
report('cpu', threadCpuMs() - cpuBefore);
