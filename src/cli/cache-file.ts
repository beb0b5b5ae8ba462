import {
  closeSync,
  fstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';

/**
 * A file in the user's cache folder. It is only a cache: whatever goes wrong with it is ignored.
 */
export class CacheFile {
  readonly #folder: string | undefined;
  readonly #file: string;
  readonly #keptFiles: number;

  /** A file in one of our folders, of which the `keptFiles` written last are kept. */
  constructor(folder: string, name: string, keptFiles: number) {
    this.#folder = cacheFolder(folder);
    this.#file = `${this.#folder}/${name}`;
    this.#keptFiles = keptFiles;
  }

  /** What was kept, or undefined. */
  read(): Buffer | undefined {
    if (this.#folder === undefined) return undefined;
    try {
      const fd = openSync(this.#file, 'r');
      try {
        // What another user could have written must not be run, not even through `sudo`.
        const { uid, mode } = fstatSync(fd);
        return uid === process.getuid?.() && (mode & 0o022) === 0 ? readFileSync(fd) : undefined;
      } finally {
        closeSync(fd);
      }
    } catch {
      return undefined;
    }
  }

  write(data: Uint8Array): void {
    if (this.#folder === undefined) return;
    try {
      makeFolder(this.#folder);
      if (statSync(this.#folder).uid !== process.getuid?.()) return;
      // Other processes see the old file or the new one, never half of it.
      const temporary = `${this.#file}.${process.pid}`;
      // Where another thread is writing it just now, it can do so alone.
      writeFileSync(temporary, data, { mode: 0o600, flag: 'wx' });
      renameSync(temporary, this.#file);
      this.#removeOldest(this.#folder);
    } catch {
      // No cache then.
    }
  }

  /** Leaves the files written last: other versions of Node and of this program may still be in use. */
  #removeOldest(folder: string): void {
    const files = readdirSync(folder).map((name) => {
      const path = `${folder}/${name}`;
      return { path, time: statSync(path).mtimeMs };
    });
    files.sort((a, b) => b.time - a.time);
    for (const { path } of files.slice(this.#keptFiles)) rmSync(path);
  }
}

/** As the XDG base directory specification has it; undefined where there is no such folder. */
function cacheFolder(folder: string): string | undefined {
  const { XDG_CACHE_HOME: cache, HOME: home } = process.env;
  if (cache?.startsWith('/')) return `${cache}/upshift/${folder}`;
  return home?.startsWith('/') ? `${home}/.cache/upshift/${folder}` : undefined;
}

/**
 * Makes a folder and its parents where they are missing. Node's own `recursive` never ends where the file system answers
 * ENOENT for a folder that can never be made, as /proc does.
 */
function makeFolder(folder: string): void {
  if (statSync(folder, { throwIfNoEntry: false }) !== undefined) return;
  makeFolder(folder.slice(0, Math.max(1, folder.lastIndexOf('/'))));
  try {
    mkdirSync(folder, { mode: 0o700 });
  } catch (error) {
    // Another process may have been quicker.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}
