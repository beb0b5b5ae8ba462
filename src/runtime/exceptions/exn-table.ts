import type { Exn } from './exn.js';
import type { ExnHolder, ExnHolders, Scan } from './exn-holder.js';

/**
 * The upper word of every exnref that is not null. No address has it, and of floats only some that are next
 * to 0 (about 6.7e-308).
 */
const tagWord = 0x0012_e7c0;
const wordSize = 2 ** 32;
/** What exnrefs of neighbours in the table differ by. */
const step = 8;
/** With so many exceptions in the table, unused ones are searched for the first time. */
const firstCollection = 1024;

/**
 * The exceptions that wasm code may have references to. In native memory an exnref is a number that names an
 * entry here: the exception's index times 8, below `tagWord`. As a double it is exact.
 *
 * Compiled code keeps exnrefs in registers and frames without telling. So entries are freed when none of the
 * words in which there could be one looks like it.
 */
export class ExnTable implements ExnHolders {
  readonly #exns: (Exn | undefined)[] = [];
  readonly #free: number[] = [];
  readonly #holders = new Set<ExnHolder>();
  #marks = new Uint8Array(firstCollection);
  #nextCollection: number;
  readonly #collectsAlways: boolean;

  /** @param collectsAlways looks for unused entries whenever there is a new one: for tests */
  constructor(collectsAlways = false) {
    this.#collectsAlways = collectsAlways;
    this.#nextCollection = collectsAlways ? 1 : firstCollection;
  }

  /** Exceptions in the table. */
  get count(): number {
    return this.#exns.length - this.#free.length;
  }

  addHolder(holder: ExnHolder): void {
    this.#holders.add(holder);
  }

  deleteHolder(holder: ExnHolder): void {
    this.#holders.delete(holder);
  }

  /**
   * The exnref of an exception, 0 for null. It is valid until the next call, and from then on while a holder
   * holds it: so it is to be written where one does before anything else is done.
   */
  handleOf(exn: Exn | null): number {
    if (exn === null) return 0;
    if (exn.index < 0) this.#add(exn);
    return tagWord * wordSize + step * exn.index;
  }

  #add(exn: Exn): void {
    if (this.count >= this.#nextCollection) this.collect();
    const index = this.#free.pop() ?? this.#exns.length;
    this.#exns[index] = exn;
    exn.index = index;
  }

  /** The exception of an exnref, given by its two words; null for 0. */
  exnOf(low: number, high: number): Exn | null {
    if (low === 0 && high === 0) return null;
    const exn = high === tagWord ? this.#exns[(low >>> 0) / step] : undefined;
    // An index that is not whole is none either.
    if (exn === undefined) throw new Error(`internal error: ${high.toString(16)}:${low} is no exnref`);
    return exn;
  }

  /** The exception of an exnref, given as `handleOf` does. */
  exnAt(handle: number): Exn | null {
    return this.exnOf(handle >>> 0, Math.floor(handle / wordSize));
  }

  /** Frees the entries that no holder holds. */
  collect(): void {
    const count = this.#exns.length;
    if (this.#marks.length < count) this.#marks = new Uint8Array(2 * count);
    else this.#marks.fill(0);
    const marks = this.#marks;
    const end = step * count;
    const scan: Scan = (words, from, last) => {
      for (let at = from; at + 1 < last; at += 2) {
        if (words[at + 1] !== tagWord) continue;
        const low = words[at] >>> 0;
        if (low < end && low % step === 0) marks[low / step] = 1;
      }
    };
    for (const holder of this.#holders) holder.scanExns(scan);
    for (let index = 0; index < count; index++) {
      const exn = this.#exns[index];
      if (exn === undefined || marks[index] === 1) continue;
      exn.index = -1;
      this.#exns[index] = undefined;
      this.#free.push(index);
    }
    this.#nextCollection = this.#collectsAlways ? 1 : Math.max(firstCollection, 2 * this.count);
  }
}
