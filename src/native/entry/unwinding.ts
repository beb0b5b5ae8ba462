import { execEnv, resumed } from '../../layout/exec-env.js';
import { calleeSaved } from '../../x64/abi.js';
import { callbackFrame, frame, hostFrame } from '../../x64/frame-layout.js';
import { type Address, func } from '../ffi/ffi.js';
import { makeBufferBlock } from '../memory/buffer-block.js';
import type { Callbacks } from './callbacks.js';
import { type StackReader, stackReader } from './frames.js';
import type { StubContext } from './host-stubs.js';
import type { WasmStack } from './wasm-stack.js';

const { offsets } = execEnv;
const memmove = func('memmove', 'address', ['address', 'address', 'size']);
/** Bytes below an entry's frame on the host's stack in which the first frames of a callback lie. */
const hostFrames = 2 ** 16;
const addressSize = 8;

/** Where wasm code goes on instead of where its callback would have returned to. */
export interface Resumption {
  readonly pc: Address;
  readonly sp: Address;
  readonly fp: Address;
  /**
   * Where the values of the callee-saved registers lie, in the order of `calleeSaved`; 0 for those that stay.
   */
  readonly saved: ArrayLike<Address>;
}

/**
 * What unwinding needs of the wasm stack, while a host function runs: the frames of the wasm code that has
 * called it, and a way to go on in one of them.
 */
export class Unwinding {
  readonly #stack: WasmStack;
  readonly #callbacks: Callbacks;
  readonly #read: StackReader;
  #copy: { readonly address: Address; readonly words: Uint32Array } | undefined;

  constructor({ stack, callbacks }: StubContext) {
    this.#stack = stack;
    this.#callbacks = callbacks;
    this.#read = stackReader(stack.u32, stack.low);
  }

  /** Frame pointer of the stub that called the host function. */
  get innermost(): Address {
    return this.#read(this.#stack.getAddress(offsets.wasmSp) + callbackFrame.fp);
  }

  /** The address in a frame's place for the caller's frame pointer; 0 for the frame of an entry. */
  callerOf(fp: Address): Address {
    return this.#read(fp + frame.callerFp);
  }

  returnAddressOf(fp: Address): Address {
    return this.#read(fp + frame.returnAddress);
  }

  /** Lets the wasm code go on as described when the host function has returned, with an exception. */
  resume({ pc, sp, fp, saved }: Resumption, exception: number, tag: Address): void {
    const stack = this.#stack;
    stack.setAddress(offsets.exception, exception);
    stack.setAddress(offsets.exceptionTag, tag);
    stack.setAddress(offsets.resumePc, pc);
    stack.setAddress(offsets.resumeSp, sp);
    stack.setAddress(offsets.resumeFp, fp);
    for (let k = 0; k < calleeSaved.length; k++) {
      stack.setAddress(offsets.resumeSaved + addressSize * k, saved[k]);
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
