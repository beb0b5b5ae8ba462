import { Gpr } from '../../../x64/abi.js';
import type { Assembler } from '../../../x64/assembler.js';
import { Condition } from '../../../x64/conditions.js';
import { X } from '../../../x64/instructions.js';
import type { Address } from '../../ffi/ffi.js';
import { processData } from '../../layout/process-block.js';
import { movAddress } from '../stubs/stub-code.js';
import { emitCall } from './handler-code.js';

const { rax, rbx, rdx, rsi, rdi, r8 } = Gpr;

const standardError = 2;
/** What shells add to the number of a signal that has ended a program. */
export const signalStatus = 128;

/**
 * The handler of signals that end the process: writes the farewell, and exits with 128 + signal. Where
 * somebody holds exits up it only notes the signal: see `exit-signals.ts`.
 */
export function emitExitHandler(
  a: Assembler,
  data: Address,
  imports: { readonly write: Address; readonly _exit: Address },
): void {
  const held = a.newLabel();
  const silent = a.newLabel();
  movAddress(a, r8, data);
  a.mi(X.cmp32, r8, processData.offsets.exitHolds, 0);
  a.jcc(Condition.ne, held);
  a.r(X.push, rbx);
  a.rr(X.mov32, rbx, rdi);
  a.rm(X.mov32, rdx, r8, processData.offsets.farewellLength);
  a.rr(X.test32, rdx, rdx);
  a.jcc(Condition.e, silent);
  a.rm(X.lea64, rsi, r8, processData.offsets.farewell);
  a.movImm(rdi, standardError, 0);
  emitCall(a, imports.write);
  a.bind(silent);
  a.rm(X.lea64, rdi, rbx, signalStatus);
  a.rr(X.xor32, rax, rax);
  emitCall(a, imports._exit);
  a.bind(held);
  a.mr(X.mov32, r8, processData.offsets.heldSignal, rdi);
  a.op(X.ret);
}
