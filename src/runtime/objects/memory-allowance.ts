/**
 * Bytes that the memories of an instance may have together, or a memory of the host's alone: so that a limit
 * is one however many memories a module has.
 */
export class MemoryAllowance {
  /** In bytes. */
  readonly limit: number;
  #taken = 0;

  /** @param limit in bytes; may be infinite */
  constructor(limit: number) {
    this.limit = limit;
  }

  /** Bytes that the memories have now. */
  get taken(): number {
    return this.#taken;
  }

  /** Whether there may be so many bytes more. */
  allows(byteLength: number): boolean {
    return this.#taken + byteLength <= this.limit;
  }

  /** Notes that a memory has so many bytes more. */
  take(byteLength: number): void {
    this.#taken += byteLength;
  }
}
