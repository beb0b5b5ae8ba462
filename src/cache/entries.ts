import { lstatSync, readdirSync, type Stats, unlinkSync } from 'node:fs';

/** What the cache has entries of; a folder each. */
export const cacheKinds = [
  /** Machine code of modules. */
  'code',
  /** V8's bytecode of Upshift itself. */
  'bytecode',
] as const;
export type CacheKind = (typeof cacheKinds)[number];

/** An entry, as its folder shows it. */
export interface CacheEntry {
  readonly kind: CacheKind;
  /** Hexadecimal digits and a suffix. */
  readonly name: string;
  /** What it is, for users. From its writer: not to be trusted on a terminal. */
  readonly title: string;
  /** Of its file. */
  readonly byteLength: number;
  /** Milliseconds since 1970; at most an hour before it was last used. */
  readonly lastUsed: number;
}

/** A file of the cache, with what tells whether it is still the same. */
export interface CacheFile extends Omit<CacheEntry, 'title'> {
  readonly path: string;
  /** Whether its writer was not done with it when it was looked at. */
  readonly isUnfinished: boolean;
}

/** How an entry may be called. Other files in the cache's folders are not ours. */
const entryName = /^[0-9a-f]{8,64}\.[a-z]{1,8}$/;
/** The end of the name of a file that is being written, behind the entry's name. */
const unfinished = /\.[0-9a-z-]{1,40}\.tmp$/;

export function isEntryName(name: string): boolean {
  return entryName.test(name);
}

/** The path of a file for an entry's bytes until all are written: unique among all processes and threads. */
export function unfinishedPath(path: string): string {
  const random = Math.floor(Math.random() * 2 ** 52).toString(36);
  return `${path}.${process.pid}-${process.hrtime.bigint().toString(36)}-${random}.tmp`;
}

/** All files in the folder of a kind that are ours; none if it cannot be read. */
export function filesOf(kind: CacheKind, folder: string): CacheFile[] {
  return namesIn(folder).flatMap((fileName) => {
    const name = fileName.replace(unfinished, '');
    if (!isEntryName(name)) return [];
    const path = `${folder}/${fileName}`;
    const status = statusOf(path);
    // Folders are not ours; links are, but nobody follows them.
    if (status === undefined || status.isDirectory()) return [];
    const { size: byteLength, mtimeMs: lastUsed } = status;
    return [{ kind, name, byteLength, lastUsed, path, isUnfinished: name !== fileName }];
  });
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function statusOf(path: string): Stats | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}

/**
 * Removes a file, unless it has been written or used since it was looked at.
 *
 * @returns whether it is gone
 */
export function removeFile({ path, lastUsed }: CacheFile): boolean {
  const status = statusOf(path);
  if (status === undefined) return true;
  return status.mtimeMs === lastUsed && removePath(path);
}

/** Returns whether there is no such file any more. */
export function removePath(path: string): boolean {
  try {
    unlinkSync(path);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT';
  }
}
