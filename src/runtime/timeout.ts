import { withDeadline } from '../native/interrupts.js';

/** What the kernel's timers can do, and more than anybody waits for: 68 years. */
const longest = 2 ** 31 * 1000;

/**
 * Does something, and stops WebAssembly code of any runtime in this thread that still runs when `milliseconds` are over: it
 * traps, as `Trap.interrupted`, wherever it is. Its JavaScript callers see a TrapError (of the WebAssembly JavaScript API: a
 * RuntimeError), and may catch it. WebAssembly code that they call afterwards is not even entered, until `work` has returned.
 * JavaScript and native functions are not stopped. The instances remain usable; what the code was about to do to its memory
 * may be half done.
 *
 * Of calls within each other the one that ends first counts. What `work` leaves to the event loop has no limit.
 *
 * Running code pays nothing for it. Where there are no signals (without FFI) only interpreted code can run, which looks at
 * the clock.
 *
 * @param milliseconds at least 0; fractions count
 * @returns what `work` returns
 * @throws RangeError where `milliseconds` is no such number; what `work` throws
 */
export function withTimeout<Result>(milliseconds: number, work: () => Result): Result {
  if (!(milliseconds >= 0 && milliseconds <= longest)) {
    throw new RangeError(`a time limit of ${milliseconds} milliseconds: it must be from 0 to ${longest}`);
  }
  return withDeadline(milliseconds, work);
}
