import {
  closeSync,
  constants,
  fstatSync,
  futimesSync,
  openSync,
  readSync,
  renameSync,
  type Stats,
  writeSync,
} from 'node:fs';
import { cacheFolder, cacheSize, defaultCache } from './cache-folder.js';
import {
  type CacheEntry,
  type CacheFile,
  type CacheKind,
  cacheKinds,
  filesOf,
  isEntryName,
  removeFile,
  removePath,
  unfinishedPath,
} from './entries.js';
import { longestTrailer, trailerIn, trailerOf } from './trailer.js';
import { CacheProblem, checkFolder, isOurs, makeFolder } from './trust.js';

/** Larger files are not ours. Bytes. */
const largestEntry = 2 ** 30;
/** An entry's time is set when it is used, unless it is younger than this. Milliseconds. */
const timeStep = 3_600_000;
/** After this an unfinished file counts as abandoned by its writer. Milliseconds. */
const longestWrite = 3_600_000;
/** What a file takes on disk is a multiple of this. Bytes. */
const blockSize = 4096;
/** On average this part of the limit is written before a writer looks at how much there is. */
const cleanedPart = 1 / 16;
/** A writer that does leaves so much of the limit in use. */
const keptPart = 3 / 4;

/** Never waits for something that is not a file, such as a pipe, and never follows a link. */
const readFlags = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW | constants.O_NOCTTY;
const writeFlags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;

/** An entry that has been opened: whoever asked for it closes it. */
export interface OpenEntry {
  /** At the entry's start. The file never changes: a new one would take its place. */
  readonly fd: number;
  readonly byteLength: number;
}

/** What `CacheStore.clean` and `CacheStore.clear` did. */
export interface Cleaning {
  /** Entries that were removed, and the bytes of all files that were. */
  readonly entries: number;
  readonly byteLength: number;
}

/**
 * The cache: a folder with one folder for each kind of entries, in which each entry is a file. Many processes
 * and threads use it at once, and nothing is locked: an entry appears as a whole, by a rename, and is never
 * changed. Being only a cache, it behaves as if nothing had been kept whenever something is wrong.
 *
 * Whoever asks for an entry must check its content: the disk may have damaged it. Nobody but the user can
 * have written it.
 */
export class CacheStore {
  /** An absolute path. It need not exist. */
  readonly folder: string;
  /** Bytes that it may take; more may be there for a while. */
  readonly maxBytes: number;
  readonly #random: () => number;

  /**
   * @param random from 0 to below 1: see `write`
   */
  constructor(folder: string, maxBytes: number, random: () => number = Math.random) {
    this.folder = folder;
    this.maxBytes = maxBytes;
    this.#random = random;
  }

  /**
   * The cache that is chosen, or undefined if there is to be none, which is so on systems that do not have
   * users as Unix does. Touches nothing on disk.
   *
   * @param choice as for `cacheFolder`; an empty text is `default`
   */
  static open(choice?: string): CacheStore | undefined {
    const folder = process.geteuid === undefined ? undefined : cacheFolder(choice || defaultCache);
    return folder === undefined ? undefined : new CacheStore(folder, cacheSize());
  }

  /**
   * Makes the folder if it is missing, and checks it: for users who have asked for just this folder. What is
   * wrong never matters otherwise.
   *
   * @throws CacheProblem that says why it cannot be used
   */
  prepare(): void {
    try {
      makeFolder(this.folder);
      if (!checkFolder(this.folder, true)) throw new CacheProblem(`${this.folder} leads nowhere`);
    } catch (error) {
      if (error instanceof CacheProblem) throw error;
      const { code } = error as NodeJS.ErrnoException;
      throw new CacheProblem(`the folder ${this.folder} cannot be made: ${code}`);
    }
    this.check();
  }

  /**
   * Checks the folders that are there.
   *
   * @throws CacheProblem that says why they cannot be used
   */
  check(): void {
    try {
      checkFolder(this.folder, true);
      for (const kind of cacheKinds) checkFolder(this.#folderOf(kind), false);
    } catch (error) {
      if (error instanceof CacheProblem) throw error;
      const { code } = error as NodeJS.ErrnoException;
      throw new CacheProblem(`the folder ${this.folder} cannot be used: ${code}`);
    }
  }

  /** The content of an entry, at an aligned address, or undefined. */
  read(kind: CacheKind, name: string): Buffer | undefined {
    return this.#withFile(kind, name, (fd, status) => {
      const file = readAt(fd, 0, status.size);
      const trailer = trailerIn(file);
      if (trailer === undefined) return undefined;
      noteUse(fd, status);
      return file.subarray(0, -trailer.byteLength);
    });
  }

  /** Opens an entry to be read or mapped. Undefined if there is none that can be trusted. */
  openRead(kind: CacheKind, name: string): OpenEntry | undefined {
    let isOpen = false;
    return this.#withFile(
      kind,
      name,
      (fd, status) => {
        const { size } = status;
        const trailer = trailerIn(readEnd(fd, size));
        if (trailer === undefined) return undefined;
        noteUse(fd, status);
        isOpen = true;
        return { fd, byteLength: size - trailer.byteLength };
      },
      () => !isOpen,
    );
  }

  /**
   * Keeps an entry, whose bytes are the pieces in this order. Others see the old entry or the new one, never
   * a part of it. Now and then the least recently used entries make room for it: with the more probability
   * the more is written, so that nobody has to count.
   *
   * @param title says to users what it is; cut after 512 bytes
   * @returns whether it was kept
   */
  write(kind: CacheKind, name: string, title: string, ...pieces: readonly Uint8Array[]): boolean {
    const path = this.#pathOf(kind, name);
    const parts = [...pieces, trailerOf(title)];
    const size = onDisk(parts.reduce((sum, { length }) => sum + length, 0));
    if (size > Math.min(this.maxBytes, largestEntry)) return false;
    try {
      const folder = this.#folderOf(kind);
      makeFolder(this.folder);
      if (!checkFolder(this.folder, true)) return false;
      makeFolder(folder);
      if (!checkFolder(folder, false)) return false;
      // Before it writes: processes that are killed while they write would never clean afterwards.
      if (this.#random() < size / (cleanedPart * this.maxBytes)) this.clean(keptPart * this.maxBytes - size);
      return writeFile(path, parts);
    } catch {
      return false;
    }
  }

  /** All entries, the last used first. */
  entries(): CacheEntry[] {
    return this.#files()
      .filter(({ isUnfinished }) => !isUnfinished)
      .map(({ kind, name, byteLength, lastUsed }) => {
        const title = this.#withFile(kind, name, (fd, { size }) => trailerIn(readEnd(fd, size))?.title);
        return { kind, name, title: title ?? '', byteLength, lastUsed };
      });
  }

  /**
   * Removes abandoned files, and then the entries that have not been used for longest until what is left
   * takes `maxBytes` at most. Files that are just being written stay.
   */
  clean(maxBytes: number = this.maxBytes): Cleaning {
    const abandoned = Date.now() - longestWrite;
    const files = this.#files();
    let size = files.reduce((sum, { byteLength }) => sum + onDisk(byteLength), 0);
    const removed: CacheFile[] = [];
    const remove = (file: CacheFile): void => {
      if (!removeFile(file)) return;
      removed.push(file);
      size -= onDisk(file.byteLength);
    };
    for (const file of files) if (file.isUnfinished && file.lastUsed < abandoned) remove(file);
    const oldestFirst = files.filter(({ isUnfinished }) => !isUnfinished).reverse();
    for (const file of oldestFirst) if (size > maxBytes) remove(file);
    return cleaningOf(removed);
  }

  /** Removes all files of the cache, those included that are just being written. */
  clear(): Cleaning {
    return cleaningOf(this.#files().filter(({ path }) => removePath(path)));
  }

  /**
   * Does something with an entry's file while it is open, if there is one that can be trusted.
   *
   * @param closes is asked at the end
   */
  #withFile<Result>(
    kind: CacheKind,
    name: string,
    work: (fd: number, status: Stats) => Result | undefined,
    closes: () => boolean = () => true,
  ): Result | undefined {
    const path = this.#pathOf(kind, name);
    let fd: number | undefined;
    try {
      if (!checkFolder(this.folder, true) || !checkFolder(this.#folderOf(kind), false)) return undefined;
      fd = openSync(path, readFlags);
      const status = fstatSync(fd);
      const isTrusted = status.isFile() && isOurs(status) && status.size <= largestEntry;
      return isTrusted ? work(fd, status) : undefined;
    } catch {
      return undefined;
    } finally {
      if (fd !== undefined && closes()) closeSync(fd);
    }
  }

  /** All files that are ours, the last used first; none if the folders are not. */
  #files(): CacheFile[] {
    try {
      if (!checkFolder(this.folder, true)) return [];
      const files = cacheKinds.flatMap((kind) => {
        const folder = this.#folderOf(kind);
        return checkFolder(folder, false) ? filesOf(kind, folder) : [];
      });
      return files.sort((a, b) => b.lastUsed - a.lastUsed);
    } catch {
      return [];
    }
  }

  #folderOf(kind: CacheKind): string {
    return `${this.folder}/${kind}`;
  }

  #pathOf(kind: CacheKind, name: string): string {
    if (!isEntryName(name)) throw new RangeError(`${name} is no name of an entry`);
    return `${this.#folderOf(kind)}/${name}`;
  }
}

function onDisk(byteLength: number): number {
  return Math.ceil(byteLength / blockSize) * blockSize;
}

/** Throws where the file ends before. */
function readAt(fd: number, start: number, byteLength: number): Buffer {
  // Not from Node's pool, which is not aligned.
  const bytes = Buffer.allocUnsafeSlow(byteLength);
  for (let at = 0; at < byteLength; ) {
    const count = readSync(fd, bytes, at, byteLength - at, start + at);
    if (count === 0) throw new RangeError('the file is shorter than it was');
    at += count;
  }
  return bytes;
}

/** Enough of a file's end for its trailer. */
function readEnd(fd: number, fileLength: number): Buffer {
  const length = Math.min(fileLength, longestTrailer);
  return readAt(fd, fileLength - length, length);
}

/** Gives a file the present time if its own is not near it. */
function noteUse(fd: number, { mtimeMs }: Stats): void {
  const now = Date.now();
  if (Math.abs(now - mtimeMs) < timeStep) return;
  try {
    futimesSync(fd, now / 1000, now / 1000);
  } catch {
    // The file system can only be read.
  }
}

/**
 * Returns whether the file is there now. Nothing is synchronized with the disk: after a power failure the
 * file may have any content, which its readers notice.
 */
function writeFile(path: string, pieces: readonly Uint8Array[]): boolean {
  const unfinished = unfinishedPath(path);
  const fd = openSync(unfinished, writeFlags, 0o600);
  let isWhole = false;
  try {
    try {
      for (const piece of pieces)
        for (let at = 0; at < piece.length; ) at += writeSync(fd, piece, at, piece.length - at);
    } finally {
      closeSync(fd);
    }
    renameSync(unfinished, path);
    isWhole = true;
  } finally {
    if (!isWhole) removePath(unfinished);
  }
  return isWhole;
}

function cleaningOf(removed: readonly CacheFile[]): Cleaning {
  return {
    entries: removed.filter(({ isUnfinished }) => !isUnfinished).length,
    byteLength: removed.reduce((sum, { byteLength }) => sum + byteLength, 0),
  };
}
