import { argumentTypeError } from '../../checks/errors.js';
import type { Address } from '../../native/ffi/ffi.js';
import type { Lifetimes, Resource } from '../objects/lifetimes.js';

/** The references of a store. */
export interface References {
  readonly externrefs: Externrefs;
  readonly funcrefs: Funcrefs;
}

/** A function object, as far as references need it. */
export interface ReferencedFunction {
  /** Address of the function's record. */
  readonly record: Address;
  readonly owner: Resource;
}

/** What holds references in native memory: a table or a global. */
export interface ReferenceHolder {
  /** Calls `visit` with every externref handle that it holds now. */
  visitHandles(visit: (handle: number) => void): void;
}

/** The key for -0, which a Map does not tell from 0. */
const negativeZero = Symbol('-0');

/** With so many handles in use, unused ones are searched for the first time. */
const firstCollection = 4096;

/**
 * JavaScript values as externrefs: in native memory an externref is a handle, an index in a table here. 0 is
 * null; a value that is the same (in the sense of `Object.is`) has the same handle for as long as any wasm
 * table, global or running function holds it.
 */
export class Externrefs {
  readonly #handles = new Map<unknown, number>();
  readonly #values: unknown[] = [null];
  readonly #free: number[] = [];
  readonly #holders = new Set<ReferenceHolder>();
  readonly #isBusy: () => boolean;
  #nextCollection = firstCollection;

  /** No handle is taken back while `isBusy` says that wasm code is on the stack. */
  constructor(isBusy: () => boolean) {
    this.#isBusy = isBusy;
  }

  /** How many values have a handle. */
  get count(): number {
    return this.#handles.size;
  }

  handle(value: unknown): number {
    if (value === null) return 0;
    const key = Object.is(value, -0) ? negativeZero : value;
    let handle = this.#handles.get(key);
    if (handle === undefined) {
      handle = this.#free.pop() ?? this.#values.length;
      this.#handles.set(key, handle);
      this.#values[handle] = value;
    }
    return handle;
  }

  value(handle: number): unknown {
    return this.#values[handle];
  }

  /** Registers a table or global whose handles are in use. */
  addHolder(holder: ReferenceHolder): void {
    this.#holders.add(holder);
  }

  deleteHolder(holder: ReferenceHolder): void {
    this.#holders.delete(holder);
  }

  /**
   * Takes unused handles back if there are many. To be called where no handle is on its way into native
   * memory: before the arguments of a call or a value to store are converted.
   */
  safePoint(): void {
    if (this.#handles.size >= this.#nextCollection && !this.#isBusy()) this.collect();
  }

  /** Takes back every handle that no table or global holds. */
  collect(): void {
    const used = new Uint8Array(this.#values.length);
    const use = (handle: number): void => {
      used[handle] = 1;
    };
    for (const holder of this.#holders) holder.visitHandles(use);
    for (const [key, handle] of this.#handles) {
      if (used[handle] !== 0) continue;
      this.#handles.delete(key);
      this.#values[handle] = undefined;
      this.#free.push(handle);
    }
    this.#nextCollection = Math.max(firstCollection, 2 * this.#handles.size);
  }
}

/**
 * Function objects by the address of their function's record, which is what a funcref is in native memory.
 */
export class Funcrefs<Func extends ReferencedFunction = ReferencedFunction> {
  readonly #funcs = new Map<Address, Func>();
  readonly #lifetimes: Lifetimes;
  readonly #lookUp: (record: Address) => Func;

  /** `lookUp` makes the object of a function that has none yet. */
  constructor(lifetimes: Lifetimes, lookUp: (record: Address) => Func) {
    this.#lifetimes = lifetimes;
    this.#lookUp = lookUp;
  }

  add(func: Func): void {
    this.#funcs.set(func.record, func);
  }

  delete(record: Address): void {
    this.#funcs.delete(record);
  }

  /**
   * The record of a `Func` that is about to be stored where `holder`, or code that it runs, finds it.
   *
   * @throws TypeError if it is anything else, or belongs to another runtime or to an instance that is gone
   */
  record(value: unknown, holder: Resource): Address {
    const { record, owner } = Object(value) as Partial<ReferencedFunction>;
    // What waits is freed now, not when the caller asks for another function.
    if (owner?.closed === true) this.#lifetimes.drain();
    if (record === undefined || owner === undefined || (this.#funcs.get(record) as unknown) !== value) {
      throw argumentTypeError(
        'a funcref must be null or a Func of the same Runtime that has not been disposed',
      );
    }
    this.#lifetimes.link(owner, holder);
    return record;
  }

  /**
   * Checks a number that is to be taken for a funcref.
   *
   * @throws TypeError if it is neither 0 nor the record of a function that has a `Func`
   */
  checkRecord(record: Address, holder: Resource): void {
    if (record === 0) return;
    const func = this.#funcs.get(record);
    if (func === undefined)
      throw argumentTypeError(`0x${record.toString(16)} is not the record of a function`);
    this.#lifetimes.link(func.owner, holder);
  }

  value(record: Address): Func | null {
    if (record === 0) return null;
    return this.#funcs.get(record) ?? this.#lookUp(record);
  }
}
