import type { Assembler } from '../../x64/assembler.js';

/** Constants that there is room for at first; a power of two, as all later numbers are. */
const initialCapacity = 16;

/** Four bytes as a little-endian number. */
function wordAt(bytes: Uint8Array, at: number): number {
  return bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24);
}

function longer(array: Int32Array): Int32Array<ArrayBuffer> {
  const result = new Int32Array(2 * array.length);
  result.set(array);
  return result;
}

/** Constants of a function. They follow its code, and are read relative to the instruction pointer. */
export class ConstantPool {
  readonly #asm: Assembler;
  #count = 0;
  /** Four 32-bit words for each constant. `#sizes` says how many of their bytes count; the rest is 0. */
  #words = new Int32Array(4 * initialCapacity);
  #sizes = new Int32Array(initialCapacity);
  #labels = new Int32Array(initialCapacity);
  /** Where each constant is, by its hash: its number + 1, or 0. Always less than half full. */
  #places = new Int32Array(4 * initialCapacity);

  constructor(asm: Assembler) {
    this.#asm = asm;
  }

  reset(): void {
    if (this.#count === 0) return;
    this.#count = 0;
    this.#places.fill(0);
  }

  /** Label of four bytes. */
  label32(bits: number): number {
    return this.#label(bits, 0, 0, 0, 4);
  }

  /** Label of eight bytes. */
  label64(low: number, high: number): number {
    return this.#label(low, high, 0, 0, 8);
  }

  /** Label of sixteen bytes at a multiple of 16: an operand of packed instructions. */
  label128(low: number, high: number, low2: number, high2: number): number {
    return this.#label(low, high, low2, high2, 16);
  }

  /** The same of sixteen bytes of an array, from `at` on. */
  labelBytes(bytes: Uint8Array, at: number): number {
    return this.#label(
      wordAt(bytes, at),
      wordAt(bytes, at + 4),
      wordAt(bytes, at + 8),
      wordAt(bytes, at + 12),
      16,
    );
  }

  /** Label of sixteen bytes that repeat four. */
  splat32(word: number): number {
    return this.#label(word, word, word, word, 16);
  }

  /** Label of sixteen bytes that repeat eight. */
  splat64(low: number, high: number): number {
    return this.#label(low, high, low, high, 16);
  }

  #label(w0: number, w1: number, w2: number, w3: number, size: number): number {
    w0 |= 0;
    w1 |= 0;
    w2 |= 0;
    w3 |= 0;
    const words = this.#words;
    const mask = this.#places.length - 1;
    let place = hash(w0, w1, w2, w3, size) & mask;
    for (let entry = this.#places[place]; entry !== 0; entry = this.#places[place]) {
      const k = entry - 1;
      const same =
        words[4 * k] === w0 &&
        words[4 * k + 1] === w1 &&
        words[4 * k + 2] === w2 &&
        words[4 * k + 3] === w3 &&
        this.#sizes[k] === size;
      if (same) return this.#labels[k];
      place = (place + 1) & mask;
    }
    if (this.#count === this.#sizes.length) {
      this.#grow();
      return this.#label(w0, w1, w2, w3, size);
    }
    const k = this.#count++;
    this.#places[place] = k + 1;
    words[4 * k] = w0;
    words[4 * k + 1] = w1;
    words[4 * k + 2] = w2;
    words[4 * k + 3] = w3;
    this.#sizes[k] = size;
    this.#labels[k] = this.#asm.newLabel();
    return this.#labels[k];
  }

  #grow(): void {
    this.#words = longer(this.#words);
    this.#sizes = longer(this.#sizes);
    this.#labels = longer(this.#labels);
    const places = new Int32Array(2 * this.#places.length);
    for (let k = 0; k < this.#count; k++) {
      const [w0, w1, w2, w3] = this.#words.subarray(4 * k, 4 * k + 4);
      let place = hash(w0, w1, w2, w3, this.#sizes[k]) & (places.length - 1);
      while (places[place] !== 0) place = (place + 1) & (places.length - 1);
      places[place] = k + 1;
    }
    this.#places = places;
  }

  /** Writes all constants, the widest first so that each is aligned. */
  emit(): void {
    if (this.#count === 0) return;
    const asm = this.#asm;
    for (const size of [16, 8, 4]) {
      let aligned = false;
      for (let k = 0; k < this.#count; k++) {
        if (this.#sizes[k] !== size) continue;
        if (!aligned) asm.align(size);
        aligned = true;
        asm.bind(this.#labels[k]);
        for (let w = 0; w < size / 4; w++) asm.int32(this.#words[4 * k + w]);
      }
    }
  }
}

/** A number from 0 to 2^31 - 1 whose lower bits depend on all bits of the words. */
function hash(w0: number, w1: number, w2: number, w3: number, size: number): number {
  let h = Math.imul(w0, 0x9e3779b1) ^ size;
  h = Math.imul((h ^ (h >>> 15)) + w1, 0x85ebca6b);
  h = Math.imul((h ^ (h >>> 13)) + w2, 0xc2b2ae35);
  h = Math.imul((h ^ (h >>> 16)) + w3, 0x27d4eb2f);
  return (h ^ (h >>> 15)) >>> 1;
}
