import { entryFrame, frame } from '../../x64/frame-layout.js';
import type { Address } from '../ffi/ffi.js';

/** Reads an address from the wasm stack; 0 outside of it. */
export type StackReader = (address: Address) => Address;

/** A reader of the stack whose lowest byte is at `low`. */
export function stackReader(words: Uint32Array, low: Address): StackReader {
  return (address) => {
    const index = (address - low) / 4;
    // Out of range, and where the index is no whole number, there is nothing.
    return (words[index + 1] ?? 0) * 2 ** 32 + (words[index] ?? 0);
  };
}

/**
 * Walks the chain of frame pointers from a frame outwards to the entry that ends it (`entryFrame`), and
 * yields an address within each call instruction: the last byte before the return address, since what follows
 * a call may belong to another instruction, or to none. Returns the entry's frame pointer; 0 where the chain
 * is broken.
 */
export function* activationFrames(read: StackReader, fp: Address): Generator<Address, Address, undefined> {
  for (;;) {
    const caller = read(fp + frame.callerFp);
    if (caller === 0) return fp;
    // Frames lie one above the other: anything else is not a chain.
    if (caller <= fp) return 0;
    if (read(caller + entryFrame.callerFp) === 0) return caller;
    yield read(fp + frame.returnAddress) - 1;
    fp = caller;
  }
}
