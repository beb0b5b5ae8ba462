import { grown } from '../ir/function.js';
import { ValType } from '../wasm/types.js';
import type { CodeWriter } from './code-writer.js';
import { copyOperation, Operation } from './operations.js';
import { upperHalf } from './value-entries.js';

/** Most constants that get a place in the frame. Further ones are written where they are used. */
const mostConstants = 64;
/**
 * Most values of the innermost control construct that may still be in locals: they are searched one by one.
 */
const mostDeferred = 256;

/**
 * Where the values of the operand stack are. `local.get` and constants emit nothing: the stack holds the
 * place of the local or constant. A local that is still on the stack is copied before it is written, and
 * before a control construct begins, since only some paths through that may write it.
 *
 * Places are words from the start of the frame. A value's *own* place is the one for its height on the stack.
 * Heights and locals are counted in slots: a v128 is two entries of the stack, which lie in places that
 * follow each other, and two locals.
 */
export class OperandStack {
  height = 0;
  #places = new Int32Array(256);
  #types = new Int32Array(256);
  #most = 0;
  /** How often each local is on the stack. */
  #uses = new Uint16Array(64);
  #deferred = 0;
  #localWords = 0;
  #firstOwn = 0;
  /** No local is on the stack below this height. */
  #base = 0;
  /**
   * Constants that were pushed. Their places on the stack are negative until they are used: -1 is the first.
   */
  #lows = new Int32Array(64);
  #highs = new Int32Array(64);
  #pushedConstants = 0;
  /** The constants that have a place in the frame. */
  readonly #constants = new Int32Array(2 * mostConstants);
  #constantWords = 0;
  #constantCapacity = 0;
  /** Number of loops around the current instruction. */
  loopDepth = 0;
  readonly #writer: CodeWriter;

  constructor(writer: CodeWriter) {
    this.#writer = writer;
  }

  /** Starts a function, given how many slots its locals take, and how many constants it has at most. */
  reset(localCount: number, constantCount: number): void {
    this.height = 0;
    this.#most = 0;
    this.#deferred = 0;
    this.#base = 0;
    if (localCount > this.#uses.length) this.#uses = new Uint16Array(localCount);
    else this.#uses.fill(0);
    this.#localWords = 2 * localCount;
    this.#pushedConstants = 0;
    this.#constantWords = 0;
    this.#constantCapacity = 2 * Math.min(constantCount, mostConstants);
    this.#firstOwn = this.#localWords + this.#constantCapacity;
    this.loopDepth = 0;
  }

  get constants(): Int32Array {
    return this.#constants.slice(0, this.#constantWords);
  }

  /** Words of a frame with room for all values. */
  get frameWords(): number {
    return this.#firstOwn + 2 * this.#most;
  }

  /** A value's own place, by its height: 0 for the lowest. */
  own(height: number): number {
    return this.#firstOwn + 2 * height;
  }

  /** Whether the value at a height is in a place. */
  isAt(height: number, place: number): boolean {
    return this.#places[height] === place;
  }

  /** Copies the entry at a height to a place. */
  copyTo(target: number, height: number): void {
    const place = this.#places[height];
    if (place < 0) this.#writeConstant(-1 - place, target);
    else this.#writer.emit(copyOperation(this.#types[height]), target, place, 0);
  }

  /** Type of the value at a height. */
  type(height: number): number {
    return this.#types[height];
  }

  /** Pushes a value and returns its own place, to which it must be written. */
  push(type: number): number {
    const place = this.own(this.height);
    this.#push(place, type);
    if (type === ValType.v128) this.#push(place + 2, upperHalf);
    return place;
  }

  /** Pushes the local that begins with slot `local`. */
  pushLocal(local: number, type: number): void {
    this.#pushLocalSlot(local, type);
    if (type === ValType.v128) this.#pushLocalSlot(local + 1, upperHalf);
  }

  #pushLocalSlot(local: number, type: number): void {
    if (this.height - this.#base >= mostDeferred) {
      const place = this.own(this.height);
      this.#push(place, type);
      this.#writer.emitResult(copyOperation(type), place, 2 * local, 0);
      return;
    }
    this.#uses[local]++;
    this.#deferred++;
    this.#push(2 * local, type);
  }

  pushConstant(type: number, low: number, high: number): void {
    const index = this.#pushedConstants++;
    if (index === this.#lows.length) {
      this.#lows = grown(this.#lows);
      this.#highs = grown(this.#highs);
    }
    this.#lows[index] = low;
    this.#highs[index] = high;
    this.#push(-1 - index, type);
  }

  /** Whether the topmost value is a constant. */
  get hasConstant(): boolean {
    return this.#places[this.height - 1] < 0;
  }

  /** Pops an i32 constant. */
  popConstant(): number {
    return this.#lows[-1 - this.#drop()];
  }

  /** Pops a value, and returns where it is. */
  pop(): number {
    if (this.#types[this.height - 1] === upperHalf) this.#drop();
    const place = this.#drop();
    return place < 0 ? this.#placeConstant(-1 - place, this.height) : place;
  }

  /** A place for a constant: one that is filled at the call if loops use it, else one that is written now. */
  #placeConstant(index: number, height: number): number {
    const low = this.#lows[index];
    const high = this.#highs[index];
    if (this.loopDepth > 0) {
      const constants = this.#constants;
      const end = this.#constantWords;
      let at = 0;
      while (at < end && (constants[at] !== low || constants[at + 1] !== high)) at += 2;
      if (at === end && at < this.#constantCapacity) {
        constants[at] = low;
        constants[at + 1] = high;
        this.#constantWords = at + 2;
      }
      if (at < this.#constantCapacity) return this.#localWords + at;
    }
    const own = this.own(height);
    this.#writeConstant(index, own);
    return own;
  }

  #writeConstant(index: number, place: number): void {
    this.#writer.emit(Operation.constant, place, 0, 0);
    this.#writer.word(this.#lows[index]);
    this.#writer.word(this.#highs[index]);
  }

  #drop(): number {
    const place = this.#places[--this.height];
    if (this.height < this.#base) this.#base = this.height;
    if (this.#isLocal(place)) {
      this.#uses[place >> 1]--;
      this.#deferred--;
    }
    return place;
  }

  /** Drops the topmost value. */
  drop(): void {
    if (this.#types[this.height - 1] === upperHalf) this.#drop();
    this.#drop();
  }

  /** Drops entries down to a height. */
  dropTo(height: number): void {
    while (this.height > height) this.#drop();
  }

  /** A control construct begins: no value may be in a local. */
  enter(): void {
    if (this.#deferred > 0) {
      for (let k = this.#base; k < this.height; k++) {
        if (this.#isLocal(this.#places[k])) this.settle(k);
      }
    }
    this.#base = this.height;
  }

  /**
   * Continues after a control construct or in its other arm: the values above `height` are in their own
   * places. `types` are those of their entries.
   */
  resume(height: number, types: readonly number[]): void {
    this.dropTo(height);
    for (const type of types) this.#push(this.own(this.height), type);
    this.#base = this.height;
  }

  /** Changes the type of the topmost value, but not its words. */
  retype(type: number): void {
    this.#types[this.height - 1] = type;
  }

  /** Copies the slot of a local that is about to be written, if it is on the stack. */
  releaseLocal(local: number): void {
    if (this.#uses[local] === 0) return;
    for (let k = this.#base; k < this.height; k++) if (this.#places[k] === 2 * local) this.settle(k);
  }

  /** Puts the topmost entries into their own places, and returns the lowest of these places. */
  settleTop(count: number): number {
    for (let k = this.height - count; k < this.height; k++) this.settle(k);
    return this.own(this.height - count);
  }

  /** Puts the entry at a height into its own place. */
  settle(height: number): void {
    const place = this.#places[height];
    const own = this.own(height);
    if (place === own) return;
    this.copyTo(own, height);
    if (this.#isLocal(place)) {
      this.#uses[place >> 1]--;
      this.#deferred--;
    }
    this.#places[height] = own;
  }

  /** Makes sure that there is room for a number of entries. */
  reserve(height: number): void {
    if (height > this.#most) this.#most = height;
  }

  #isLocal(place: number): boolean {
    return place >= 0 && place < this.#localWords;
  }

  #push(place: number, type: number): void {
    if (this.height === this.#places.length) {
      this.#places = grown(this.#places);
      this.#types = grown(this.#types);
    }
    this.#types[this.height] = type;
    this.#places[this.height++] = place;
    if (this.height > this.#most) this.#most = this.height;
  }
}
