import type { Address } from '../native/ffi.js';

interface Range<Value> {
  readonly start: Address;
  readonly end: Address;
  readonly value: Value;
}

/**
 * Values by disjoint ranges of addresses. Adding and removing is cheap; the order that look-ups need is made by the
 * first look-up after a change.
 */
export class AddressMap<Value> {
  readonly #ranges = new Map<Address, Range<Value>>();
  #sorted: readonly Range<Value>[] | undefined;

  get size(): number {
    return this.#ranges.size;
  }

  /** Adds the range [start, start + size). */
  add(start: Address, size: number, value: Value): void {
    this.#ranges.set(start, { start, end: start + size, value });
    this.#sorted = undefined;
  }

  /** Removes the range that starts at `start`. */
  delete(start: Address): void {
    if (this.#ranges.delete(start)) this.#sorted = undefined;
  }

  /** The range that holds `address`. */
  find(address: Address): Range<Value> | undefined {
    this.#sorted ??= [...this.#ranges.values()].sort((a, b) => a.start - b.start);
    const sorted = this.#sorted;
    let low = 0;
    let high = sorted.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (sorted[middle].start <= address) low = middle + 1;
      else high = middle;
    }
    const range = sorted[low - 1];
    return range !== undefined && address < range.end ? range : undefined;
  }
}
