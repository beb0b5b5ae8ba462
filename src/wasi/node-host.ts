import { type BigIntStats, fstatSync, openSync, readSync, readvSync, writeSync } from 'node:fs';
import { builtinModule } from '../native/ffi/late-modules.js';
import { hasDeadline, throwIfInterrupted } from '../native/interrupts/interrupts.js';
import { FileType } from './abi.js';
import { Errno, errnoOfCode, fail, systemErrorCode, WasiError } from './errno.js';
import type { GuestMemory, Vectors } from './guest-memory.js';
import type { FileStatus, Host, HostFile, Wait } from './host.js';
import { clockResolution, clockTime } from './node-clocks.js';

/**
 * The host as seen through Node, for processes that cannot make system calls. It is enough for standard
 * streams, but lacks file positions and cannot wait for input.
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
    // Nobody can tell: all count as ready after a moment.
    else sleep(Math.min(milliseconds ?? pause, pause));
    for (const wait of waits) wait.ready = true;
  },

  yield: (): void => {},
};

/** How many milliseconds to wait before retrying a descriptor that would block. */
const pause = 10;
const sleepCell = new Int32Array(new SharedArrayBuffer(4));

/** Sleeps, in short spells if the thread has a deadline, because no signal interrupts them. */
function sleep(milliseconds: number): void {
  let left = milliseconds;
  while (hasDeadline() && left > pause) {
    Atomics.wait(sleepCell, 0, 0, pause);
    throwIfInterrupted();
    left -= pause;
  }
  Atomics.wait(sleepCell, 0, 0, left);
}

/** Node transfers at most 2³¹ − 1 bytes per call; longer transfers are cut short, as POSIX allows. */
const maxTransfer = 2 ** 30;

/** Major number of /dev/null, /dev/zero, /dev/random and their like. */
const memoryDevices = 1n;

/**
 * Calls `operation`, and retries after a moment if it would block: descriptors from outside may have
 * O_NONBLOCK set. Other host errors become WasiErrors.
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

/** A file used through `node:fs`. */
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
    // A single call: a second one could block even though the first returned something.
    if (buffers.length > 1) return retrying(() => readvSync(this.fd, buffers));
    const [buffer] = buffers;
    return retrying(() => readSync(this.fd, buffer, 0, Math.min(buffer.length, maxTransfer), null));
  }

  write(memory: GuestMemory, vectors: Vectors): number {
    return this.writeBuffers(buffersOf(memory, vectors));
  }

  append(): never {
    fail(Errno.notsup);
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

  get appends(): boolean {
    return false;
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
  // Loading `node:tty` takes milliseconds, so files, pipes and /dev/null do without.
  if (!stat.isCharacterDevice() || stat.rdev >> 8n === memoryDevices) return false;
  return builtinModule('node:tty').isatty(fd);
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

/**
 * Scattered buffers of up to this many bytes are gathered and written with one call, which keeps lines whole.
 */
const gatherLimit = 65536;

/** The same bytes in one buffer if there are few. */
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

/**
 * The kernel's generator, opened on first use and kept. Loading `node:crypto` would cost more than it gains.
 */
let source: number | undefined;

function fillRandom(bytes: Uint8Array): void {
  if (process.platform === 'win32') {
    builtinModule('node:crypto').randomFillSync(bytes);
    return;
  }
  source ??= openSync('/dev/urandom', 'r');
  for (let at = 0; at < bytes.length; ) {
    at += readSync(source, bytes, at, Math.min(bytes.length - at, maxTransfer), null);
  }
}
