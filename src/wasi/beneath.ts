import { type FileCalls, fileCalls, pathMax } from '../native/file-calls.js';
import { lazy } from '../native/lazy.js';
import { LinuxErrno, OpenFlag } from '../native/linux.js';
import { checked, Errno, fail } from './errno.js';
import { PathWalk } from './path-walk.js';

/** How often an open is tried again that renames elsewhere got in the way of, before the path is walked. */
const maxRaces = 64;

/** How paths are resolved beneath a directory: by the kernel, or by us (`PathWalk`). */
export type Resolution = 'openat2' | 'walk';

/** A directory and a name in it, which is not looked up yet. */
export interface Place {
  /** Descriptor of the directory. */
  readonly directory: number;
  /** One component, with a slash behind it where the path ends in one. */
  readonly name: string;
}

/**
 * Opens paths beneath directories: whatever links and `..` they consist of, and whatever others do to the directories meanwhile,
 * nothing outside is reached. Paths are strings of bytes; what is opened are descriptors of the process.
 */
export class Beneath {
  readonly #calls: FileCalls = fileCalls();
  #resolution: Resolution;

  /** @param resolution undefined: by openat2(2), where the kernel has it and lets us use it */
  constructor(resolution?: Resolution) {
    this.#resolution = resolution ?? this.#probe();
  }

  get resolution(): Resolution {
    return this.#resolution;
  }

  /**
   * Opens a path, which may be a link only where `flags` allow it (`OpenFlag.noFollow`).
   *
   * @throws WasiError ENOTCAPABLE where it leads out of the directory
   */
  open(directory: number, path: string, flags: number, mode = 0): number {
    checkPath(path);
    if (this.#resolution === 'openat2') {
      for (let race = 0; race < maxRaces; race++) {
        const fd = this.#calls.openBeneath(directory, path, flags, mode);
        if (fd === -LinuxErrno.xdev) fail(Errno.notcapable);
        if (fd === -LinuxErrno.nosys) {
          this.#resolution = 'walk';
          break;
        }
        if (fd !== -LinuxErrno.again) return checked(fd);
      }
    }
    return new PathWalk(this.#calls, directory).open(path, flags, mode);
  }

  /** Opens a path only as a place in the tree, calls `use`, and closes it. */
  at<Result>(directory: number, path: string, follow: boolean, use: (fd: number) => Result): Result {
    const fd = this.open(directory, path, OpenFlag.path | (follow ? 0 : OpenFlag.noFollow));
    try {
      return use(fd);
    } finally {
      this.#calls.close(fd);
    }
  }

  /** Resolves all of a path but its last component, and calls `use` with what is left. */
  in<Result>(directory: number, path: string, use: (place: Place) => Result): Result {
    checkPath(path);
    const isDirectory = path.endsWith('/');
    const trimmed = isDirectory ? path.replace(/\/+$/, '') : path;
    if (trimmed === '') fail(path === '' ? Errno.noent : Errno.notcapable);
    const start = trimmed.lastIndexOf('/') + 1;
    const last = trimmed.slice(start);
    // The kernel does not look it up either, but says other things about it; whether it is beneath the directory comes first.
    if (last === '..') this.at(directory, path, true, () => {});
    const name = isDirectory ? `${last}/` : last;
    if (start === 0) return use({ directory, name });
    const fd = this.open(directory, trimmed.slice(0, start), OpenFlag.path | OpenFlag.directory);
    try {
      return use({ directory: fd, name });
    } finally {
      this.#calls.close(fd);
    }
  }

  /** Some sandboxes of processes answer EPERM where they do not know a system call. */
  #probe(): Resolution {
    const probe = this.#calls.open(currentDirectoryOfProbe, '/', OpenFlag.path | OpenFlag.directory);
    if (probe < 0) return 'walk';
    const fd = this.#calls.openBeneath(probe, '.', OpenFlag.path | OpenFlag.directory);
    if (fd >= 0) this.#calls.close(fd);
    this.#calls.close(probe);
    return fd >= 0 ? 'openat2' : 'walk';
  }
}

/** `/` is absolute. */
const currentDirectoryOfProbe = -1;

/** EINVAL for a NUL, ENAMETOOLONG for what no path can be. */
export function checkPath(path: string): void {
  if (path.length >= pathMax) fail(Errno.nametoolong);
  if (path.includes('\0')) fail(Errno.inval);
}

/** The thread's, for paths of all programs. */
export const beneath = lazy(() => new Beneath());
