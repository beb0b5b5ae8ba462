import { NativeBlock } from '../../native/block.js';
import type { Address } from '../../native/ffi.js';
import { text } from '../../native/views.js';
import type { Llvm } from './functions.js';

const initialCapacity = 64;

/** Native memory through which arrays of references go to LLVM, and results by pointer come back. */
export class Scratch {
  #block = new NativeBlock(8 * initialCapacity);
  #length = 0;

  /** Address of the array made since `clear`; valid until the next `push`. */
  get address(): Address {
    return this.#block.address;
  }

  get length(): number {
    return this.#length;
  }

  clear(): void {
    this.#length = 0;
  }

  push(reference: Address): void {
    if (8 * this.#length === this.#block.byteLength) this.#grow();
    this.#block.setAddress(8 * this.#length++, reference);
  }

  /** Fills the array anew and returns its address. */
  list(...references: readonly Address[]): Address {
    this.clear();
    for (const reference of references) this.push(reference);
    return this.address;
  }

  /** Element `index`, also one that a C function has written. */
  at(index: number): Address {
    return this.#block.getAddress(8 * index);
  }

  free(): void {
    this.#block.free();
  }

  #grow(): void {
    const larger = new NativeBlock(2 * this.#block.byteLength);
    larger.u8.set(this.#block.u8);
    this.#block.free();
    this.#block = larger;
  }
}

/** A string that LLVM has made, which is given back. */
export function takeMessage(llvm: Llvm, message: Address): string {
  const copy = text(message);
  llvm.LLVMDisposeMessage(message);
  return copy;
}
