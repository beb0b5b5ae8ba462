import { fileCalls } from '../native/file-calls.js';
import { FdFlags, FileType, type Rights } from './abi.js';
import { Errno, fail } from './errno.js';
import type { HostFile } from './host.js';
import type { RightsPair } from './rights.js';

export interface DescriptorOptions {
  /** Is asked when it is first needed. */
  readonly rights: RightsPair | (() => RightsPair);
  readonly readable: boolean;
  readonly writable: boolean;
  /** Whether the host's descriptor is closed with it, and its flags are the program's. */
  readonly owned: boolean;
  /** `FdFlags` that it was opened with. */
  readonly flags?: number;
  /** The name of a preopened directory, for the program. */
  readonly preopenName?: Uint8Array;
  /** Whether it is a read-only preopen, or was opened beneath one. */
  readonly readOnly?: boolean;
}

/** An open descriptor of the program. */
export class Descriptor {
  readonly file: HostFile;
  /** Whether the host's descriptor is open for reading, and for writing. */
  readonly readable: boolean;
  readonly writable: boolean;
  readonly owned: boolean;
  readonly preopenName: Uint8Array | undefined;
  readonly readOnly: boolean;
  flags: number;
  /** How many writes failed because nobody reads any more. */
  brokenPipeCount = 0;
  #rights: RightsPair | (() => RightsPair);

  constructor(file: HostFile, options: DescriptorOptions) {
    this.file = file;
    this.readable = options.readable;
    this.writable = options.writable;
    this.owned = options.owned;
    this.flags = options.flags ?? 0;
    this.preopenName = options.preopenName;
    this.readOnly = options.readOnly ?? false;
    this.#rights = options.rights;
  }

  get nonblocking(): boolean {
    return (this.flags & FdFlags.nonblock) !== 0;
  }

  get rights(): RightsPair {
    if (typeof this.#rights === 'function') this.#rights = this.#rights();
    return this.#rights;
  }

  /** Gives rights up. ENOTCAPABLE where it does not have them all. */
  narrow(rights: RightsPair): void {
    const { base, inheriting } = this.rights;
    if ((rights.base & ~base) !== 0 || (rights.inheriting & ~inheriting) !== 0) fail(Errno.notcapable);
    this.#rights = rights;
  }

  /** ENOTCAPABLE unless it has all of some rights. */
  require(rights: number): void {
    if ((rights & ~this.rights.base) !== 0) fail(Errno.notcapable);
  }
}

/** Closes what programs had open that nobody can use any more. */
const abandoned = new FinalizationRegistry((owned: ReadonlySet<number>) => {
  for (const fd of owned) fileCalls().close(fd);
});

/** The program's descriptors by number. */
export class DescriptorTable {
  readonly #open = new Map<number, Descriptor>();
  /** Descriptors of the process that belong to the program. */
  readonly #owned = new Set<number>();
  /** Below it there is no free number. */
  #lowestFree = 0;

  constructor() {
    abandoned.register(this, this.#owned);
  }

  /** Gives a descriptor the lowest number that is free. */
  add(descriptor: Descriptor): number {
    let fd = this.#lowestFree;
    while (this.#open.has(fd)) fd++;
    this.#open.set(fd, descriptor);
    if (descriptor.owned) this.#owned.add(descriptor.file.fd);
    this.#lowestFree = fd + 1;
    return fd;
  }

  /** Fails with EBADF where `fd` is not open. */
  get(fd: number): Descriptor {
    return this.#open.get(fd) ?? fail(Errno.badf);
  }

  /** Fails with EBADF where `fd` is not open, with ENOTCAPABLE where it lacks one of some `Rights`. */
  withRights(fd: number, rights: number): Descriptor {
    const descriptor = this.get(fd);
    descriptor.require(rights);
    return descriptor;
  }

  /** As `withRights`, and EBADF where it is not open for reading. */
  readable(fd: number, rights: number): Descriptor {
    const descriptor = this.get(fd);
    if (!descriptor.readable) fail(Errno.badf);
    descriptor.require(rights);
    return descriptor;
  }

  /** As `withRights`, and EBADF where it is not open for writing. */
  writable(fd: number, rights: number): Descriptor {
    const descriptor = this.get(fd);
    if (!descriptor.writable) fail(Errno.badf);
    descriptor.require(rights);
    return descriptor;
  }

  /** As `withRights`, and ENOTDIR where it is no directory. */
  directory(fd: number, rights: (typeof Rights)[keyof typeof Rights]): Descriptor {
    const descriptor = this.get(fd);
    if (descriptor.file.fileType !== FileType.directory) fail(Errno.notdir);
    descriptor.require(rights);
    return descriptor;
  }

  /** Takes `fd` from the program. A descriptor of the process that it was only lent stays open. */
  close(fd: number): void {
    const descriptor = this.get(fd);
    this.#open.delete(fd);
    this.#lowestFree = Math.min(this.#lowestFree, fd);
    this.#end(descriptor);
  }

  /** Moves a descriptor to a number that is open, which is closed. */
  renumber(from: number, to: number): void {
    const descriptor = this.get(from);
    const replaced = this.get(to);
    if (from === to) return;
    this.#open.set(to, descriptor);
    this.#open.delete(from);
    this.#lowestFree = Math.min(this.#lowestFree, from);
    this.#end(replaced);
  }

  closeAll(): void {
    for (const descriptor of this.#open.values()) this.#end(descriptor);
    this.#open.clear();
  }

  #end({ file, owned }: Descriptor): void {
    if (!owned) return;
    this.#owned.delete(file.fd);
    fileCalls().close(file.fd);
  }
}
