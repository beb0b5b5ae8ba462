import { LinuxErrno } from '../native/linux/errno.js';
import { ModeType, modeTypeMask, OpenFlag } from '../native/linux/files.js';
import type { FileCalls } from '../native/os/file-calls.js';
import { checked, Errno, fail } from './errno.js';

/** MAXSYMLINKS in Linux. */
const maxLinks = 40;

/** How often one name may change from a link to something else, or back, while it is looked at. */
const maxChanges = 100;

const linkItself = OpenFlag.path | OpenFlag.noFollow;

/**
 * Opens a path beneath a directory component by component, with the results of openat2(2), for kernels
 * without it. The kernel follows no link at any step, and `..` goes back the way that led here. So whatever
 * others rename meanwhile, only what was in a directory on the way at some moment can be reached.
 */
export class PathWalk {
  readonly #calls: FileCalls;
  readonly #root: number;
  /** The directories on the way; the last is the current one. */
  readonly #directories: number[] = [];
  /** The names still ahead, in reverse order. */
  readonly #names: string[] = [];
  #links = 0;
  #mustBeDirectory = false;

  /** @param root descriptor of the directory */
  constructor(calls: FileCalls, root: number) {
    this.#calls = calls;
    this.#root = root;
  }

  /** @returns a descriptor of the process. Fails with ENOTCAPABLE if the path leads out of the directory. */
  open(path: string, flags: number, mode: number): number {
    try {
      if ((flags & OpenFlag.create) !== 0 && path.endsWith('/')) fail(Errno.isdir);
      this.#add(path, true);
      for (;;) {
        const fd = this.#step(flags, mode);
        if (fd !== undefined) return fd;
      }
    } finally {
      for (const fd of this.#directories) this.#calls.close(fd);
    }
  }

  get #current(): number {
    return this.#directories.at(-1) ?? this.#root;
  }

  /** Puts the names of a path in front of the others. */
  #add(path: string, isLast: boolean): void {
    if (path === '') fail(Errno.noent);
    if (path.startsWith('/')) fail(Errno.notcapable);
    if (isLast && path.endsWith('/')) this.#mustBeDirectory = true;
    const names = path.split('/').filter((name) => name !== '');
    for (const name of names.reverse()) this.#names.push(name);
  }

  /** Takes the next name. Returns a descriptor if it was the last. */
  #step(flags: number, mode: number): number | undefined {
    const name = this.#names.pop();
    if (name === undefined || name === '.') {
      if (this.#names.length > 0) return undefined;
      return checked(this.#calls.open(this.#current, '.', flags, mode));
    }
    if (name === '..') {
      const left = this.#directories.pop() ?? fail(Errno.notcapable);
      this.#calls.close(left);
      // The directory may be all that is left to open.
      if (this.#names.length === 0) this.#names.push('.');
      return undefined;
    }
    if (this.#names.length > 0 || this.#mustBeDirectory) {
      this.#enter(name);
      if (this.#names.length === 0) this.#names.push('.');
      return undefined;
    }
    return this.#openLast(name, flags, mode);
  }

  /** Goes into a directory, or to where a link points. */
  #enter(name: string): void {
    const fd = checked(this.#calls.open(this.#current, name, linkItself));
    let type: number;
    try {
      type = this.#typeOf(fd);
      if (type === ModeType.symbolicLink) this.#follow(checked(this.#calls.readLink(fd)));
    } catch (error) {
      this.#calls.close(fd);
      throw error;
    }
    if (type === ModeType.directory) {
      this.#directories.push(fd);
      return;
    }
    this.#calls.close(fd);
    if (type !== ModeType.symbolicLink) fail(Errno.notdir);
  }

  #openLast(name: string, flags: number, mode: number): number | undefined {
    const follows = (flags & OpenFlag.noFollow) === 0;
    for (let changes = 0; changes < maxChanges; changes++) {
      const fd = this.#calls.open(this.#current, name, flags | OpenFlag.noFollow, mode);
      if (!follows) return checked(fd);
      if (fd >= 0) {
        // Only O_PATH can open a link itself.
        if ((flags & OpenFlag.path) === 0 || this.#typeOf(fd) !== ModeType.symbolicLink) return fd;
        const length = this.#calls.readLink(fd);
        this.#calls.close(fd);
        this.#follow(checked(length));
        return undefined;
      }
      if (fd !== -LinuxErrno.loop && fd !== -LinuxErrno.notdir) checked(fd);
      const length = this.#calls.readLink(this.#current, name);
      if (length >= 0) {
        this.#follow(length);
        return undefined;
      }
      // It is not a link, or no longer one.
      if (length !== -LinuxErrno.inval || fd === -LinuxErrno.notdir) checked(fd);
    }
    return fail(Errno.loop);
  }

  /** @param length of the link's target, which has just been read */
  #follow(length: number): void {
    this.#links++;
    if (this.#links > maxLinks) fail(Errno.loop);
    this.#add(this.#calls.linkText(length), this.#names.length === 0);
  }

  #typeOf(fd: number): number {
    checked(this.#calls.stat(fd));
    return this.#calls.mode & modeTypeMask;
  }
}
