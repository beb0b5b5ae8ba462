import { Trap } from '../../../code/traps.js';
import { execEnv, resumed, tailRequested } from '../../../layout/exec-env.js';
import { slotSize } from '../../../layout/widths.js';
import { calleeSaved, Gpr } from '../../../x64/abi.js';
import type { Assembler } from '../../../x64/assembler.js';
import { Condition } from '../../../x64/conditions.js';
import { X } from '../../../x64/instructions.js';
import type { Address } from '../../ffi/ffi.js';
import { assemble } from './assemble.js';
import { emitPopHostFrame } from './host-frame.js';
import { hostStubResultArea } from './host-stub.js';
import { movAddress } from './stub-code.js';

const { rax, rbx, rsp, rbp, r11 } = Gpr;

/** Leaves the innermost entry from anywhere on the wasm stack: nothing in between needs cleaning up. */
export function emitTrapExit(a: Assembler, env: Address): void {
  movAddress(a, rbx, env);
  a.mi(X.mov32, rbx, execEnv.offsets.callbackStatus, Trap.hostException);
  emitPopHostFrame(a);
}

/** Bytes of the trap exit. */
export function trapExitSize(): number {
  return assemble((a) => emitTrapExit(a, 2 ** 46)).length;
}

/** Where the status is `resumed`, goes on as the fields `resume…` say; r11 is the ExecEnv. */
function emitResume(a: Assembler): void {
  const { offsets } = execEnv;
  const other = a.newLabel();
  a.mi(X.cmp32, r11, offsets.callbackStatus, resumed);
  a.jcc(Condition.ne, other);
  for (const [k, register] of calleeSaved.entries()) {
    const kept = a.newLabel();
    a.rm(X.mov64, rax, r11, offsets.resumeSaved + slotSize * k);
    a.rr(X.test64, rax, rax);
    a.jcc(Condition.e, kept);
    a.rm(X.mov64, register, rax, 0);
    a.bind(kept);
  }
  a.rm(X.mov64, rsp, r11, offsets.resumeSp);
  a.rm(X.mov64, rbp, r11, offsets.resumeFp);
  a.m(X.jmp, r11, offsets.resumePc);
  a.bind(other);
}

/**
 * Where stubs go whose callback failed, with r11 the ExecEnv and rbp the stub's frame: writes the trap down
 * as one of the calling code, in the call instruction, and leaves the entry. A host stub also comes here
 * where another function is to be called in its place (`tailRequested`): then it leaves the stub for
 * `tailTarget`; or where an exception is caught in one of the functions that led to the call (`resumed`).
 */
export function emitCallbackFailed(a: Assembler, env: Address): void {
  const { offsets } = execEnv;
  const failed = a.newLabel();
  a.mi(X.cmp32, r11, offsets.callbackStatus, tailRequested);
  a.jcc(Condition.ne, failed);
  a.rm(X.mov64, rax, rbp, hostStubResultArea);
  a.op(X.leave);
  a.m(X.jmp, r11, offsets.tailTarget);
  a.bind(failed);
  emitResume(a);
  a.rm(X.mov64, rax, rbp, 8);
  a.ri(X.sub64, rax, 1);
  a.mr(X.mov64, r11, offsets.trapPc, rax);
  a.rm(X.mov64, rax, rbp, 0);
  a.mr(X.mov64, r11, offsets.trapFp, rax);
  a.rm(X.lea64, rax, rbp, 16);
  a.mr(X.mov64, r11, offsets.trapSp, rax);
  a.mi(X.mov32, r11, offsets.signal, 0);
  a.rm(X.mov32, rax, r11, offsets.callbackStatus);
  a.mr(X.mov32, r11, offsets.status, rax);
  emitTrapExit(a, env);
}
