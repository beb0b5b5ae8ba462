import type { CodeRegion } from '../code/code-region.js';
import type { Address } from '../ffi/ffi.js';

/** What a stub does: enters wasm, calls back from it, or leaves it. */
export type StubKind = 'entry' | 'callback' | 'exit';

export interface PlacedStub {
  readonly kind: StubKind;
  readonly start: Address;
  readonly end: Address;
}

/** Where the stubs of a thread lie. */
export class PlacedStubs {
  readonly #region: CodeRegion;
  readonly #stubs: PlacedStub[] = [];

  constructor(region: CodeRegion) {
    this.#region = region;
  }

  /** Places a stub, which stays for as long as the region. */
  place(kind: StubKind, code: Uint8Array): Address {
    const start = this.#region.place(code);
    this.#stubs.push({ kind, start, end: start + code.length });
    return start;
  }

  /** The stub that a program counter is in. */
  containing(pc: Address): PlacedStub | undefined {
    return this.#stubs.find(({ start, end }) => pc >= start && pc < end);
  }
}
