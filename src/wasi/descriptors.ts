import { FdFlags, Rights } from './abi.js';
import { Errno, WasiError } from './errno.js';
import type { HostFile } from './host-file.js';

/** An open descriptor of the program. */
export class Descriptor {
  readonly file: HostFile;
  readonly readable: boolean;
  readonly writable: boolean;
  /** `FdFlags` that the program set. */
  flags = 0;
  /** How many writes failed because nobody reads any more. */
  brokenPipeCount = 0;

  constructor(file: HostFile, access: 'read' | 'write') {
    this.file = file;
    this.readable = access === 'read';
    this.writable = access === 'write';
  }

  get nonblocking(): boolean {
    return (this.flags & FdFlags.nonblock) !== 0;
  }

  /** What the program may do with it. C libraries take a character device without seek and tell for a terminal. */
  get rights(): bigint {
    const access = this.readable ? Rights.fdRead : Rights.fdWrite;
    const position = this.file.isTerminal ? 0n : Rights.fdSeek | Rights.fdTell;
    return access | position | Rights.fdFdstatSetFlags | Rights.fdFilestatGet | Rights.pollFdReadwrite;
  }
}

/** The program's descriptors by number. */
export class DescriptorTable {
  readonly #open = new Map<number, Descriptor>();

  set(fd: number, descriptor: Descriptor): void {
    this.#open.set(fd, descriptor);
  }

  /** Fails with EBADF where `fd` is not open. */
  get(fd: number): Descriptor {
    const descriptor = this.#open.get(fd);
    if (descriptor === undefined) throw new WasiError(Errno.badf);
    return descriptor;
  }

  /** Fails with EBADF where `fd` is not open for reading. */
  readable(fd: number): Descriptor {
    const descriptor = this.get(fd);
    if (!descriptor.readable) throw new WasiError(Errno.badf);
    return descriptor;
  }

  /** Fails with EBADF where `fd` is not open for writing. */
  writable(fd: number): Descriptor {
    const descriptor = this.get(fd);
    if (!descriptor.writable) throw new WasiError(Errno.badf);
    return descriptor;
  }

  /** Takes `fd` from the program. The host's descriptor stays open: it belongs to the process. */
  close(fd: number): void {
    if (!this.#open.delete(fd)) throw new WasiError(Errno.badf);
  }
}
