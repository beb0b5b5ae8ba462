import {
  aFunction,
  anAbortSignal,
  isAbortSignal,
  numberFrom,
  type OptionTable,
  optionsOf,
} from '../../checks/checks.js';
import { described } from '../../checks/describe.js';
import { argumentTypeError } from '../../checks/errors.js';
import { Limit } from '../../native/interrupts/limits.js';
import { isThenable, unlessAborted } from './slices.js';

/** What the kernel's timers can do, and more than anybody waits for: 68 years. */
const longest = 2 ** 31 * 1000;

/** What ends wasm code, whichever comes first. One of them at least. */
export interface TimeLimit {
  /** At least 0; fractions count. */
  readonly milliseconds?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Does something, and stops WebAssembly code of any runtime in this thread that still runs when
 * `milliseconds` are over: it traps, as `Trap.interrupted`, wherever it is. Its JavaScript callers see a
 * TrapError (of the WebAssembly JavaScript API: a RuntimeError), and may catch it. WebAssembly code that they
 * call afterwards is not even entered, until `work` has returned. JavaScript and native functions are not
 * stopped. The instances remain usable; what the code was about to do to its memory may be half done.
 *
 * If `work` returns a promise, the limit stays until that is settled, for what is called in the asynchronous
 * context of `work` (that of `AsyncLocalStorage`), and for nothing else. All time counts until `work` has
 * returned; from then on only the time from where JavaScript enters WebAssembly code until it returns there,
 * functions of the host that it calls included. To wait costs nothing. Several limits at once count for
 * themselves. `withTimeout` returns a promise for the same result.
 *
 * A signal that is aborted has the same effects as time that is over, but that its `reason` is thrown, to the
 * callers of the WebAssembly code and by `withTimeout`: before `work` is called, if it was aborted by then. A
 * promise is rejected at once. It must be aborted by JavaScript of this thread, between entries into
 * WebAssembly code or in a function that it calls: `AbortSignal.timeout()` does not come while the thread is
 * busy.
 *
 * Of calls within each other the one that ends first counts. What `work` leaves to the event loop without a
 * promise has no limit.
 *
 * Running code pays nothing for it. Where there are no signals (without FFI) only interpreted code can run,
 * which looks at the clock.
 *
 * @param limit milliseconds, a signal, or both
 * @returns what `work` returns; where that is a promise, or has a method `then`, a promise for the same
 * @throws TypeError or RangeError where the arguments are others; what `work` throws; the signal's reason
 */
export function withTimeout<Result>(limit: number | AbortSignal | TimeLimit, work: () => Result): Result {
  const { milliseconds = Number.POSITIVE_INFINITY, signal } = checked(limit);
  aFunction.test('withTimeout: the second argument', work);
  if (signal?.aborted) throw signal.reason;
  const made = new Limit({ milliseconds, signal });
  let result: Result;
  try {
    result = made.run(work);
  } catch (error) {
    made.lift();
    throw error;
  }
  if (isThenable(result)) return unlessAborted(made.during(result), signal) as Result;
  made.lift();
  return result;
}

const options: OptionTable<TimeLimit> = {
  milliseconds: numberFrom(0, longest, 'milliseconds'),
  signal: anAbortSignal,
};
const timeLimit = optionsOf(options);

const expected =
  'a number of milliseconds, an AbortSignal, or an object { milliseconds, signal } with one of them at least';

function checked(limit: unknown): TimeLimit {
  if (isAbortSignal(limit)) return { signal: limit };
  if (typeof limit === 'number') {
    options.milliseconds.test('withTimeout: the first argument', limit);
    return { milliseconds: limit };
  }
  if (typeof limit !== 'object' || limit === null || Array.isArray(limit)) {
    throw argumentTypeError(`withTimeout: the first argument must be ${expected}, not ${described(limit)}`);
  }
  timeLimit.test('withTimeout: the first argument', limit);
  const given = limit as TimeLimit;
  if (given.milliseconds === undefined && given.signal === undefined) {
    throw argumentTypeError(`withTimeout: the first argument must be ${expected}: it has neither`);
  }
  return given;
}
