import { Errno, fail } from './errno.js';

/** How many bytes of a stream are collected at most. */
const maxCollected = 2 ** 28;

/** What a program has written to a collected stream. */
export class CollectedOutput {
  #bytes = new Uint8Array(0);
  #length = 0;

  /** A copy of what has been written so far. */
  get bytes(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }

  /** The same, decoded as UTF-8; invalid bytes become U+FFFD. */
  get text(): string {
    return Buffer.from(this.#bytes.buffer, 0, this.#length).toString();
  }

  /** Fails with ENOSPC when it becomes too much. */
  add(chunk: Uint8Array): void {
    const length = this.#length + chunk.length;
    if (length > maxCollected) fail(Errno.nospc);
    if (length > this.#bytes.length) {
      const larger = new Uint8Array(Math.min(Math.max(length, 2 * this.#bytes.length), maxCollected));
      larger.set(this.#bytes.subarray(0, this.#length));
      this.#bytes = larger;
    }
    this.#bytes.set(chunk, this.#length);
    this.#length = length;
  }
}
