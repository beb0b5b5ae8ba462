import { type Address, addressOf } from '../native/ffi.js';
import { maxVectors } from '../native/file-calls.js';
import { iovec } from './abi.js';
import { Errno, fail } from './errno.js';

/** What the WASI functions need of a linear memory. Its buffer changes when it grows. */
export interface LinearMemory {
  readonly buffer: ArrayBuffer | SharedArrayBuffer;
}

const maxU32 = 0xffff_ffff;
const noBytes = new ArrayBuffer(0);

/** Buffers of the program that a call reads or writes, one after the other. */
export class Vectors {
  /** Those that are not empty. */
  count = 0;
  /** Bytes of all together. */
  byteLength = 0;
  readonly pointers = new Uint32Array(maxVectors);
  readonly lengths = new Uint32Array(maxVectors);
}

/**
 * The program's memory as the WASI functions see it: every access is checked and fails with EFAULT when it does not
 * lie inside. Pointers and lengths are u32.
 */
export class GuestMemory {
  /** Is told of bytes of the memory given, `length` from `pointer` on, before they are read or written. */
  onTouch: ((bytes: Uint8Array, pointer: number, length: number) => void) | undefined;
  #memory: LinearMemory | undefined;
  #bound = false;
  #buffer: ArrayBuffer | SharedArrayBuffer = noBytes;
  #view = new DataView(this.#buffer);
  #bytes = new Uint8Array(this.#buffer);
  #byteLength = 0;
  #base: Address | undefined;
  readonly #vectors = new Vectors();

  /** Sets the memory that the functions work on; undefined where the program has none. */
  bind(memory: LinearMemory | undefined): void {
    this.#memory = memory;
    this.#bound = true;
    this.refresh();
  }

  /** Looks at how large the memory is by now: to be called whenever the program has run. */
  refresh(): void {
    const buffer = this.#memory?.buffer ?? noBytes;
    if (buffer === this.#buffer && buffer.byteLength === this.#byteLength) return;
    this.#buffer = buffer;
    this.#byteLength = buffer.byteLength;
    this.#view = new DataView(buffer);
    this.#bytes = new Uint8Array(buffer);
    this.#base = undefined;
  }

  /** Fails with EFAULT unless `length` bytes from `pointer` on lie in memory. */
  check(pointer: number, length: number): void {
    if (pointer + length > this.#byteLength || this.#memory === undefined) this.#refuse();
    this.onTouch?.(this.#bytes, pointer, length);
  }

  #refuse(): never {
    // Exports are there only after instantiation: a module's start function cannot use WASI's memory.
    if (!this.#bound)
      throw new Error('a WASI function needs the memory of a program that is not yet started');
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

  /** A window on the memory itself, to be used before the program runs on. */
  bytes(pointer: number, length: number): Uint8Array {
    this.check(pointer, length);
    return this.#bytes.subarray(pointer, pointer + length);
  }

  /** A string of bytes: each character is one. */
  byteString(pointer: number, length: number): string {
    this.check(pointer, length);
    return Buffer.from(this.#buffer, pointer, length).toString('latin1');
  }

  setBytes(pointer: number, bytes: Uint8Array): void {
    this.check(pointer, bytes.length);
    this.#bytes.set(bytes, pointer);
  }

  /** Sets `length` bytes from `pointer` on to 0. */
  clear(pointer: number, length: number): void {
    this.check(pointer, length);
    this.#bytes.fill(0, pointer, pointer + length);
  }

  /**
   * The address in this process of `length` bytes from `pointer` on, for a system call that is made before the program runs
   * on. Only where `nativeUnavailable` says nothing.
   */
  address(pointer: number, length: number): Address {
    this.check(pointer, length);
    return this.base + pointer;
  }

  /** The address of byte 0, for what has been checked since the program last ran. */
  get base(): Address {
    this.#base ??= addressOf(this.#bytes);
    return this.#base;
  }

  /**
   * The buffers that an array of `iovec`s names, valid until the next call. EINVAL where they are too many, or together longer
   * than a u32 can say.
   */
  vectors(at: number, count: number): Vectors {
    if (count > maxVectors) fail(Errno.inval);
    this.check(at, count * iovec.size);
    const { pointers, lengths } = this.#vectors;
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
    this.#vectors.count = used;
    this.#vectors.byteLength = byteLength;
    return this.#vectors;
  }
}
