/**
 * Which pages of a range are in use: one bit a page, page k in bit k % 32 of word k / 32. It has no lock; a
 * thread that ends in the middle of something leaves pages in use at worst.
 */
export class PageMap {
  readonly #words: Int32Array;
  readonly #count: number;

  /** A map of all bits of `words`, in which bits are set for pages in use. */
  constructor(words: Int32Array) {
    this.#words = words;
    this.#count = 32 * words.length;
  }

  /** Pages in use. */
  get used(): number {
    let used = 0;
    for (const word of this.#words) for (let bits = word; bits; bits &= bits - 1) used++;
    return used;
  }

  /**
   * Takes the first `count` pages in a row that are free. Returns the first one's number; -1 where there are
   * none.
   */
  take(count: number): number {
    let first = this.#next(0, 0);
    while (first + count <= this.#count) {
      const end = this.#next(first, -1, first + count);
      if (end >= first + count) {
        this.#fill(first, count, -1);
        return first;
      }
      first = this.#next(end, 0);
    }
    return -1;
  }

  /** Pages are free again. */
  release(first: number, count: number): void {
    this.#fill(first, count, 0);
  }

  /**
   * The first page from `page` on that is free (`sought` is 0) or in use (-1). `limit` or more where there is
   * none below it.
   */
  #next(page: number, sought: 0 | -1, limit = this.#count): number {
    const words = this.#words;
    let at = page;
    while (at < limit) {
      // Bits that are sought are 1; those below `at` are shifted out.
      const found = (words[at >>> 5] ^ ~sought) >>> (at & 31);
      if (found) return at + 31 - Math.clz32(found & -found);
      at = (at | 31) + 1;
    }
    return at;
  }

  #fill(first: number, count: number, value: 0 | -1): void {
    const words = this.#words;
    const end = first + count;
    for (let page = first; page < end; page = (page | 31) + 1) {
      const index = page >>> 5;
      // The bits from `page` on, without those from `end` on.
      const high = (page | 31) + 1 > end ? -1 << (end & 31) : 0;
      const mask = (-1 << (page & 31)) & ~high;
      words[index] = value ? words[index] | mask : words[index] & ~mask;
    }
  }
}
