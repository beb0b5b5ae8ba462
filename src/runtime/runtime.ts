import { type BufferSource, bytesOf } from '../checks/bytes.js';
import { aFunction, checkArgument, instanceOf } from '../checks/checks.js';
import { dispose } from '../checks/disposal.js';
import { argumentTypeError } from '../checks/errors.js';
import { showAs } from '../checks/inspection.js';
import { globalSize, memoryInstance, tableInstance } from '../layout/structs.js';
import { type FuncType, type GlobalType, type MemoryType, type TableType, ValType } from '../wasm/types.js';
import { compiledModule, funcType, globalType, memoryType, tableType } from './arguments.js';
import type { HostFunction } from './calls/callable.js';
import { load } from './code-files/aot-file.js';
import { type LoadOptions, loadOptions } from './code-files/aot-options.js';
import { DisposedError } from './errors.js';
import { makeExn } from './exceptions/payload.js';
import { WasmException } from './exceptions/wasm-exception.js';
import type { Exports, ExportTypes } from './instances/exports.js';
import type { Instance } from './instances/instance.js';
import { type InstanceOptions, instanceOptions, instantiate } from './instances/instantiate.js';
import { type Imports, importsByName } from './instances/linking.js';
import { finish, finishInSlices, unlessAborted } from './limits/slices.js';
import {
  type AsyncModuleOptions,
  asyncModuleOptions,
  type ByteSource,
  compileInSteps,
  type ModuleOptions,
  moduleOptions,
  readSource,
} from './modules/compile-module.js';
import type { Module } from './modules/module.js';
import type { NativeDescription } from './natives/native.js';
import type { NativesOptions } from './natives/registry.js';
import type { Piece } from './objects/buffer-arena.js';
import type { Func } from './objects/func.js';
import { Global } from './objects/global.js';
import { makeHostFunction } from './objects/host-function.js';
import { type HostContent, HostResource } from './objects/host-resource.js';
import { Memory } from './objects/memory.js';
import { MemoryAllowance } from './objects/memory-allowance.js';
import { Table } from './objects/table.js';
import { makeHostTag, Tag } from './objects/tag.js';
import { type RuntimeOptions, runtimeOptions } from './runtime-options.js';
import { Store } from './store.js';
import type { Tier } from './tiers/tier.js';
import type { WasmValue } from './values/values.js';

/**
 * A WebAssembly runtime: compiles modules, instantiates them, and makes what they import. Typically there is
 * one a thread; what one makes cannot be used with another.
 */
export class Runtime {
  readonly #store: Store;
  #disposed = false;

  /** @throws TierUnavailableError where the tier asked for cannot be had */
  constructor(options: RuntimeOptions = {}) {
    checkArgument('Runtime: options', runtimeOptions, options);
    this.#store = new Store(options);
  }

  /**
   * Decodes and validates a module. Its functions are compiled when they are first called, or at once with
   * `eager`.
   *
   * @param bytes the module in the binary format
   * @throws CompileError where the module is malformed, invalid, or needs a feature that is not supported;
   *   TypeError where it is no bytes or an option is wrong; DisposedError where the runtime has been disposed
   */
  compile(bytes: BufferSource, options: ModuleOptions = {}): Module {
    this.#checkAlive();
    checkArgument('Runtime.compile: options', moduleOptions, options);
    const { copy = true, eager = false } = options;
    const source = bytesOf('Runtime.compile: the module', bytes);
    return finish(compileInSteps(this.#store, copy ? new Uint8Array(source) : source, eager));
  }

  /**
   * A module from an AOT file: `Module.serialize` or `upshift compile -o` has made it. Its functions run the
   * file's code from the first call on, and hot ones go on to move up. The file is machine code: load only
   * what you would run as a program.
   *
   * @throws CodeFileError where it is damaged, or was made by another version of Upshift, for another
   *   processor, or of another module than the one given; TypeError where it is no bytes
   */
  load(file: BufferSource, options: LoadOptions = {}): Module {
    this.#checkAlive();
    checkArgument('Runtime.load: options', loadOptions, options);
    const { wasm } = options;
    const given = wasm && new Uint8Array(bytesOf('Runtime.load: the module', wasm));
    return load(this.#store, new Uint8Array(bytesOf('Runtime.load: the file', file)), given);
  }

  /**
   * As `compile`, in the background: in slices of a few milliseconds on this thread's event loop, between
   * which others get their turn. Decoding the sections and compiling a single function cannot be divided.
   *
   *     const signal = AbortSignal.timeout(5000);
   *     const module = await runtime.compileAsync(fetch(url), { eager: true, signal });
   *
   * @param source the module in the binary format, or a `Response`, `Blob` or the like that has it, or a
   *   promise of any of these. Bytes that are passed themselves are copied before anything else is done.
   * @returns rejects as `compile` throws; with the signal's reason where that is aborted, also while the
   *   source is being read; with a TypeError for a response that is not successful; with what reading the
   *   source rejects with
   */
  async compileAsync(
    source: BufferSource | ByteSource | PromiseLike<BufferSource | ByteSource>,
    options: AsyncModuleOptions = {},
  ): Promise<Module> {
    this.#checkAlive();
    checkArgument('Runtime.compileAsync: options', asyncModuleOptions, options);
    const { copy = true, eager = false, signal } = options;
    signal?.throwIfAborted();
    const bytes = await unlessAborted(readSource('Runtime.compileAsync: the source', source, copy), signal);
    return finishInSlices(compileInSteps(this.#store, bytes, eager), () => {
      signal?.throwIfAborted();
      this.#checkAlive();
    });
  }

  /**
   * Makes an instance of a module and runs its start function.
   *
   * @throws LinkError where an import is missing or of the wrong type; TrapError where an active segment lies
   *   outside of its table or memory or the start function traps; whatever the functions throw that it
   *   imports; TierUnavailableError where the tier cannot be had; LlvmUnavailableError where it is `llvm` and
   *   there is no LLVM; MemoryLimitError where the module's memory is larger than it may become;
   *   OutOfMemoryError where the system has no memory for it
   */
  instantiate<Types extends ExportTypes<Types> = Exports>(
    module: Module,
    imports: Imports = {},
    options: InstanceOptions = {},
  ): Instance<Types> {
    this.#checkAlive();
    checkArgument('Runtime.instantiate: the module', compiledModule, module);
    checkArgument('Runtime.instantiate: options', instanceOptions, options);
    const instance = instantiate(this.#store, module, importsByName(imports, this.#store.natives), options);
    return instance as Instance as Instance<Types>;
  }

  /**
   * A function that wasm code can call. `fn` gets its arguments as JavaScript values and returns the result,
   * or an iterable of several.
   */
  hostFunction(type: FuncType, fn: HostFunction): Func {
    this.#checkAlive();
    checkArgument('Runtime.hostFunction: type', funcType, type);
    checkArgument('Runtime.hostFunction: the function', aFunction, fn);
    return makeHostFunction(this.#store, type, fn);
  }

  /**
   * Makes functions of shared libraries, or of JavaScript, available to modules: an instance gets those that
   * its module imports by `module` and name, and that its imports object lacks. Those registered later
   * replace those with the same name, for instances made from then on.
   *
   *     runtime.registerNatives('zlib', [{ name: 'crc32', signature: '(I*~)I' }], { library: 'libz.so.1' });
   *
   * @throws SyntaxError for a malformed signature; Error where a library cannot be loaded or has no such
   *   symbol
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

  /**
   * A memory, zeroed.
   *
   * @throws MemoryLimitError where it is larger than `maxMemory`; OutOfMemoryError where the system has no
   *   memory for it
   */
  memory(type: MemoryType): Memory {
    this.#checkAlive();
    checkArgument('Runtime.memory: type', memoryType, type);
    const store = this.#store;
    return standalone(store, (owner, piece) => {
      return new Memory(store, owner, type, piece, new MemoryAllowance(store.maxMemory));
    });
  }

  /** A memory whose bytes are those of a WebAssembly.Memory of V8's, of this type. @internal */
  adoptMemory(type: MemoryType, v8Memory: object): Memory {
    const store = this.#store;
    return standalone(
      store,
      (owner, piece) =>
        new Memory(
          store,
          owner,
          type,
          piece,
          new MemoryAllowance(Number.POSITIVE_INFINITY),
          undefined,
          undefined,
          v8Memory,
        ),
    );
  }

  /** A table of the minimum length, whose elements are all `value`, null where it is not given. */
  table(...args: [type: TableType, value?: WasmValue]): Table {
    const [type] = args;
    // undefined is an externref like others.
    const value = args.length > 1 ? args[1] : null;
    this.#checkAlive();
    checkArgument('Runtime.table: type', tableType, type);
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
    checkArgument('Runtime.global: type', globalType, type);
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

  /** A tag, for exceptions that carry values of these types. */
  tag(params: FuncType['params']): Tag {
    this.#checkAlive();
    checkArgument('Runtime.tag: the parameters', funcType, { params, results: [] });
    return makeHostTag(this.#store, [...params]);
  }

  /**
   * An exception that a function which wasm code calls may throw, for that code to catch.
   *
   * @param payload a value for each parameter of the tag, as arguments of a `Func` are
   * @throws TypeError where there are too few or too many values, or one cannot be converted to its type
   */
  exception(tag: Tag, payload: readonly WasmValue[] = []): WasmException {
    this.#checkAlive();
    checkArgument('Runtime.exception: the tag', ownTag, tag);
    if (tag.store !== this.#store) throw argumentTypeError('the tag belongs to another Runtime');
    const { exceptions } = this.#store;
    const exn = makeExn(exceptions, tag, payload);
    const made = new WasmException(exceptions, exn);
    exn.object = made;
    return made;
  }

  /**
   * Frees everything that the runtime has made: instances, modules, memories, and its own stack and code.
   * Nothing of it may be used any more.
   */
  dispose(): void {
    if (this.#disposed) return;
    this.#store.dispose();
    this.#disposed = true;
  }

  /** As `dispose`, for `using`. */
  [dispose](): void {
    this.dispose();
  }

  /** What its instances share. @internal */
  get store(): Store {
    return this.#store;
  }

  /** How functions are run by default. */
  get tier(): Tier {
    return this.#store.tier;
  }

  /**
   * The LLVM that backend threads have loaded; why there is none, or none any more; or, as long as none has
   * been needed, undefined.
   */
  get llvm(): { readonly version: string; readonly path: string } | { readonly failure: string } | undefined {
    const { loaded, failure } = this.#store.tiers;
    return failure === undefined ? loaded : { failure };
  }

  /** Backend threads that have been started for this runtime, and for others with the same settings. */
  get backendThreads(): number {
    return this.#store.tiers.threadCount;
  }

  #checkAlive(): void {
    if (this.#disposed) throw new DisposedError('the runtime');
  }
}

showAs(Runtime, 'Runtime', (runtime) => ({
  tier: runtime.tier,
  llvm: runtime.llvm,
  modules: runtime.store.modules.size,
  instances: [...runtime.store.instances].length,
}));

const ownTag = instanceOf('a Tag', (value) => value instanceof Tag);

/** Room for any of the structures that stand alone. */
const largestStruct = Math.max(memoryInstance.size, tableInstance.size, globalSize(ValType.v128));

/** Makes what lives outside of any instance: with its own owner, in a piece of the arena. */
function standalone<Content extends HostContent>(
  store: Store,
  make: (owner: HostResource, piece: Piece) => Content,
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
