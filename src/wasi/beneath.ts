import { lazy } from '../native/ffi/lazy.js';
import { LinuxErrno } from '../native/linux/errno.js';
import { OpenFlag } from '../native/linux/files.js';
import { type FileCalls, fileCalls, pathMax } from '../native/os/file-calls.js';
import { checked, Errno, fail } from './errno.js';
import { PathWalk } from './path-walk.js';

/** How often an open is retried when renames elsewhere interfere, before the path is walked instead. */
const maxRaces = 64;

/** How paths are resolved beneath a directory: by the kernel, or by us (`PathWalk`). */
export type Resolution = 'openat2' | 'walk';

/** A directory and a name in it that has not been looked up yet. */
export interface Place {
  /** Descriptor of the directory. */
  readonly directory: number;
  /** One component, with a trailing slash if the path ends in one. */
  readonly name: string;
}

/**
 * Opens paths beneath directories. Nothing outside can be reached, whatever links and `..` a path contains
 * and whatever others do to the directories meanwhile. Paths are byte strings; what is opened are descriptors
 * of the process.
 */
export class Beneath {
  readonly #calls: FileCalls = fileCalls();
  #resolution: Resolution;

  /** @param resolution undefined: openat2(2) if the kernel has it and allows it */
  constructor(resolution?: Resolution) {
    this.#resolution = resolution ?? this.#probe();
  }

  get resolution(): Resolution {
    return this.#resolution;
  }

  /**
   * Opens a path. It may be a symbolic link only if `flags` allow that (`OpenFlag.noFollow`).
   *
   * @throws WasiError ENOTCAPABLE if it leads out of the directory
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

  /** Opens a path only as a place in the tree (O_PATH), calls `use`, and closes it. */
  at<Result>(directory: number, path: string, follow: boolean, use: (fd: number) => Result): Result {
    const fd = this.open(directory, path, OpenFlag.path | (follow ? 0 : OpenFlag.noFollow));
    try {
      return use(fd);
    } finally {
      this.#calls.close(fd);
    }
  }

  /** Resolves a path up to its last component, and calls `use` with the rest. */
  in<Result>(directory: number, path: string, use: (place: Place) => Result): Result {
    checkPath(path);
    const isDirectory = path.endsWith('/');
    const trimmed = isDirectory ? path.replace(/\/+$/, '') : path;
    if (trimmed === '') fail(path === '' ? Errno.noent : Errno.notcapable);
    const start = trimmed.lastIndexOf('/') + 1;
    const last = trimmed.slice(start);
    // The kernel would reject it too, but with other errors; whether it is beneath the directory comes first.
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

  /** Some sandboxes answer EPERM for system calls that they do not know. */
  #probe(): Resolution {
    const probe = this.#calls.open(currentDirectoryOfProbe, '/', OpenFlag.path | OpenFlag.directory);
    if (probe < 0) return 'walk';
    const fd = this.#calls.openBeneath(probe, '.', OpenFlag.path | OpenFlag.directory);
    if (fd >= 0) this.#calls.close(fd);
    this.#calls.close(probe);
    return fd >= 0 ? 'openat2' : 'walk';
  }
}

/** Any value will do: `/` is absolute. */
const currentDirectoryOfProbe = -1;

/** Fails with EINVAL for a NUL, with ENAMETOOLONG for what is too long to be a path. */
export function checkPath(path: string): void {
  if (path.length >= pathMax) fail(Errno.nametoolong);
  if (path.includes('\0')) fail(Errno.inval);
}

/** Shared by all programs of the thread. */
export const beneath = lazy(() => new Beneath());
