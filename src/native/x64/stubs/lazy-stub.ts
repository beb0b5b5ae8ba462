import { execEnv } from '../../../layout/exec-env.js';
import { moduleInstance } from '../../../layout/structs.js';
import { floatArgumentCount, Gpr, instanceArgument, integerArguments } from '../../../x64/abi.js';
import { Assembler } from '../../../x64/assembler.js';
import { alignFrame } from '../../../x64/frame-layout.js';
import { X } from '../../../x64/instructions.js';
import type { Address } from '../../ffi/ffi.js';
import { callbackHeader, emitCallback } from './callback.js';
import { movAddress } from './stub-code.js';

const { rax, rsp, rbp, r11 } = Gpr;

/** Bytes of a thunk, and of what follows a block of them, at most. */
export const thunkSize = 10;
export const thunkTailSize = 16;

/**
 * Where all lazy thunks of a thread go, with the function index in eax: keeps every register that can hold an
 * argument, asks JavaScript for the function's code, and jumps there as if it had been called.
 */
export function emitLazyStub(a: Assembler, env: Address): void {
  const { offsets } = execEnv;
  const general = [instanceArgument, ...integerArguments];
  const floats = callbackHeader + 8 * general.length;
  a.r(X.push, rbp);
  a.rr(X.mov64, rbp, rsp);
  a.ri(X.sub64, rsp, alignFrame(floats + 16 * floatArgumentCount));
  movAddress(a, r11, env);
  general.forEach((register, index) => {
    a.mr(X.mov64, rsp, callbackHeader + 8 * index, register);
  });
  for (let index = 0; index < floatArgumentCount; index++) a.mr(X.movups, rsp, floats + 16 * index, index);
  a.mr(X.mov32, r11, offsets.lazyFunction, rax);
  a.rm(X.mov32, rax, instanceArgument, moduleInstance.offsets.instanceNumber);
  a.mr(X.mov32, r11, offsets.lazyInstanceNumber, rax);
  emitCallback(a, env, offsets.lazyCallback);
  for (let index = 0; index < floatArgumentCount; index++) a.rm(X.movups, index, rsp, floats + 16 * index);
  general.forEach((register, index) => {
    a.rm(X.mov64, register, rsp, callbackHeader + 8 * index);
  });
  a.rm(X.mov64, rax, r11, offsets.lazyCode);
  a.op(X.leave);
  a.r(X.jmp, rax);
}

/**
 * The thunks of `count` functions from index `first` on, `thunkSize` bytes each: `mov eax, index`, then by
 * way of the block's end to the lazy stub. Position-independent.
 */
export function lazyThunks(lazyStub: Address, first: number, count: number): Uint8Array {
  const a = new Assembler();
  movAddress(a, r11, lazyStub);
  a.r(X.jmp, r11);
  const tail = a.finish();
  const end = thunkSize * count;
  const bytes = new Uint8Array(end + tail.length);
  const view = new DataView(bytes.buffer);
  for (let index = 0; index < count; index++) {
    const at = thunkSize * index;
    bytes[at] = 0xb8;
    view.setInt32(at + 1, first + index, true);
    bytes[at + 5] = 0xe9;
    view.setInt32(at + 6, end - (at + thunkSize), true);
  }
  bytes.set(tail, end);
  return bytes;
}
