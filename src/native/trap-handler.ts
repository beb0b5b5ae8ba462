import { Gpr } from '../code/abi.js';
import { Assembler } from '../x64/assembler.js';
import { Condition } from '../x64/conditions.js';
import { X } from '../x64/instructions.js';
import { emitExitHandler } from './exit-handler.js';
import type { Address } from './ffi.js';
import { emitCall, emitLeaveWasm, emitSearch } from './handler-code.js';
import { emitInterruptHandler } from './interrupt-handler.js';
import * as layout from './process-block-layout.js';
import { movAddress } from './stubs/stub-code.js';
import { unknownTrap } from './trap-status.js';

const { rax, rcx, rdx, rbx, rsp, rsi, rdi, r8, r9, r10, r11, r12, r13 } = Gpr;

/** timer_delete(2). */
const timerDelete = 226;

/** libc functions that the code calls. */
export interface TrapHandlerImports {
  readonly sigaction: Address;
  readonly raise: Address;
  readonly munmap: Address;
  readonly free: Address;
  readonly close: Address;
  readonly sigaltstack: Address;
  readonly syscall: Address;
  readonly write: Address;
  readonly _exit: Address;
}

/**
 * Position-independent code: the signal handler at offset 0, and, by their offsets, the function that frees a thread's
 * resources and the handlers of other signals.
 */
export interface TrapHandlerCode {
  readonly bytes: Uint8Array;
  readonly cleanup: number;
  readonly interruptHandler: number;
  readonly exitHandler: number;
}

/** Builds the code that all threads share; `data` is the address of the process block's tables. */
export function buildTrapHandler(data: Address, imports: TrapHandlerImports): TrapHandlerCode {
  const a = new Assembler();
  emitHandler(a, data, imports);
  a.align(16);
  const cleanup = a.position;
  emitCleanup(a, data, imports);
  a.align(16);
  const interruptHandler = a.position;
  emitInterruptHandler(a, data);
  a.align(16);
  const exitHandler = a.position;
  emitExitHandler(a, data, imports);
  return { bytes: a.finish(), cleanup, interruptHandler, exitHandler };
}

/**
 * void handler(int signal, siginfo_t *info, ucontext_t *context), on the thread's alternate stack.
 *
 * A fault in a registered code range and on a registered wasm stack is a trap: what is known of it is written to the
 * thread's ExecEnv, and the thread continues at its trap exit once the handler has returned, with the signal mask that
 * it had. Every other signal goes to the handler that was installed before.
 */
function emitHandler(a: Assembler, data: Address, imports: TrapHandlerImports): void {
  const start = a.newLabel();
  const inCode = a.newLabel();
  const onStack = a.newLabel();
  const chain = a.newLabel();
  a.jmp(start);
  while (a.position < layout.headMagic) a.byte(0);
  appendU64(a, layout.magic);
  appendU64(a, BigInt(data));

  a.bind(start);
  movAddress(a, r8, data);
  a.rm(X.mov64, rcx, rdx, layout.contextRip);
  a.rm(X.mov32, r9, r8, layout.rangeCount);
  a.rm(X.lea64, r10, r8, layout.ranges);
  emitSearch(a, rcx, layout.rangeSize, inCode, chain);
  a.bind(inCode);
  a.rm(X.mov64, r11, rdx, layout.contextRsp);
  a.rm(X.mov32, r9, r8, layout.stackCount);
  a.rm(X.lea64, r10, r8, layout.stacks);
  emitSearch(a, r11, layout.stackSize, onStack, chain);

  a.bind(onStack);
  emitLeaveWasm(a, unknownTrap);

  // The previous handler: 0 is the default action, 1 "ignore".
  a.bind(chain);
  const standard = a.newLabel();
  const ignore = a.newLabel();
  const refault = a.newLabel();
  a.rr(X.mov32, rax, rdi);
  a.rmx(X.mov64, rax, r8, rax, 3, layout.previous);
  a.ri(X.cmp64, rax, 1);
  a.jcc(Condition.b, standard);
  a.jcc(Condition.e, ignore);
  a.r(X.jmp, rax);
  // A fault cannot be ignored (si_code > 0); a signal that somebody sent can.
  a.bind(ignore);
  a.mi(X.cmp32, rsi, layout.siCode, 0);
  a.jcc(Condition.g, standard);
  a.op(X.ret);
  // The default action takes place when the faulting instruction runs again, or the signal is raised again.
  a.bind(standard);
  a.r(X.push, rbx);
  a.r(X.push, r12);
  a.ri(X.sub64, rsp, 8);
  a.rr(X.mov32, rbx, rdi);
  a.rm(X.mov32, r12, rsi, layout.siCode);
  a.rm(X.lea64, rsi, r8, layout.defaultAction);
  a.rr(X.xor32, rdx, rdx);
  emitCall(a, imports.sigaction);
  a.ri(X.cmp32, r12, 0);
  a.jcc(Condition.g, refault);
  a.rr(X.mov32, rdi, rbx);
  emitCall(a, imports.raise);
  a.bind(refault);
  a.ri(X.add64, rsp, 8);
  a.r(X.pop, r12);
  a.r(X.pop, rbx);
  a.op(X.ret);
}

/**
 * void cleanup(ThreadResources *): frees what a thread left behind; Node calls it when the thread's environment ends.
 * Registrations and timers go first, so that no table and no signal points to what is freed behind it.
 */
function emitCleanup(a: Assembler, data: Address, imports: TrapHandlerImports): void {
  a.r(X.push, rbx);
  a.r(X.push, r12);
  a.r(X.push, r13);
  a.rr(X.mov64, rbx, rdi);

  const keepStack = a.newLabel();
  a.mi(X.cmp32, rbx, layout.resourceAltStack, 0);
  a.jcc(Condition.e, keepStack);
  movAddress(a, rdi, data + layout.disableAltStack);
  a.rr(X.xor32, rsi, rsi);
  emitCall(a, imports.sigaltstack);
  a.bind(keepStack);

  const { registration, mapping, heap, file, timer } = layout.ResourceKind;
  emitEach(a, (next) => {
    const other = a.newLabel();
    a.mi(X.cmp32, r12, 0, registration);
    a.jcc(Condition.ne, other);
    a.rm(X.mov64, rax, r12, 8);
    a.mi(X.mov64, rax, 0, 0);
    a.rm(X.mov64, rax, r12, 16);
    a.mi(X.mov32, rax, 0, 0);
    a.jmp(next);
    a.bind(other);
    a.mi(X.cmp32, r12, 0, timer);
    a.jcc(Condition.ne, next);
    a.movImm(rdi, timerDelete, 0);
    a.rm(X.mov64, rsi, r12, 8);
    a.rr(X.xor32, rax, rax);
    emitCall(a, imports.syscall);
  });
  const release = (kind: number, address: Address, next: number): void => {
    const other = a.newLabel();
    a.mi(X.cmp32, r12, 0, kind);
    a.jcc(Condition.ne, other);
    a.rm(X.mov64, rdi, r12, 8);
    a.rm(X.mov64, rsi, r12, 16);
    emitCall(a, address);
    a.jmp(next);
    a.bind(other);
  };
  emitEach(a, (next) => {
    release(mapping, imports.munmap, next);
    release(heap, imports.free, next);
    release(file, imports.close, next);
  });
  a.rm(X.mov64, rdi, rbx, layout.resourceEntries);
  emitCall(a, imports.free);
  a.rr(X.mov64, rdi, rbx);
  emitCall(a, imports.free);
  a.r(X.pop, r13);
  a.r(X.pop, r12);
  a.r(X.pop, rbx);
  a.op(X.ret);
}

/** Emits a loop over the entries of the ThreadResources at rbx; r12 is the current entry, r13 counts down. */
function emitEach(a: Assembler, body: (next: number) => void): void {
  const loop = a.newLabel();
  const next = a.newLabel();
  const end = a.newLabel();
  a.rm(X.mov64, r12, rbx, layout.resourceEntries);
  a.rm(X.mov32, r13, rbx, layout.resourceCount);
  a.bind(loop);
  a.ri(X.sub32, r13, 1);
  a.jcc(Condition.b, end);
  body(next);
  a.bind(next);
  a.ri(X.add64, r12, layout.resourceSize);
  a.jmp(loop);
  a.bind(end);
}

function appendU64(a: Assembler, value: bigint): void {
  a.int32(Number(BigInt.asIntN(32, value)));
  a.int32(Number(BigInt.asIntN(32, value >> 32n)));
}
