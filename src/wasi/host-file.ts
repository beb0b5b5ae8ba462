import { type BigIntStats, fstatSync, readSync, readvSync, writeSync } from 'node:fs';
import { createRequire } from 'node:module';
import { throwIfInterrupted } from '../native/interrupts.js';
import { FileType } from './abi.js';
import { Errno, errnoOfCode, systemErrorCode, WasiError } from './errno.js';
import { hostPoll, hostSeek, pollIn, pollOut } from './host-calls.js';

/** Node takes at most 2³¹ − 1 bytes a call; longer transfers are cut, as POSIX allows. */
const maxTransfer = 2 ** 30;

/** Up to this many bytes, scattered buffers are gathered and written with one call, so that lines stay whole. */
const gatherLimit = 65536;

/** Major number of /dev/null, /dev/zero, /dev/random and their like. */
const memoryDevices = 1n;

/** How long one wait for a descriptor lasts before it is looked at again, in milliseconds. */
const waitSlice = 1000;

/**
 * Calls `operation`, waiting for `fd` to become ready and trying again when it would block: descriptors that came
 * from outside may have O_NONBLOCK set. Other host errors become WasiErrors.
 */
function retrying<Result>(fd: number, events: number, operation: () => Result): Result {
  for (;;) {
    try {
      return operation();
    } catch (error) {
      const code = systemErrorCode(error);
      if (code === undefined) throw error;
      if (code === 'EAGAIN') hostPoll(fd, events, waitSlice);
      else if (code !== 'EINTR') throw new WasiError(errnoOfCode(code));
      throwIfInterrupted();
    }
  }
}

/** An open file of the host, by its descriptor. All calls block; errors are thrown as WasiErrors. */
export class HostFile {
  readonly #fd: number;
  #fileType: FileType | undefined;
  #terminal: boolean | undefined;

  constructor(fd: number) {
    this.#fd = fd;
  }

  /** Reads what is there, at least one byte unless at the end; returns the number of bytes. */
  read(buffers: readonly Uint8Array[]): number {
    const fd = this.#fd;
    if (buffers.length === 0) return 0;
    // One call for all: a second one could block although the first gave something.
    if (buffers.length > 1) return retrying(fd, pollIn, () => readvSync(fd, buffers));
    const [buffer] = buffers;
    const length = Math.min(buffer.length, maxTransfer);
    return retrying(fd, pollIn, () => readSync(fd, buffer, 0, length, null));
  }

  /** Writes everything; returns the number of bytes, less than all only if an error came after some were written. */
  write(buffers: readonly Uint8Array[]): number {
    let written = 0;
    try {
      for (const buffer of gathered(buffers)) {
        for (let at = 0; at < buffer.length; ) {
          const length = Math.min(buffer.length - at, maxTransfer);
          const count = retrying(this.#fd, pollOut, () => writeSync(this.#fd, buffer, at, length));
          at += count;
          written += count;
        }
      }
    } catch (error) {
      if (written === 0 || !(error instanceof WasiError)) throw error;
    }
    return written;
  }

  /** Moves the position and returns the new one; ESPIPE where there is none, as in pipes and terminals. */
  seek(offset: bigint, whence: number): bigint {
    if (this.isTerminal) throw new WasiError(Errno.spipe);
    return hostSeek(this.#fd, offset, whence);
  }

  /** Whether `events` (`pollIn`, `pollOut`) are there within `timeout` milliseconds. */
  poll(events: number, timeout: number): boolean {
    return hostPoll(this.#fd, events, timeout);
  }

  stat(): BigIntStats {
    return retrying(this.#fd, pollIn, () => fstatSync(this.#fd, { bigint: true }));
  }

  get fileType(): FileType {
    this.#fileType ??= fileTypeOf(this.stat());
    return this.#fileType;
  }

  get isTerminal(): boolean {
    this.#terminal ??= isTerminal(this.#fd, this.stat());
    return this.#terminal;
  }
}

function isTerminal(fd: number, stat: BigIntStats): boolean {
  // Loading `node:tty` takes milliseconds: not for files, pipes and /dev/null.
  if (!stat.isCharacterDevice() || stat.rdev >> 8n === memoryDevices) return false;
  const tty = createRequire(import.meta.url)('node:tty') as typeof import('node:tty');
  return tty.isatty(fd);
}

export function fileTypeOf(stat: BigIntStats): FileType {
  if (stat.isFile()) return FileType.regularFile;
  if (stat.isDirectory()) return FileType.directory;
  if (stat.isCharacterDevice()) return FileType.characterDevice;
  if (stat.isBlockDevice()) return FileType.blockDevice;
  if (stat.isSymbolicLink()) return FileType.symbolicLink;
  // Preview 1 has no type for pipes; like other runtimes we present them as stream sockets.
  if (stat.isFIFO() || stat.isSocket()) return FileType.socketStream;
  return FileType.unknown;
}

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
