/**
 * Runs a program that the build has put into a few files, through V8's bytecode of them in the cache:
 * compiling them takes longer than running a small program.
 */
import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { runInThisContext } from 'node:vm';
import { CacheStore } from '../cache/cache-store.js';
import { CachedScript } from '../cache/cached-script.js';
import type { Launcher } from '../runtime/launcher.js';

/** What the wrapper of a CommonJS module gets, and one thing more. */
type Wrapper = (
  exports: unknown,
  require: (name: string) => unknown,
  module: { exports: unknown },
  filename: string,
  dirname: string,
  upshiftLauncher: Launcher,
) => void;

const parameters = 'exports, require, module, __filename, __dirname, upshiftLauncher';

/**
 * How often bytecode is saved. The first start has compiled wasm; the second one has found that code, and run
 * other functions. All later ones do the same.
 */
const lastGeneration = 2;

/** A program that runs. */
export interface RunningProgram {
  /** What its main chunk exports. */
  readonly main: unknown;
  /**
   * Keeps the bytecode of files that had none, or only what their first use had called: of the functions that
   * have been called so far, if these are enough.
   */
  readonly save: (isUsed?: boolean) => void;
}

/** Who is told of each file that is loaded. */
export interface Loading {
  /** V8 compares its flags with those under which it made the file's bytecode. */
  beforeCompile(): void;
  /** @param isFresh whether the file has no bytecode */
  beforeRun(file: string, isFresh: boolean): void;
}

/** What a file exports: its chunks, by name. */
interface Chunks {
  readonly main?: unknown;
}

/**
 * Whether this code runs where bytecode can: not in a context of `node:vm`, which has its own global objects
 * and must have its own copy of the code.
 */
export function isInMainContext(): boolean {
  return runInThisContext('globalThis') === globalThis;
}

/**
 * Runs the program whose first file is `folder`/`name`.js. Its files are CommonJS modules that could be
 * required just as well.
 *
 * @param id hexadecimal digits that distinguish its files from those of other versions; their last line is a
 *   comment of them
 * @param require for what is not its own
 * @param loading is told of each file, so that it may change V8's flags while files run
 */
export function runProgram(
  folder: string,
  name: string,
  id: string,
  require: NodeJS.Require,
  loading?: Loading,
): RunningProgram {
  const store = CacheStore.open();
  const loaded = new Map<string, { exports: unknown }>();
  const young: CachedScript[] = [];
  const launcher: Launcher = { isUsed: false, keepsNothing: false };

  const load = (path: string): unknown => {
    const known = loaded.get(path);
    if (known !== undefined) return known.exports;
    const filename = folder + path.slice(1);
    // In ASCII.
    const text = readFileSync(filename, 'latin1');
    // Parts of two versions do not agree on what lies where in memory.
    if (!text.endsWith(`//${id}\n`))
      throw new Error(`${filename} has been replaced since the process started, which must be started again`);
    const source = `(function (${parameters}) {${text}})`;
    loading?.beforeCompile();
    const script = new CachedScript(filename, source, id, store);
    if (script.generation < lastGeneration) young.push(script);
    loading?.beforeRun(path.slice(2), script.generation === 0);
    const module: { exports: unknown } = { exports: {} };
    // Late parts that the first file uses as it runs need it.
    if (loaded.size === 0) loaded.set(path, module);
    (script.run() as Wrapper)(module.exports, requirePart, module, filename, dirname(filename), launcher);
    // Not before: V8 can end a part in the middle (`timeout` of `node:vm`, no room on the stack).
    loaded.set(path, module);
    return module.exports;
  };
  const requirePart = (path: string): unknown => (path.startsWith('./') ? load(path) : require(path));

  const { main } = load(`./${name}.js`) as Chunks;
  return {
    main,
    save: (isUsed = launcher.isUsed) => {
      if (launcher.keepsNothing || !isUsed) return;
      for (const script of young.splice(0)) script.save();
    },
  };
}
