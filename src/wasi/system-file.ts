import type { Address } from '../native/ffi.js';
import { type FileCalls, fileCalls, IoVectors } from '../native/file-calls.js';
import { lazy } from '../native/lazy.js';
import { LinuxErrno, ModeType, modeTypeMask, PollEvent, Syscall } from '../native/linux.js';
import { PollList } from '../native/poll-list.js';
import type { Word } from '../native/system-call.js';
import { FileType } from './abi.js';
import { checked, Errno, fail } from './errno.js';
import type { GuestMemory, Vectors } from './guest-memory.js';
import type { FileStatus, HostFile } from './host.js';

const ioVectors = lazy(() => new IoVectors());

const fileTypes: Readonly<Record<number, FileType>> = {
  [ModeType.regularFile]: FileType.regularFile,
  [ModeType.directory]: FileType.directory,
  [ModeType.characterDevice]: FileType.characterDevice,
  [ModeType.blockDevice]: FileType.blockDevice,
  [ModeType.symbolicLink]: FileType.symbolicLink,
  // Preview 1 has no type for pipes; like other runtimes we present them as stream sockets.
  [ModeType.fifo]: FileType.socketStream,
  [ModeType.socket]: FileType.socketStream,
};

/** The type that is in a `st_mode`. */
export function fileTypeOfMode(mode: number): FileType {
  return fileTypes[mode & modeTypeMask] ?? FileType.unknown;
}

/** What the last `stat` has given. */
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

/** A file that is used by system calls, which read and write the program's memory itself. */
export class SystemFile implements HostFile {
  readonly fd: number;
  readonly #calls = fileCalls();
  readonly #waitsItself: boolean;
  #mode: number | undefined;
  #terminal: boolean | undefined;

  /**
   * @param waitsItself whether the descriptor is one that came from outside: it may have O_NONBLOCK set, which is not the
   *   program's business
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
    // One call for all: a second one could block although the first gave something.
    return checked(this.#transfer(Syscall.read, Syscall.readv, false, memory, vectors));
  }

  write(memory: GuestMemory, vectors: Vectors): number {
    return this.#writeAll(vectors, () =>
      this.#transfer(Syscall.write, Syscall.writev, true, memory, vectors),
    );
  }

  /** As `read`, from a position; that of the file stays. */
  readAt(memory: GuestMemory, vectors: Vectors, position: bigint): number {
    if (vectors.count === 0) return 0;
    return checked(this.#transfer(Syscall.pread64, Syscall.preadv, false, memory, vectors, position));
  }

  /** As `write`, to a position; that of the file stays. */
  writeAt(memory: GuestMemory, vectors: Vectors, position: bigint): number {
    let at = position;
    return this.#writeAll(vectors, () => {
      const count = this.#transfer(Syscall.pwrite64, Syscall.pwritev, true, memory, vectors, at);
      if (count > 0) at += BigInt(count);
      return count;
    });
  }

  seek(offset: bigint, whence: number): bigint {
    const { calls } = this.#calls;
    checked(calls.call3(Syscall.lseek, this.fd, offset, whence));
    return calls.result;
  }

  isReady(toWrite: boolean): boolean {
    return this.#poll(toWrite, 0n);
  }

  /** `struct iovec`s of the buffers. */
  vectorsAddress(memory: GuestMemory, vectors: Vectors): Address {
    const list = ioVectors();
    const { base } = memory;
    const { pointers, lengths, count } = vectors;
    for (let index = 0; index < count; index++) list.set(index, base + pointers[index], lengths[index]);
    return list.address;
  }

  /** Makes a call until all is written. What `vectors` says has changed then. */
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

  /** One call of the first kind where there is one buffer, else of the second. */
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

/** Takes what has been written from the front. */
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

/** The file behind a descriptor, where it is one of system calls; ENOTSUP where it is not. */
export function systemFile(file: HostFile): SystemFile {
  return file instanceof SystemFile ? file : fail(Errno.notsup);
}
