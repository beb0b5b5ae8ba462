import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';

/** What a file imports. */
export interface Import {
  /**
   * Path of the file, from the project's root; or the specifier of a module that is none of the project's.
   */
  readonly target: string;
  /** Nothing of it is there at run time. */
  readonly isType: boolean;
  /** By `import()`, which is evaluated when it is reached. */
  readonly isDynamic: boolean;
}

/** The imports of files, by paths from the project's root. */
export type ImportGraph = ReadonlyMap<string, readonly Import[]>;

const declaration = /^(?:import|export)\s+(type\s)?\s*([^;'"`]*?)\s*from\s+'([^']+)'/gm;
const sideEffect = /^import\s+'([^']+)'/gm;
const dynamic = /(?<![\w.'"`])import\('([^']+)'\)/g;

/** Whether a clause such as `{ type A, type B }` names nothing but types. */
function namesTypesOnly(clause: string): boolean {
  const braces = /^\{([^}]*)\}$/.exec(clause);
  if (braces === null) return false;
  const names = braces[1].split(',').filter((name) => name.trim() !== '');
  return names.every((name) => name.trim().startsWith('type '));
}

function targetOf(file: string, specifier: string): string {
  if (!specifier.startsWith('.')) return specifier;
  return normalize(join(dirname(file), specifier)).replace(/\.js$/, '.ts');
}

/** The imports of a source text: declarations begin a line, as Biome formats them. */
export function importsOf(file: string, text: string): Import[] {
  const imports: Import[] = [];
  for (const [, type, clause, specifier] of text.matchAll(declaration)) {
    const isType = type !== undefined || namesTypesOnly(clause);
    imports.push({ target: targetOf(file, specifier), isType, isDynamic: false });
  }
  for (const [, specifier] of text.matchAll(sideEffect)) {
    imports.push({ target: targetOf(file, specifier), isType: false, isDynamic: false });
  }
  for (const [, specifier] of text.matchAll(dynamic)) {
    imports.push({ target: targetOf(file, specifier), isType: false, isDynamic: true });
  }
  return imports;
}

/** Reads the TypeScript files of some folders. */
export function readImports(root: string, folders: readonly string[]): ImportGraph {
  const graph = new Map<string, readonly Import[]>();
  for (const folder of folders) {
    for (const name of readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })) {
      if (!name.endsWith('.ts')) continue;
      const file = join(folder, name);
      graph.set(file, importsOf(file, readFileSync(join(root, file), 'utf8')));
    }
  }
  return graph;
}

/**
 * Circles of a graph: its strongly connected components of more than one node, sorted (Tarjan's algorithm).
 */
export function circles(edges: ReadonlyMap<string, Iterable<string>>): string[][] {
  const numbers = new Map<string, number>();
  const stack: string[] = [];
  const open = new Set<string>();
  const found: string[][] = [];
  const visit = (node: string): number => {
    const number = numbers.size;
    let low = number;
    numbers.set(node, number);
    stack.push(node);
    open.add(node);
    for (const next of edges.get(node) ?? []) {
      if (!numbers.has(next)) low = Math.min(low, visit(next));
      else if (open.has(next)) low = Math.min(low, numbers.get(next) ?? low);
    }
    if (low === number) {
      const members = stack.splice(stack.indexOf(node));
      for (const member of members) open.delete(member);
      if (members.length > 1) found.push(members.sort());
    }
    return low;
  };
  for (const node of edges.keys()) if (!numbers.has(node)) visit(node);
  return found;
}

/**
 * The files that each file imports when it is loaded; with `types`, also those of which it needs types alone.
 */
export function edgesOf(graph: ImportGraph, { types }: { types: boolean }): Map<string, Set<string>> {
  const edges = new Map<string, Set<string>>();
  for (const [file, imports] of graph) {
    const targets = imports.filter(({ isType, isDynamic }) => !isDynamic && (types || !isType));
    edges.set(file, new Set(targets.map(({ target }) => target).filter((target) => graph.has(target))));
  }
  return edges;
}

/** The same between the folders in `src`. A file that lies in `src` itself stands for itself. */
export function folderEdges(edges: ReadonlyMap<string, Iterable<string>>): Map<string, Set<string>> {
  const folders = new Map<string, Set<string>>();
  for (const [file, targets] of edges) {
    const from = file.split('/')[1];
    const known = folders.get(from) ?? new Set<string>();
    folders.set(from, known);
    for (const target of targets) if (target.split('/')[1] !== from) known.add(target.split('/')[1]);
  }
  return folders;
}

/** The same between all folders below one, the files directly in it included. */
export function roomEdges(
  edges: ReadonlyMap<string, Iterable<string>>,
  parent: string,
): Map<string, Set<string>> {
  const rooms = new Map<string, Set<string>>();
  for (const [file, targets] of edges) {
    if (!file.startsWith(`${parent}/`)) continue;
    const room = dirname(file);
    const known = rooms.get(room) ?? new Set<string>();
    rooms.set(room, known);
    for (const target of targets) {
      if (target.startsWith(`${parent}/`) && dirname(target) !== room) known.add(dirname(target));
    }
  }
  return rooms;
}

export const isTestOnly = (file: string): boolean => /\.(test|fixture)\.ts$/.test(file);

/** The part of a graph that is the product: what is in `src` and serves no test. */
export function productOf(graph: ImportGraph): ImportGraph {
  return new Map([...graph].filter(([file]) => file.startsWith('src/') && !isTestOnly(file)));
}

/** `a imports b`, for all imports that are not allowed. */
export function offences(graph: ImportGraph, isWrong: (file: string, target: string) => boolean): string[] {
  return [...graph].flatMap(([file, imports]) =>
    imports.filter(({ target }) => isWrong(file, target)).map(({ target }) => `${file} imports ${target}`),
  );
}

/** Files of the product that no other file of it imports, and that do not start it. */
export function unused(product: ImportGraph, entries: readonly string[]): string[] {
  const used = new Set(entries);
  for (const imports of product.values()) for (const { target } of imports) used.add(target);
  return [...product.keys()].filter((file) => !used.has(file));
}
