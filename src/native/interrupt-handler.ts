import { Gpr } from '../code/abi.js';
import { Trap } from '../code/traps.js';
import type { Assembler } from '../x64/assembler.js';
import { Condition } from '../x64/conditions.js';
import { X } from '../x64/instructions.js';
import { execEnv } from './exec-env-layout.js';
import type { Address } from './ffi.js';
import { emitLeaveWasm, emitSearch } from './handler-code.js';
import * as layout from './process-block-layout.js';
import { movAddress } from './stubs/stub-code.js';

const { rax, rdx, rsi, r8, r9, r10, r11 } = Gpr;

/**
 * The handler of the signals of a thread's timer: see `interrupts.ts`. The timer's value is the address of the thread's
 * word, which becomes `Trap.interrupted`.
 *
 * If the thread is on a wasm stack it leaves the wasm code as by a trap. What runs there may be left at any instruction: our
 * own code, the stubs (from where they are on that stack the innermost entry can be left), and the few functions of libc
 * that machine code calls, which keep nothing in order that others rely on (`libc.ts`). Everything else, JavaScript above
 * all, runs on the host's stack, and goes on; as do native functions that run on the wasm stack (`native-stub.ts`). Who
 * returns from there to wasm code looks at the word.
 */
export function emitInterruptHandler(a: Assembler, data: Address): void {
  const ours = a.newLabel();
  const onStack = a.newLabel();
  const elsewhere = a.newLabel();
  // Anybody may send the signal, but without an address.
  a.mi(X.cmp32, rsi, layout.siCode, layout.fromTimer);
  a.jcc(Condition.e, ours);
  a.bind(elsewhere);
  a.op(X.ret);
  a.bind(ours);
  a.rm(X.mov64, rax, rsi, layout.siValue);
  a.mi(X.mov32, rax, 0, Trap.interrupted);
  movAddress(a, r8, data);
  a.rm(X.mov64, r11, rdx, layout.contextRsp);
  a.rm(X.mov32, r9, r8, layout.stackCount);
  a.rm(X.lea64, r10, r8, layout.stacks);
  emitSearch(a, r11, layout.stackSize, onStack, elsewhere);
  a.bind(onStack);
  a.rm(X.mov64, rax, r10, 16);
  a.mi(X.cmp32, rax, execEnv.offsets.onWasmStack, 0);
  a.jcc(Condition.ne, elsewhere);
  emitLeaveWasm(a, Trap.interrupted);
}
