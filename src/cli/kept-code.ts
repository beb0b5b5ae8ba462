import { readCodeFile, writeCodeFile } from '../code/code-file.js';
import type { CodeObject, CpuFeatures, MemoryMode } from '../code/code-object.js';
import { hostCpu } from '../native/cpu.js';
import type { Module } from '../runtime/module.js';
import type { CompileEvent } from '../runtime/store.js';
import { CacheFile } from './cache-file.js';

/** Set by the build: a hash of this program, which is the compiler too. */
declare const UPSHIFT_BUNDLE_ID: string;

/** Larger modules are not kept: the file holds the module, and to read and compare it takes time. */
const largestModule = 4 * 2 ** 20;
const keptFiles = 64;
/** Words of the module that the file's name is made of. */
const sampledWords = 64;

/** The memory mode that code is kept for: the other one is an exception. */
const keptMode: MemoryMode = 'guarded';

/**
 * Machine code that the Fast JIT has made of a program's functions, kept in the user's cache folder from run to run. The
 * name of the file is only a guess which one it is; the file itself holds all that the code depends on.
 */
export class KeptCode {
  readonly #bytes: Uint8Array;
  readonly #countHeat: boolean;
  readonly #key: Uint8Array;
  readonly #file: CacheFile | undefined;
  readonly #functions: Map<number, CodeObject>;
  #isNew = false;
  /** Whether code has been found, or added. */
  isUsed = false;

  /** Code that counts heat, or code that does not: a program is mostly run in one way only. */
  constructor(bytes: Uint8Array, countHeat: boolean) {
    this.#bytes = bytes;
    this.#countHeat = countHeat;
    const heat = countHeat ? 'counting' : 'plain';
    this.#key = Buffer.from(`${UPSHIFT_BUNDLE_ID} ${keptMode} ${heat} ${cpuText(hostCpu())}`);
    this.#functions = new Map();
    if (bytes.length > largestModule) return;
    this.#file = new CacheFile('code', `${fileName(bytes)}-${heat}.bin`, keptFiles);
    const file = this.#file.read();
    if (file === undefined) return;
    // The numbers in the file must lie at multiples of 4, which a Buffer from a pool may not.
    const aligned = (file.byteOffset & 3) === 0 ? file : Uint8Array.from(file);
    this.#functions = readCodeFile(aligned, this.#key, bytes) ?? new Map();
  }

  /** For `RuntimeOptions.findCode`. */
  find = (
    _module: Module,
    functionIndex: number,
    mode: MemoryMode,
    countHeat: boolean,
  ): CodeObject | undefined => (this.#isKept(mode, countHeat) ? this.#get(functionIndex) : undefined);

  /** For `RuntimeOptions.onCompile`. */
  add = ({ functionIndex, memoryMode, countHeat, code }: CompileEvent): void => {
    this.isUsed = true;
    if (!this.#isKept(memoryMode, countHeat)) return;
    this.#functions.set(functionIndex, code);
    this.#isNew = true;
  };

  #get(functionIndex: number): CodeObject | undefined {
    const code = this.#functions.get(functionIndex);
    if (code !== undefined) this.isUsed = true;
    return code;
  }

  #isKept(memoryMode: MemoryMode, countHeat: boolean): boolean {
    return memoryMode === keptMode && countHeat === this.#countHeat;
  }

  /** Writes the file, if there is anything new to keep. */
  save(): void {
    if (this.#isNew) this.#file?.write(writeCodeFile(this.#key, this.#bytes, this.#functions));
  }
}

function cpuText(cpu: CpuFeatures): string {
  return Object.entries(cpu)
    .map(([name, has]) => `${name}=${has}`)
    .join(' ');
}

/** Length and a hash of some words of a module. */
function fileName(bytes: Uint8Array): string {
  let hash = 0x811c9dc5;
  const step = Math.max(1, Math.floor(bytes.length / sampledWords));
  for (let i = bytes.length - 1; i >= 0; i -= step) hash = Math.imul(hash ^ bytes[i], 0x01000193);
  return `${bytes.length}-${(hash >>> 0).toString(16)}`;
}
