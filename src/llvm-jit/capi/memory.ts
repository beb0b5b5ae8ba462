import { pointerSize } from '../../layout/widths.js';
import type { Address } from '../../native/ffi/ffi.js';
import { NativeBlock } from '../../native/memory/block.js';
import { text } from '../../native/node-api/views.js';
import type { Llvm } from './functions.js';

const initialCapacity = 64;

/**
 * Native memory for arrays of references that go to LLVM, and for results that LLVM writes through a pointer.
 */
export class Scratch {
  #block = new NativeBlock(pointerSize * initialCapacity);
  #length = 0;

  /** Address of the array that has been pushed since `clear`; valid until the next `push`. */
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
    if (pointerSize * this.#length === this.#block.byteLength) this.#grow();
    this.#block.setAddress(pointerSize * this.#length++, reference);
  }

  /** Makes an array of these elements and returns its address. */
  list(...references: readonly Address[]): Address {
    this.clear();
    for (const reference of references) this.push(reference);
    return this.address;
  }

  /** Element `index`; a C function may have written it. */
  at(index: number): Address {
    return this.#block.getAddress(pointerSize * index);
  }

  /** Address of element `index`: valid as long as `address`. */
  addressOf(index: number): Address {
    return this.address + pointerSize * index;
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

/** A copy of a string that LLVM has made; LLVM's own is freed. */
export function takeMessage(llvm: Llvm, message: Address): string {
  const copy = text(message);
  llvm.LLVMDisposeMessage(message);
  return copy;
}
