import { type Address, addressOf } from '../native/ffi/ffi.js';
import { lazy } from '../native/ffi/lazy.js';
import { longestBytes } from '../native/memory/linear-memory.js';
import { maxVectors } from '../native/os/file-calls.js';
import { iovec } from './abi.js';
import { Errno, fail } from './errno.js';

/** What the WASI functions need of a linear memory. Its buffer is replaced when it grows. */
export interface LinearMemory {
  readonly buffer: ArrayBuffer | SharedArrayBuffer;
}

const maxU32 = 0xffff_ffff;
const noBytes = new ArrayBuffer(0);

/** The buffers that a call reads or writes, in order. @internal */
export class Vectors {
  /** Number of buffers that are not empty. */
  count = 0;
  /** Total size in bytes. */
  byteLength = 0;
  readonly pointers = new Uint32Array(maxVectors);
  readonly lengths = new Uint32Array(maxVectors);
}

/** Those of the current call: there is only one at a time, whatever the program. */
const currentVectors = lazy(() => new Vectors());

/**
 * The program's memory as the WASI functions see it. Every access is checked, and fails with EFAULT if it
 * does not lie inside. Pointers and lengths are u32.
 *
 * @internal
 */
export class GuestMemory {
  /** Called before bytes of the memory are read or written: `length` of them, starting at `pointer`. */
  onTouch: ((bytes: Uint8Array, pointer: number, length: number) => void) | undefined;
  /**
   * Throws if a function is called before `bind`; if absent, the function itself fails once it needs the
   * memory.
   */
  whenUnbound: (() => never) | undefined;
  #memory: LinearMemory | undefined;
  #bound = false;
  #buffer: ArrayBuffer | SharedArrayBuffer = noBytes;
  #view = new DataView(this.#buffer);
  #bytes = new Uint8Array(this.#buffer);
  /** −1 until there is a memory, which makes `refresh` look at it. */
  #byteLength = -1;
  #base: Address | undefined;

  /** Sets the memory that the functions work on; undefined if the program has none. */
  bind(memory: LinearMemory | undefined): void {
    this.#memory = memory;
    this.#bound = true;
    this.refresh();
  }

  /** Reads the size of the memory again. To be called whenever the program has run. */
  refresh(): void {
    const buffer = this.#memory?.buffer ?? noBytes;
    if (buffer === this.#buffer && buffer.byteLength === this.#byteLength) return;
    if (!this.#bound) {
      this.whenUnbound?.();
      return;
    }
    this.#buffer = buffer;
    this.#byteLength = buffer.byteLength;
    this.#view = new DataView(buffer);
    // Pointers reach no further.
    this.#bytes = new Uint8Array(buffer, 0, Math.min(buffer.byteLength, longestBytes));
    this.#base = undefined;
  }

  /** Fails with EFAULT unless the `length` bytes at `pointer` lie in memory. */
  check(pointer: number, length: number): void {
    if (pointer + length > this.#byteLength || this.#memory === undefined) this.#refuse();
    this.onTouch?.(this.#bytes, pointer, length);
  }

  #refuse(): never {
    if (!this.#bound) {
      throw new Error('a WASI function is called before it has a memory: Wasi.bindMemory gives it one');
    }
    fail(Errno.fault);
  }

  getU8(pointer: number): number {
    this.check(pointer, 1);
    return this.#view.getUint8(pointer);
  }

  getU16(pointer: number): number {
    this.check(pointer, 2);
    return this.#view.getUint16(pointer, true);
  }

  getU32(pointer: number): number {
    this.check(pointer, 4);
    return this.#view.getUint32(pointer, true);
  }

  getU64(pointer: number): bigint {
    this.check(pointer, 8);
    return this.#view.getBigUint64(pointer, true);
  }

  setU8(pointer: number, value: number): void {
    this.check(pointer, 1);
    this.#view.setUint8(pointer, value);
  }

  setU16(pointer: number, value: number): void {
    this.check(pointer, 2);
    this.#view.setUint16(pointer, value, true);
  }

  setU32(pointer: number, value: number): void {
    this.check(pointer, 4);
    this.#view.setUint32(pointer, value, true);
  }

  setU64(pointer: number, value: bigint): void {
    this.check(pointer, 8);
    this.#view.setBigUint64(pointer, value, true);
  }

  /** A view of the memory itself, to be used before the program runs again. */
  bytes(pointer: number, length: number): Uint8Array {
    this.check(pointer, length);
    return this.#bytes.subarray(pointer, pointer + length);
  }

  /** A byte string: one character per byte. */
  byteString(pointer: number, length: number): string {
    this.check(pointer, length);
    return Buffer.from(this.#buffer, pointer, length).toString('latin1');
  }

  setBytes(pointer: number, bytes: Uint8Array): void {
    this.check(pointer, bytes.length);
    this.#bytes.set(bytes, pointer);
  }

  /** Sets the `length` bytes at `pointer` to 0. */
  clear(pointer: number, length: number): void {
    this.check(pointer, length);
    this.#bytes.fill(0, pointer, pointer + length);
  }

  /**
   * The address in this process of the `length` bytes at `pointer`, for a system call made before the program
   * runs again. Only available if `nativeUnavailable` returns undefined.
   */
  address(pointer: number, length: number): Address {
    this.check(pointer, length);
    return this.base + pointer;
  }

  /** The address of byte 0, for ranges that have been checked since the program last ran. */
  get base(): Address {
    this.#base ??= addressOf(this.#bytes);
    return this.#base;
  }

  /**
   * The buffers that an array of `iovec`s names, valid until the next call. Fails with EINVAL if there are
   * too many, or if their total length does not fit a u32.
   */
  vectors(at: number, count: number): Vectors {
    if (count > maxVectors) fail(Errno.inval);
    this.check(at, count * iovec.size);
    const vectors = currentVectors();
    const { pointers, lengths } = vectors;
    let used = 0;
    let byteLength = 0;
    for (let entry = at; entry < at + count * iovec.size; entry += iovec.size) {
      const pointer = this.#view.getUint32(entry + iovec.buffer, true);
      const length = this.#view.getUint32(entry + iovec.length, true);
      this.check(pointer, length);
      if (length === 0) continue;
      pointers[used] = pointer;
      lengths[used] = length;
      used++;
      byteLength += length;
    }
    if (byteLength > maxU32) fail(Errno.inval);
    vectors.count = used;
    vectors.byteLength = byteLength;
    return vectors;
  }
}
