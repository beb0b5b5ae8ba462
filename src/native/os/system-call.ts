import { errno, func } from '../ffi/ffi.js';
import { lazy } from '../ffi/lazy.js';
import { throwIfInterrupted } from '../interrupts/interrupts.js';
import { LinuxErrno } from '../linux/errno.js';
import { makeBufferBlock } from '../memory/buffer-block.js';
import { hasNativeFunctions, nativeFunction } from '../node-api/node-api.js';
import { assemble } from '../x64/stubs/assemble.js';
import { emitSystemCall, systemCallBlock } from '../x64/stubs/system-call.js';

/** An argument: an integer that a float holds exactly, or any of 64 bits. */
export type Word = number | bigint;

/**
 * Words of 64 bits in the block: the number of the call, which the result overwrites, and the first of six
 * arguments.
 */
const numberIndex = systemCallBlock.offsets.number / 8;
const firstArgument = systemCallBlock.offsets.arguments / 8;
const twoTo32 = 2 ** 32;

/** libc's, which takes no machine code of ours. */
const syscall = func('syscall', 'long', ['long', 'long', 'long', 'long', 'long', 'long', 'long']);

/**
 * System calls of this thread. A call blocks the thread for as long as it takes.
 *
 * A thread that has machine code makes them by a native function whose body is the instruction `syscall`; any
 * other thread by the FFI.
 */
export class SystemCalls {
  /**
   * Is called when a signal has interrupted a call, before the call is made again. What it throws ends the
   * call. It must not make system calls itself.
   */
  interrupted: () => void = throwIfInterrupted;
  readonly #i32: Int32Array;
  readonly #i64: BigInt64Array;
  /**
   * Makes the call whose arguments are in the block. Returns as `call` does, also where a signal has
   * interrupted it.
   */
  #enter: (number: number) => number;

  constructor() {
    const { address, buffer } = makeBufferBlock(systemCallBlock.size);
    const i64 = new BigInt64Array(buffer);
    const i32 = new Int32Array(buffer);
    this.#i32 = i32;
    this.#i64 = i64;
    this.#enter = (number) => {
      if (hasNativeFunctions()) {
        this.#enter = entrance(i32, nativeFunction(assemble((a) => emitSystemCall(a, address))));
        return this.#enter(number);
      }
      const result = syscall(number, ...i64.subarray(firstArgument));
      i64[numberIndex] = BigInt(result === -1 ? -errno() : result);
      return resultIn(i32);
    };
  }

  /**
   * Makes a call. Returns its result, or the error number as a negative one. It is made again when a signal
   * interrupts it.
   */
  call(number: number, a: Word = 0, b: Word = 0, c: Word = 0, d: Word = 0, e: Word = 0, f: Word = 0): number {
    this.#set(3, d);
    this.#set(4, e);
    this.#set(5, f);
    return this.call3(number, a, b, c);
  }

  /** As `call`, for calls of no more than three arguments. */
  call3(number: number, a: Word, b: Word, c: Word): number {
    for (;;) {
      const result = this.callOnce(number, a, b, c);
      if (result !== -LinuxErrno.intr) return result;
      this.interrupted();
    }
  }

  /** As `call3`, but not again. */
  callOnce(number: number, a: Word, b: Word, c: Word): number {
    this.#set(0, a);
    this.#set(1, b);
    this.#set(2, c);
    return this.#enter(number);
  }

  /** The result of the last call, all of its 64 bits. */
  get result(): bigint {
    return this.#i64[numberIndex];
  }

  /** Sets an argument, counted from 0. */
  #set(argument: number, value: Word): void {
    const index = firstArgument + argument;
    if (typeof value === 'bigint') {
      this.#i64[index] = value;
      return;
    }
    const words = this.#i32;
    words[2 * index] = value;
    words[2 * index + 1] = value === (value | 0) ? value >> 31 : Math.floor(value / twoTo32);
  }
}

function resultIn(words: Int32Array): number {
  const low = words[2 * numberIndex] >>> 0;
  const high = words[2 * numberIndex + 1];
  return high === 0 ? low : high * twoTo32 + low;
}

/** The native function is a constant of the closure: V8 calls constants in half the time. */
function entrance(words: Int32Array, makeCall: () => void): (number: number) => number {
  return (number) => {
    words[2 * numberIndex] = number;
    words[2 * numberIndex + 1] = 0;
    makeCall();
    return resultIn(words);
  };
}

/** The thread's system calls. Only where `nativeUnavailable` says nothing. */
export const systemCalls = lazy(() => new SystemCalls());
