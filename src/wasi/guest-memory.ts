import { Errno, WasiError } from './errno.js';

/** What the WASI functions need of a linear memory. Its buffer changes when it grows. */
export interface LinearMemory {
  readonly buffer: ArrayBuffer;
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
  #buffer = new ArrayBuffer(0);
  #view = new DataView(this.#buffer);
  #bytes = new Uint8Array(this.#buffer);

  /** Sets the memory that the functions work on; undefined where the program has none. */
  bind(memory: LinearMemory | undefined): void {
    this.#memory = memory;
    this.#bound = true;
  }

  /** Fails with EFAULT unless `length` bytes from `pointer` on lie in memory. */
  check(pointer: number, length: number): void {
    const memory = this.#memory;
    if (memory === undefined) {
      // Exports are there only after instantiation: a module's start function cannot use WASI's memory.
      if (!this.#bound)
        throw new Error('a WASI function needs the memory of a program that is not yet started');
      throw new WasiError(Errno.fault);
    }
    const buffer = memory.buffer;
    if (buffer !== this.#buffer) {
      this.#buffer = buffer;
      this.#view = new DataView(buffer);
      this.#bytes = new Uint8Array(buffer);
    }
    if (pointer + length > buffer.byteLength) throw new WasiError(Errno.fault);
    this.onTouch?.(this.#bytes, pointer, length);
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

  setBytes(pointer: number, bytes: Uint8Array): void {
    this.check(pointer, bytes.length);
    this.#bytes.set(bytes, pointer);
  }

  /** Sets `length` bytes from `pointer` on to 0. */
  clear(pointer: number, length: number): void {
    this.check(pointer, length);
    this.#bytes.fill(0, pointer, pointer + length);
  }
}
