import { Trap } from '../../../code/traps.js';
import { execEnv } from '../../../layout/exec-env.js';
import { Gpr } from '../../../x64/abi.js';
import type { Assembler } from '../../../x64/assembler.js';
import { Condition } from '../../../x64/conditions.js';
import { callbackFrame, hostFrame } from '../../../x64/frame-layout.js';
import { X } from '../../../x64/instructions.js';
import type { Address } from '../../ffi/ffi.js';
import { callbacksPerScope } from './host-frame.js';
import { emitCallReference, emitNodeApiCall } from './node-api-call.js';
import { movAddress } from './stub-code.js';

const { rsp, rbp, rsi, r10, r11 } = Gpr;

/** Bytes at the low end of a frame that calls back. */
export const callbackHeader = callbackFrame.size;

/**
 * Makes nested entries begin below the current frame on the wasm stack. `emitCallback` says what they find
 * there.
 */
export function emitFrameForEntries(a: Assembler): void {
  const { wasmSp } = execEnv.offsets;
  a.rm(X.mov64, r10, r11, wasmSp);
  a.mr(X.mov64, rsp, callbackFrame.wasmSp, r10);
  a.mr(X.mov64, rsp, callbackFrame.fp, rbp);
  a.mr(X.mov64, r11, wasmSp, rsp);
}

/** Undoes `emitFrameForEntries`, with rsp where it was then. */
export function emitLeaveFrame(a: Assembler): void {
  a.rm(X.mov64, r10, rsp, callbackFrame.wasmSp);
  a.mr(X.mov64, r11, execEnv.offsets.wasmSp, r10);
}

/**
 * Calls a callback (see `emitCallbackAdapter`) on the host's stack, from a frame on the wasm stack whose
 * lowest 16 bytes are free; r11 is the ExecEnv, before and after. Entries nested in the callback use the wasm
 * stack below this frame, and find
 *
 *     [rsp + 8]  the `wasmSp` of the entry that this frame runs in
 *     [rsp]      this frame's rbp
 */
export function emitCallback(a: Assembler, env: Address, callback: number): void {
  const { offsets } = execEnv;
  const succeeded = a.newLabel();
  emitFrameForEntries(a);
  a.mi(X.mov32, r11, offsets.callbackStatus, Trap.hostException);
  a.rm(X.mov64, rsp, r11, offsets.hostSp);
  a.m(X.call, r11, callback);
  movAddress(a, r11, env);
  a.rm(X.mov64, rsp, r11, offsets.wasmSp);
  emitLeaveFrame(a);
  a.mi(X.cmp32, r11, offsets.callbackStatus, Trap.none);
  a.jcc(Condition.e, succeeded);
  a.m(X.jmp, r11, offsets.callbackFailed);
  a.bind(succeeded);
}

/**
 * void callback(), called with rsp at the host frame of the innermost entry and r11 the ExecEnv: calls the
 * JavaScript function of a reference. If that throws, V8 keeps the exception, and throws it when the entry
 * has returned.
 */
export function emitCallbackAdapter(a: Assembler, reference: Address): void {
  const call = a.newLabel();
  const renew = a.newLabel();
  const open = a.newLabel();
  // Where the frame is, seen from a stack pointer that is 8 bytes above it less the return address.
  const local = 16;
  const frame = local + 8;
  a.ri(X.sub64, rsp, local);
  a.mi(X.sub32, rsp, frame + hostFrame.callbacks, 1);
  a.jcc(Condition.b, renew);
  a.bind(call);
  emitCallReference(a, reference, 0);
  a.ri(X.add64, rsp, local);
  a.op(X.ret);

  a.bind(renew);
  a.mi(X.mov32, rsp, frame + hostFrame.callbacks, callbacksPerScope - 1);
  a.rm(X.mov64, rsi, rsp, frame + hostFrame.scope);
  a.ri(X.cmp64, rsi, 0);
  a.jcc(Condition.e, open);
  emitNodeApiCall(a, 'napi_close_handle_scope');
  a.bind(open);
  a.rm(X.lea64, rsi, rsp, frame + hostFrame.scope);
  emitNodeApiCall(a, 'napi_open_handle_scope');
  a.jmp(call);
}
