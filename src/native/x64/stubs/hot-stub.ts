import { execEnv, slotsOffset } from '../../../layout/exec-env.js';
import { moduleInstance } from '../../../layout/structs.js';
import { calleeSaved, firstXmm, Gpr, xmmCount } from '../../../x64/abi.js';
import type { Assembler } from '../../../x64/assembler.js';
import { Condition } from '../../../x64/conditions.js';
import {
  frame,
  hotFrame,
  hotFrameSize,
  hotGeneralRegisters,
  hotRegister,
  hotVolatileRegisters,
} from '../../../x64/frame-layout.js';
import { X } from '../../../x64/instructions.js';
import type { Address } from '../../ffi/ffi.js';
import { emitCallback } from './callback.js';
import { movAddress } from './stub-code.js';

const { rax, rsp, rbp, rsi, rdi, r11 } = Gpr;

/**
 * The builtin `hot`: tells JavaScript that a function is hot, and returns with every register but r11 as it
 * was; or, if JavaScript has other code for the rest of the function, leaves the caller's frame and goes on
 * there: `code(instance, address of the argument slots)`, to return to the caller's caller. Its frame is
 * `hotFrame`.
 */
export function emitHotStub(a: Assembler, env: Address): void {
  const { offsets } = execEnv;
  const replace = a.newLabel();
  a.r(X.push, rbp);
  a.rr(X.mov64, rbp, rsp);
  a.ri(X.sub64, rsp, hotFrameSize);
  for (const register of hotGeneralRegisters) a.mr(X.mov64, rbp, hotRegister(register), register);
  for (let xmm = 0; xmm < xmmCount; xmm++) a.mr(X.movups, rbp, hotRegister(firstXmm + xmm), xmm);
  movAddress(a, r11, env);
  a.rm(X.mov32, rax, rbp, hotFrame.functionIndex);
  a.mr(X.mov32, r11, offsets.hotFunction, rax);
  a.rm(X.mov64, rax, rbp, hotFrame.instance);
  a.rm(X.mov32, rax, rax, moduleInstance.offsets.instanceNumber);
  a.mr(X.mov32, r11, offsets.hotInstanceNumber, rax);
  a.mr(X.mov64, r11, offsets.hotFrame, rbp);
  emitCallback(a, env, offsets.hotCallback);
  a.rm(X.mov64, rax, r11, offsets.hotTarget);
  a.rr(X.test64, rax, rax);
  a.jcc(Condition.ne, replace);
  for (let xmm = 0; xmm < xmmCount; xmm++) a.rm(X.movups, xmm, rbp, hotRegister(firstXmm + xmm));
  for (const register of hotVolatileRegisters) a.rm(X.mov64, register, rbp, hotRegister(register));
  a.op(X.leave);
  a.i(X.ret, hotFrame.pushed);

  // The registers that the caller had to preserve are in the frame now as the caller's caller wants them.
  a.bind(replace);
  for (const register of calleeSaved) a.rm(X.mov64, register, rbp, hotRegister(register));
  a.rm(X.mov64, rdi, rbp, hotFrame.instance);
  a.rm(X.lea64, rsi, r11, slotsOffset);
  a.rm(X.mov64, rsp, rbp, frame.callerFp);
  a.r(X.pop, rbp);
  a.r(X.jmp, rax);
}
