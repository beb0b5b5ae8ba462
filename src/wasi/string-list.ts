import type { GuestMemory } from './guest-memory.js';

/**
 * Strings as `args_get` and `environ_get` pass them: an array of pointers, and the bytes, each string with a
 * NUL.
 */
export class StringList {
  readonly #strings: readonly Uint8Array[];
  /** Size of all strings in bytes, NULs included. */
  readonly byteLength: number;

  /** @param strings without NULs */
  constructor(strings: readonly Uint8Array[]) {
    this.#strings = strings;
    this.byteLength = strings.reduce((sum, bytes) => sum + bytes.length + 1, 0);
  }

  get count(): number {
    return this.#strings.length;
  }

  /** Writes the pointers (u32) to `pointers` and the strings to `buffer`. */
  write(memory: GuestMemory, pointers: number, buffer: number): void {
    memory.check(pointers, 4 * this.count);
    memory.check(buffer, this.byteLength);
    let at = buffer;
    for (const [index, bytes] of this.#strings.entries()) {
      memory.setU32(pointers + 4 * index, at);
      memory.setBytes(at, bytes);
      memory.setU8(at + bytes.length, 0);
      at += bytes.length + 1;
    }
  }

  /** Writes the count to `countAt` and the bytes needed to `sizeAt`, both u32. */
  writeSizes(memory: GuestMemory, countAt: number, sizeAt: number): void {
    memory.check(countAt, 4);
    memory.setU32(sizeAt, this.byteLength);
    memory.setU32(countAt, this.count);
  }
}
