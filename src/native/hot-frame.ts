import type { Address } from './ffi.js';
import { savedRegister } from './stubs/hot-stub.js';

/**
 * A function that has just called the builtin `hot`: its registers and frame, to be read while the callback runs, before
 * wasm is entered again.
 */
export class HotFrame {
  readonly #stack: BigInt64Array;
  readonly #stackLow: Address;
  readonly #fp: Address;

  /** `fp` is the frame pointer of the stub; `stack` begins at the address `stackLow`. */
  constructor(stack: BigInt64Array, stackLow: Address, fp: Address) {
    this.#stack = stack;
    this.#stackLow = stackLow;
    this.#fp = fp;
  }

  /** A place within the call of `hot`. */
  get pc(): Address {
    return Number(this.#stack[this.#index(this.#fp + 8)]) - 1;
  }

  /** What a machine register holds; of xmm registers (16 and up) the lower half. */
  register(register: number): bigint {
    return this.#stack[this.#index(this.#fp + savedRegister(register))];
  }

  /** The 8 bytes at a displacement from the function's rbp. */
  slot(displacement: number): bigint {
    return this.#stack[this.#index(this.#callerFp + displacement)];
  }

  /** Says that the function's caller finds what is at a displacement in a register that calls preserve. */
  restore(register: number, displacement: number): void {
    this.#stack[this.#index(this.#fp + savedRegister(register))] = this.slot(displacement);
  }

  get #callerFp(): Address {
    return Number(this.#stack[this.#index(this.#fp)]);
  }

  #index(address: Address): number {
    return (address - this.#stackLow) >> 3;
  }
}
