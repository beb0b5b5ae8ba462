import { Trap } from '../../../code/traps.js';
import { execEnv, InterruptWord } from '../../../layout/exec-env.js';
import { Gpr } from '../../../x64/abi.js';
import type { Assembler } from '../../../x64/assembler.js';
import { Condition } from '../../../x64/conditions.js';
import { X } from '../../../x64/instructions.js';
import type { Address } from '../../ffi/ffi.js';
import { siginfoValue } from '../../linux/signals.js';
import { signalContext } from '../linux/signal-context.js';
import { trapExitSize } from '../stubs/trap-exit.js';
import { emitFindWasmCode, emitFromTimer, emitLeaveWasm } from './handler-code.js';

const { rax, rcx, rdx, rsi, r8 } = Gpr;

/**
 * The handler of the signals of a thread's timer: see `interrupts.ts`. The timer's value is the address of
 * the thread's words, which say from then on that the time is over.
 *
 * A thread on a wasm stack leaves the wasm code as it would by a trap. What runs there may be left at any
 * instruction: our own code, the stubs, and the few functions of libc that machine code calls, which have no
 * state to keep consistent (`libc.ts`). Everything else goes on: JavaScript and most C code, on the host's
 * stack, and native functions that run on the wasm stack (`native-stub.ts`). On their way back to wasm code
 * they look at the words.
 */
export function emitInterruptHandler(a: Assembler, data: Address): void {
  const elsewhere = emitFromTimer(a);
  a.rm(X.mov64, rax, rsi, siginfoValue);
  a.mi(X.mov32, rax, 4 * InterruptWord.trap, Trap.interrupted);
  a.mi(X.mov32, rax, 4 * InterruptWord.gate, 1);
  emitFindWasmCode(a, data, elsewhere);
  // A thread that leaves already has the place written down that it leaves.
  a.rm(X.mov64, rcx, rdx, signalContext.offsets.rip);
  a.rm(X.sub64, rcx, r8, execEnv.offsets.trapExit);
  a.ri(X.cmp64, rcx, trapExitSize());
  a.jcc(Condition.b, elsewhere);
  emitLeaveWasm(a, Trap.interrupted);
}
