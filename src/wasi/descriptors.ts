import { fileCalls } from '../native/os/file-calls.js';
import { FdFlags, FileType, type Right } from './abi.js';
import { Errno, fail } from './errno.js';
import type { HostFile } from './host.js';
import type { RightsPair } from './rights.js';

export interface DescriptorOptions {
  /** A function is called when they are first needed. */
  readonly rights: RightsPair | (() => RightsPair);
  readonly readable: boolean;
  readonly writable: boolean;
  /** Whether the program owns the host's descriptor: closes it, and sets its flags. */
  readonly owned: boolean;
  /** The `FdFlags` it was opened with; a function is called when they are first needed. */
  readonly flags?: number | (() => number);
  /** The program's name for a preopened directory. */
  readonly preopenName?: Uint8Array;
  /** Whether it is a read-only preopen, or was opened beneath one. */
  readonly readOnly?: boolean;
}

/** One of the program's open descriptors. */
export class Descriptor {
  readonly file: HostFile;
  /** Whether the host's descriptor is open for reading, and for writing. */
  readonly readable: boolean;
  readonly writable: boolean;
  readonly owned: boolean;
  readonly preopenName: Uint8Array | undefined;
  readonly readOnly: boolean;
  #flags: number | (() => number);
  /** How many writes failed because nobody reads any more. */
  brokenPipeCount = 0;
  #rights: RightsPair | (() => RightsPair);

  constructor(file: HostFile, options: DescriptorOptions) {
    this.file = file;
    this.readable = options.readable;
    this.writable = options.writable;
    this.owned = options.owned;
    this.#flags = options.flags ?? 0;
    this.preopenName = options.preopenName;
    this.readOnly = options.readOnly ?? false;
    this.#rights = options.rights;
  }

  /** `FdFlags`. */
  get flags(): number {
    if (typeof this.#flags === 'function') this.#flags = this.#flags();
    return this.#flags;
  }

  set flags(flags: number) {
    this.#flags = flags;
  }

  get appends(): boolean {
    return (this.flags & FdFlags.append) !== 0;
  }

  get nonblocking(): boolean {
    return (this.flags & FdFlags.nonblock) !== 0;
  }

  get rights(): RightsPair {
    if (typeof this.#rights === 'function') this.#rights = this.#rights();
    return this.#rights;
  }

  /** Gives up all other rights. Fails with ENOTCAPABLE if it does not have them all. */
  narrow(rights: RightsPair): void {
    const { base, inheriting } = this.rights;
    if ((rights.base & ~base) !== 0 || (rights.inheriting & ~inheriting) !== 0) fail(Errno.notcapable);
    this.#rights = rights;
  }

  /** Fails with ENOTCAPABLE unless it has all of these rights. */
  require(rights: number): void {
    if ((rights & ~this.rights.base) !== 0) fail(Errno.notcapable);
  }
}

/** Closes what programs that nobody can use any more left open. */
const abandoned = new FinalizationRegistry((owned: ReadonlySet<number>) => {
  for (const fd of owned) fileCalls().close(fd);
});

/** The program's descriptors by number. */
export class DescriptorTable {
  readonly #open = new Map<number, Descriptor>();
  /** Descriptors of the process that the program owns. */
  readonly #owned = new Set<number>();
  /** All numbers below it are taken. */
  #lowestFree = 0;

  constructor() {
    abandoned.register(this, this.#owned);
  }

  /** Adds a descriptor under the lowest free number. */
  add(descriptor: Descriptor): number {
    let fd = this.#lowestFree;
    while (this.#open.has(fd)) fd++;
    this.#open.set(fd, descriptor);
    if (descriptor.owned) this.#owned.add(descriptor.file.fd);
    this.#lowestFree = fd + 1;
    return fd;
  }

  /** Fails with EBADF if `fd` is not open. */
  get(fd: number): Descriptor {
    return this.#open.get(fd) ?? fail(Errno.badf);
  }

  /** Fails with EBADF if `fd` is not open, with ENOTCAPABLE if it lacks one of the `Rights`. */
  withRights(fd: number, rights: number): Descriptor {
    const descriptor = this.get(fd);
    descriptor.require(rights);
    return descriptor;
  }

  /** Like `withRights`, and fails with EBADF if it is not open for reading. */
  readable(fd: number, rights: number): Descriptor {
    const descriptor = this.get(fd);
    if (!descriptor.readable) fail(Errno.badf);
    descriptor.require(rights);
    return descriptor;
  }

  /** Like `withRights`, and fails with EBADF if it is not open for writing. */
  writable(fd: number, rights: number): Descriptor {
    const descriptor = this.get(fd);
    if (!descriptor.writable) fail(Errno.badf);
    descriptor.require(rights);
    return descriptor;
  }

  /** Like `withRights`, and fails with ENOTDIR if it is not a directory. */
  directory(fd: number, rights: Right): Descriptor {
    const descriptor = this.get(fd);
    if (descriptor.file.fileType !== FileType.directory) fail(Errno.notdir);
    descriptor.require(rights);
    return descriptor;
  }

  /** Takes `fd` from the program. A descriptor that the process only lent it stays open. */
  close(fd: number): void {
    const descriptor = this.get(fd);
    this.#open.delete(fd);
    this.#lowestFree = Math.min(this.#lowestFree, fd);
    this.#end(descriptor);
  }

  /** Moves a descriptor to an open number, whose descriptor is closed. */
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
