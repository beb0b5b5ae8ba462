import { globalSize, memoryInstance, tableInstance } from '../layout/structs.js';
import { decodeModule } from '../wasm/decode.js';
import type { FuncType, GlobalType, MemoryType, TableType } from '../wasm/types.js';
import { validateModule } from '../wasm/validate.js';
import { DisposedError } from './errors.js';
import type { Func } from './func.js';
import { Global } from './global.js';
import { type HostFunction, makeHostFunction } from './host-function.js';
import { type HostContent, HostResource } from './host-resource.js';
import type { Instance } from './instance.js';
import { type InstanceOptions, instantiate } from './instantiate.js';
import { type Imports, importsByName } from './linking.js';
import { Memory } from './memory.js';
import { Module } from './module.js';
import type { NativePiece } from './native-arena.js';
import type { NativeDescription } from './natives/native.js';
import type { NativesOptions } from './natives/registry.js';
import { type RuntimeOptions, Store } from './store.js';
import { Table } from './table.js';
import type { Tier } from './tier-options.js';
import type { WasmValue } from './values.js';

/**
 * A WebAssembly runtime: compiles modules, instantiates them, and makes what they import. Typically there is one a
 * thread; what one makes cannot be used with another.
 */
export class Runtime {
  readonly #store: Store;
  #disposed = false;

  /** @throws TierUnavailableError where the tier asked for cannot be had */
  constructor(options: RuntimeOptions = {}) {
    this.#store = new Store(options);
  }

  /**
   * Decodes and validates a module. Its functions become machine code when they are first called.
   *
   * @param bytes the module in the binary format. They are copied, for machine code is made of them later on; who
   *   promises never to change them can do without, by `copy: false`.
   * @throws CompileError where the module is malformed, invalid, or needs a feature that is not supported
   */
  compile(bytes: Uint8Array, { copy = true }: { readonly copy?: boolean } = {}): Module {
    this.#checkAlive();
    // Not slice: a Buffer's shares memory.
    const wasm = decodeModule(copy ? new Uint8Array(bytes) : bytes);
    validateModule(wasm);
    const module = new Module(this.#store, wasm);
    this.#store.modules.add(module);
    return module;
  }

  /**
   * Makes an instance of a module and runs its start function.
   *
   * @throws LinkError where an import is missing or of the wrong type; TrapError where an active segment lies outside
   *   of its table or memory or the start function traps; whatever the functions throw that it imports;
   *   TierUnavailableError where the tier cannot be had; LlvmUnavailableError where it is `llvm` and there is no LLVM;
   *   MemoryLimitError where the module's memory is larger than it may become
   */
  instantiate(module: Module, imports: Imports = {}, options: InstanceOptions = {}): Instance {
    this.#checkAlive();
    return instantiate(this.#store, module, importsByName(imports, this.#store.natives), options);
  }

  /**
   * A function that wasm code can call. `fn` gets its arguments as JavaScript values and returns the result, or an
   * iterable of several.
   */
  hostFunction(type: FuncType, fn: HostFunction): Func {
    this.#checkAlive();
    return makeHostFunction(this.#store, type, fn);
  }

  /**
   * Makes functions of shared libraries, or of JavaScript, available to modules: an instance gets those that its module
   * imports by `module` and name, and that its imports object lacks. Those registered later replace those with the same name,
   * for instances made from then on.
   *
   *     runtime.registerNatives('zlib', [{ name: 'crc32', signature: '(I*~)I' }], { library: 'libz.so.1' });
   *
   * @throws SyntaxError for a signature that is none; Error where a library cannot be loaded or has no such symbol
   */
  registerNatives(module: string, natives: readonly NativeDescription[], options: NativesOptions = {}): void {
    this.#checkAlive();
    this.#store.natives.register(module, natives, options);
  }

  /**
   * Registers all functions that a shared library offers by `get_native_lib`, as WAMR's libraries do.
   *
   * @returns how many functions those are; undefined where the library has no `get_native_lib`
   * @throws Error where it cannot be loaded
   */
  registerNativeLibrary(path: string): number | undefined {
    this.#checkAlive();
    return this.#store.natives.registerLibrary(path);
  }

  /** A memory, zeroed. Throws where it is larger than `maxMemory`, or the operating system has no room for it. */
  memory(type: MemoryType): Memory {
    this.#checkAlive();
    const store = this.#store;
    return standalone(store, (owner, piece) => new Memory(store, owner, type, piece, store.maxMemory));
  }

  /** A table of the minimum length, whose elements are all `value`, null where it is not given. */
  table(...args: [type: TableType, value?: WasmValue]): Table {
    const [type] = args;
    // undefined is an externref like others.
    const value = args.length > 1 ? args[1] : null;
    this.#checkAlive();
    const store = this.#store;
    const table = standalone(store, (owner, piece) => {
      return new Table(store, owner, type, piece);
    });
    try {
      if (value !== null) for (let index = 0; index < table.length; index++) table.set(index, value);
      return table;
    } catch (error) {
      table.dispose();
      throw error;
    }
  }

  /** A global with an initial value. Throws a TypeError where the value cannot be converted to its type. */
  global(type: GlobalType, value: WasmValue): Global {
    this.#checkAlive();
    const store = this.#store;
    const global = standalone(store, (owner, piece) => {
      return new Global(store, owner, type, piece);
    });
    try {
      global.initialize(value);
      return global;
    } catch (error) {
      global.dispose();
      throw error;
    }
  }

  /**
   * Frees everything that the runtime has made: instances, modules, memories, and its own stack and code. Nothing of
   * it may be used any more.
   */
  dispose(): void {
    if (this.#disposed) return;
    this.#store.dispose();
    this.#disposed = true;
  }

  /** What its instances share. */
  get store(): Store {
    return this.#store;
  }

  /** How functions are run by default. */
  get tier(): Tier {
    return this.#store.tier;
  }

  /**
   * The LLVM that backend threads have loaded; why there is none; or, as long as none has been needed, undefined.
   */
  get llvm(): { readonly version: string; readonly path: string } | { readonly failure: string } | undefined {
    const { loaded, failure } = this.#store.tiers;
    return loaded ?? (failure === undefined ? undefined : { failure });
  }

  /** Backend threads that have been started for this runtime, and for others with the same settings. */
  get backendThreads(): number {
    return this.#store.tiers.threadCount;
  }

  #checkAlive(): void {
    if (this.#disposed) throw new DisposedError('the runtime');
  }
}

/** Room for any of the structures that stand alone. */
const largestStruct = Math.max(memoryInstance.size, tableInstance.size, globalSize);

/** Makes what lives outside of any instance: with an owner of its own, and an entry of the pool to lie in. */
function standalone<Content extends HostContent>(
  store: Store,
  make: (owner: HostResource, piece: NativePiece) => Content,
): Content {
  const owner = new HostResource();
  const piece = store.arena.allocate(largestStruct);
  let content: Content;
  try {
    content = make(owner, piece);
  } catch (error) {
    store.arena.release(piece);
    throw error;
  }
  owner.content = {
    visitFunctionReferences: (visit) => content.visitFunctionReferences?.(visit),
    free: () => {
      content.free();
      store.arena.release(piece);
      store.hostResources.delete(owner);
    },
  };
  store.hostResources.add(owner);
  return content;
}
