import { execEnv } from '../../../layout/exec-env.js';
import { Gpr } from '../../../x64/abi.js';
import type { Assembler } from '../../../x64/assembler.js';
import { Condition } from '../../../x64/conditions.js';
import { X } from '../../../x64/instructions.js';
import type { Address } from '../../ffi/ffi.js';
import { processData, table, tableEntry } from '../../layout/process-block.js';
import { SignalCode, siginfo } from '../../linux/signals.js';
import { signalContext } from '../linux/signal-context.js';
import { movAddress } from '../stubs/stub-code.js';

/** What the signal handlers share: void handler(int signal, siginfo_t *info, ucontext_t *context). */

const { rax, rcx, rdx, rsi, rdi, r8, r9, r10, r11 } = Gpr;

/**
 * Searches a table, given by its offset from r8, for an entry that contains the address in a register.
 * Continues at `found` with r10 at the entry, or jumps to `missing`. Uses rax and r9.
 */
export function emitSearch(
  a: Assembler,
  address: number,
  tableOffset: number,
  found: number,
  missing: number,
): void {
  const loop = a.newLabel();
  a.rm(X.mov32, r9, r8, tableOffset + table.offsets.count);
  a.rm(X.lea64, r10, r8, tableOffset + table.offsets.entries);
  a.bind(loop);
  a.ri(X.sub32, r9, 1);
  a.jcc(Condition.b, missing);
  a.rr(X.mov64, rax, address);
  a.rm(X.sub64, rax, r10, tableEntry.offsets.start);
  a.rm(X.cmp64, rax, r10, tableEntry.offsets.size);
  a.jcc(Condition.b, found);
  a.ri(X.add64, r10, tableEntry.size);
  a.jmp(loop);
}

/**
 * Finds the wasm stack on which the signal has found the thread, in the tables at r8: continues with r10 at
 * its entry and r11 at the stack pointer, or jumps to `missing`. Uses rax and r9.
 */
export function emitFindStack(a: Assembler, missing: number): void {
  const found = a.newLabel();
  a.rm(X.mov64, r11, rdx, signalContext.offsets.rsp);
  emitSearch(a, r11, processData.offsets.stacks, found, missing);
  a.bind(found);
}

/**
 * Begins a handler of timers' signals: it ignores such signals from others. Returns the label of a return.
 */
export function emitFromTimer(a: Assembler): number {
  const ours = a.newLabel();
  const elsewhere = a.newLabel();
  a.mi(X.cmp32, rsi, siginfo.offsets.code, SignalCode.timer);
  a.jcc(Condition.e, ours);
  a.bind(elsewhere);
  a.op(X.ret);
  a.bind(ours);
  return elsewhere;
}

/**
 * As `emitFindStack`, with the tables at `data`, and with the ExecEnv in r8. A native function that runs on
 * the wasm stack (`native-stub.ts`) counts as elsewhere.
 */
export function emitFindWasmCode(a: Assembler, data: Address, elsewhere: number): void {
  movAddress(a, r8, data);
  emitFindStack(a, elsewhere);
  a.rm(X.mov64, r8, r10, tableEntry.offsets.owner);
  a.mi(X.cmp32, r8, execEnv.offsets.onWasmStack, 0);
  a.jcc(Condition.ne, elsewhere);
}

/**
 * Returns from the handler in a way that makes the thread leave the interrupted wasm code, with `status`.
 * What is known of the place is written to the thread's ExecEnv. r10 is at the table entry of the wasm stack,
 * r11 the stack pointer.
 */
export function emitLeaveWasm(a: Assembler, status: number): void {
  const { offsets } = execEnv;
  a.rm(X.mov64, r10, r10, tableEntry.offsets.owner);
  a.rm(X.mov64, rcx, rdx, signalContext.offsets.rip);
  a.mr(X.mov64, r10, offsets.trapPc, rcx);
  a.mr(X.mov64, r10, offsets.trapSp, r11);
  a.rm(X.mov64, rax, rdx, signalContext.offsets.rbp);
  a.mr(X.mov64, r10, offsets.trapFp, rax);
  a.rm(X.mov64, rax, rsi, siginfo.offsets.address);
  a.mr(X.mov64, r10, offsets.faultAddress, rax);
  a.mr(X.mov32, r10, offsets.signal, rdi);
  a.rm(X.mov32, rax, rsi, siginfo.offsets.code);
  a.mr(X.mov32, r10, offsets.signalCode, rax);
  a.mi(X.mov32, r10, offsets.status, status);
  a.rm(X.mov64, rax, r10, offsets.trapExit);
  a.mr(X.mov64, rdx, signalContext.offsets.rip, rax);
  a.op(X.ret);
}

export function emitCall(a: Assembler, address: Address): void {
  movAddress(a, rax, address);
  a.r(X.call, rax);
}
