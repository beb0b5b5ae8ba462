import type { FileType } from './abi.js';
import type { GuestMemory, Vectors } from './guest-memory.js';

/** The content of a `filestat`. Times are in nanoseconds since 1970, 0 if earlier. */
export interface FileStatus {
  readonly device: bigint;
  readonly inode: bigint;
  readonly fileType: FileType;
  readonly linkCount: bigint;
  readonly byteLength: bigint;
  readonly accessTime: bigint;
  readonly modificationTime: bigint;
  readonly changeTime: bigint;
}

/**
 * An open file: the host's, by descriptor, or a `VirtualFile`. All calls block; errors are thrown as
 * WasiErrors.
 */
export interface HostFile {
  /** The host's descriptor; −1 if there is none. */
  readonly fd: number;
  readonly fileType: FileType;
  readonly isTerminal: boolean;
  /** Whether it was opened to append, as far as that is known. */
  readonly appends: boolean;

  /** Reads what is available, at least one byte unless at the end; returns the number of bytes. */
  read(memory: GuestMemory, vectors: Vectors): number;

  /**
   * Writes everything and returns the number of bytes. It is less only if an error came after some were
   * written.
   */
  write(memory: GuestMemory, vectors: Vectors): number;

  /** Like `write`, but to the end of the file, whatever its position. */
  append(memory: GuestMemory, vectors: Vectors): number;

  /**
   * Moves the position and returns the new one; `whence` is as in POSIX. Fails with ESPIPE if the file has no
   * position, like a pipe.
   */
  seek(offset: bigint, whence: number): bigint;

  /** Whether the file can be read (or written) without waiting. */
  isReady(toWrite: boolean): boolean;

  status(): FileStatus;
}

/** A descriptor to wait for, and the outcome. */
export interface Wait {
  readonly file: HostFile;
  readonly toWrite: boolean;
  ready: boolean;
  hungUp: boolean;
  /** How many bytes can be read, as far as that is known. */
  byteCount: number;
}

/** What every program can use of the system. */
export interface Host {
  /** A file that the process has opened. */
  stream(fd: number): HostFile;

  /** Time of a clock in nanoseconds; fails with EINVAL if there is no such clock. */
  clockTime(clock: number): bigint;

  /** Resolution of a clock in nanoseconds; fails with EINVAL if there is no such clock. */
  clockResolution(clock: number): bigint;

  /** Fills memory with cryptographically secure random bytes. */
  fillRandom(memory: GuestMemory, pointer: number, length: number): void;

  /**
   * Waits until one of the files is ready, or at most `nanoseconds` (undefined: without limit). It may return
   * early, so callers look at the clock again. Notes which files are ready.
   */
  wait(waits: readonly Wait[], nanoseconds: bigint | undefined): void;

  /** Lets other threads run. */
  yield(): void;
}
