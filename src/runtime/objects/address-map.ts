import { lastAtMost } from '../../code/last-at-most.js';
import type { Address } from '../../native/ffi/ffi.js';

interface Range<Value> {
  readonly start: Address;
  readonly end: Address;
  readonly value: Value;
}

/**
 * Values by disjoint ranges of addresses. Adding and removing is cheap; the order that look-ups need is made
 * by the first look-up after a change.
 */
export class AddressMap<Value> {
  readonly #ranges = new Map<Address, Range<Value>>();
  /** The ranges in their order, … */
  #sorted: readonly Range<Value>[] | undefined;
  /** … and where they start. */
  #starts = new Float64Array();

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
    this.#sorted ??= this.#sort();
    const range = this.#sorted[lastAtMost(this.#starts, address)];
    return range !== undefined && address < range.end ? range : undefined;
  }

  #sort(): readonly Range<Value>[] {
    const sorted = [...this.#ranges.values()].sort((a, b) => a.start - b.start);
    this.#starts = Float64Array.from(sorted, ({ start }) => start);
    return sorted;
  }
}
