import { lstatSync, mkdirSync, type Stats, statSync } from 'node:fs';
import { dirname } from 'node:path';

/** Why the cache cannot be used, for those who have asked for it by name. */
export class CacheProblem extends Error {
  override readonly name = 'CacheProblem';
}

/** Write permission of the group or of others. Access control lists show there, too. */
const othersMayWrite = 0o022;

/**
 * Whether nobody but this process's effective user can have written a file, or made the entries of a folder.
 * What another user has written must not run, not even through `sudo`.
 */
export function isOurs(status: Stats): boolean {
  return status.uid === process.geteuid?.() && (status.mode & othersMayWrite) === 0;
}

/**
 * Checks that a folder exists and is ours.
 *
 * @param followsLink whether the folder may be a symbolic link to one
 * @returns whether it exists
 * @throws CacheProblem if it is anything else
 */
export function checkFolder(path: string, followsLink: boolean): boolean {
  const status = (followsLink ? statSync : lstatSync)(path, { throwIfNoEntry: false });
  if (status === undefined) return false;
  if (!status.isDirectory()) throw new CacheProblem(`${path} is no directory`);
  if (isOurs(status)) return true;
  const { uid } = status;
  throw new CacheProblem(
    uid === process.geteuid?.()
      ? `others may write to ${path}, so what is in it could be theirs (chmod go-w)`
      : `${path} belongs to another user (${uid})`,
  );
}

/**
 * Makes a folder and those above it that are missing, for this user alone. Node's own `recursive` never ends
 * where the file system answers ENOENT for a folder that can never be made, as /proc does.
 *
 * @throws CacheProblem where they would be in a folder of another user, who could no longer remove them;
 * errors of the file system
 */
export function makeFolder(path: string): void {
  const status = statSync(path, { throwIfNoEntry: false });
  if (status !== undefined) {
    const { uid } = status;
    if (uid === 0 || uid === process.geteuid?.()) return;
    throw new CacheProblem(`${path} belongs to another user (${uid})`);
  }
  makeFolder(dirname(path));
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    // Another process may have been faster.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}
