import { TrapSignal } from '../../code/trap-signal.js';
import { Trap } from '../../code/traps.js';
import { InterruptWord, interruptWordsSize } from '../../layout/exec-env.js';
import { type Address, nativeUnavailable, symbol } from '../ffi/ffi.js';
import { lazy } from '../ffi/lazy.js';
import { makeBufferBlock } from '../memory/buffer-block.js';
import { monotonic } from '../process/monotonic.js';
import { processBlock } from '../process/process-block.js';
import { ThreadTimer, TimerClock } from './thread-timer.js';

/**
 * The thread's deadline, and what becomes of wasm code that runs at that moment. A timer of the kernel's
 * sends the thread a signal then, and again every few milliseconds until the deadline is lifted: see
 * `interrupt-handler.ts`. Where the signal finds JavaScript or C code, the thread's words say from then on
 * that the time is over. They are looked at on the way into wasm code and on the way back from JavaScript to
 * it; and whoever waits in a system call, which the signal ends with EINTR, asks `throwIfInterrupted`. The
 * interpreter asks the clock, for it also runs where there are no signals.
 *
 * Where the deadline comes from, `limits.ts` knows.
 */

/** The deadline, in milliseconds of the monotonic clock. */
let deadline = Number.POSITIVE_INFINITY;
/** What is thrown after the deadline, where that is not the trap. */
let cause: Cause | undefined;
let entriesAsk = false;

/** Why wasm code is to end, where its time is not over: any value. */
export interface Cause {
  readonly reason: unknown;
}

const block = lazy(() => makeBufferBlock(interruptWordsSize));

/** The thread's words. For machine code they lie at `interruptAddress`. */
export const interruptWords: () => Uint32Array = lazy(() => new Uint32Array(block().buffer));

/** Address of the words. */
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

/**
 * Ends the wasm code that has called a function of the host, if the deadline has passed: to be called after
 * EINTR.
 */
export function throwIfInterrupted(): void {
  if (isInterrupted()) throwInterruption();
}

/** Throws what ends wasm code after the deadline: the trap, or the reason that somebody else gave. */
export function throwInterruption(): never {
  if (cause !== undefined) throw cause.reason;
  throw new TrapSignal(Trap.interrupted);
}

/**
 * Changes the deadline.
 *
 * @param at in milliseconds of the monotonic clock; infinity for none
 * @param newCause is given where wasm code is to end at once, for another reason than its time
 */
export function setDeadline(at: number, newCause?: Cause): void {
  const next = newCause === undefined ? at : Number.NEGATIVE_INFINITY;
  const isSame = next === deadline && newCause?.reason === cause?.reason;
  if (isSame) return;
  deadline = next;
  cause = newCause;
  arm();
}

/** Whether wasm code is not entered any more before `limits.ts` has been asked. */
export function askAtEntries(ask: boolean): void {
  entriesAsk = ask;
  const words = interruptWords();
  words[InterruptWord.gate] = ask || words[InterruptWord.trap] !== Trap.none ? 1 : 0;
}

/** Starts the timer for the deadline, if there is one. Until then the first word is 0. */
function arm(): void {
  if (nativeUnavailable() === undefined && (timer !== undefined || hasDeadline())) {
    timer ??= newTimer();
    // All its signals have arrived when this returns.
    timer.stop();
  }
  const words = interruptWords();
  const now = monotonic();
  words[InterruptWord.trap] = now >= deadline ? Trap.interrupted : Trap.none;
  askAtEntries(entriesAsk);
  // Also when it is over: there may be a system call yet that waits.
  if (hasDeadline()) timer?.start(Math.max(0, deadline - now));
}

/** Milliseconds from one signal to the next. */
const repetition = 10;

/** Without machine code its signals do nothing but end system calls with EINTR. */
function newTimer(): ThreadTimer {
  return new ThreadTimer({
    clock: TimerClock.monotonic,
    // Of the functions of libc that any handler's arguments do no harm to.
    handler: hasMachineCode ? processBlock().interruptHandler : symbol('getppid'),
    value: interruptAddress(),
    repetition,
    restartsCalls: false,
    isOwned: hasMachineCode,
  });
}
