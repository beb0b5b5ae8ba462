import {
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';

/** A symbolic link. */
export interface Link {
  readonly pointsAt: string;
}

/** Files, directories and links by path in a folder. Files are their bytes as latin-1, directories null. */
export type Tree = Readonly<Record<string, string | Link | null>>;

/** Makes a tree in an existing folder. Directories must come before their contents. */
export function plant(folder: string, tree: Tree): void {
  for (const [name, entry] of Object.entries(tree)) {
    const path = join(folder, name);
    if (entry === null) mkdirSync(path);
    else if (typeof entry === 'string') writeFileSync(path, entry, 'latin1');
    else symlinkSync(entry.pointsAt, path);
  }
}

/** The whole content of a folder. */
export function readTree(folder: string): Tree {
  const tree: Record<string, string | Link | null> = {};
  for (const name of paths(folder)) {
    const path = join(folder, name);
    const status = lstatSync(path);
    if (status.isDirectory()) tree[name] = null;
    else if (status.isSymbolicLink()) tree[name] = { pointsAt: readlinkSync(path) };
    else tree[name] = readFileSync(path, 'latin1');
  }
  return tree;
}

/** Inode and modification time, in nanoseconds since 1970, of everything in a folder. */
export function readStatus(folder: string): Readonly<Record<string, string>> {
  return Object.fromEntries(
    paths(folder).map((name) => {
      const { mtimeNs, ino, mode } = lstatSync(join(folder, name), { bigint: true });
      return [name, `${mtimeNs} ${ino} ${mode}`];
    }),
  );
}

/** Does not follow links, which Node 20 does when it reads folders recursively. */
function paths(folder: string, above = ''): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const name = join(above, entry.name);
    return entry.isDirectory() ? [name, ...paths(join(folder, entry.name), name)] : [name];
  });
}
