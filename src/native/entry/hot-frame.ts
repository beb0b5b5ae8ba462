import { slotSize } from '../../layout/widths.js';
import { frame, hotRegister } from '../../x64/frame-layout.js';
import type { Address } from '../ffi/ffi.js';

/**
 * A function that has just called the builtin `hot`: its registers and its frame. To be read while the
 * callback runs, before wasm is entered again.
 */
export class HotFrame {
  readonly #stack: BigInt64Array;
  readonly #stackLow: Address;
  readonly #fp: Address;

  /** `fp` is the frame pointer of the stub (`hotFrame`); `stack` begins at the address `stackLow`. */
  constructor(stack: BigInt64Array, stackLow: Address, fp: Address) {
    this.#stack = stack;
    this.#stackLow = stackLow;
    this.#fp = fp;
  }

  /** A place within the call of `hot`. */
  get pc(): Address {
    return Number(this.#stack[this.#index(this.#fp + frame.returnAddress)]) - 1;
  }

  /**
   * 8 bytes of what a machine register holds, by the Fast JIT's number: an xmm register has two such parts,
   * the lower one first.
   */
  register(register: number, part = 0): bigint {
    return this.#stack[this.#index(this.#fp + hotRegister(register)) + part];
  }

  /** The 8 bytes at a displacement from the function's rbp. */
  slot(displacement: number): bigint {
    return this.#stack[this.#index(this.#callerFp + displacement)];
  }

  /** Has the function's caller find what is at a displacement in a register that calls preserve. */
  restore(register: number, displacement: number): void {
    this.#stack[this.#index(this.#fp + hotRegister(register))] = this.slot(displacement);
  }

  get #callerFp(): Address {
    return Number(this.#stack[this.#index(this.#fp + frame.callerFp)]);
  }

  #index(address: Address): number {
    return (address - this.#stackLow) / slotSize;
  }
}
