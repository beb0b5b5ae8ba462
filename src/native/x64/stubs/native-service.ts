import { Trap } from '../../../code/traps.js';
import { execEnv, slotsOffset } from '../../../layout/exec-env.js';
import { nativeCallee, type ServiceRequest, takesText } from '../../../layout/native-function.js';
import { Gpr } from '../../../x64/abi.js';
import type { Assembler } from '../../../x64/assembler.js';
import { Condition } from '../../../x64/conditions.js';
import { X } from '../../../x64/instructions.js';
import type { Address } from '../../ffi/ffi.js';
import { emitCallReference, emitNodeApiCall } from './node-api-call.js';
import { movAddress } from './stub-code.js';

/*
 * The functions that C code may call while wasm code has called it: C functions that run on the host's stack.
 * What is rare is done by JavaScript, which a `ServiceRequest` tells what to do.
 */

/** Bytes of a string that a service takes, at most; the rest is cut off. */
export const longestServiceText = 2 ** 13 - 1;

const { rax, rcx, rdx, rbx, rsp, rbp, rsi, rdi, r11, r12, r13 } = Gpr;

/**
 * bool call(exec_env, callee, values): calls a function by its `nativeCallee`. The arguments are in `values`,
 * 8 bytes each, where the results are left. Returns false where the function has trapped, or must not be
 * called: then the reason that is to end the caller has been noted.
 */
export function emitNativeCall(a: Assembler, env: Address, takeTrap: Address): void {
  const { offsets } = execEnv;
  const refused = a.newLabel();
  const exhausted = a.newLabel();
  const trapped = a.newLabel();
  const done = a.newLabel();
  for (const register of [rbp, rbx, r12, r13]) a.r(X.push, register);
  // The exec_env, and 16-byte alignment.
  a.r(X.push, rdi);
  a.rr(X.mov64, r12, rsi);
  a.rr(X.mov64, r13, rdx);
  movAddress(a, rbx, env);
  a.mi(X.cmp32, rbx, offsets.nativeStatus, Trap.none);
  a.jcc(Condition.ne, refused);
  a.rm(X.cmp64, rsp, rbx, offsets.hostStackLimit);
  a.jcc(Condition.b, exhausted);
  emitCopy(a, nativeCallee.offsets.argumentCount, r13, 0, rbx, slotsOffset);
  a.rr(X.mov64, r11, r12);
  a.m(X.call, r12, nativeCallee.offsets.entry);
  a.mi(X.cmp32, rbx, offsets.status, Trap.none);
  a.jcc(Condition.ne, trapped);
  emitCopy(a, nativeCallee.offsets.resultCount, rbx, slotsOffset, r13, 0);
  a.movImm(rax, 1, 0);
  a.bind(done);
  a.ri(X.add64, rsp, 8);
  for (const register of [r13, r12, rbx, rbp]) a.r(X.pop, register);
  a.op(X.ret);

  a.bind(trapped);
  a.rm(X.mov64, rdi, rsp, 0);
  movAddress(a, rax, takeTrap);
  a.r(X.call, rax);
  a.jmp(refused);
  a.bind(exhausted);
  a.mi(X.mov32, rbx, offsets.nativeStatus, Trap.callStackExhausted);
  a.bind(refused);
  a.rr(X.xor32, rax, rax);
  a.jmp(done);
}

/** Copies as many 8-byte values as a field of the callee in r12 says. */
function emitCopy(
  a: Assembler,
  countField: number,
  from: number,
  fromOffset: number,
  to: number,
  toOffset: number,
): void {
  const next = a.newLabel();
  const end = a.newLabel();
  a.rm(X.mov32, rcx, r12, countField);
  a.bind(next);
  a.ri(X.sub32, rcx, 1);
  a.jcc(Condition.b, end);
  a.rmx(X.mov64, rax, from, rcx, 3, fromOffset);
  a.mrx(X.mov64, to, rcx, 3, toOffset, rax);
  a.jmp(next);
  a.bind(end);
}

/**
 * void *service(exec_env, argument): asks JavaScript. A string is copied to the slots first. Until JavaScript
 * says that it succeeded, the native function's caller ends by an exception when the function returns. What
 * else is to end it stays noted.
 */
export function emitService(a: Assembler, env: Address, reference: Address, request: ServiceRequest): void {
  const { offsets } = execEnv;
  const failed = a.newLabel();
  a.r(X.push, rbp);
  a.r(X.push, rbx);
  // [rsp]: the handle scope; [rsp + 8]: the function; [rsp + 16]: the status until now
  a.ri(X.sub64, rsp, 24);
  movAddress(a, rbx, env);
  a.mi(X.mov32, rbx, offsets.service, request);
  a.mr(X.mov64, rbx, offsets.serviceExecEnv, rdi);
  a.mr(X.mov64, rbx, offsets.serviceArgument, rsi);
  a.mi(X.mov64, rbx, offsets.serviceResult, 0);
  if (takesText(request)) emitCopyText(a);
  a.rm(X.mov32, rax, rbx, offsets.nativeStatus);
  a.mr(X.mov32, rsp, 16, rax);
  a.mi(X.mov32, rbx, offsets.nativeStatus, Trap.hostException);
  a.rm(X.lea64, rsi, rsp, 0);
  emitNodeApiCall(a, 'napi_open_handle_scope');
  emitCallReference(a, reference, 8);
  a.rm(X.mov64, rsi, rsp, 0);
  emitNodeApiCall(a, 'napi_close_handle_scope');
  a.mi(X.cmp32, rbx, offsets.nativeStatus, Trap.none);
  a.jcc(Condition.ne, failed);
  a.rm(X.mov32, rax, rsp, 16);
  a.mr(X.mov32, rbx, offsets.nativeStatus, rax);
  a.bind(failed);
  a.rm(X.mov64, rax, rbx, offsets.serviceResult);
  a.ri(X.add64, rsp, 24);
  a.r(X.pop, rbx);
  a.r(X.pop, rbp);
  a.op(X.ret);
}

/** Copies the string at rsi to the slots, with its zero byte, or as much of it as there is room for. */
function emitCopyText(a: Assembler): void {
  const next = a.newLabel();
  const end = a.newLabel();
  a.rr(X.xor32, rcx, rcx);
  a.bind(next);
  a.rmx(X.movzx32_8, rax, rsi, rcx, 0, 0);
  a.mrx(X.mov8, rbx, rcx, 0, slotsOffset, rax);
  a.rr(X.test32, rax, rax);
  a.jcc(Condition.e, end);
  a.ri(X.add32, rcx, 1);
  a.ri(X.cmp32, rcx, longestServiceText);
  a.jcc(Condition.b, next);
  a.mi(X.mov8, rbx, slotsOffset + longestServiceText, 0);
  a.bind(end);
}
