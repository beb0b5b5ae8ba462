import { Script } from 'node:vm';
import { CacheFile } from './cache-file.js';

/**
 * A script that is compiled through a cache of V8's bytecode, in the user's cache folder. Compiling it anew takes longer
 * than running a small wasm program.
 */
export class CachedScript {
  /** Whether there was no bytecode to use. */
  readonly isFresh: boolean;
  readonly #script: Script;
  readonly #cache: CacheFile;

  /** `id` tells versions of the source apart; `keptFiles` as for `CacheFile`. */
  constructor(filename: string, source: string, folder: string, id: string, keptFiles: number) {
    // V8's bytecode depends on the version of Node.
    this.#cache = new CacheFile(folder, `${id}-${process.version}.bin`, keptFiles);
    const cachedData = this.#cache.read();
    this.#script = new Script(source, cachedData === undefined ? { filename } : { filename, cachedData });
    this.isFresh = cachedData === undefined || this.#script.cachedDataRejected === true;
  }

  /** The value of the script. */
  run(): unknown {
    return this.#script.runInThisContext();
  }

  /** Keeps the bytecode of what has been compiled by now: the functions that have been called. */
  save(): void {
    this.#cache.write(this.#script.createCachedData());
  }
}
