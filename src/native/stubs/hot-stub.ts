import { calleeSaved, Gpr } from '../../code/abi.js';
import { moduleInstance } from '../../layout/structs.js';
import type { Assembler } from '../../x64/assembler.js';
import { Condition } from '../../x64/conditions.js';
import { X } from '../../x64/instructions.js';
import { execEnv, slotsOffset } from '../exec-env-layout.js';
import type { Address } from '../ffi.js';
import { callbackHeader, emitCallback } from './callback.js';
import { movAddress, roundFrame } from './stub-code.js';

const { rax, rcx, rdx, rsp, rbp, rsi, rdi, r8, r9, r10, r11 } = Gpr;

/** General registers that are saved: those that calls destroy, but for r11, and then those that they preserve. */
const volatileRegisters = [rax, rcx, rdx, rsi, rdi, r8, r9, r10];
const general: readonly number[] = [...volatileRegisters, ...calleeSaved];
const xmmCount = 16;
const floats = callbackHeader + 8 * general.length + (general.length % 2) * 8;
const frameSize = roundFrame(floats + 16 * xmmCount);

/** Displacement from the stub's rbp of a register's saved value; 16 and up are xmm registers. 0 for rsp, rbp and r11. */
export function savedRegister(register: number): number {
  if (register >= 16) return floats + 16 * (register - 16) - frameSize;
  const index = general.indexOf(register);
  return index < 0 ? 0 : callbackHeader + 8 * index - frameSize;
}

/**
 * The builtin `hot`: tells JavaScript that a function is hot, and returns with every register but r11 as it was; or, if
 * JavaScript has other code for the rest of the function, leaves the caller's frame and goes on there:
 * `code(instance, address of the argument slots)`, to return to the caller's caller.
 *
 *     [rbp + 24]  address of the instance
 *     [rbp + 16]  function index
 *     [rbp + 8]   return address
 *     [rbp]       caller's rbp
 *     below       saved registers
 */
export function emitHotStub(a: Assembler, env: Address): void {
  const { offsets } = execEnv;
  const replace = a.newLabel();
  a.r(X.push, rbp);
  a.rr(X.mov64, rbp, rsp);
  a.ri(X.sub64, rsp, frameSize);
  for (const register of general) a.mr(X.mov64, rbp, savedRegister(register), register);
  for (let xmm = 0; xmm < xmmCount; xmm++) a.mr(X.movups, rbp, savedRegister(16 + xmm), xmm);
  movAddress(a, r11, env);
  a.rm(X.mov32, rax, rbp, 16);
  a.mr(X.mov32, r11, offsets.hotFunction, rax);
  a.rm(X.mov64, rax, rbp, 24);
  a.rm(X.mov32, rax, rax, moduleInstance.offsets.e);
  a.mr(X.mov32, r11, offsets.hotExtra, rax);
  a.mr(X.mov64, r11, offsets.hotFrame, rbp);
  emitCallback(a, env, offsets.hotCallback);
  a.rm(X.mov64, rax, r11, offsets.hotTarget);
  a.rr(X.test64, rax, rax);
  a.jcc(Condition.ne, replace);
  for (let xmm = 0; xmm < xmmCount; xmm++) a.rm(X.movups, xmm, rbp, savedRegister(16 + xmm));
  for (const register of volatileRegisters) a.rm(X.mov64, register, rbp, savedRegister(register));
  a.op(X.leave);
  a.i(X.ret, 16);

  // The registers that the caller had to preserve are in the frame now as the caller's caller wants them.
  a.bind(replace);
  for (const register of calleeSaved) a.rm(X.mov64, register, rbp, savedRegister(register));
  a.rm(X.mov64, rdi, rbp, 24);
  a.rm(X.lea64, rsi, r11, slotsOffset);
  a.rm(X.mov64, rsp, rbp, 0);
  a.r(X.pop, rbp);
  a.r(X.jmp, rax);
}
