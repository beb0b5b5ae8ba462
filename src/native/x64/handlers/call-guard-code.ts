import { Gpr } from '../../../x64/abi.js';
import { Assembler } from '../../../x64/assembler.js';
import { Condition } from '../../../x64/conditions.js';
import { X } from '../../../x64/instructions.js';
import type { Address } from '../../ffi/ffi.js';
import { callGuard, Failure, largestMessage, savedRegisterCount } from '../../layout/call-guard.js';
import { processData, table, tableEntry } from '../../layout/process-block.js';
import { SignalCode, siginfo } from '../../linux/signals.js';
import { signalContext } from '../linux/signal-context.js';
import { Syscall } from '../linux/syscalls.js';
import { movAddress } from '../stubs/stub-code.js';
import { emitCall } from './handler-code.js';

/** The machine code of `CallGuard`: what the whole process shares, and what each thread has. */

const { rax, rcx, rdx, rsp, rsi, rdi, r8, r9, r10, r11 } = Gpr;

/**
 * The registers that calls preserve, besides the stack pointer, in the order in which the guard keeps them.
 */
const savedRegisters = [Gpr.rbx, Gpr.rbp, Gpr.r12, Gpr.r13, Gpr.r14, Gpr.r15];
if (savedRegisters.length !== savedRegisterCount) throw new Error('internal error: registers of the guard');

function savedRegisterAt(index: number): number {
  return callGuard.offsets.savedRegisters + 8 * index;
}

/**
 * Finds the guard of the calling thread in the tables at r8: continues with its address in r10, or jumps to
 * `missing`. Uses rax, rcx, r9 and r11.
 */
function emitFindGuard(a: Assembler, missing: number): void {
  const loop = a.newLabel();
  const found = a.newLabel();
  const { guards } = processData.offsets;
  a.rm(X.mov32, r9, r8, guards + table.offsets.count);
  a.rr(X.test32, r9, r9);
  a.jcc(Condition.e, missing);
  a.movImm(rax, Syscall.gettid, 0);
  a.op(X.syscall);
  a.rm(X.lea64, r10, r8, guards + table.offsets.entries);
  a.bind(loop);
  a.ri(X.sub32, r9, 1);
  a.jcc(Condition.b, missing);
  a.rm(X.cmp64, rax, r10, tableEntry.offsets.size);
  a.jcc(Condition.e, found);
  a.ri(X.add64, r10, tableEntry.size);
  a.jmp(loop);
  a.bind(found);
  a.rm(X.mov64, r10, r10, tableEntry.offsets.owner);
}

/** As `emitFindGuard`, but only where a guarded function runs. */
function emitFindActiveGuard(a: Assembler, missing: number): void {
  emitFindGuard(a, missing);
  a.mi(X.cmp32, r10, callGuard.offsets.isActive, 0);
  a.jcc(Condition.e, missing);
}

/**
 * Part of a signal handler, with the tables at r8. A thread in a guarded function returns from its call;
 * elsewhere a thread that may be ended ends. All others go on after this code, with the handler's arguments
 * as they were.
 */
export function emitGuardSignal(a: Assembler): void {
  const pass = a.newLabel();
  const outside = a.newLabel();
  a.mi(X.cmp32, rsi, siginfo.offsets.code, SignalCode.user);
  a.jcc(Condition.e, pass);
  emitFindGuard(a, pass);
  a.mi(X.cmp32, r10, callGuard.offsets.isActive, 0);
  a.jcc(Condition.e, outside);
  a.mr(X.mov32, r10, callGuard.offsets.failureSignal, rdi);
  a.mi(X.mov32, r10, callGuard.offsets.failure, Failure.signal);
  a.rm(X.mov64, rax, r10, callGuard.offsets.resume);
  a.mr(X.mov64, rdx, signalContext.offsets.rip, rax);
  a.op(X.ret);
  a.bind(outside);
  a.mi(X.cmp32, r10, callGuard.offsets.mayEndThread, 0);
  a.jcc(Condition.e, pass);
  a.rr(X.xor32, rdi, rdi);
  a.movImm(rax, Syscall.exit, 0);
  a.op(X.syscall);
  a.bind(pass);
}

/**
 * void handler(const char *reason): a library cannot go on. Returns where the thread is in no guarded
 * function.
 */
export function emitFatalHandler(a: Assembler, data: Address): void {
  const unguarded = a.newLabel();
  const copy = a.newLabel();
  const copied = a.newLabel();
  movAddress(a, r8, data);
  emitFindActiveGuard(a, unguarded);
  a.rr(X.xor32, rcx, rcx);
  a.bind(copy);
  a.rmx(X.movzx32_8, rax, rdi, rcx, 0, 0);
  a.mrx(X.mov8, r10, rcx, 0, callGuard.offsets.message, rax);
  a.rr(X.test32, rax, rax);
  a.jcc(Condition.e, copied);
  a.ri(X.add32, rcx, 1);
  // The last byte stays 0.
  a.ri(X.cmp32, rcx, largestMessage - 1);
  a.jcc(Condition.b, copy);
  a.bind(copied);
  a.mi(X.mov32, r10, callGuard.offsets.failure, Failure.message);
  a.m(X.jmp, r10, callGuard.offsets.resume);
  a.bind(unguarded);
  a.op(X.ret);
}

/** void handler(void *, const char *reason, bool): as `emitFatalHandler`. */
export function emitBadAllocHandler(a: Assembler, data: Address): void {
  a.rr(X.mov64, rdi, rsi);
  emitFatalHandler(a, data);
}

/**
 * void handler(void), for `std::set_terminate`: in a thread that runs no guarded function, the previous
 * handler runs.
 */
export function emitTerminateHandler(
  a: Assembler,
  data: Address,
  imports: { readonly abort: Address },
): void {
  const unguarded = a.newLabel();
  const standard = a.newLabel();
  movAddress(a, r8, data);
  emitFindActiveGuard(a, unguarded);
  a.mi(X.mov32, r10, callGuard.offsets.failure, Failure.exception);
  a.m(X.jmp, r10, callGuard.offsets.resume);
  a.bind(unguarded);
  a.rm(X.mov64, rax, r8, processData.offsets.previousTerminate);
  a.rr(X.test64, rax, rax);
  a.jcc(Condition.e, standard);
  a.r(X.jmp, rax);
  a.bind(standard);
  a.ri(X.sub64, rsp, 8);
  emitCall(a, imports.abort);
}

/** The code of a thread's guard, and offsets in it. */
export interface GuardCode {
  readonly bytes: Uint8Array;
  readonly resume: number;
  /** Of each function. */
  readonly entries: readonly number[];
}

/**
 * Code that calls functions at addresses under the guard that lies at `block`. What is on the stack stays
 * where it is, but for the return address, for which the guard is the place meanwhile: arguments may be
 * there.
 */
export function buildGuardedCalls(block: Address, targets: readonly Address[]): GuardCode {
  const a = new Assembler();
  const call = a.newLabel();
  const leave = a.newLabel();
  const entries = targets.map((target) => {
    a.align(16);
    const entry = a.position;
    movAddress(a, r11, target);
    a.jmp(call);
    return entry;
  });
  a.align(16);
  a.bind(call);
  movAddress(a, r10, block);
  a.m(X.pop, r10, callGuard.offsets.returnAddress);
  a.mr(X.mov64, r10, callGuard.offsets.stackPointer, rsp);
  for (const [k, register] of savedRegisters.entries()) a.mr(X.mov64, r10, savedRegisterAt(k), register);
  a.mi(X.mov32, r10, callGuard.offsets.isActive, 1);
  a.r(X.call, r11);
  a.bind(leave);
  movAddress(a, r10, block);
  a.mi(X.mov32, r10, callGuard.offsets.isActive, 0);
  a.m(X.push, r10, callGuard.offsets.returnAddress);
  a.op(X.ret);
  const resume = a.position;
  movAddress(a, r10, block);
  a.rm(X.mov64, rsp, r10, callGuard.offsets.stackPointer);
  for (const [k, register] of savedRegisters.entries()) a.rm(X.mov64, register, r10, savedRegisterAt(k));
  a.rr(X.xor32, rax, rax);
  a.jmp(leave);
  return { bytes: a.finish(), resume, entries };
}
