import type { CodeContainer, CodeSettings, ModuleIdentity } from '../../aot/code-container.js';
import { CodeFileError } from '../../aot/code-file-error.js';
import { readContainer, writeContainer } from '../../aot/container-file.js';
import { checkSameModule } from '../../aot/fits.js';
import type { CacheStore } from '../../cache/cache-store.js';
import type { MemoryMode } from '../../code/code-object.js';
import type { Address } from '../../native/ffi/ffi.js';
import { holdExits } from '../../native/traps/exit-signals.js';
import type { WasmModule } from '../../wasm/module.js';
import { readNames } from '../../wasm/names.js';
import type { Module } from '../modules/module.js';
import { checkContainer } from './check-container.js';
import { sha256 } from './digest.js';
import { type FoundListener, tellFound } from './found-code.js';
import { SaveSchedule } from './save-schedule.js';

/** Bytes of modules that are compiled in less time than it takes to write a file. */
const smallModule = 1024;
/**
 * Of so many of them the code is kept: the only module of a program may be small, and without its code the
 * compiler has to be loaded. Programs that make modules as they run (Emscripten's `addFunction`) make
 * thousands.
 */
const mostSmallModules = 16;

/** What the cache needs of a store. */
interface CachingStore extends FoundListener {
  readonly modules: Iterable<Module>;
  /** What code of a variant depends on. */
  codeSettings(mode: MemoryMode, countsHeat: boolean): CodeSettings;
  /** What LLVM's code depends on in addition. */
  readonly llvmSettings: unknown;
  /** Copies placed code. */
  readCode(address: Address, byteLength: number): Uint8Array;
}

/**
 * The machine code of modules, kept from process to process. An entry belongs to a module, which is told by
 * its SHA-256, and to all that code depends on. A module that has an entry is valid: it was validated before
 * its code was made.
 */
export class CodeCache {
  readonly #files: CacheStore;
  readonly #store: CachingStore;
  readonly #schedule: SaveSchedule;
  readonly #identities = new WeakMap<Module, ModuleIdentity>();
  #smallModules = 0;

  constructor(files: CacheStore, store: CachingStore) {
    this.#files = files;
    this.#store = store;
    this.#schedule = new SaveSchedule({ save: () => this.saveAll() });
  }

  /** What is kept of a module; undefined where nothing is to be. */
  open(bytes: Uint8Array): CachedModule | undefined {
    if (bytes.length < smallModule && ++this.#smallModules > mostSmallModules) return undefined;
    const identity = { byteLength: bytes.length, sha256: sha256(bytes) };
    return new CachedModule(identity, (mode, countsHeat) =>
      this.#read(identity, this.#store.codeSettings(mode, countsHeat)),
    );
  }

  /** Makes a module take its code from the cache, and give it what is new. */
  attach(cached: CachedModule, module: Module): void {
    this.#identities.set(module, cached.identity);
    module.code.source = {
      find: (mode, countsHeat) => cached.find(module.wasm, mode, countsHeat),
      onFound: tellFound(this.#store, module, 'cache'),
      onNew: () => this.#schedule.note(),
    };
  }

  /**
   * Keeps the new code of a module. Returns whether the cache has all of it now. Never throws: who ends, or
   * gives a module up, must not fail because there is no memory for one more copy of the code, say.
   */
  save(module: Module): boolean {
    try {
      return this.#save(module);
    } catch {
      return false;
    }
  }

  #save(module: Module): boolean {
    const identity = this.#identities.get(module);
    if (identity === undefined) return false;
    let isKept = true;
    for (const { mode, countsHeat, parts } of module.code.changed) {
      const settings = this.#store.codeSettings(mode, countsHeat);
      const container = parts.toContainer(settings, identity, undefined, (address, byteLength) =>
        this.#store.readCode(address, byteLength),
      );
      parts.isNew = false;
      const name = this.#nameOf(identity, settings);
      const title = titleOf(module, container);
      if (!this.#files.write('code', name, title, writeContainer(container, sha256))) isKept = false;
    }
    return isKept;
  }

  /** The same for all modules. */
  saveAll(): void {
    this.#schedule.stop();
    // A signal that ends the process waits until the files are whole.
    holdExits(() => {
      for (const module of this.#store.modules) this.save(module);
    });
  }

  #read(identity: ModuleIdentity, settings: CodeSettings): CodeContainer | undefined {
    const file = this.#files.read('code', this.#nameOf(identity, settings));
    if (file === undefined) return undefined;
    try {
      const container = readContainer(file, sha256);
      checkSameModule(container, identity.byteLength, identity.sha256);
      return JSON.stringify(container.settings) === JSON.stringify(settings) ? container : undefined;
    } catch (error) {
      // It is as if there were none: it will be written anew.
      if (error instanceof CodeFileError) return undefined;
      throw error;
    }
  }

  #nameOf(identity: ModuleIdentity, settings: CodeSettings): string {
    const text = JSON.stringify([settings, this.#store.llvmSettings]);
    const digest = sha256(identity.sha256, Buffer.from(text));
    return `${Buffer.from(digest).toString('hex')}.aot`;
  }
}

/** Hexadecimal digits of a module's SHA-256 that users are shown. */
const shownDigits = 16;

/** What users are told of an entry: which module it is of, by what its file can be told, and what it has. */
function titleOf({ wasm }: Module, { module, settings, fast, images }: CodeContainer): string {
  const byLlvm = images.reduce(
    (sum, { functions, loop }) => sum + (loop === undefined ? functions.length : 0),
    0,
  );
  const digits = Buffer.from(module.sha256).toString('hex').slice(0, shownDigits);
  const parts = [
    `${readNames(wasm).module ?? 'a module'} of ${module.byteLength} bytes`,
    `SHA-256 ${digits}…`,
    `${fast.indices.length} of ${wasm.bodyStarts.length} functions by the Fast JIT`,
    `${byLlvm} by LLVM`,
  ];
  if (!settings.countsHeat) parts.push('for tier fast');
  if (settings.memoryMode === 'checked') parts.push('for checked memories');
  return parts.join(', ');
}

/** Reads the code of a variant. */
type ReadVariant = (mode: MemoryMode, countsHeat: boolean) => CodeContainer | undefined;

/** What the cache has of a module: read when it is first asked for. */
export class CachedModule {
  readonly identity: ModuleIdentity;
  readonly #read: ReadVariant;
  readonly #containers = new Map<string, CodeContainer | undefined>();

  constructor(identity: ModuleIdentity, read: ReadVariant) {
    this.identity = identity;
    this.#read = read;
  }

  /** Whether there is an entry: then the module is valid. */
  has(mode: MemoryMode, countsHeat: boolean): boolean {
    return this.#container(mode, countsHeat) !== undefined;
  }

  /** The code of a variant. */
  find(wasm: WasmModule, mode: MemoryMode, countsHeat: boolean): CodeContainer | undefined {
    const container = this.#container(mode, countsHeat);
    if (container === undefined) return undefined;
    try {
      checkContainer(container, wasm);
      return container;
    } catch (error) {
      if (error instanceof CodeFileError) return undefined;
      throw error;
    }
  }

  #container(mode: MemoryMode, countsHeat: boolean): CodeContainer | undefined {
    const key = `${mode} ${countsHeat}`;
    if (!this.#containers.has(key)) this.#containers.set(key, this.#read(mode, countsHeat));
    return this.#containers.get(key);
  }
}
