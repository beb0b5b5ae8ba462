import { Script } from 'node:vm';
import type { CacheStore } from './cache-store.js';
import { checksum } from './checksum.js';

/**
 * A script compiled through V8's bytecode of it in the cache. Compiling it anew takes longer than running a
 * small wasm program.
 */
export class CachedScript {
  /** How often the bytecode that is used has been saved; 0 if there was none. */
  readonly generation: number;
  readonly #script: Script;
  readonly #store: CacheStore | undefined;
  readonly #name: string;
  readonly #title: string;
  /** What V8 was when the script was compiled. */
  readonly #engine: Buffer;

  /**
   * @param id hexadecimal digits, at most 56, that distinguish versions of the source, which V8 does not
   */
  constructor(filename: string, source: string, id: string, store: CacheStore | undefined) {
    this.#store = store;
    this.#engine = store === undefined ? Buffer.alloc(0) : engineOfBytecode();
    // Bytecode depends on V8's version and flags, and has the name of the file, which backtraces show.
    const place = checksum(Buffer.from(`${process.arch} ${this.#engine.toString('hex')} ${filename}`));
    this.#name = `${id}${place.toString(16).padStart(8, '0')}.bytecode`;
    this.#title = `${filename}, Node ${process.version}`;
    const file = this.#read();
    const cachedData = file?.subarray(0, (file.length - 1) / 2);
    this.#script = new Script(source, cachedData === undefined ? { filename } : { filename, cachedData });
    this.generation = this.#script.cachedDataRejected === false ? (file?.at(-1) ?? 0) : 0;
  }

  /** Returns the value of the script. */
  run(): unknown {
    return this.#script.runInThisContext();
  }

  /**
   * Keeps the bytecode of what has been compiled so far: the functions that have been called. Does nothing
   * where V8's flags have been changed in between: the next process would refuse it.
   */
  save(): void {
    if (this.#store === undefined || !engineOfBytecode().equals(this.#engine)) return;
    const data = this.#script.createCachedData();
    const generation = Uint8Array.of(this.generation + 1);
    this.#store.write('bytecode', this.#name, this.#title, data, data, generation);
  }

  /**
   * V8 checks little of the bytecode that it is given, and damaged bytecode ends the process. A hash would
   * have to be computed by JavaScript that has just started, or by modules of Node that take milliseconds to
   * load. So the file has the bytecode twice, and memory is compared in no time. One byte follows: how often
   * it has been saved.
   */
  #read(): Buffer | undefined {
    const file = this.#store?.read('bytecode', this.#name);
    if (file === undefined || file.length < 3 || file.length % 2 !== 1) return undefined;
    const half = (file.length - 1) / 2;
    return file.subarray(0, half).equals(file.subarray(half, 2 * half)) ? file : undefined;
  }
}

/**
 * What V8 compares before it takes bytecode: the first four words of the header that it gives it, which are a
 * number of the format, hashes of its version and of its flags, and the length of the source. To ask for it
 * takes a few hundred microseconds once, and then ten. `node:v8` takes longer to load.
 */
function engineOfBytecode(): Buffer {
  return new Script('').createCachedData().subarray(0, 16);
}
