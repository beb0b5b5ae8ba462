import { dispose } from '../../checks/disposal.js';
import { plain, showAs } from '../../checks/inspection.js';
import type { MemoryMode } from '../../code/code-object.js';
import type { CompileOptions } from '../../fast-jit/compile.js';
import type { InterpretedFunction } from '../../interpreter/callee.js';
import { forgetFunctions } from '../../interpreter/thread.js';
import { nativeFunction } from '../../layout/native-function.js';
import { functionRecord } from '../../layout/structs.js';
import type { ExecEnv } from '../../native/entry/exec-env.js';
import type { Address } from '../../native/ffi/ffi.js';
import { ExternKind, functionType } from '../../wasm/module.js';
import { is64, isRefType } from '../../wasm/types.js';
import { type Gate, MachineGate } from '../calls/gate.js';
import type { HostStub } from '../calls/host-calls.js';
import type { Interpretation } from '../calls/interpretation.js';
import { InterpreterGate } from '../calls/interpreter-gate.js';
import { DisposedError } from '../errors.js';
import type { Exceptions } from '../exceptions/exceptions.js';
import type { Module } from '../modules/module.js';
import { externText } from '../modules/type-text.js';
import { bindNative } from '../natives/bind.js';
import { Native } from '../natives/native.js';
import { makeNativeCallee } from '../natives/services.js';
import { type Allocation, pieceAt } from '../objects/buffer-arena.js';
import { Func, type FunctionPlace } from '../objects/func.js';
import { Global } from '../objects/global.js';
import { Resource } from '../objects/lifetimes.js';
import { Memory, takesImages } from '../objects/memory.js';
import { MemoryAllowance } from '../objects/memory-allowance.js';
import type { ObjectStore } from '../objects/object-store.js';
import { Table } from '../objects/table.js';
import { Tag } from '../objects/tag.js';
import type { Tier } from '../tiers/tier.js';
import { type Cells, cellAt, readAddress, readBits, writeAddress } from '../values/cells.js';
import type { Funcrefs } from '../values/references.js';
import type { Exports, ExportsOf, ExportTypes } from './exports.js';
import { carriesFunctions, type Extern } from './extern.js';
import { InstanceView } from './instance-view.js';
import type { MemoryImages } from './memory-images.js';

/** What an instance needs of the `Store` that it belongs to. @internal */
export interface InstanceStore extends ObjectStore {
  readonly exceptions: Exceptions;
  readonly funcrefs: Funcrefs<Func>;
  readonly interpretation: Interpretation;
  /** Only of a store that has machine code. */
  readonly env: ExecEnv;
  /** Whether a function is interpreted though its instance is compiled. */
  isInterpreted(functionIndex: number): boolean;
  /** How the Fast JIT compiles. */
  compileOptions(memoryMode: MemoryMode): CompileOptions;
  /** What to throw to interpreted code after `env.enter` has returned a trap. */
  takeEnd(trap: number): unknown;
  /** What JavaScript sees of something that has ended wasm code. */
  errorOf(thrown: unknown): unknown;
  readonly memoryImages: MemoryImages;
  /** Whether an instance goes on counting heat where others of its module have stopped. */
  readonly keepsHeat: boolean;
  /** Does now what first calls would do. */
  prepare(instance: Instance): void;
  /** The instance's memory is about to be given back. */
  forget(instance: Instance): void;
}

/** The imports of an instance by index space. @internal */
export interface ResolvedImports {
  /** Native functions become functions of the instance. */
  readonly functions: readonly (Func | Native)[];
  readonly tables: readonly Table[];
  readonly memories: readonly Memory[];
  readonly globals: readonly Global[];
  readonly tags: readonly Tag[];
}

/**
 * A module instance: what machine code needs of it lies in one block of native memory, laid out by the
 * module's `InstanceLayout`; this object is the rest. Made by `instantiate`.
 */
export class Instance<Types extends ExportTypes<Types> = Exports> extends Resource {
  /** @internal */
  readonly store: InstanceStore;
  readonly module: Module;
  /** How its functions are compiled. */
  readonly tier: Tier;
  /** Address of the native block. @internal */
  readonly address: Address;
  /** The number by which machine code names the instance to the runtime. @internal */
  instanceNumber = 0;
  /** Native memory that holds the block, from `byteOffset` on. @internal */
  readonly cells: Cells;
  /** @internal */
  readonly byteOffset: number;
  readonly #allocation: Allocation;
  /** Bytes of the block. */
  readonly #size: number;
  readonly #imports: ResolvedImports;
  /** What it imports as functions. */
  readonly #importedFunctions: readonly Func[];
  /** What C code has been given to call functions by. */
  readonly #nativeCallees = new Map<Func, Allocation>();
  readonly #functions = new Map<number, Func>();
  readonly #memories: Memory[] = [];
  readonly #tables: Table[] = [];
  readonly #globals = new Map<number, Global>();
  readonly #tags = new Map<number, Tag>();
  /** 1 for each data segment that has been dropped; undefined before the first. Some modules have 100,000. */
  #droppedData: Uint8Array | undefined;
  readonly #droppedElements = new Set<number>();
  #view: InstanceView | undefined;
  /** Machine code that calls functions that are interpreted. */
  readonly #stubs: HostStub[] = [];
  #exports: ExportsOf<Types> | undefined;

  /**
   * Allocates the block, the memories and the tables. What they hold is up to `instantiate`.
   *
   * @param maxMemory bytes that its own memories may grow to together
   * @throws MemoryLimitError where that is less than the module needs; OutOfMemoryError or NativeError where
   *   there is no memory for them
   * @internal
   */
  constructor(store: InstanceStore, module: Module, imports: ResolvedImports, tier: Tier, maxMemory: number) {
    super();
    const { wasm, layout } = module;
    this.store = store;
    this.module = module;
    this.tier = tier;
    this.#imports = imports;
    const isNative = imports.functions.some((func) => func instanceof Native);
    this.#size = layout.size + (isNative ? imports.functions.length * nativeFunction.size : 0);
    this.#allocation = store.arena.allocate(this.#size);
    this.address = this.#allocation.address;
    this.cells = this.#allocation.cells;
    this.byteOffset = this.#allocation.byteOffset;
    try {
      const mode = store.memoryMode ?? module.code.memoryMode;
      const image = takesImages(store, mode) ? store.memoryImages.imageFor(module) : undefined;
      const allowance = new MemoryAllowance(maxMemory);
      for (let index = wasm.importedMemoryCount; index < wasm.memories.length; index++) {
        const piece = pieceAt(this, layout.memory(index));
        const begins = index === 0 ? image : undefined;
        this.#memories.push(new Memory(store, this, wasm.memories[index], piece, allowance, mode, begins));
      }
      for (let index = wasm.importedTableCount; index < wasm.tables.length; index++) {
        this.#tables.push(new Table(store, this, wasm.tables[index], pieceAt(this, layout.table(index))));
      }
      this.#importedFunctions = imports.functions.map((func, index) =>
        func instanceof Native ? bindNative(this.#untyped, index, func) : func,
      );
    } catch (error) {
      this.#freeParts();
      throw error;
    }
    // Globals that hold references must be known to whoever looks for references.
    for (let index = wasm.importedGlobalCount; index < wasm.globals.length; index++) {
      if (isRefType(wasm.globals[index].type)) this.global(index);
    }
  }

  /** What the module exports, in its order, by name. */
  get exports(): ExportsOf<Types> {
    if (this.#exports === undefined) {
      if (this.closed && this.store.lifetimes.isGone(this)) throw new DisposedError('the instance');
      this.#exports = this.#makeExports();
    }
    return this.#exports;
  }

  /**
   * How the machine code of this instance guards its memories: those with 64-bit addresses are checked in
   * either mode.
   */
  get memoryMode(): MemoryMode {
    const { memories } = this.module.wasm;
    for (let index = 0; index < memories.length; index++) {
      if (!is64(memories[index].limits) && this.memory(index).mode === 'checked') return 'checked';
    }
    return 'guarded';
  }

  /** @internal */
  func(index: number): Func {
    const { store } = this;
    const { wasm } = this.module;
    if (index < wasm.importedFunctionCount) return this.#importedFunctions[index];
    let func = this.#functions.get(index);
    if (func === undefined) {
      const place = { type: functionType(wasm, index), record: this.record(index), functionIndex: index };
      func = new Func(store, this, place, this);
      this.#functions.set(index, func);
      store.funcrefs.add(func);
    }
    return func;
  }

  /** The way into one of its own functions. @internal */
  makeGate({ type, record, functionIndex }: FunctionPlace): Gate {
    const { store } = this;
    const callee = this.interpreted({ functionIndex });
    if (callee === undefined) return new MachineGate(store.env, type, record);
    return new InterpreterGate(store, type, callee);
  }

  /** One of its own functions for the interpreter to run; undefined for those that are compiled. @internal */
  interpreted({ functionIndex }: Pick<FunctionPlace, 'functionIndex'>): InterpretedFunction | undefined {
    return this.isInterpreted(functionIndex) ? this.view.interpreted(functionIndex) : undefined;
  }

  /** Whether one of its own functions is interpreted. @internal */
  isInterpreted(functionIndex: number): boolean {
    return this.tier === 'interp' || this.store.isInterpreted(functionIndex);
  }

  /** Whether one of its own functions is to be compiled at its first call. @internal */
  isLazy(functionIndex: number): boolean {
    const { store } = this;
    const { layout } = this.module;
    const code = layout.function(functionIndex) + functionRecord.offsets.code;
    return readAddress(this.cells.u32, cellAt(this.byteOffset + code)) === store.env.lazyThunk(functionIndex);
  }

  /**
   * Does all that is otherwise done at first calls, so that a first call takes no longer than the next:
   * compiles every function that has no code yet, in tier `llvm` by LLVM, else by the Fast JIT (in tier
   * `interp`: makes the interpreter's form of it), makes the ways from JavaScript into the exports, and runs
   * what is there of Upshift's own code that calls take. It takes long for large modules, less after
   * `Runtime.compile` with `eager`, and cannot be interrupted.
   *
   * @throws DisposedError where the instance has been given back
   */
  prepare(): void {
    if (this.freed) throw new DisposedError('the instance');
    this.store.prepare(this.#untyped);
  }

  /** The instance as the interpreter sees it. @internal */
  get view(): InstanceView {
    this.#view ??= new InstanceView(this.#untyped);
    return this.#view;
  }

  /** Makes machine code that calls a function that is interpreted. Returns its address. @internal */
  makeStub(index: number): Address {
    const { store } = this;
    const { wasm } = this.module;
    const handler = store.interpretation.handler(this.view.interpreted(index));
    const stub = store.machine.hostCalls.acquire(functionType(wasm, index), handler);
    this.#stubs.push(stub);
    return stub.address;
  }

  /** Address of what C code that the instance calls needs to call a function: a `nativeCallee`. @internal */
  nativeCallee(func: Func): Address {
    let callee = this.#nativeCallees.get(func);
    if (callee === undefined) {
      callee = makeNativeCallee(this.#untyped, func);
      this.#nativeCallees.set(func, callee);
    }
    return callee.address;
  }

  /** @internal */
  memory(index: number): Memory {
    const { memories } = this.#imports;
    return index < memories.length ? memories[index] : this.#memories[index - memories.length];
  }

  /** @internal */
  table(index: number): Table {
    const { tables } = this.#imports;
    return index < tables.length ? tables[index] : this.#tables[index - tables.length];
  }

  /** @internal */
  global(index: number): Global {
    const { store } = this;
    const { wasm, layout } = this.module;
    if (index < wasm.importedGlobalCount) return this.#imports.globals[index];
    let global = this.#globals.get(index);
    if (global === undefined) {
      global = new Global(store, this, wasm.globals[index], pieceAt(this, layout.global(index)));
      this.#globals.set(index, global);
    }
    return global;
  }

  /** @internal */
  tag(index: number): Tag {
    const { wasm, layout } = this.module;
    if (index < wasm.importedTagCount) return this.#imports.tags[index];
    let tag = this.#tags.get(index);
    if (tag === undefined) {
      const { typeIndex } = wasm.tags[index];
      const piece = pieceAt(this, layout.tag(index));
      tag = new Tag(this.store, this, wasm.types[typeIndex], wasm.typeIds[typeIndex], piece);
      this.#tags.set(index, tag);
    }
    return tag;
  }

  /** Address of a function's record, which lies in the instance that defines the function. @internal */
  record(index: number): Address {
    const functions = this.#importedFunctions;
    return index < functions.length
      ? functions[index].record
      : this.address + this.module.layout.function(index);
  }

  /** Stores an address `offset` bytes into the block. @internal */
  setAddress(offset: number, address: Address): void {
    writeAddress(this.cells.u32, cellAt(this.byteOffset + offset), address);
  }

  /**
   * Makes all calls of a function go to `code`, if they went to `expected` until now. Other threads do the
   * same.
   *
   * @returns where they go now
   * @internal
   */
  replaceCode(index: number, expected: Address, code: Address): Address {
    const offset = this.module.layout.function(index) + functionRecord.offsets.code;
    const { i64 } = this.cells;
    const at = cellAt(this.byteOffset + offset);
    const seen = Atomics.compareExchange(i64, at, BigInt(expected), BigInt(code));
    return seen === BigInt(expected) ? code : Number(seen);
  }

  /**
   * Sets the heat counter of a defined function: how often it is still to be counted until it is hot.
   * @internal
   */
  setHeatCounter(index: number, count: number): void {
    this.cells.u32[(this.byteOffset + this.module.layout.heat(index)) >> 2] = count;
  }

  /** @internal */
  globalBits(index: number): bigint {
    const { wasm, layout } = this.module;
    if (index < wasm.importedGlobalCount) return this.#imports.globals[index].bits;
    return readBits(this.cells, cellAt(this.byteOffset + layout.global(index)), wasm.globals[index].type);
  }

  /** @internal */
  isDataDropped(index: number): boolean {
    return this.#droppedData?.[index] === 1;
  }

  /** @internal */
  dropData(index: number): void {
    this.#droppedData ??= new Uint8Array(this.module.wasm.data.length);
    this.#droppedData[index] = 1;
  }

  /** @internal */
  isElementDropped(index: number): boolean {
    return this.#droppedElements.has(index);
  }

  /** @internal */
  dropElement(index: number): void {
    this.#droppedElements.add(index);
  }

  /**
   * Gives the instance up. Its native memory is given back as soon as no other instance and no shared table
   * needs it: its exports may not be used any more.
   */
  dispose(): void {
    this.store.lifetimes.release(this);
  }

  /** As `dispose`, for `using`. */
  [dispose](): void {
    this.dispose();
  }

  /** @internal */
  override *dependencies(): Iterable<Resource> {
    yield this.module;
    for (const { owner } of this.imported()) if (owner !== this) yield owner;
  }

  /** Everything it imports. @internal */
  *imported(): Iterable<Extern> {
    const { tables, memories, globals, tags } = this.#imports;
    yield* this.#importedFunctions;
    yield* tables;
    yield* memories;
    yield* globals;
    yield* tags;
  }

  /** Marks the resources that it can exchange function references with: see `Lifetimes`. @internal */
  linkImports(): void {
    const { lifetimes } = this.store;
    for (const extern of this.imported()) if (carriesFunctions(extern)) lifetimes.link(this, extern.owner);
  }

  /** @internal */
  override get recordRange(): { readonly start: Address; readonly size: number } {
    return { start: this.address, size: this.#size };
  }

  /** @internal */
  override visitFunctionReferences(visit: (record: Address) => void): void {
    for (const table of this.#tables) table.visitFunctionReferences(visit);
    for (const global of this.#globals.values()) global.visitFunctionReferences(visit);
  }

  /** @internal */
  override free(): void {
    const { store } = this;
    if (this.tier === 'multi' && store.keepsHeat) this.#keepHeat();
    for (const func of this.#functions.values()) store.funcrefs.delete(func.record);
    for (const { owner, record } of this.#importedFunctions)
      if (owner === this) store.funcrefs.delete(record);
    forgetFunctions();
    for (const stub of this.#stubs) store.machine.hostCalls.release(stub);
    store.forget(this.#untyped);
    this.#freeParts();
  }

  #keepHeat(): void {
    const { module } = this;
    const { wasm, layout } = module;
    const first = (this.byteOffset + layout.heat(wasm.importedFunctionCount)) >> 2;
    const count = wasm.bodyStarts.length;
    module.heatCounters ??= new Uint32Array(count);
    module.heatCounters.set(this.cells.u32.subarray(first, first + count));
  }

  /** Itself, without the type of its exports. */
  get #untyped(): Instance {
    return this as Instance<object> as Instance;
  }

  #freeParts(): void {
    for (const callee of this.#nativeCallees.values()) this.store.arena.release(callee);
    for (const memory of this.#memories) memory.free();
    for (const table of this.#tables) table.free();
    for (const global of this.#globals.values()) global.free();
    this.store.arena.release(this.#allocation);
  }

  #makeExports(): ExportsOf<Types> {
    const exports: Record<string, Extern> = Object.create(null);
    for (const { name, kind, index } of this.module.wasm.exports) exports[name] = this.#extern(kind, index);
    return Object.freeze(exports) as ExportsOf<Types>;
  }

  #extern(kind: ExternKind, index: number): Extern {
    switch (kind) {
      case ExternKind.func:
        return this.func(index);
      case ExternKind.table:
        return this.table(index);
      case ExternKind.memory:
        return this.memory(index);
      case ExternKind.global:
        return this.global(index);
      case ExternKind.tag:
        return this.tag(index);
    }
  }
}

showAs<Instance>(Instance, 'Instance', (instance) => {
  const { module, tier, freed } = instance;
  const exports = module.exports.map((entry) => plain(`${entry.name}: ${externText(entry)}`));
  if (freed) return { state: plain('disposed'), exports };
  return { tier, memory: module.wasm.memories.length === 0 ? undefined : instance.memory(0), exports };
});
