import { TrapSignal } from '../code/trap-signal.js';
import { Trap } from '../code/traps.js';
import type {
  Callee,
  Exceptions,
  ForeignFunction,
  InterpretedFunction,
  InterpretedInstance,
  Thrown,
} from './callee.js';
import { padOf } from './function-body.js';

/** An activation of an interpreted function. */
export interface Activation {
  readonly callee: InterpretedFunction;
  /** Word of its code after the current operation. */
  readonly next: number;
}

/** All control frames of a function are below this index. */
export const allFrames = 2 ** 31 - 1;

/** Bytes of values for each possible activation. */
const bytesPerFrame = 32;

/** Entries of the cache of functions. A power of two. */
const cacheSize = 1024;

/**
 * What the interpreted functions of a thread run on: a stack of values, of 8 bytes each, and one of
 * activations. The frames of callers and callees overlap where arguments are passed: see `function-body.ts`.
 */
export class Stack {
  readonly i32: Int32Array;
  readonly u32: Uint32Array;
  readonly f32: Float32Array;
  readonly f64: Float64Array;
  readonly i64: BigInt64Array;
  /** Words that may be used. */
  limit: number;
  /** Most activations at the same time. */
  mostFrames: number;

  /** First free word, while anything but interpreted code runs. */
  top = 0;
  /** Number of activations, while anything but interpreted code runs. */
  depth = 0;
  /**
   * What the outermost function of a run has called in place of itself, when the run has ended: its arguments
   * are where those of the function were, and so must the results be.
   */
  tail: ForeignFunction | undefined;
  /** Whether the user's code runs: then errors are the user's as well. */
  inHost = false;
  /** Whether a function runs that interpreted code has called: then what it throws may be an exception. */
  isCalling = false;

  /** See `arrived`. */
  thrown: Thrown | undefined;
  /** The handlers that it may arrive at, in the innermost function: see `padOf`. */
  thrownBelow = 0;

  /**
   * If set, called from time to time, and soon after anything that may take long. What it throws ends the
   * code.
   */
  onPause: (() => void) | undefined;

  /** For each depth: the function, the word where it continues, and the first word of its frame. */
  readonly callees: InterpretedFunction[] = [];
  readonly nexts: Int32Array;
  readonly framePointers: Int32Array;

  readonly #references = new Float64Array(cacheSize);
  readonly #functions: (Callee | undefined)[] = new Array<Callee | undefined>(cacheSize).fill(undefined);

  /** `byteLength` is that of the values. */
  constructor(byteLength: number) {
    const buffer = new ArrayBuffer(byteLength);
    this.i32 = new Int32Array(buffer);
    this.u32 = new Uint32Array(buffer);
    this.f32 = new Float32Array(buffer);
    this.f64 = new Float64Array(buffer);
    this.i64 = new BigInt64Array(buffer);
    this.limit = this.i32.length;
    this.mostFrames = byteLength / bytesPerFrame;
    this.nexts = new Int32Array(this.mostFrames);
    this.framePointers = new Int32Array(this.mostFrames);
  }

  /** Limits the bytes of values, at most to what there is. */
  restrict(byteLength: number): void {
    const usable = Math.min(byteLength, this.i32.byteLength);
    this.limit = usable >> 2;
    this.mostFrames = Math.floor(usable / bytesPerFrame);
  }

  /** Drops all activations, of which none is running. */
  clear(): void {
    this.top = 0;
    this.depth = 0;
    this.inHost = false;
    this.isCalling = false;
    this.onPause = undefined;
    this.tail = undefined;
    this.thrown = undefined;
  }

  /** The exception that is thrown, or that has arrived at a pad. */
  arrived(): Thrown {
    if (this.thrown === undefined) throw new Error('internal error: no exception has arrived');
    return this.thrown;
  }

  /**
   * Leaves activations above the outermost `bottom` until one has a handler for what is thrown there, and
   * continues at its pad. If none has, nothing is left.
   *
   * @param below which handlers of the innermost function count: see `padOf`
   * @param thrownOf the exception, if it is one: asked when a handler is found
   */
  unwind(bottom: number, below: number, thrownOf: (exceptions: Exceptions) => Thrown | undefined): boolean {
    for (let depth = this.depth - 1; depth >= bottom; depth--) {
      const { body, instance } = this.callees[depth];
      const frames = depth === this.depth - 1 ? below : allFrames;
      const pad = body === undefined ? -1 : padOf(body, this.nexts[depth], frames);
      if (pad < 0) continue;
      this.thrown = thrownOf(instance.exceptions);
      if (this.thrown === undefined) return false;
      this.depth = depth + 1;
      this.nexts[depth] = pad;
      this.inHost = false;
      this.isCalling = false;
      return true;
    }
    return false;
  }

  /** The function of a reference that is not null, in an instance. */
  functionOf(reference: number, instance: InterpretedInstance): Callee {
    // References are addresses of records, which are multiples of 8.
    const at = (reference / 8) & (cacheSize - 1);
    const known = this.#functions[at];
    if (known !== undefined && this.#references[at] === reference) return known;
    const callee = instance.resolve(reference);
    this.#references[at] = reference;
    this.#functions[at] = callee;
    return callee;
  }

  /**
   * Calls a function that is not interpreted, with arguments from a word on, where it leaves the results.
   *
   * @throws TrapSignal where it has not enough room; what ends the caller
   */
  invoke(target: ForeignFunction, first: number): void {
    this.top = first + 2 * target.cellCount;
    if (this.top > this.limit) throw new TrapSignal(Trap.callStackExhausted);
    this.inHost = target.isHost;
    this.isCalling = true;
    target.invoke(this, first >> 1);
    this.isCalling = false;
    this.inHost = false;
  }

  /** Some functions are gone: their references may soon mean others. */
  forgetFunctions(): void {
    this.#functions.fill(undefined);
  }

  /** All activations but the lowest `bottom`, innermost first. */
  activationsAbove(bottom: number): Activation[] {
    const activations: Activation[] = [];
    for (let k = this.depth - 1; k >= bottom; k--) {
      activations.push({ callee: this.callees[k], next: this.nexts[k] });
    }
    return activations;
  }
}
