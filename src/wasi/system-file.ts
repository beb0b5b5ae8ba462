import type { Address } from '../native/ffi/ffi.js';
import { lazy } from '../native/ffi/lazy.js';
import { LinuxErrno } from '../native/linux/errno.js';
import { ModeType, modeTypeMask, OpenFlag, PollEvent, WriteFlag } from '../native/linux/files.js';
import { type FileCalls, fileCalls, IoVectors } from '../native/os/file-calls.js';
import { PollList } from '../native/os/poll-list.js';
import type { Word } from '../native/os/system-call.js';
import { Syscall } from '../native/x64/linux/syscalls.js';
import { FileType } from './abi.js';
import { checked, Errno, fail } from './errno.js';
import type { GuestMemory, Vectors } from './guest-memory.js';
import type { FileStatus, HostFile } from './host.js';
import { VirtualFile } from './virtual-file.js';

const ioVectors = lazy(() => new IoVectors());

const fileTypes: Readonly<Record<number, FileType>> = {
  [ModeType.regularFile]: FileType.regularFile,
  [ModeType.directory]: FileType.directory,
  [ModeType.characterDevice]: FileType.characterDevice,
  [ModeType.blockDevice]: FileType.blockDevice,
  [ModeType.symbolicLink]: FileType.symbolicLink,
  // Preview 1 has no type for pipes; like other runtimes, we present them as stream sockets.
  [ModeType.fifo]: FileType.socketStream,
  [ModeType.socket]: FileType.socketStream,
};

/** The file type in `st_mode`. */
export function fileTypeOfMode(mode: number): FileType {
  return fileTypes[mode & modeTypeMask] ?? FileType.unknown;
}

/** The result of the last `stat`. */
export function lastStatus(calls: FileCalls): FileStatus {
  const time = (field: 'accessTime' | 'modificationTime' | 'changeTime'): bigint => {
    const value = calls.statusTime(field);
    return value < 0n ? 0n : value;
  };
  return {
    device: calls.device,
    inode: calls.statusU64('inode'),
    fileType: fileTypeOfMode(calls.mode),
    linkCount: BigInt(calls.linkCount),
    byteLength: calls.statusU64('byteLength'),
    accessTime: time('accessTime'),
    modificationTime: time('modificationTime'),
    changeTime: time('changeTime'),
  };
}

/** A file used by system calls, which read and write the program's memory directly. */
export class SystemFile implements HostFile {
  readonly fd: number;
  readonly #calls = fileCalls();
  readonly #waitsItself: boolean;
  #mode: number | undefined;
  #terminal: boolean | undefined;
  #appends: boolean | undefined;

  /**
   * @param waitsItself whether the descriptor came from outside: it may have O_NONBLOCK set, which the
   *   program should not notice
   */
  constructor(fd: number, waitsItself: boolean) {
    this.fd = fd;
    this.#waitsItself = waitsItself;
  }

  get fileType(): FileType {
    return fileTypeOfMode(this.#hostMode);
  }

  get isSocket(): boolean {
    return (this.#hostMode & modeTypeMask) === ModeType.socket;
  }

  get isTerminal(): boolean {
    this.#terminal ??= this.fileType === FileType.characterDevice && this.#calls.isTerminal(this.fd);
    return this.#terminal;
  }

  get appends(): boolean {
    if (this.#appends === undefined) {
      const flags = this.#calls.getFlags(this.fd);
      this.#appends = flags >= 0 && (flags & OpenFlag.append) !== 0;
    }
    return this.#appends;
  }

  get #hostMode(): number {
    if (this.#mode === undefined) {
      checked(this.#calls.stat(this.fd));
      this.#mode = this.#calls.mode;
    }
    return this.#mode;
  }

  status(): FileStatus {
    checked(this.#calls.stat(this.fd));
    return lastStatus(this.#calls);
  }

  read(memory: GuestMemory, vectors: Vectors): number {
    if (vectors.count === 0) return 0;
    // A single call: a second one could block even though the first returned something.
    return checked(this.#transfer(Syscall.read, Syscall.readv, false, memory, vectors));
  }

  write(memory: GuestMemory, vectors: Vectors): number {
    return this.#writeAll(vectors, () =>
      this.#transfer(Syscall.write, Syscall.writev, true, memory, vectors),
    );
  }

  append(memory: GuestMemory, vectors: Vectors): number {
    // Pipes and terminals have only one place to write to.
    if (this.fileType !== FileType.regularFile) return this.write(memory, vectors);
    // The file's own position, which moves on.
    const position = -1;
    return this.#writeAll(vectors, () => this.#writeWith(WriteFlag.append, memory, vectors, position));
  }

  /** Like `read`, but at a position; the file's own stays. */
  readAt(memory: GuestMemory, vectors: Vectors, position: bigint): number {
    if (vectors.count === 0) return 0;
    return checked(this.#transfer(Syscall.pread64, Syscall.preadv, false, memory, vectors, position));
  }

  /**
   * Like `write`, but at a position; the file's own stays. If the file is open to append it writes to the
   * end: see pwrite(2), "BUGS".
   */
  writeAt(memory: GuestMemory, vectors: Vectors, position: bigint): number {
    return this.#writeAllAt(vectors, position, (at) =>
      this.#transfer(Syscall.pwrite64, Syscall.pwritev, true, memory, vectors, at),
    );
  }

  /** Like `writeAt`, even if the file is open to append; fails on kernels that cannot do that. */
  overwriteAt(memory: GuestMemory, vectors: Vectors, position: bigint): number {
    // −1 would mean the file's own position.
    if (position < 0n) fail(Errno.inval);
    return this.#writeAllAt(vectors, position, (at) =>
      this.#writeWith(WriteFlag.noAppend, memory, vectors, at),
    );
  }

  seek(offset: bigint, whence: number): bigint {
    const { calls } = this.#calls;
    checked(calls.call3(Syscall.lseek, this.fd, offset, whence));
    return calls.result;
  }

  isReady(toWrite: boolean): boolean {
    return this.#poll(toWrite, 0n);
  }

  /** The buffers as an array of `struct iovec`. */
  vectorsAddress(memory: GuestMemory, vectors: Vectors): Address {
    const list = ioVectors();
    const { base } = memory;
    const { pointers, lengths, count } = vectors;
    for (let index = 0; index < count; index++) list.set(index, base + pointers[index], lengths[index]);
    return list.address;
  }

  /** Repeats a call until everything is written. Changes `vectors` meanwhile. */
  #writeAll(vectors: Vectors, write: () => number): number {
    const total = vectors.byteLength;
    let written = 0;
    while (written < total) {
      const count = write();
      if (count < 0) {
        if (written === 0) checked(count);
        break;
      }
      written += count;
      if (written < total) drop(vectors, count);
    }
    return written;
  }

  #writeAllAt(vectors: Vectors, position: bigint, write: (at: bigint) => number): number {
    let at = position;
    return this.#writeAll(vectors, () => {
      const count = write(at);
      if (count > 0) at += BigInt(count);
      return count;
    });
  }

  #writeWith(flag: number, memory: GuestMemory, vectors: Vectors, position: Word): number {
    const address = this.vectorsAddress(memory, vectors);
    return this.#calls.calls.call(Syscall.pwritev2, this.fd, address, vectors.count, position, 0, flag);
  }

  /** One call: of the first kind if there is one buffer, otherwise of the second. */
  #transfer(
    single: number,
    several: number,
    isWrite: boolean,
    memory: GuestMemory,
    vectors: Vectors,
    position: Word = 0,
  ): number {
    const { calls } = this.#calls;
    for (;;) {
      const result =
        vectors.count === 1
          ? this.#single(single, memory.base + vectors.pointers[0], vectors.lengths[0], position)
          : calls.call(several, this.fd, this.vectorsAddress(memory, vectors), vectors.count, position);
      if (result !== -LinuxErrno.again || !this.#waitsItself) return result;
      this.#poll(isWrite, undefined);
    }
  }

  #single(number: number, address: Address, length: number, position: Word): number {
    const { calls } = this.#calls;
    return position === 0
      ? calls.call3(number, this.fd, address, length)
      : calls.call(number, this.fd, address, length, position);
  }

  #poll(toWrite: boolean, nanoseconds: bigint | undefined): boolean {
    const list = new PollList(1);
    list.set(0, this.fd, toWrite ? PollEvent.out : PollEvent.in);
    return checked(list.wait(nanoseconds)) > 0;
  }
}

/** Removes what has been written from the front. */
function drop(vectors: Vectors, byteLength: number): void {
  const { pointers, lengths, count } = vectors;
  let left = byteLength;
  let first = 0;
  while (first < count && left >= lengths[first]) {
    left -= lengths[first];
    first++;
  }
  for (let index = first; index < count; index++) {
    pointers[index - first] = pointers[index];
    lengths[index - first] = lengths[index];
  }
  vectors.count = count - first;
  pointers[0] += left;
  lengths[0] -= left;
}

/**
 * The file of a descriptor as a `SystemFile`. Fails with ESPIPE if it is a virtual file, with ENOTSUP if it
 * is another.
 */
export function systemFile(file: HostFile): SystemFile {
  if (file instanceof SystemFile) return file;
  fail(file instanceof VirtualFile ? Errno.spipe : Errno.notsup);
}
