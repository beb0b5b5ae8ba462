import { Trap } from '../../../code/traps.js';
import { execEnv, guardSize } from '../../../layout/exec-env.js';
import { Gpr } from '../../../x64/abi.js';
import type { Assembler } from '../../../x64/assembler.js';
import { Condition } from '../../../x64/conditions.js';
import { X } from '../../../x64/instructions.js';
import type { Address } from '../../ffi/ffi.js';
import { tableEntry } from '../../layout/process-block.js';
import { setSignalMask, siginfoValue, signalSetSize, stackT } from '../../linux/signals.js';
import { signalContext } from '../linux/signal-context.js';
import { Syscall } from '../linux/syscalls.js';
import { emitCall, emitFindWasmCode, emitFromTimer, emitLeaveWasm } from './handler-code.js';

const { rax, rcx, rdx, rbx, rsp, rbp, rsi, rdi, r8, r10, r11, r12, r13 } = Gpr;

/** Words of 8 bytes of the ExecEnv, to which nested entries and callbacks write. */
const savedWords = execEnv.size / 8;
/** Bytes of alternate stack for signals that come during a checkpoint. */
const nestedStack = 16384;
/**
 * Bytes between the handler's frame and that part: for the call that gives the whole alternate stack back.
 */
const callRoom = 256;
/** Bytes below the stack pointer that belong to the function that runs: System V's red zone. */
const redZone = 128;

/**
 * The handler's frame on the alternate stack, from rbp downwards: what it was called with and has found out.
 */
const kept: readonly number[] = [rdi, rsi, rdx, r10, r11];

/**
 * The handler of the signals that give V8 its turn: see `checkpoints.ts`. The timer's value is the address of
 * the thread's checkpoint.
 *
 * If the thread is on a wasm stack, and no native function runs there, it calls the checkpoint, on the host's
 * stack, as a stub calls JavaScript: below what the innermost entry left there. The thread then goes on where
 * it was, with the registers that the kernel has kept, or leaves the innermost entry. The signal may have
 * come at any instruction, also of a stub, so whatever JavaScript and the entries that it makes may change in
 * the ExecEnv is kept here too.
 *
 * For the kernel the alternate stack is free as soon as the stack pointer is elsewhere, and the next signal
 * would overwrite the handler's frame. So signals that come meanwhile get the part below it. The kernel
 * divides the stack only when the stack pointer is not on it: until that is done, all signals are blocked
 * (`TimerOptions.blocksSignals`). On the way back the stack pointer returns first.
 */
export function emitCheckpointHandler(
  a: Assembler,
  data: Address,
  imports: { readonly sigaltstack: Address },
): void {
  const { offsets } = execEnv;
  const leave = a.newLabel();
  const elsewhere = emitFromTimer(a);
  emitFindWasmCode(a, data, elsewhere);
  // Bytes of alternate stack below this frame.
  a.rr(X.mov64, rcx, rsp);
  a.rm(X.sub64, rcx, rdx, signalContext.offsets.stack);
  a.rm(X.cmp64, rcx, rdx, signalContext.offsets.stack + stackT.offsets.size);
  a.jcc(Condition.a, elsewhere);
  a.ri(X.cmp64, rcx, 8 * (savedWords + kept.length) + callRoom + nestedStack);
  a.jcc(Condition.b, elsewhere);

  for (const register of kept) a.r(X.push, register);
  a.rr(X.mov64, rbp, rsp);
  a.rr(X.mov64, rbx, r8);
  a.rr(X.mov64, r12, rdx);
  a.ri(X.sub64, rsp, 8 * savedWords);
  emitCopy(a, rbx, rsp);

  // Entries begin below the interrupted frame, and find there what a stub leaves; without room for that they
  // overflow.
  const noRoom = a.newLabel();
  a.rm(X.lea64, rax, r11, -redZone - 16);
  a.ri(X.and64, rax, -16);
  a.rm(X.mov64, rcx, r10, tableEntry.offsets.start);
  a.ri(X.add64, rcx, guardSize);
  a.rr(X.cmp64, rax, rcx);
  a.jcc(Condition.b, noRoom);
  a.rm(X.mov64, rcx, rbx, offsets.wasmSp);
  a.mr(X.mov64, rax, 8, rcx);
  a.rm(X.mov64, rcx, rdx, signalContext.offsets.rbp);
  a.mr(X.mov64, rax, 0, rcx);
  a.rr(X.mov64, rcx, rax);
  a.bind(noRoom);
  a.mr(X.mov64, rbx, offsets.wasmSp, rcx);

  // At rsp: a stack_t, then a set of signals, 32 bytes; `hostSp` is 8 bytes off a multiple of 16.
  a.rm(X.lea64, rcx, rsp, -callRoom);
  a.rm(X.mov64, rsp, rbx, offsets.hostSp);
  a.ri(X.sub64, rsp, 8 + 32);
  a.rm(X.mov64, rax, rdx, signalContext.offsets.stack);
  a.mr(X.mov64, rsp, stackT.offsets.address, rax);
  a.mi(X.mov32, rsp, stackT.offsets.flags, 0);
  a.rr(X.sub64, rcx, rax);
  a.mr(X.mov64, rsp, stackT.offsets.size, rcx);
  a.rm(X.lea64, rdi, rsp, 0);
  a.rr(X.xor32, rsi, rsi);
  emitCall(a, imports.sigaltstack);
  a.rm(X.mov64, rcx, rbp, placeOf(rdi));
  a.ri(X.sub32, rcx, 1);
  a.movImm(rax, 1, 0);
  a.r(X.shl64_cl, rax);
  a.rm(X.or64, rax, r12, signalContext.offsets.mask);
  a.mr(X.mov64, rsp, stackT.size, rax);
  a.movImm(rdi, setSignalMask, 0);
  a.rm(X.lea64, rsi, rsp, stackT.size);
  a.rr(X.xor32, rdx, rdx);
  a.movImm(r10, signalSetSize, 0);
  a.movImm(rax, Syscall.rtSigprocmask, 0);
  a.op(X.syscall);
  a.rm(X.mov64, rsi, rbp, placeOf(rsi));
  a.rm(X.mov64, rax, rsi, siginfoValue);
  a.r(X.call, rax);
  a.rr(X.mov32, r13, rax);
  a.rm(X.lea64, rsp, rbp, -8 * savedWords);
  a.rm(X.lea64, rdi, r12, signalContext.offsets.stack);
  a.rr(X.xor32, rsi, rsi);
  emitCall(a, imports.sigaltstack);

  emitCopy(a, rsp, rbx);
  a.rr(X.mov64, rsp, rbp);
  for (const register of kept.toReversed()) a.r(X.pop, register);
  a.rr(X.test32, r13, r13);
  a.jcc(Condition.ne, leave);
  a.op(X.ret);
  a.bind(leave);
  emitLeaveWasm(a, Trap.interrupted);
}

/** Byte offset from rbp of a register in the handler's frame. */
function placeOf(register: number): number {
  return 8 * (kept.length - 1 - kept.indexOf(register));
}

/** Copies the saved words from where one register points to where another does. */
function emitCopy(a: Assembler, from: number, to: number): void {
  const next = a.newLabel();
  a.movImm(rcx, savedWords, 0);
  a.bind(next);
  a.rmx(X.mov64, rax, from, rcx, 3, -8);
  a.mrx(X.mov64, to, rcx, 3, -8, rax);
  a.ri(X.sub32, rcx, 1);
  a.jcc(Condition.ne, next);
}
