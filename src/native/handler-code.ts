import { Gpr } from '../code/abi.js';
import type { Assembler } from '../x64/assembler.js';
import { Condition } from '../x64/conditions.js';
import { X } from '../x64/instructions.js';
import { execEnv } from './exec-env-layout.js';
import type { Address } from './ffi.js';
import * as layout from './process-block-layout.js';
import { movAddress } from './stubs/stub-code.js';

/** What the signal handlers share: void handler(int signal, siginfo_t *info, ucontext_t *context). */

const { rax, rcx, rdx, rsi, rdi, r9, r10, r11 } = Gpr;

/**
 * Searches the table at r10 of r9 entries (start, size, …) for one that contains `address`; uses rax. Continues at
 * `found` with r10 at the entry, or jumps to `missing`.
 */
export function emitSearch(
  a: Assembler,
  address: number,
  entrySize: number,
  found: number,
  missing: number,
): void {
  const loop = a.newLabel();
  a.bind(loop);
  a.ri(X.sub32, r9, 1);
  a.jcc(Condition.b, missing);
  a.rr(X.mov64, rax, address);
  a.rm(X.sub64, rax, r10, 0);
  a.rm(X.cmp64, rax, r10, 8);
  a.jcc(Condition.b, found);
  a.ri(X.add64, r10, entrySize);
  a.jmp(loop);
}

/**
 * Returns from the handler so that the thread leaves the wasm code that was interrupted, with `status`: what is known of
 * the place is written to the thread's ExecEnv. r10 is at the table entry of the wasm stack, r11 the stack pointer.
 */
export function emitLeaveWasm(a: Assembler, status: number): void {
  const { offsets } = execEnv;
  a.rm(X.mov64, r10, r10, 16);
  a.rm(X.mov64, rcx, rdx, layout.contextRip);
  a.mr(X.mov64, r10, offsets.trapPc, rcx);
  a.mr(X.mov64, r10, offsets.trapSp, r11);
  a.rm(X.mov64, rax, rdx, layout.contextRbp);
  a.mr(X.mov64, r10, offsets.trapFp, rax);
  a.rm(X.mov64, rax, rsi, layout.siAddress);
  a.mr(X.mov64, r10, offsets.faultAddress, rax);
  a.mr(X.mov32, r10, offsets.signal, rdi);
  a.rm(X.mov32, rax, rsi, layout.siCode);
  a.mr(X.mov32, r10, offsets.signalCode, rax);
  a.mi(X.mov32, r10, offsets.status, status);
  a.rm(X.mov64, rax, r10, offsets.trapExit);
  a.mr(X.mov64, rdx, layout.contextRip, rax);
  a.op(X.ret);
}

export function emitCall(a: Assembler, address: Address): void {
  movAddress(a, rax, address);
  a.r(X.call, rax);
}
