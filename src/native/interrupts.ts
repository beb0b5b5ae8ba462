import { TrapSignal } from '../code/trap-signal.js';
import { Trap } from '../code/traps.js';
import { makeBufferBlock } from './buffer-block.js';
import { type Address, nativeUnavailable } from './ffi.js';
import { lazy } from './lazy.js';
import { monotonic } from './monotonic.js';
import { ThreadTimer } from './thread-timer.js';

/**
 * The thread's deadline, and what becomes of wasm code that runs at that moment. A timer of the kernel's sends the thread a
 * signal then, and again every few milliseconds until the deadline is lifted: see `interrupt-handler.ts`. Where the signal
 * finds JavaScript or C code, the thread's word says from then on that the time is over. It is looked at on the way into
 * wasm code and on the way back from JavaScript to it; and whoever waits in a system call, which the signal ends with EINTR,
 * asks `throwIfInterrupted`. The interpreter asks the clock, for it also runs where there are no signals.
 */

/** The deadline, in milliseconds of the monotonic clock. */
let deadline = Number.POSITIVE_INFINITY;

const block = lazy(() => makeBufferBlock(8));

/**
 * The thread's word: element 0 is `Trap.interrupted` from the deadline on, else 0. For machine code it lies at
 * `interruptAddress`.
 */
export const interruptWord: () => Uint32Array = lazy(() => new Uint32Array(block().buffer));

/** Address of the word. */
export function interruptAddress(): Address {
  return block().address;
}

let hasMachineCode = false;
let timer: ThreadTimer | undefined;

/** Says that the thread has machine code: from now on signals make it leave wasm code. */
export function interruptMachineCode(): void {
  if (hasMachineCode) return;
  hasMachineCode = true;
  if (timer === undefined) return;
  timer.dispose();
  timer = undefined;
  arm();
}

/** Whether the thread has a deadline. */
export function hasDeadline(): boolean {
  return deadline !== Number.POSITIVE_INFINITY;
}

/** Whether the thread's deadline has passed. */
export function isInterrupted(): boolean {
  return hasDeadline() && monotonic() >= deadline;
}

/** Ends the wasm code that has called a function of the host, if the deadline has passed: to be called after EINTR. */
export function throwIfInterrupted(): void {
  if (isInterrupted()) throw new TrapSignal(Trap.interrupted);
}

/** Does something with a deadline, `milliseconds` from now, unless there is an earlier one already. */
export function withDeadline<Result>(milliseconds: number, work: () => Result): Result {
  const outer = deadline;
  deadline = Math.min(outer, monotonic() + milliseconds);
  if (deadline !== outer) arm();
  try {
    return work();
  } finally {
    if (deadline !== outer) {
      deadline = outer;
      arm();
    }
  }
}

/** Has the timer go off at the deadline, if there is one; until then the word is 0. */
function arm(): void {
  if (nativeUnavailable() === undefined) {
    timer ??= new ThreadTimer(hasMachineCode, interruptAddress());
    // All its signals have arrived when this returns.
    timer.stop();
  }
  interruptWord()[0] = Trap.none;
  if (hasDeadline()) timer?.start(deadline - monotonic());
}
