import { Gpr } from '../code/abi.js';
import { X } from '../x64/instructions.js';
import { makeBufferBlock } from './buffer-block.js';
import { errno, func } from './ffi.js';
import { throwIfInterrupted } from './interrupts.js';
import { lazy } from './lazy.js';
import { LinuxErrno } from './linux.js';
import { hasNativeFunctions, nativeFunction } from './node-api.js';
import { movAddress } from './stubs/stub-code.js';

const { rax, rbx, rdx, rsi, rdi, r8, r9, r10 } = Gpr;

/** An argument: an integer that a float holds exactly, or any of 64 bits. */
export type Word = number | bigint;

/** Words of 64 bits: the number of the call, which the result overwrites, and six arguments. */
const blockSize = 8 * 7;
const argumentRegisters = [rdi, rsi, rdx, r10, r8, r9];
const twoTo32 = 2 ** 32;

/** libc's, which takes no machine code of ours. */
const syscall = func('syscall', 'long', ['long', 'long', 'long', 'long', 'long', 'long', 'long']);

/**
 * System calls of this thread. A call blocks the thread for as long as it takes.
 *
 * They are made by a native function whose body is the instruction `syscall`, once the thread has machine code anyway; before,
 * and where everything is interpreted, by the FFI.
 */
export class SystemCalls {
  /**
   * Is called when a signal has interrupted a call, before the call is made again. What it throws ends the call. It must not
   * make system calls itself.
   */
  interrupted: () => void = throwIfInterrupted;
  readonly #i32: Int32Array;
  readonly #i64: BigInt64Array;
  /** Makes the call whose arguments are in the block. Returns as `call` does, also where a signal has interrupted it. */
  #enter: (number: number) => number;

  constructor() {
    const { address, buffer } = makeBufferBlock(blockSize);
    const i64 = new BigInt64Array(buffer);
    const i32 = new Int32Array(buffer);
    this.#i32 = i32;
    this.#i64 = i64;
    this.#enter = (number) => {
      if (hasNativeFunctions()) {
        this.#enter = entrance(i32, syscallFunction(address));
        return this.#enter(number);
      }
      const result = syscall(number, i64[1], i64[2], i64[3], i64[4], i64[5], i64[6]);
      i64[0] = BigInt(result === -1 ? -errno() : result);
      return resultIn(i32);
    };
  }

  /** Makes a call. Returns its result, or the error number as a negative one. It is made again when a signal interrupts it. */
  call(number: number, a: Word = 0, b: Word = 0, c: Word = 0, d: Word = 0, e: Word = 0, f: Word = 0): number {
    this.#set(4, d);
    this.#set(5, e);
    this.#set(6, f);
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
    this.#set(1, a);
    this.#set(2, b);
    this.#set(3, c);
    return this.#enter(number);
  }

  /** The result of the last call, all of its 64 bits. */
  get result(): bigint {
    return this.#i64[0];
  }

  #set(index: number, value: Word): void {
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
  const high = words[1];
  return high === 0 ? words[0] >>> 0 : high * twoTo32 + (words[0] >>> 0);
}

/** The native function is a constant of the closure: V8 calls such a one in half the time. */
function entrance(words: Int32Array, makeCall: () => void): (number: number) => number {
  return (number) => {
    words[0] = number;
    words[1] = 0;
    makeCall();
    return resultIn(words);
  };
}

/** void (): makes the call whose number and arguments are in a block. */
function syscallFunction(block: number): () => void {
  return nativeFunction((a) => {
    // `syscall` leaves all registers as they are but rax, rcx and r11.
    a.r(X.push, rbx);
    movAddress(a, rbx, block);
    a.rm(X.mov64, rax, rbx, 0);
    for (const [index, register] of argumentRegisters.entries()) {
      a.rm(X.mov64, register, rbx, 8 * (index + 1));
    }
    a.op(X.syscall);
    a.mr(X.mov64, rbx, 0, rax);
    a.rr(X.xor32, rax, rax);
    a.r(X.pop, rbx);
    a.op(X.ret);
  });
}

/** The thread's system calls. Only where `nativeUnavailable` says nothing. */
export const systemCalls = lazy(() => new SystemCalls());
