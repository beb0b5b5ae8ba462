import { grown } from '../ir/function.js';
import { operationWords } from './operations.js';

/** No operation whose result could go elsewhere. */
const none = -1;
const noHandlers = new Int32Array(0);

/** Writes the code of a function. The arrays are reused for the next one. */
export class CodeWriter {
  words = new Int32Array(1024);
  /** Words written. */
  length = 0;
  #places = new Int32Array(256);
  #wasmOffsets = new Int32Array(256);
  #placeCount = 0;
  readonly #handlers: number[] = [];
  /**
   * Where the last operation begins, if its only effect is to write a result to the operand stack; else -1.
   */
  #lastResult = none;

  reset(): void {
    this.length = 0;
    this.#placeCount = 0;
    this.#handlers.length = 0;
    this.#lastResult = none;
  }

  /** An operation with effects other than its result, or without a result. */
  emit(operation: number, d: number, a: number, b: number): void {
    this.#lastResult = none;
    this.#write(operation, d, a, b);
  }

  /** An operation that writes a value to `d`, or traps, and does nothing else. */
  emitResult(operation: number, d: number, a: number, b: number): void {
    this.#lastResult = this.length;
    this.#write(operation, d, a, b);
  }

  /** A word after an operation. */
  word(value: number): void {
    if (this.length === this.words.length) this.words = grown(this.words);
    this.words[this.length++] = value;
  }

  /** Notes where the next operation comes from, since it can trap or call. */
  mark(wasmOffset: number): void {
    if (this.#placeCount === this.#places.length) {
      this.#places = grown(this.#places);
      this.#wasmOffsets = grown(this.#wasmOffsets);
    }
    this.#places[this.#placeCount] = this.length;
    this.#wasmOffsets[this.#placeCount++] = wasmOffset;
  }

  /**
   * Exceptions that the code from `start` to here throws, in the control frame of index `frame`, arrive here.
   */
  pad(start: number, frame: number): void {
    this.#handlers.push(start, this.length, this.bind(), frame);
  }

  /** Branches lead here, so the last operation emitted need not be the last one executed. */
  bind(): number {
    this.#lastResult = none;
    return this.length;
  }

  /** Makes the last operation write its result to `target` if it writes to `place`. */
  redirect(place: number, target: number): boolean {
    const at = this.#lastResult;
    if (at === none || this.words[at + 1] !== place) return false;
    this.words[at + 1] = target;
    this.#lastResult = none;
    return true;
  }

  /**
   * Where the last operation begins, if it writes to `place` and has a number from `first` to `last`; else
   * -1.
   */
  lastAmong(first: number, last: number, place: number): number {
    const at = this.#lastResult;
    if (at === none || this.words[at + 1] !== place) return none;
    return this.words[at] >= first && this.words[at] <= last ? at : none;
  }

  /** Removes the last operation, which begins at `at` and has no mark. */
  takeBack(at: number): void {
    this.length = at;
    this.#lastResult = none;
  }

  get code(): Int32Array {
    return this.words.slice(0, this.length);
  }

  /** See `FunctionBody.handlers`. */
  get handlers(): Int32Array {
    return this.#handlers.length === 0 ? noHandlers : Int32Array.from(this.#handlers);
  }

  get places(): Uint32Array {
    return new Uint32Array(this.#places.subarray(0, this.#placeCount));
  }

  get wasmOffsets(): Uint32Array {
    return new Uint32Array(this.#wasmOffsets.subarray(0, this.#placeCount));
  }

  #write(operation: number, d: number, a: number, b: number): void {
    const at = this.length;
    if (at + operationWords > this.words.length) this.words = grown(this.words);
    const { words } = this;
    words[at] = operation;
    words[at + 1] = d;
    words[at + 2] = a;
    words[at + 3] = b;
    this.length = at + operationWords;
  }
}
