import { constants } from 'node:buffer';
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
  /**
   * The bytes; one object until the memory grows or is disposed, which detaches it. Of a mapped memory it has
   * the first `longestBytes`.
   */
  readonly buffer: ArrayBuffer;

  /** Some of the bytes, all of which must be there. Not to be kept. */
  bytes(offset: number, byteLength: number): Uint8Array;

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

/** Elements that a typed array can have, and bytes that native memory can show JavaScript: 2³² in Node 20. */
export const longestBytes = constants.MAX_LENGTH;

/** Copies so many bytes from the start of one memory to that of another. */
export function copyBytes(
  byteLength: number,
  from: Pick<LinearMemory, 'bytes'>,
  to: Pick<LinearMemory, 'bytes'>,
): void {
  const atOnce = 2 ** 30;
  for (let at = 0; at < byteLength; at += atOnce) {
    const count = Math.min(atOnce, byteLength - at);
    to.bytes(at, count).set(from.bytes(at, count));
  }
}

/** `LinearMemory.base` of a memory whose bytes belong to V8. */
export function baseOf(buffer: ArrayBuffer): Address {
  return nativeUnavailable() === undefined ? addressOf(buffer) : 0;
}
