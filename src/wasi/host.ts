import type { FileType } from './abi.js';
import type { GuestMemory, Vectors } from './guest-memory.js';

/** What `filestat` says. Times in nanoseconds since 1970, 0 where they are before. */
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

/** An open file of the host, by its descriptor. All calls block; errors are thrown as WasiErrors. */
export interface HostFile {
  /** Of the host. */
  readonly fd: number;
  readonly fileType: FileType;
  readonly isTerminal: boolean;

  /** Reads what is there, at least one byte unless at the end; returns the number of bytes. */
  read(memory: GuestMemory, vectors: Vectors): number;

  /** Writes everything; returns the number of bytes, less than all only if an error came after some were written. */
  write(memory: GuestMemory, vectors: Vectors): number;

  /** Moves the position and returns the new one; `whence` as in POSIX. ESPIPE where there is none, as in pipes. */
  seek(offset: bigint, whence: number): bigint;

  /** Whether the file can be read (or written) without waiting. */
  isReady(toWrite: boolean): boolean;

  status(): FileStatus;
}

/** A descriptor to wait for, and what has become of it. */
export interface Wait {
  readonly file: HostFile;
  readonly toWrite: boolean;
  ready: boolean;
  hungUp: boolean;
  /** What can be read, in bytes, as far as that is known. */
  byteCount: number;
}

/** What of the system every program can use. */
export interface Host {
  /** A file that the process has open. */
  stream(fd: number): HostFile;

  /** Time of a clock in nanoseconds; EINVAL if there is no such clock. */
  clockTime(clock: number): bigint;

  /** Resolution of a clock in nanoseconds; EINVAL if there is no such clock. */
  clockResolution(clock: number): bigint;

  /** Fills memory with random bytes that are fit for cryptography. */
  fillRandom(memory: GuestMemory, pointer: number, length: number): void;

  /**
   * Waits until something can be done with one of the files, or at least some of so many nanoseconds have passed (undefined:
   * there is no end): who asks looks at the clock again. Notes which files are ready.
   */
  wait(waits: readonly Wait[], nanoseconds: bigint | undefined): void;

  /** Lets others run. */
  yield(): void;
}
