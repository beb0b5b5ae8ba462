import { builtinModules, createRequire } from 'node:module';
import { dirname } from 'node:path';
import { codeOf, isPage, isSource, type ProjectFile } from './project-files.js';

/** A word of code. The letter after a backslash belongs to an escape. */
export const word = /(?<![\\\w])[A-Za-z_][\w$]*/g;

const declaration = /\b(?:class|interface|enum|const|type|function|namespace) ([A-Za-z_$][\w$]*)/g;
const exported =
  /\bexport (?:(?:async|declare|abstract|function|class|interface|enum|const|let|type) )*\*? ?([A-Za-z_$][\w$]*)/g;

/** Files that list the very names that the check looks for. */
const ownFiles = /^test\/docs\/(?:foreign-names|stale-names|unmended)\b/;

/** Names of several words, such as `slotSize` and `ValType`, mean one thing; `state` may mean many. */
const isCompound = (name: string): boolean => /[a-z][A-Z]|[A-Z][a-z]/.test(name);
const isTypeName = /^[A-Z]\w/;

/**
 * How deep properties of JavaScript's and Node's objects are read: `crypto.webcrypto.subtle.sign` has four
 * levels.
 */
const depthOfPlatform = 4;
/** Modules of Node that print warnings when they are loaded. */
const warning = /^(?:_.*|sys|wasi|punycode)$/;

/** Names of JavaScript's globals, of Node's modules, and of their properties, prototypes included. */
function platformNames(): Set<string> {
  const names = new Set<string>();
  const seen = new Set<unknown>();
  const visit = (value: unknown, depth: number): void => {
    const isObject = (typeof value === 'object' && value !== null) || typeof value === 'function';
    if (!isObject || seen.has(value) || depth === 0) return;
    seen.add(value);
    for (const key of Reflect.ownKeys(value)) {
      if (typeof key !== 'string') continue;
      names.add(key);
      visit(Reflect.getOwnPropertyDescriptor(value, key)?.value, depth - 1);
    }
    visit(Reflect.getPrototypeOf(value), depth);
  };
  const require = createRequire(import.meta.url);
  visit(globalThis, depthOfPlatform);
  for (const module of builtinModules.filter((name) => !warning.test(name))) {
    for (const [part] of module.matchAll(word)) names.add(part);
    visit(require(module), depthOfPlatform);
  }
  return names;
}

/** The names that occur in the code of the project, by where they occur. */
export class KnownNames {
  /** Words that occur anywhere: in code, in strings, in names of files. */
  readonly #words: Set<string>;
  /**
   * Names that any file may use without an owner: exported ones, those of data and of the platform, foreign
   * ones.
   */
  readonly #shared: Set<string>;
  readonly #byFolder = new Map<string, Set<string>>();
  readonly #byFile = new Map<string, Set<string>>();
  /** Files that declare a name. */
  readonly #declaredIn = new Map<string, string[]>();
  readonly #paths: readonly string[];

  constructor(files: readonly ProjectFile[], foreign: readonly string[]) {
    this.#paths = files.map(({ path }) => path);
    this.#shared = platformNames();
    for (const name of foreign) this.#shared.add(name);
    this.#words = new Set(this.#shared);
    for (const file of files) {
      for (const [name] of file.path.matchAll(word)) this.#words.add(name);
      if (ownFiles.test(file.path)) continue;
      const code = codeOf(file);
      for (const [name] of code.matchAll(word)) this.#words.add(name);
      if (isSource(file.path)) this.#addSource(file.path, code);
      else for (const [name] of code.matchAll(word)) this.#shared.add(name);
    }
  }

  #addSource(path: string, code: string): void {
    const words = new Set(code.match(word));
    this.#byFile.set(path, words);
    const folder = this.#byFolder.get(dirname(path)) ?? new Set();
    this.#byFolder.set(dirname(path), folder);
    for (const name of words) folder.add(name);
    for (const [, name] of code.matchAll(exported)) this.#shared.add(name);
    for (const [, name] of code.matchAll(declaration)) {
      this.#declaredIn.set(name, [...(this.#declaredIn.get(name) ?? []), path]);
    }
  }

  /** Whether a word occurs in code. `_set_size` and `path_` stand for words that end or begin like that. */
  hasWord(name: string): boolean {
    if (name.length === 1 || this.#words.has(name)) return true;
    const isPart = name.startsWith('_') || name.endsWith('_');
    return isPart && [...this.#words].some((other) => other.endsWith(name) || other.startsWith(name));
  }

  /**
   * Whether the file `path` may use a name without an owner. A compound name must be a type, be shared, or
   * occur in the same folder; members of what is declared elsewhere need their owner.
   */
  hasName(name: string, path: string): boolean {
    if (isPage(path) || !isCompound(name)) return this.hasWord(name);
    const isType = isTypeName.test(name) && this.#declaredIn.has(name);
    return isType || this.#shared.has(name) || (this.#byFolder.get(dirname(path))?.has(name) ?? false);
  }

  /**
   * Whether a file that declares the type `owner` contains the word `name`; true if no file declares the
   * type.
   */
  hasMember(owner: string, name: string): boolean {
    const files = isTypeName.test(owner) ? this.#declaredIn.get(owner) : undefined;
    return files === undefined || files.some((path) => this.#byFile.get(path)?.has(name));
  }

  /** Whether the path of a file or folder ends in these segments; `*` stands for any characters. */
  hasPath(wanted: string): boolean {
    const source = wanted.replace(/^build\/(.*)\.js$/, '$1.ts');
    const pattern = source.replace(/\/$/, '').replaceAll('.', '\\.').replaceAll('*', '.*');
    const ending = new RegExp(`(?:^|/)${pattern}$`);
    return this.#paths.some((path) => ending.test(path));
  }
}
