import type { Address } from '../native/ffi.js';
import { type FuncType, ValType } from '../wasm/types.js';
import { makeCallable } from './call-wrappers.js';
import { DisposedError } from './errors.js';
import type { Gate } from './gate.js';
import type { HostCallHandler } from './host-calls.js';
import { HostResource } from './host-resource.js';
import type { Resource } from './lifetimes.js';
import type { Store } from './store.js';
import { readBits, type WasmValue, writeBits } from './values.js';

/** A plain JavaScript function that runs a wasm function. */
export type WasmCallable = (...args: WasmValue[]) => WasmValue;

/** How a function is entered. */
export interface Entrance {
  /** What runs a function of the host; undefined for functions of instances. */
  readonly handler?: HostCallHandler | undefined;
  /** Called once, when JavaScript first calls the function. */
  makeGate(func: Func): Gate;
}

/**
 * A function: of an instance, or made by the host. The same function is always the same object, wherever it is met.
 */
export class Func {
  readonly type: FuncType;
  readonly store: Store;
  readonly owner: Resource;
  /** Address of its FunctionRecord: what a funcref is in native memory. */
  readonly record: Address;
  /** Index in the instance that defines it; 0 for a host function. */
  readonly functionIndex: number;
  readonly #entrance: Entrance;
  #gate: Gate | undefined;
  #callable: WasmCallable | undefined;

  constructor(
    store: Store,
    owner: Resource,
    type: FuncType,
    record: Address,
    functionIndex: number,
    entrance: Entrance,
  ) {
    this.store = store;
    this.owner = owner;
    this.type = type;
    this.record = record;
    this.functionIndex = functionIndex;
    this.#entrance = entrance;
  }

  /** What runs the function where it is one of the host. */
  get handler(): HostCallHandler | undefined {
    return this.#entrance.handler;
  }

  /** The way in from JavaScript. Throws a RangeError where there are more parameters or results than can be passed. */
  get gate(): Gate {
    this.#gate ??= this.#entrance.makeGate(this);
    return this.#gate;
  }

  /**
   * A JavaScript function that calls this one. Arguments are converted as the WebAssembly JavaScript API does it;
   * the result is undefined where there is none and an array where there are several.
   *
   * @throws TrapError where the code traps, whatever an imported function throws, and TypeError where an argument
   *   cannot be converted
   */
  get callable(): WasmCallable {
    this.#callable ??= makeCallable(this);
    return this.#callable;
  }

  /** Calls the function: see `callable`. */
  call(...args: WasmValue[]): WasmValue {
    return this.callable(...args);
  }

  /**
   * Calls the function with bit patterns and returns those of its results, unsigned: exact also for NaNs. A
   * reference is the number that stands for it in native memory, as `Global.bits` and `callBits` return it; that of an
   * externref is valid for as long as a table or global holds the value.
   *
   * @throws TypeError where the number of arguments is wrong or a funcref's number is not that of a function
   */
  callBits(args: readonly bigint[]): bigint[] {
    const { store, type } = this;
    const { params, results } = type;
    if (args.length !== params.length) {
      throw new TypeError(`the function takes ${params.length} arguments, not ${args.length}`);
    }
    const { gate } = this;
    const { cells } = gate;
    for (let k = 0; k < params.length; k++) {
      if (params[k] === ValType.funcref) store.funcrefs.checkRecord(Number(args[k]), this.owner);
      writeBits(cells, k, params[k], args[k]);
    }
    if (this.owner.freed) throw new DisposedError('the instance of this function');
    const trap = gate.enter();
    if (trap !== 0) throw store.takeError(trap);
    return results.map((result, k) => readBits(cells, k, result));
  }

  /** Gives a function made by `Runtime.hostFunction` back; one that an instance exports lives with its instance. */
  dispose(): void {
    if (this.owner instanceof HostResource) this.store.lifetimes.release(this.owner);
  }
}
