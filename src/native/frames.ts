import type { Address } from './ffi.js';

/** Reads 8 bytes of the wasm stack as an address; 0 outside of it. */
export type StackReader = (address: Address) => Address;

/** A reader of the stack whose lowest byte is at `low`. */
export function stackReader(words: Uint32Array, low: Address): StackReader {
  return (address) => {
    const index = (address - low) / 4;
    // Out of range, and at no whole index, there is nothing.
    return (words[index + 1] ?? 0) * 2 ** 32 + (words[index] ?? 0);
  };
}

/**
 * Walks the rbp chain from a frame outwards to the entry that ends it (a frame whose saved rbp is 0), and yields
 * an address within each call instruction: the last byte before the return address, since what follows a call may
 * belong to another instruction, or to none. Returns the entry's frame pointer; 0 where the chain is broken.
 */
export function* activationFrames(read: StackReader, fp: Address): Generator<Address, Address, undefined> {
  for (;;) {
    const caller = read(fp);
    if (caller === 0) return fp;
    // Frames lie one above the other: anything else is not a chain.
    if (caller <= fp) return 0;
    if (read(caller) === 0) return caller;
    yield read(fp + 8) - 1;
    fp = caller;
  }
}
