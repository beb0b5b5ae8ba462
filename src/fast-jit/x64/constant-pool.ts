import type { Assembler } from '../../x64/assembler.js';

/** Four bytes as a little-endian number. */
function wordAt(bytes: Uint8Array, at: number): number {
  return bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24);
}

/** Constants of a function. They follow its code, and are read relative to the instruction pointer. */
export class ConstantPool {
  readonly #asm: Assembler;
  #labels = new Map<number | string, number>();
  /** Four 32-bit words for each constant. `#sizes` says how many of their bytes count. */
  #words: number[] = [];
  #sizes: number[] = [];
  #order: number[] = [];

  constructor(asm: Assembler) {
    this.#asm = asm;
  }

  reset(): void {
    if (this.#order.length === 0) return;
    this.#labels.clear();
    this.#words.length = 0;
    this.#sizes.length = 0;
    this.#order.length = 0;
  }

  /** Label of four bytes. */
  label32(bits: number): number {
    return this.#label(bits, bits, 0, 0, 0, 4);
  }

  /** Label of eight bytes. */
  label64(low: number, high: number): number {
    return this.#label(`${low},${high}`, low, high, 0, 0, 8);
  }

  /** Label of sixteen bytes at a multiple of 16: an operand of packed instructions. */
  label128(low: number, high: number, low2: number, high2: number): number {
    return this.#label(`${low},${high},${low2},${high2}`, low, high, low2, high2, 16);
  }

  /** The same of 16 bytes in an array, from `at` on. */
  labelBytes(bytes: Uint8Array, at: number): number {
    return this.label128(
      wordAt(bytes, at),
      wordAt(bytes, at + 4),
      wordAt(bytes, at + 8),
      wordAt(bytes, at + 12),
    );
  }

  /** Label of sixteen bytes that repeat four. */
  splat32(word: number): number {
    return this.label128(word, word, word, word);
  }

  /** Label of sixteen bytes that repeat eight. */
  splat64(low: number, high: number): number {
    return this.label128(low, high, low, high);
  }

  #label(key: number | string, w0: number, w1: number, w2: number, w3: number, size: number): number {
    const known = this.#labels.get(key);
    if (known !== undefined) return known;
    const label = this.#asm.newLabel();
    this.#labels.set(key, label);
    this.#words.push(w0, w1, w2, w3);
    this.#sizes.push(size);
    this.#order.push(label);
    return label;
  }

  /** Writes all constants, the widest first so that each is aligned. */
  emit(): void {
    if (this.#order.length === 0) return;
    const asm = this.#asm;
    for (const size of [16, 8, 4]) {
      let aligned = false;
      for (let i = 0; i < this.#order.length; i++) {
        if (this.#sizes[i] !== size) continue;
        if (!aligned) asm.align(size);
        aligned = true;
        asm.bind(this.#order[i]);
        for (let w = 0; w < size / 4; w++) asm.int32(this.#words[4 * i + w]);
      }
    }
  }
}
