/** Where code wants the address of a function of the C library: 8 bytes, written when it is placed. */
export interface ExternalSlot {
  /** Byte offset in the code, which need not be aligned. */
  readonly offset: number;
  /** The function's name, and what is added to its address. */
  readonly symbol: string;
  readonly addend: number;
}

const slotSize = 8;
const twoTo32 = 2 ** 32;

/**
 * Writes the addresses that code wants. `resolve` gives the address of a symbol, and throws where there is
 * none. Slots must lie in the code.
 */
export function writeExternals(
  code: Uint8Array,
  externals: readonly ExternalSlot[],
  resolve: (symbol: string) => number,
): void {
  if (externals.length === 0) return;
  const view = new DataView(code.buffer, code.byteOffset, code.byteLength);
  for (const { offset, symbol, addend } of externals) {
    const address = resolve(symbol) + addend;
    view.setUint32(offset, address, true);
    view.setUint32(offset + 4, Math.floor(address / twoTo32), true);
  }
}

/** Makes the slots 0, as they are in code that has not been placed. */
export function clearExternals(code: Uint8Array, externals: readonly ExternalSlot[]): void {
  for (const { offset } of externals) code.fill(0, offset, offset + slotSize);
}
