import { unknownTrap } from '../../../layout/exec-env.js';
import { Gpr } from '../../../x64/abi.js';
import { Assembler } from '../../../x64/assembler.js';
import { Condition } from '../../../x64/conditions.js';
import { X } from '../../../x64/instructions.js';
import type { Address } from '../../ffi/ffi.js';
import { handlerHead, magic, processData, type sharedCode } from '../../layout/process-block.js';
import { ResourceKind, resource, threadResources } from '../../layout/thread-resources.js';
import { Signal, siginfo } from '../../linux/signals.js';
import { signalContext } from '../linux/signal-context.js';
import { Syscall } from '../linux/syscalls.js';
import { movAddress } from '../stubs/stub-code.js';
import {
  emitBadAllocHandler,
  emitFatalHandler,
  emitGuardSignal,
  emitTerminateHandler,
} from './call-guard-code.js';
import { emitCheckpointHandler } from './checkpoint-handler.js';
import { emitExitHandler } from './exit-handler.js';
import { emitCall, emitFindStack, emitLeaveWasm, emitSearch } from './handler-code.js';
import { emitInterruptHandler } from './interrupt-handler.js';

const { rax, rcx, rdx, rbx, rsp, rsi, rdi, r8, r12, r13 } = Gpr;

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
  readonly abort: Address;
}

/**
 * Position-independent code: the signal handler at offset 0, and, by their offsets, the function that frees a
 * thread's resources, the handlers of other signals, and what libraries call that cannot go on.
 */
export interface TrapHandlerCode extends Readonly<Record<keyof typeof sharedCode.offsets, number>> {
  readonly bytes: Uint8Array;
}

/** Builds the code that all threads share; `data` is the address of the process block's tables. */
export function buildTrapHandler(data: Address, imports: TrapHandlerImports): TrapHandlerCode {
  const a = new Assembler();
  emitHandler(a, data, imports);
  const place = (emit: () => void): number => {
    a.align(16);
    const start = a.position;
    emit();
    return start;
  };
  const offsets = {
    cleanup: place(() => emitCleanup(a, data, imports)),
    interruptHandler: place(() => emitInterruptHandler(a, data)),
    checkpointHandler: place(() => emitCheckpointHandler(a, data, imports)),
    exitHandler: place(() => emitExitHandler(a, data, imports)),
    fatalHandler: place(() => emitFatalHandler(a, data)),
    badAllocHandler: place(() => emitBadAllocHandler(a, data)),
    terminateHandler: place(() => emitTerminateHandler(a, data, imports)),
  };
  return { bytes: a.finish(), ...offsets };
}

/**
 * void handler(int signal, siginfo_t *info, ucontext_t *context), on the thread's alternate stack.
 *
 * A fault in a registered code range and on a registered wasm stack is a trap: what is known of it is written
 * to the thread's ExecEnv, and the thread continues at its trap exit once the handler has returned, with the
 * signal mask that it had. A signal in a thread that guards its calls is dealt with as `emitGuardSignal`
 * says. Every other one goes to the handler that was installed before.
 */
function emitHandler(a: Assembler, data: Address, imports: TrapHandlerImports): void {
  const start = a.newLabel();
  const inCode = a.newLabel();
  const chain = a.newLabel();
  a.jmp(start);
  while (a.position < handlerHead.offsets.magic) a.byte(0);
  appendU64(a, magic);
  appendU64(a, BigInt(data));

  a.bind(start);
  movAddress(a, r8, data);
  a.rm(X.mov64, rcx, rdx, signalContext.offsets.rip);
  emitSearch(a, rcx, processData.offsets.codeRanges, inCode, chain);
  a.bind(inCode);
  emitFindStack(a, chain);
  emitLeaveWasm(a, unknownTrap);

  a.bind(chain);
  emitGuardSignal(a);
  // The previous handler: 0 is the default action, 1 "ignore".
  const standard = a.newLabel();
  const ignore = a.newLabel();
  const refault = a.newLabel();
  a.rr(X.mov32, rax, rdi);
  a.rmx(X.mov64, rax, r8, rax, 3, processData.offsets.previousHandlers);
  a.ri(X.cmp64, rax, 1);
  a.jcc(Condition.b, standard);
  a.jcc(Condition.e, ignore);
  a.r(X.jmp, rax);
  // A fault cannot be ignored (si_code > 0); a signal that somebody sent can.
  a.bind(ignore);
  a.mi(X.cmp32, rsi, siginfo.offsets.code, 0);
  a.jcc(Condition.g, standard);
  a.op(X.ret);
  // The default action takes place when the faulting instruction runs again, or the signal is raised again:
  // that of `int3` has been run.
  a.bind(standard);
  a.r(X.push, rbx);
  a.r(X.push, r12);
  a.ri(X.sub64, rsp, 8);
  a.rr(X.mov32, rbx, rdi);
  a.rm(X.mov32, r12, rsi, siginfo.offsets.code);
  a.rm(X.lea64, rsi, r8, processData.offsets.defaultAction);
  a.rr(X.xor32, rdx, rdx);
  emitCall(a, imports.sigaction);
  const raise = a.newLabel();
  a.ri(X.cmp32, rbx, Signal.trap);
  a.jcc(Condition.e, raise);
  a.ri(X.cmp32, r12, 0);
  a.jcc(Condition.g, refault);
  a.bind(raise);
  a.rr(X.mov32, rdi, rbx);
  emitCall(a, imports.raise);
  a.bind(refault);
  a.ri(X.add64, rsp, 8);
  a.r(X.pop, r12);
  a.r(X.pop, rbx);
  a.op(X.ret);
}

/**
 * void cleanup(ThreadResources *): frees what a thread left behind; Node calls it when the thread's
 * environment ends. Registrations and timers go first: no table and no signal may refer to what is freed
 * already.
 */
function emitCleanup(a: Assembler, data: Address, imports: TrapHandlerImports): void {
  a.r(X.push, rbx);
  a.r(X.push, r12);
  a.r(X.push, r13);
  a.rr(X.mov64, rbx, rdi);

  const keepStack = a.newLabel();
  a.mi(X.cmp32, rbx, threadResources.offsets.hasAltStack, 0);
  a.jcc(Condition.e, keepStack);
  movAddress(a, rdi, data + processData.offsets.disableAltStack);
  a.rr(X.xor32, rsi, rsi);
  emitCall(a, imports.sigaltstack);
  a.bind(keepStack);

  const fields = resource.offsets;
  const { registration, mapping, heap, file, timer } = ResourceKind;
  emitEach(a, (next) => {
    const other = a.newLabel();
    a.mi(X.cmp32, r12, fields.kind, registration);
    a.jcc(Condition.ne, other);
    a.rm(X.mov64, rax, r12, fields.first);
    a.mi(X.mov64, rax, 0, 0);
    a.rm(X.mov64, rax, r12, fields.second);
    a.mi(X.mov32, rax, 0, 0);
    a.jmp(next);
    a.bind(other);
    a.mi(X.cmp32, r12, fields.kind, timer);
    a.jcc(Condition.ne, next);
    a.movImm(rdi, Syscall.timerDelete, 0);
    a.rm(X.mov64, rsi, r12, fields.first);
    a.rr(X.xor32, rax, rax);
    emitCall(a, imports.syscall);
  });
  const release = (kind: number, address: Address, next: number): void => {
    const other = a.newLabel();
    a.mi(X.cmp32, r12, fields.kind, kind);
    a.jcc(Condition.ne, other);
    a.rm(X.mov64, rdi, r12, fields.first);
    a.rm(X.mov64, rsi, r12, fields.second);
    emitCall(a, address);
    a.jmp(next);
    a.bind(other);
  };
  emitEach(a, (next) => {
    release(mapping, imports.munmap, next);
    release(heap, imports.free, next);
    release(file, imports.close, next);
  });
  a.rm(X.mov64, rdi, rbx, threadResources.offsets.entries);
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
  a.rm(X.mov64, r12, rbx, threadResources.offsets.entries);
  a.rm(X.mov32, r13, rbx, threadResources.offsets.count);
  a.bind(loop);
  a.ri(X.sub32, r13, 1);
  a.jcc(Condition.b, end);
  body(next);
  a.bind(next);
  a.ri(X.add64, r12, resource.size);
  a.jmp(loop);
  a.bind(end);
}

function appendU64(a: Assembler, value: bigint): void {
  a.int32(Number(BigInt.asIntN(32, value)));
  a.int32(Number(BigInt.asIntN(32, value >> 32n)));
}
