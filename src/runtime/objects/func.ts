import { dispose } from '../../checks/disposal.js';
import { argumentTypeError } from '../../checks/errors.js';
import { plain, showAs } from '../../checks/inspection.js';
import type { InterpretedFunction } from '../../interpreter/callee.js';
import { layoutSlots } from '../../layout/widths.js';
import type { Address } from '../../native/ffi/ffi.js';
import { type FuncType, funcTypeText, isFuncref } from '../../wasm/types.js';
import { makeCallable } from '../calls/call-wrappers.js';
import type { AnyFunction, WasmCallable } from '../calls/callable.js';
import type { Gate } from '../calls/gate.js';
import type { HostCallHandler } from '../calls/host-calls.js';
import { cellAt, readBits, writeBits } from '../values/cells.js';
import { checkAlive, releaseHosted } from './host-resource.js';
import type { Resource } from './lifetimes.js';
import type { ObjectStore } from './object-store.js';

/** How a function is entered. @internal */
export interface Entrance {
  /** What runs a function of the host; undefined for functions of instances. */
  readonly handler?: HostCallHandler | undefined;
  /** Called once. */
  makeGate(func: FunctionPlace): Gate;
  /** The function for the interpreter to run; undefined where it is another's to run. */
  interpreted?(func: FunctionPlace): InterpretedFunction | undefined;
}

/** Which function it is, in native memory and in its instance. @internal */
export interface FunctionPlace {
  readonly type: FuncType;
  /** Address of its FunctionRecord: what a funcref is in native memory. */
  readonly record: Address;
  /** Index in the instance that defines it; 0 for a host function. */
  readonly functionIndex: number;
}

/**
 * A base for classes whose objects are functions: it turns the function it is given into an object of the
 * class.
 */
class FunctionObject {
  constructor(fn: AnyFunction) {
    // biome-ignore lint/correctness/noConstructorReturn: else it cannot be a function with private parts
    return Object.setPrototypeOf(fn, new.target.prototype);
  }
}
Object.setPrototypeOf(FunctionObject.prototype, Function.prototype);

/**
 * A WebAssembly function, of an instance or made by `Runtime.hostFunction`. It is a JavaScript function,
 * which is called like any other. Arguments are converted as the WebAssembly JavaScript API does it: i32 from
 * numbers (modulo 2³²), i64 from bigints (modulo 2⁶⁴), f32 and f64 from numbers, funcref from a `Func` or
 * null, externref from any value. That API has no form for v128: here it is a Uint8Array of 16 bytes, and as
 * an argument any view of as many. The result is undefined where there is none, and an array where there are
 * several. The same function is always the same object, wherever it is met: as an export, in a table, as an
 * argument.
 *
 * Calls throw a TrapError where the code traps, whatever an imported function throws, a TypeError where an
 * argument cannot be converted, and a DisposedError where the instance has been disposed.
 */
export interface Func<Signature extends AnyFunction = WasmCallable> {
  // biome-ignore lint/style/useShorthandFunctionType: the interface is merged with the class
  (...args: Parameters<Signature>): ReturnType<Signature>;
}

// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: the interface makes objects callable
// biome-ignore lint/correctness/noUnusedVariables: merged declarations have the same parameters
export class Func<Signature extends AnyFunction = WasmCallable> extends FunctionObject {
  /** Parameters and results. */
  readonly type: FuncType;
  /** @internal */
  readonly store: ObjectStore;
  /** @internal */
  readonly owner: Resource;
  /** @internal */
  readonly record: Address;
  /** @internal */
  readonly functionIndex: number;
  /** How it is entered. @internal */
  readonly entrance: Entrance;
  /** The way in from JavaScript. @internal */
  readonly gate: Gate;

  /**
   * @throws RangeError where there are more parameters or results than can be passed
   * @internal
   */
  constructor(
    store: ObjectStore,
    owner: Resource,
    { type, record, functionIndex }: FunctionPlace,
    entrance: Entrance,
  ) {
    const gate = entrance.makeGate({ type, record, functionIndex });
    super(makeCallable(store, owner, gate, type));
    this.store = store;
    this.owner = owner;
    this.type = type;
    this.record = record;
    this.functionIndex = functionIndex;
    this.entrance = entrance;
    this.gate = gate;
    describeFunction(this, String(functionIndex), type);
  }

  /**
   * Calls the function with bit patterns and returns those of its results, unsigned: exact also for NaNs.
   * Those of a v128 have 128 bits, lane 0 in the lowest. A reference is the number that stands for it in
   * native memory, as `Global.bits` and `callBits` return it; that of an externref is valid for as long as a
   * table or global holds the value.
   *
   * @throws TypeError where the number of arguments is wrong or a funcref's number is not that of a function;
   *   what calls throw
   */
  callBits(args: readonly bigint[]): bigint[] {
    const { store, type } = this;
    const { params, results } = type;
    if (args.length !== params.length) {
      throw argumentTypeError(`the function takes ${params.length} arguments, not ${args.length}`);
    }
    const { gate } = this;
    const { cells } = gate;
    const { offsets } = layoutSlots(params);
    for (let k = 0; k < params.length; k++) {
      if (isFuncref(params[k])) store.funcrefs.checkRecord(Number(args[k]), this.owner);
      writeBits(cells, cellAt(offsets[k]), params[k], args[k]);
    }
    checkAlive(this, 'the instance of this function');
    const trap = gate.enter();
    if (trap !== 0) throw store.takeError(trap);
    const resultOffsets = layoutSlots(results).offsets;
    return results.map((result, k) => readBits(cells, cellAt(resultOffsets[k]), result));
  }

  /**
   * Gives a function made by `Runtime.hostFunction` back; one that an instance exports lives with its
   * instance.
   */
  dispose(): void {
    releaseHosted(this);
  }

  /** As `dispose`, for `using`. */
  [dispose](): void {
    this.dispose();
  }
}

showAs<Func>(Func, 'Func', ({ name, type, owner }) => ({
  name,
  type: plain(funcTypeText(type)),
  state: owner.freed ? plain('disposed') : undefined,
}));

/** Gives a function the properties that every JavaScript function has. @internal */
export function describeFunction(fn: AnyFunction, name: string, { params }: FuncType): void {
  // Most have the right one: defining takes half a microsecond.
  if (fn.length !== params.length) {
    Object.defineProperty(fn, 'length', { value: params.length, configurable: true });
  }
  Object.defineProperty(fn, 'name', { value: name, configurable: true });
}
