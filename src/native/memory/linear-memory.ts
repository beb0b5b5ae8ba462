import type { MemoryMode } from '../../code/code-object.js';
import { type Address, addressOf, nativeUnavailable } from '../ffi/ffi.js';

/** The bytes of a wasm memory. */
export interface LinearMemory {
  /**
   * Guarded: an access whose 32-bit index plus 32-bit offset is out of bounds faults. Checked: there are just
   * the bytes, and code must compare.
   */
  readonly mode: MemoryMode;
  /**
   * Address of byte 0; may change on `grow` where the memory is checked. 0 where nothing can be reached by
   * its address (`nativeUnavailable`).
   */
  readonly base: Address;
  /** Size in pages of 64 KiB. */
  readonly pageCount: number;
  readonly byteLength: number;
  /** The bytes; one object until the memory grows or is disposed, which detaches it. */
  readonly buffer: ArrayBuffer;

  /**
   * Grows by `delta` pages, zeroed. Returns the page count before, or -1 where the maximum forbids it or the
   * system has no memory. Growing by 0 detaches the buffer too, as the JavaScript interface wants it.
   */
  grow(delta: number): number;

  /** Detaches the buffer and gives the memory up. No machine code may use it any more. */
  dispose(): void;
}

export interface LinearMemoryOptions {
  /** Initial size in pages of 64 KiB. */
  readonly minPages: number;
  /** The size in pages that the memory may grow to; undefined is 65,536. */
  readonly maxPages?: number | undefined;
  /** Addresses have 64 bits: it is never guarded, and may have more than 65,536 pages. */
  readonly isWide?: boolean | undefined;
}

/** Elements that a typed array can have in every version of Node. */
export const longestBytes = 2 ** 32;

/** Copies the bytes of a memory, whole pages, to the start of another one that is no smaller. */
export function copyPages(from: ArrayBuffer, to: ArrayBuffer): void {
  // An array of bytes may have too many elements.
  new BigUint64Array(to).set(new BigUint64Array(from));
}

/** `LinearMemory.base` of a memory whose bytes belong to V8. */
export function baseOf(buffer: ArrayBuffer): Address {
  return nativeUnavailable() === undefined ? addressOf(buffer) : 0;
}
