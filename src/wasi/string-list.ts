import type { GuestMemory } from './guest-memory.js';

/** Strings as `args_get` and `environ_get` hand them over: an array of pointers, and the bytes, each with a NUL. */
export class StringList {
  readonly #strings: readonly Uint8Array[];
  /** Size of all strings in bytes, NULs included. */
  readonly byteLength: number;

  /** Throws a TypeError where a string holds a NUL, which would cut it. */
  constructor(strings: readonly string[]) {
    const encoder = new TextEncoder();
    this.#strings = strings.map((text) => {
      if (text.includes('\0')) throw new TypeError(`a NUL character in ${JSON.stringify(text)}`);
      return encoder.encode(`${text}\0`);
    });
    this.byteLength = this.#strings.reduce((sum, bytes) => sum + bytes.length, 0);
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
      at += bytes.length;
    }
  }

  /** Writes the count to `countAt` and the bytes needed to `sizeAt`, both u32. */
  writeSizes(memory: GuestMemory, countAt: number, sizeAt: number): void {
    memory.check(countAt, 4);
    memory.setU32(sizeAt, this.byteLength);
    memory.setU32(countAt, this.count);
  }
}
