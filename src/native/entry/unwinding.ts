import { execEnv, resumed } from '../../layout/exec-env.js';
import { calleeSaved } from '../../x64/abi.js';
import { callbackFrame, frame, hostFrame } from '../../x64/frame-layout.js';
import { type Address, func } from '../ffi/ffi.js';
import { makeBufferBlock } from '../memory/buffer-block.js';
import type { Callbacks } from './callbacks.js';
import type { StubContext } from './host-stubs.js';
import type { WasmStack } from './wasm-stack.js';

const { offsets } = execEnv;
const memmove = func('memmove', 'address', ['address', 'address', 'size']);
/** Bytes below an entry's frame on the host's stack in which the first frames of a callback lie. */
const hostFrames = 2 ** 16;
const addressSize = 8;

/**
 * What unwinding needs of the wasm stack, while a host function runs: the frames of the wasm code that has
 * called it, and a way to go on in one of them. A frame is given by the index in `words` of what its frame
 * pointer points to: small integers, which V8 handles fast in all of its tiers.
 */
export class Unwinding {
  /** The wasm stack. */
  readonly words: Int32Array;
  /**
   * Where the values lie that the callee-saved registers get at `resume`, in the order of `calleeSaved`, as
   * indexes in `words`; 0 for those that stay.
   */
  readonly saved = new Int32Array(calleeSaved.length);
  readonly #stack: WasmStack;
  readonly #callbacks: Callbacks;
  /** The lower half of the stack's lowest address. */
  readonly #low: number;
  #copy: { readonly address: Address; readonly words: Uint32Array } | undefined;

  constructor({ stack, callbacks }: StubContext) {
    this.#stack = stack;
    this.#callbacks = callbacks;
    this.words = stack.i32;
    this.#low = stack.low | 0;
  }

  /** Frame of the stub that called the host function. */
  get innermost(): number {
    const place = this.#stack.header[offsets.wasmSp / 4] + callbackFrame.fp - this.#low;
    return this.#pointedTo(place >>> 2);
  }

  /** The frame of a frame's caller; -1 for that of an entry. */
  callerOf(fp: number): number {
    const at = fp + frame.callerFp / 4;
    return (this.words[at] | this.words[at + 1]) === 0 ? -1 : this.#pointedTo(at);
  }

  /** The index that the address at another one stands for. The stack has less than 4 GiB. */
  #pointedTo(at: number): number {
    return (this.words[at] - this.#low) >>> 2;
  }

  /**
   * Lets the wasm code go on when the host function has returned, with an exception: at a program counter,
   * given by its words, with rsp and rbp pointing to places of the stack, which are given by indexes.
   */
  resume(pcLow: number, pcHigh: number, sp: number, fp: number, exception: number, tag: Address): void {
    const stack = this.#stack;
    const { header, low } = stack;
    stack.setAddress(offsets.exception, exception);
    stack.setAddress(offsets.exceptionTag, tag);
    header[offsets.resumePc / 4] = pcLow;
    header[offsets.resumePc / 4 + 1] = pcHigh;
    stack.setAddress(offsets.resumeSp, low + 4 * sp);
    stack.setAddress(offsets.resumeFp, low + 4 * fp);
    for (let k = 0; k < calleeSaved.length; k++) {
      const place = this.saved[k];
      stack.setAddress(offsets.resumeSaved + addressSize * k, place === 0 ? 0 : low + 4 * place);
    }
    this.#callbacks.diversion = resumed;
  }

  /** The exception that arrived last at a pad. */
  get exception(): number {
    return this.#stack.getAddress(offsets.exception);
  }

  /**
   * Calls `scan` with all words in which there may be values of the thread's wasm code: its stack and its
   * slots, and, where V8 has saved the registers of code that called back, the host's stack.
   */
  scan(scan: (words: Uint32Array, from: number, end: number) => void): void {
    const stack = this.#stack;
    const { u32, low, header, slotsU32 } = stack;
    scan(u32, (stack.getAddress(offsets.wasmSp) - low) / 4, u32.length);
    scan(header, offsets.exception / 4, offsets.exception / 4 + 2);
    scan(slotsU32, 0, slotsU32.length);
    const innermost = stack.getAddress(offsets.hostSp);
    if (innermost === 0) return;
    const copied = this.#copyHostStack(innermost - hostFrames, this.#outermost(innermost));
    scan(copied, 0, copied.length);
  }

  /** Stack pointer of the outermost entry on the host's stack. */
  #outermost(innermost: Address): Address {
    for (let sp = innermost; ; ) {
      const [low, high] = this.#copyHostStack(sp + hostFrame.outerSp, sp + hostFrame.outerSp + addressSize);
      if (low === 0 && high === 0) return sp;
      sp = high * 2 ** 32 + low;
    }
  }

  #copyHostStack(from: Address, end: Address): Uint32Array {
    const byteLength = end - from;
    if (this.#copy === undefined || this.#copy.words.byteLength < byteLength) {
      const { address, buffer } = makeBufferBlock(2 * byteLength);
      this.#copy = { address, words: new Uint32Array(buffer) };
    }
    const { address, words } = this.#copy;
    memmove(address, from, byteLength);
    return words.subarray(0, byteLength / 4);
  }
}
