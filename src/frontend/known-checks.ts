/** How many addresses are remembered: a search for each check must cost little. */
const capacity = 16;

/**
 * What has been checked of addresses on every way to where the translation is: that an access may reach so
 * far from them. Memories never shrink, so it stays true as long as the register has the same value.
 */
export class KnownChecks {
  readonly #registers = new Int32Array(capacity).fill(-1);
  readonly #memories = new Int32Array(capacity);
  /** Offsets from the address where the checked bytes end. */
  readonly #ends = new Float64Array(capacity);
  /** Whether there is anything. */
  #isEmpty = true;
  /** Which one is replaced next. */
  #next = 0;

  /** Forgets all: where ways meet. */
  clear(): void {
    if (!this.#isEmpty) this.#registers.fill(-1);
    this.#isEmpty = true;
  }

  /** Forgets what is known of a register, which gets another value. */
  forget(register: number): void {
    if (this.#isEmpty) return;
    for (let k = 0; k < capacity; k++) if (this.#registers[k] === register) this.#registers[k] = -1;
  }

  /**
   * Whether the bytes of a memory from an address, which is in `register`, to `end` behind it have been
   * checked. If not, they count as checked from now on.
   */
  has(register: number, memory: number, end: number): boolean {
    for (let k = 0; k < capacity; k++) {
      if (this.#registers[k] !== register || this.#memories[k] !== memory) continue;
      if (this.#ends[k] >= end) return true;
      this.#ends[k] = end;
      return false;
    }
    const at = this.#next;
    this.#next = (at + 1) % capacity;
    this.#registers[at] = register;
    this.#memories[at] = memory;
    this.#ends[at] = end;
    this.#isEmpty = false;
    return false;
  }
}
