import type { MemoryMode } from '../code/code-object.js';
import { forgetFunctions } from '../interpreter/thread.js';
import { nativeFunction } from '../layout/native-function.js';
import { functionRecord } from '../layout/structs.js';
import type { Address } from '../native/ffi.js';
import { ExternKind, functionType } from '../wasm/module.js';
import { isRefType } from '../wasm/types.js';
import type { ConstContext } from './const-eval.js';
import { DisposedError } from './errors.js';
import { type Entrance, Func } from './func.js';
import { type Gate, InterpreterGate, MachineGate } from './gate.js';
import { Global } from './global.js';
import type { HostStub } from './host-calls.js';
import { InstanceView } from './instance-view.js';
import { interpretedHandler } from './interpretation.js';
import { Resource } from './lifetimes.js';
import { carriesFunctions, type Extern, type ResolvedImports } from './linking.js';
import { Memory } from './memory.js';
import type { Module } from './module.js';
import { type Allocation, type NativePiece, pieceAt } from './native-arena.js';
import { bindNative } from './natives/bind.js';
import { Native } from './natives/native.js';
import { makeNativeCallee } from './natives/services.js';
import { Table } from './table.js';
import type { Tier } from './tier-options.js';
import { type Cells, readBits, writeAddress } from './values.js';

/**
 * A module instance: what machine code needs of it lies in one block of native memory, laid out by the module's
 * `InstanceLayout`; this object is the rest. Made by `instantiate`.
 */
export class Instance extends Resource implements ConstContext, NativePiece, Entrance {
  readonly module: Module;
  /** How its functions are compiled. */
  readonly tier: Tier;
  /** Address of the native block. */
  readonly address: Address;
  /** The number by which machine code names the instance to the runtime (`ModuleInstance.e`). */
  e = 0;
  /** Native memory that holds the block, from `byteOffset` on. */
  readonly cells: Cells;
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
  readonly #droppedData = new Set<number>();
  readonly #droppedElements = new Set<number>();
  #view: InstanceView | undefined;
  /** Machine code that calls functions that are interpreted. */
  readonly #stubs: HostStub[] = [];
  #exports: Readonly<Record<string, Extern>> | undefined;

  /**
   * Allocates the block, the memories and the tables. What they hold is up to `instantiate`.
   *
   * @param maxMemory bytes that its own memory may grow to
   * @throws MemoryLimitError where that is less than the module needs; RangeError or NativeError where there is no memory
   *   for them
   */
  constructor(module: Module, imports: ResolvedImports, tier: Tier, maxMemory: number) {
    super();
    const { wasm, layout, store } = module;
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
      for (let index = wasm.importedMemoryCount; index < wasm.memories.length; index++) {
        this.#memories.push(
          new Memory(store, this, wasm.memories[index], pieceAt(this, layout.memory(index)), maxMemory),
        );
      }
      for (let index = wasm.importedTableCount; index < wasm.tables.length; index++) {
        this.#tables.push(new Table(store, this, wasm.tables[index], pieceAt(this, layout.table(index))));
      }
      this.#importedFunctions = imports.functions.map((func, index) =>
        func instanceof Native ? bindNative(this, index, func) : func,
      );
    } catch (error) {
      this.#freeParts();
      throw error;
    }
    // Globals that hold references must be known to those who look for references.
    for (let index = wasm.importedGlobalCount; index < wasm.globals.length; index++) {
      if (isRefType(wasm.globals[index].type)) this.global(index);
    }
  }

  /** What the module exports, in its order, by name. */
  get exports(): Readonly<Record<string, Extern>> {
    if (this.#exports === undefined) {
      if (this.freed) throw new DisposedError('the instance');
      this.#exports = this.#makeExports();
    }
    return this.#exports;
  }

  /** How the machine code of this instance guards its memory. */
  get memoryMode(): MemoryMode {
    return this.module.wasm.memories.length === 0 ? 'guarded' : this.memory(0).mode;
  }

  func(index: number): Func {
    const { wasm, store } = this.module;
    if (index < wasm.importedFunctionCount) return this.#importedFunctions[index];
    let func = this.#functions.get(index);
    if (func === undefined) {
      func = new Func(store, this, functionType(wasm, index), this.record(index), index, this);
      this.#functions.set(index, func);
      store.funcrefs.add(func);
    }
    return func;
  }

  /** The way into one of its own functions. */
  makeGate({ type, record, functionIndex }: Func): Gate {
    const { store } = this.module;
    if (!this.isInterpreted(functionIndex)) return new MachineGate(store.env, type, record);
    return new InterpreterGate(store, type, this.view.interpreted(functionIndex));
  }

  /** Whether one of its own functions is interpreted. */
  isInterpreted(functionIndex: number): boolean {
    return this.tier === 'interp' || this.module.store.isInterpreted(functionIndex);
  }

  /** The instance as the interpreter sees it. */
  get view(): InstanceView {
    this.#view ??= new InstanceView(this);
    return this.#view;
  }

  /** Makes machine code that calls a function that is interpreted. Returns its address. */
  makeStub(index: number): Address {
    const { wasm, store } = this.module;
    const handler = interpretedHandler(store, this.view.interpreted(index));
    const stub = store.machine.hostCalls.acquire(functionType(wasm, index), handler);
    this.#stubs.push(stub);
    return stub.address;
  }

  /** Address of what C code that the instance calls needs to call a function: a `nativeCallee`. */
  nativeCallee(func: Func): Address {
    let callee = this.#nativeCallees.get(func);
    if (callee === undefined) {
      callee = makeNativeCallee(this, func);
      this.#nativeCallees.set(func, callee);
    }
    return callee.address;
  }

  memory(index: number): Memory {
    const { memories } = this.#imports;
    return index < memories.length ? memories[index] : this.#memories[index - memories.length];
  }

  table(index: number): Table {
    const { tables } = this.#imports;
    return index < tables.length ? tables[index] : this.#tables[index - tables.length];
  }

  global(index: number): Global {
    const { wasm, store, layout } = this.module;
    if (index < wasm.importedGlobalCount) return this.#imports.globals[index];
    let global = this.#globals.get(index);
    if (global === undefined) {
      global = new Global(store, this, wasm.globals[index], pieceAt(this, layout.global(index)));
      this.#globals.set(index, global);
    }
    return global;
  }

  /** Address of a function's record, which lies in the instance that defines the function. */
  record(index: number): Address {
    const functions = this.#importedFunctions;
    return index < functions.length
      ? functions[index].record
      : this.address + this.module.layout.function(index);
  }

  /** Stores an address `offset` bytes into the block. */
  setAddress(offset: number, address: Address): void {
    writeAddress(this.cells.u32, (this.byteOffset + offset) >> 3, address);
  }

  /**
   * Makes all calls of a function go to `code`, if they went to `expected` until now. Other threads do the same.
   *
   * @returns where they go now
   */
  replaceCode(index: number, expected: Address, code: Address): Address {
    const offset = this.module.layout.function(index) + functionRecord.offsets.code;
    const { i64 } = this.cells;
    const at = (this.byteOffset + offset) >> 3;
    const seen = Atomics.compareExchange(i64, at, BigInt(expected), BigInt(code));
    return seen === BigInt(expected) ? code : Number(seen);
  }

  /** Sets the heat counter of a defined function: how often it is still to be counted until it is hot. */
  setHeatCounter(index: number, count: number): void {
    this.cells.u32[(this.byteOffset + this.module.layout.heat(index)) >> 2] = count;
  }

  globalBits(index: number): bigint {
    const { wasm, layout } = this.module;
    if (index < wasm.importedGlobalCount) return this.#imports.globals[index].bits;
    return readBits(this.cells, (this.byteOffset + layout.global(index)) >> 3, wasm.globals[index].type);
  }

  isDataDropped(index: number): boolean {
    return this.#droppedData.has(index);
  }

  dropData(index: number): void {
    this.#droppedData.add(index);
  }

  isElementDropped(index: number): boolean {
    return this.#droppedElements.has(index);
  }

  dropElement(index: number): void {
    this.#droppedElements.add(index);
  }

  /**
   * Gives the instance up. Its native memory is given back as soon as no other instance and no shared table needs it:
   * its exports may not be used any more.
   */
  dispose(): void {
    this.module.store.lifetimes.release(this);
  }

  override *dependencies(): Iterable<Resource> {
    yield this.module;
    for (const { owner } of this.imported()) if (owner !== this) yield owner;
  }

  /** Everything it imports. */
  *imported(): Iterable<Extern> {
    const { tables, memories, globals } = this.#imports;
    yield* this.#importedFunctions;
    yield* tables;
    yield* memories;
    yield* globals;
  }

  /** Marks the resources that it can exchange function references with: see `Lifetimes`. */
  linkImports(): void {
    const { lifetimes } = this.module.store;
    for (const extern of this.imported()) if (carriesFunctions(extern)) lifetimes.link(this, extern.owner);
  }

  override get recordRange(): { readonly start: Address; readonly size: number } {
    return { start: this.address, size: this.#size };
  }

  override visitFunctionReferences(visit: (record: Address) => void): void {
    for (const table of this.#tables) table.visitFunctionReferences(visit);
    for (const global of this.#globals.values()) global.visitFunctionReferences(visit);
  }

  override free(): void {
    const { store } = this.module;
    for (const func of this.#functions.values()) store.funcrefs.delete(func.record);
    for (const { owner, record } of this.#importedFunctions)
      if (owner === this) store.funcrefs.delete(record);
    forgetFunctions();
    for (const stub of this.#stubs) store.machine.hostCalls.release(stub);
    store.tiers.dismiss(this);
    store.instances.delete(this);
    this.#freeParts();
  }

  #freeParts(): void {
    for (const callee of this.#nativeCallees.values()) this.module.store.arena.release(callee);
    for (const memory of this.#memories) memory.free();
    for (const table of this.#tables) table.free();
    for (const global of this.#globals.values()) global.free();
    this.module.store.arena.release(this.#allocation);
  }

  #makeExports(): Readonly<Record<string, Extern>> {
    const exports: Record<string, Extern> = Object.create(null);
    for (const { name, kind, index } of this.module.wasm.exports) exports[name] = this.#extern(kind, index);
    return Object.freeze(exports);
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
    }
  }
}
