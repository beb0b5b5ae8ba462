import { Gpr } from '../../code/abi.js';
import { moduleInstance } from '../../layout/structs.js';
import type { Assembler } from '../../x64/assembler.js';
import { X } from '../../x64/instructions.js';
import { execEnv } from '../exec-env-layout.js';
import type { Address } from '../ffi.js';
import { callbackHeader, emitCallback } from './callback.js';
import { movAddress, roundFrame } from './stub-code.js';

const { rax, rcx, rdx, rsp, rbp, rsi, rdi, r8, r9, r10, r11 } = Gpr;

/** General registers that calls destroy, but for r11; of the others all xmm registers are. */
const general = [rax, rcx, rdx, rsi, rdi, r8, r9, r10];
const xmmCount = 16;

/**
 * The builtin `hot`: tells JavaScript that a function is hot, and returns with every register but r11 as it was.
 *
 *     [rbp + 24]  address of the instance
 *     [rbp + 16]  function index
 *     [rbp + 8]   return address
 */
export function emitHotStub(a: Assembler, env: Address): void {
  const { offsets } = execEnv;
  const floats = callbackHeader + 8 * general.length;
  a.r(X.push, rbp);
  a.rr(X.mov64, rbp, rsp);
  a.ri(X.sub64, rsp, roundFrame(floats + 16 * xmmCount));
  general.forEach((register, index) => {
    a.mr(X.mov64, rsp, callbackHeader + 8 * index, register);
  });
  for (let xmm = 0; xmm < xmmCount; xmm++) a.mr(X.movups, rsp, floats + 16 * xmm, xmm);
  movAddress(a, r11, env);
  a.rm(X.mov32, rax, rbp, 16);
  a.mr(X.mov32, r11, offsets.hotFunction, rax);
  a.rm(X.mov64, rax, rbp, 24);
  a.rm(X.mov32, rax, rax, moduleInstance.offsets.e);
  a.mr(X.mov32, r11, offsets.hotExtra, rax);
  emitCallback(a, env, offsets.hotCallback);
  for (let xmm = 0; xmm < xmmCount; xmm++) a.rm(X.movups, xmm, rsp, floats + 16 * xmm);
  general.forEach((register, index) => {
    a.rm(X.mov64, register, rsp, callbackHeader + 8 * index);
  });
  a.op(X.leave);
  a.i(X.ret, 16);
}
