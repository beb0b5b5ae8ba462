import type { Unwinding } from '../traps/code-map.js';

/** Words of an entry: what a call is known by, and what is known of it. */
const entryWords = 8;
/** Where the fields of an entry are, from its index. */
export const callField = { returnLow: 0, returnHigh: 1, saved: 2, adjust: 3, padLow: 4, padHigh: 5 } as const;
const firstCapacity = 64;
const wordSize = 2 ** 32;

/**
 * What exceptions do that leave calls, by the calls' return addresses: a hash table in one array of 32-bit
 * words, as an exception asks for each frame that it leaves, and numbers as large as addresses are objects to
 * V8 outside of its optimizing compiler.
 */
export class KnownCalls {
  /** As `callField` says, at the index that `find` returns. A pad of 0 is none. */
  words = new Int32Array(firstCapacity * entryWords);
  #count = 0;

  clear(): void {
    if (this.#count > 0) this.words.fill(0);
    this.#count = 0;
  }

  /** The index of the entry of a return address, given by its words; -1 if there is none. */
  find(low: number, high: number): number {
    const at = this.#placeOf(low, high);
    return this.words[at + callField.returnLow] === low && this.words[at + callField.returnHigh] === high
      ? at
      : -1;
  }

  /** Adds an entry for a return address that has none; returns its index. */
  add(low: number, high: number, { saved, adjust, pad }: Unwinding): number {
    if (2 * entryWords * (this.#count + 1) > this.words.length) this.#grow();
    this.#count++;
    const at = this.#placeOf(low, high);
    const { words } = this;
    words[at + callField.returnLow] = low;
    words[at + callField.returnHigh] = high;
    words[at + callField.saved] = saved;
    words[at + callField.adjust] = adjust;
    words[at + callField.padLow] = pad < 0 ? 0 : pad;
    words[at + callField.padHigh] = pad < 0 ? 0 : pad / wordSize;
    return at;
  }

  /** Where the entry of a return address is or would be. */
  #placeOf(low: number, high: number): number {
    const { words } = this;
    const mask = words.length / entryWords - 1;
    // Calls are five bytes or so apart.
    let k = (low ^ (low >>> 9)) & mask;
    for (;;) {
      const at = k * entryWords;
      const isFree = (words[at + callField.returnLow] | words[at + callField.returnHigh]) === 0;
      if (isFree || (words[at + callField.returnLow] === low && words[at + callField.returnHigh] === high))
        return at;
      k = (k + 1) & mask;
    }
  }

  #grow(): void {
    const old = this.words;
    this.words = new Int32Array(2 * old.length);
    for (let at = 0; at < old.length; at += entryWords) {
      const low = old[at + callField.returnLow];
      const high = old[at + callField.returnHigh];
      if ((low | high) !== 0) this.words.set(old.subarray(at, at + entryWords), this.#placeOf(low, high));
    }
  }
}
