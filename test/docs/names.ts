/** What a page names: files, folders and scripts of the repository. */
export interface Names {
  /** Such as `src/ir/ops.ts`, `regalloc/edges.ts` or `src/wasm/`, each with its line, from 1 on. */
  readonly paths: readonly { readonly line: number; readonly path: string }[];
  /** Such as `hash:code` in `npm run hash:code`. */
  readonly scripts: readonly { readonly line: number; readonly script: string }[];
}

/** Names of languages that a fenced block may have for its names to be looked at: diagrams and commands. */
const scannedLanguages = ['', 'sh', 'text'];

/** Files of these kinds are the repository's own; others, such as `.wasm` and `.mjs`, may be a reader's. */
const sourceName = /^(?!\.\.\/)[\w.@*-]+(?:\/[\w.@*-]+)*\.(?:ts|c|h|md)$/;

/**
 * The names in a page's inline code, and in its blocks of diagrams and commands.
 *
 * @param folders The repository's folders at the top: what begins with one of them is a path.
 */
export function readNames(markdown: string, folders: readonly string[]): Names {
  const paths: { line: number; path: string }[] = [];
  const scripts: { line: number; script: string }[] = [];
  let language: string | undefined;
  for (const [k, text] of markdown.split('\n').entries()) {
    const fence = /^\s*```(\S*)$/.exec(text);
    if (fence !== null) {
      language = language === undefined ? fence[1] : undefined;
      continue;
    }
    if (language !== undefined && !scannedLanguages.includes(language)) continue;
    const code =
      language === undefined ? Array.from(text.matchAll(/`([^`]+)`/g), ([, inside]) => inside) : [text];
    for (const piece of code) {
      for (const [, script] of piece.matchAll(/\bnpm run (?:-s )?([\w:-]+)/g)) {
        scripts.push({ line: k + 1, script });
      }
      for (const word of piece.split(/[\s,;()]+/)) {
        const path = sourceOf(word.replace(/[.:]$/, ''));
        const top = path.split('/')[0];
        // In a block of commands only paths from the top are the repository's.
        const isOwn = path.includes('/') && folders.includes(top) && /^[\w./@*-]+$/.test(path);
        if (isOwn || (language !== 'sh' && sourceName.test(path))) paths.push({ line: k + 1, path });
      }
    }
  }
  return { paths, scripts };
}

/** The source of a built file, which has the same name in the folder `build`. */
function sourceOf(path: string): string {
  return path.replace(/^build\/(.*)\.js$/, '$1.ts');
}

/**
 * Whether a repository has a path or, where it does not begin at the top, one that ends so. `*` stands for
 * any text.
 */
export function hasPath(files: readonly string[], path: string): boolean {
  const name = path.replace(/\/$/, '');
  const pattern = name
    .split(/(\*\*?\/?)/)
    .map((part) => (part.startsWith('*') ? '.*' : part.replace(/[\\^$.+?()[\]{}|]/g, '\\$&')))
    .join('');
  const expression = new RegExp(`^(?:.*/)?${pattern}(?:/.*)?$`);
  return files.some((file) => expression.test(file));
}
