import { type BigIntStats, fstatSync, openSync, readSync, readvSync, writeSync } from 'node:fs';
import { createRequire } from 'node:module';
import { hasDeadline, throwIfInterrupted } from '../native/interrupts.js';
import { FileType } from './abi.js';
import { Errno, errnoOfCode, fail, systemErrorCode, WasiError } from './errno.js';
import type { GuestMemory, Vectors } from './guest-memory.js';
import type { FileStatus, Host, HostFile, Wait } from './host.js';
import { clockResolution, clockTime } from './node-clocks.js';

/**
 * The host as Node shows it, for where no system calls can be made: enough for standard streams. Positions in files are missing,
 * and waiting for what is not there yet.
 */
export const nodeHost: Host = {
  stream: (fd: number): HostFile => new NodeFile(fd),
  clockTime,
  clockResolution,
  fillRandom: (memory: GuestMemory, pointer: number, length: number): void =>
    fillRandom(memory.bytes(pointer, length)),

  wait(waits: readonly Wait[], nanoseconds: bigint | undefined): void {
    const milliseconds = nanoseconds === undefined ? undefined : Number(nanoseconds) / 1e6;
    if (waits.length === 0) sleep(milliseconds ?? Number.POSITIVE_INFINITY);
    // Nobody can tell: all are ready, after a moment.
    else sleep(Math.min(milliseconds ?? pause, pause));
    for (const wait of waits) wait.ready = true;
  },

  yield: (): void => {},
};

/** For how many milliseconds a descriptor is left alone that would block. */
const pause = 10;
const sleepCell = new Int32Array(new SharedArrayBuffer(4));

/** Sleeps, in short spells where the thread has a deadline: no signal ends them. */
function sleep(milliseconds: number): void {
  let left = milliseconds;
  while (hasDeadline() && left > pause) {
    Atomics.wait(sleepCell, 0, 0, pause);
    throwIfInterrupted();
    left -= pause;
  }
  Atomics.wait(sleepCell, 0, 0, left);
}

/** Node takes at most 2³¹ − 1 bytes a call; longer transfers are cut, as POSIX allows. */
const maxTransfer = 2 ** 30;

/** Major number of /dev/null, /dev/zero, /dev/random and their like. */
const memoryDevices = 1n;

/**
 * Calls `operation`, and again after a moment when it would block: descriptors that came from outside may have O_NONBLOCK
 * set. Other host errors become WasiErrors.
 */
function retrying<Result>(operation: () => Result): Result {
  for (;;) {
    try {
      return operation();
    } catch (error) {
      const code = systemErrorCode(error);
      if (code === undefined) throw error;
      if (code === 'EAGAIN') sleep(pause);
      else if (code !== 'EINTR') fail(errnoOfCode(code));
      throwIfInterrupted();
    }
  }
}

/** A file by way of `node:fs`. */
export class NodeFile implements HostFile {
  readonly fd: number;
  #fileType: FileType | undefined;
  #terminal: boolean | undefined;

  constructor(fd: number) {
    this.fd = fd;
  }

  read(memory: GuestMemory, vectors: Vectors): number {
    const buffers = buffersOf(memory, vectors);
    if (buffers.length === 0) return 0;
    // One call for all: a second one could block although the first gave something.
    if (buffers.length > 1) return retrying(() => readvSync(this.fd, buffers));
    const [buffer] = buffers;
    return retrying(() => readSync(this.fd, buffer, 0, Math.min(buffer.length, maxTransfer), null));
  }

  write(memory: GuestMemory, vectors: Vectors): number {
    return this.writeBuffers(buffersOf(memory, vectors));
  }

  writeBuffers(buffers: readonly Uint8Array[]): number {
    let written = 0;
    try {
      for (const buffer of gathered(buffers)) {
        for (let at = 0; at < buffer.length; ) {
          const length = Math.min(buffer.length - at, maxTransfer);
          const count = retrying(() => writeSync(this.fd, buffer, at, length));
          at += count;
          written += count;
        }
      }
    } catch (error) {
      if (written === 0 || !(error instanceof WasiError)) throw error;
    }
    return written;
  }

  seek(): never {
    fail(Errno.spipe);
  }

  isReady(): boolean {
    return true;
  }

  status(): FileStatus {
    const stat = this.#stat();
    return {
      device: stat.dev,
      inode: stat.ino,
      fileType: fileTypeOf(stat),
      linkCount: stat.nlink,
      byteLength: stat.size,
      accessTime: stat.atimeNs,
      modificationTime: stat.mtimeNs,
      changeTime: stat.ctimeNs,
    };
  }

  get fileType(): FileType {
    this.#fileType ??= fileTypeOf(this.#stat());
    return this.#fileType;
  }

  get isTerminal(): boolean {
    this.#terminal ??= isTerminal(this.fd, this.#stat());
    return this.#terminal;
  }

  #stat(): BigIntStats {
    return retrying(() => fstatSync(this.fd, { bigint: true }));
  }
}

function isTerminal(fd: number, stat: BigIntStats): boolean {
  // Loading `node:tty` takes milliseconds: not for files, pipes and /dev/null.
  if (!stat.isCharacterDevice() || stat.rdev >> 8n === memoryDevices) return false;
  const tty = createRequire(import.meta.url)('node:tty') as typeof import('node:tty');
  return tty.isatty(fd);
}

function fileTypeOf(stat: BigIntStats): FileType {
  if (stat.isFile()) return FileType.regularFile;
  if (stat.isDirectory()) return FileType.directory;
  if (stat.isCharacterDevice()) return FileType.characterDevice;
  if (stat.isBlockDevice()) return FileType.blockDevice;
  if (stat.isFIFO() || stat.isSocket()) return FileType.socketStream;
  return FileType.unknown;
}

function buffersOf(memory: GuestMemory, { pointers, lengths, count }: Vectors): Uint8Array[] {
  return Array.from({ length: count }, (_, index) => memory.bytes(pointers[index], lengths[index]));
}

/** Up to this many bytes, scattered buffers are gathered and written with one call, so that lines stay whole. */
const gatherLimit = 65536;

/** The same bytes in one buffer if they are few. */
function gathered(buffers: readonly Uint8Array[]): readonly Uint8Array[] {
  if (buffers.length <= 1) return buffers;
  let total = 0;
  for (const buffer of buffers) total += buffer.length;
  if (total > gatherLimit) return buffers;
  const all = new Uint8Array(total);
  let at = 0;
  for (const buffer of buffers) {
    all.set(buffer, at);
    at += buffer.length;
  }
  return [all];
}

/** The kernel's generator; opened at the first use and kept. Loading `node:crypto` would cost more than it gives. */
let source: number | undefined;

function fillRandom(bytes: Uint8Array): void {
  if (process.platform === 'win32') {
    const crypto = createRequire(import.meta.url)('node:crypto') as typeof import('node:crypto');
    crypto.randomFillSync(bytes);
    return;
  }
  source ??= openSync('/dev/urandom', 'r');
  for (let at = 0; at < bytes.length; ) {
    at += readSync(source, bytes, at, Math.min(bytes.length - at, maxTransfer), null);
  }
}
