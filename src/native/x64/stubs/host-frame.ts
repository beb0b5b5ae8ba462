import { execEnv } from '../../../layout/exec-env.js';
import { Gpr } from '../../../x64/abi.js';
import type { Assembler } from '../../../x64/assembler.js';
import { Condition } from '../../../x64/conditions.js';
import { hostFrame, hostSavedRegisters } from '../../../x64/frame-layout.js';
import { X } from '../../../x64/instructions.js';
import { emitNodeApiCall } from './node-api-call.js';

/**
 * Each callback leaves two handles in V8's current handle scope. To open a scope for each would take a
 * quarter of the time of a callback, so there is one for so many callbacks.
 */
export const callbacksPerScope = 64;

const { rax, rbx, rsp, rsi } = Gpr;

/**
 * Begins an entry, which leaves the `hostFrame` on the host's stack. `emitEnvironment` has rbx become the
 * ExecEnv.
 */
export function emitPushHostFrame(a: Assembler, emitEnvironment: (register: number) => void): void {
  const { offsets } = execEnv;
  for (const register of hostSavedRegisters) a.r(X.push, register);
  emitEnvironment(rbx);
  a.m(X.push, rbx, offsets.hostSp);
  a.m(X.push, rbx, offsets.wasmSp);
  a.i(X.push, 0);
  a.i(X.push, callbacksPerScope);
  a.mr(X.mov64, rbx, offsets.hostSp, rsp);
}

/**
 * Leaves the innermost entry, whose ExecEnv is in rbx, and returns undefined to JavaScript. The entry around
 * it, if there is one, becomes the innermost.
 */
export function emitPopHostFrame(a: Assembler): void {
  const { offsets } = execEnv;
  const close = a.newLabel();
  const closed = a.newLabel();
  a.rm(X.mov64, rsp, rbx, offsets.hostSp);
  a.mi(X.cmp64, rsp, hostFrame.scope, 0);
  a.jcc(Condition.ne, close);
  a.bind(closed);
  a.ri(X.add64, rsp, hostFrame.wasmSp);
  a.m(X.pop, rbx, offsets.wasmSp);
  a.m(X.pop, rbx, offsets.hostSp);
  for (const register of hostSavedRegisters.toReversed()) a.r(X.pop, register);
  a.rr(X.xor32, rax, rax);
  a.op(X.ret);
  a.bind(close);
  a.rm(X.mov64, rsi, rsp, hostFrame.scope);
  a.ri(X.sub64, rsp, 8);
  emitNodeApiCall(a, 'napi_close_handle_scope');
  a.ri(X.add64, rsp, 8);
  a.jmp(closed);
}
