import { Gpr } from '../../code/abi.js';
import type { Assembler } from '../../x64/assembler.js';
import { Condition } from '../../x64/conditions.js';
import { X } from '../../x64/instructions.js';
import { execEnv } from '../exec-env-layout.js';
import { emitNodeApiCall } from '../node-api.js';

/**
 * What an entry leaves on the host's stack, which is V8's own. `hostSp` of the ExecEnv is its lowest address, 8 bytes
 * off a multiple of 16:
 *
 *     callbacks  how many more callbacks may leave handles behind before these are dropped
 *     scope      the handle scope that callbacks have opened, 0 for none
 *     the `wasmSp` and the `hostSp` of the entry around this one
 *     r15 r14 r13 r12 rbx rbp, return address
 */
export const hostFrame = { callbacks: 0, scope: 8 } as const;

/**
 * Each callback leaves two handles in V8's current handle scope. To open a scope for each takes a quarter of the time of
 * a callback; so there is one for so many callbacks.
 */
export const callbacksPerScope = 64;

const { rax, rbx, rsp, rbp, rsi, r12, r13, r14, r15 } = Gpr;

/** Registers that an entry saves, in the order of pushing. */
const saved: readonly number[] = [rbp, rbx, r12, r13, r14, r15];

/** Begins an entry: `rbx` becomes the ExecEnv, by `emitEnvironment`. */
export function emitPushHostFrame(a: Assembler, emitEnvironment: (register: number) => void): void {
  const { offsets } = execEnv;
  for (const register of saved) a.r(X.push, register);
  emitEnvironment(rbx);
  a.m(X.push, rbx, offsets.hostSp);
  a.m(X.push, rbx, offsets.wasmSp);
  a.i(X.push, 0);
  a.i(X.push, callbacksPerScope);
  a.mr(X.mov64, rbx, offsets.hostSp, rsp);
}

/**
 * Leaves the innermost entry, whose ExecEnv is in rbx, and returns undefined to JavaScript. The entry around it, if
 * there is one, becomes the innermost.
 */
export function emitPopHostFrame(a: Assembler): void {
  const { offsets } = execEnv;
  const close = a.newLabel();
  const closed = a.newLabel();
  a.rm(X.mov64, rsp, rbx, offsets.hostSp);
  a.mi(X.cmp64, rsp, hostFrame.scope, 0);
  a.jcc(Condition.ne, close);
  a.bind(closed);
  a.ri(X.add64, rsp, 16);
  a.m(X.pop, rbx, offsets.wasmSp);
  a.m(X.pop, rbx, offsets.hostSp);
  for (const register of saved.toReversed()) a.r(X.pop, register);
  a.rr(X.xor32, rax, rax);
  a.op(X.ret);
  a.bind(close);
  a.rm(X.mov64, rsi, rsp, hostFrame.scope);
  a.ri(X.sub64, rsp, 8);
  emitNodeApiCall(a, 'napi_close_handle_scope');
  a.ri(X.add64, rsp, 8);
  a.jmp(closed);
}
