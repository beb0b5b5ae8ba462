import { KnownNames, word } from './known-names.js';
import { folders, isPage, type ProjectFile, proseOf } from './project-files.js';

/**
 * Finds names in prose that nothing bears: stale names. What stands in backticks is a name, and so is the
 * path of a source or page even without them. Names are looked up as words in the surrounding code, not
 * resolved: a name that a renaming forgot no longer occurs there.
 */

const span = /(`+)([^`]+)\1/g;
/** An owner and its member, neither of them a member of something else. */
const member = /(?<![\w$.])([A-Za-z_$][\w$]*)\.#?([A-Za-z_$][\w$]*)(?![\w$]*\.)/g;
const single = /^\w+(?:\(\))?$/;
const fileEnding = /^(?:[tj]s|mjs|json|md|[ch]|wasm|wa?st|wat|test|fixture)$/;
/** Names of sources and pages, and everything with slashes. */
const path = /(?<![\w.@~$*…/-])(?:(?:[\w-]+\/)*[\w.*-]*\w\.(?:ts|md)\b|(?:[\w-]+\/)+(?:[\w.*-]*[\w*])?)/g;
const url = /\bhttps?:\S+/g;
/** In pages: what users replace with something else. */
const placeholder = /^[A-Z]{2,}$/;

/** A name in prose that nothing bears. */
export interface StaleName {
  readonly path: string;
  /** Counted from 1. */
  readonly line: number;
  readonly name: string;
}

/** Whether a path claims to be in the project. Others are media types, packages, or folders elsewhere. */
function isOurs(path: string): boolean {
  const [folder] = path.split('/', 1);
  const isBuilt = folder === 'build' && path.endsWith('.js');
  return /\.(?:ts|md)$/.test(path) || folders.includes(folder) || isBuilt;
}

/**
 * The stale names of all files, in order.
 *
 * @param foreign names and paths that others chose, and that no code here mentions
 */
export function staleNames(files: readonly ProjectFile[], foreign: readonly string[]): StaleName[] {
  const known = new KnownNames(files, foreign);
  return files.flatMap((file) =>
    proseOf(file).flatMap(({ line, text }) =>
      [...namesIn(text.replace(url, ''), file.path, known)]
        .filter(({ name }) => !foreign.some((other) => name === other || name.startsWith(`${other}/`)))
        .map(({ name, index }) => {
          return { path: file.path, line: line + text.slice(0, index).split('\n').length - 1, name };
        }),
    ),
  );
}

/** The unknown names in a text. */
function* namesIn(text: string, file: string, known: KnownNames): Generator<{ name: string; index: number }> {
  for (const { 0: name, index } of text.matchAll(path)) {
    if (isOurs(name) && !known.hasPath(name)) yield { name, index };
  }
  for (const { 2: quoted, index } of text.matchAll(span)) {
    for (const [name, owner, part] of quoted.matchAll(member)) {
      if (!fileEnding.test(part) && !known.hasMember(owner, part)) yield { name, index };
    }
    for (const [name] of quoted.matchAll(word)) {
      if (isPage(file) && placeholder.test(name)) continue;
      const isKnown = single.test(quoted) ? known.hasName(name, file) : known.hasWord(name);
      if (!isKnown) yield { name, index };
    }
  }
}
