import { offAbort, onAbort } from '../../native/interrupts/abort-listeners.js';

/** Milliseconds that work in slices keeps others waiting at a time. */
const sliceLength = 5;

/** Resolves in a later task: others get their turn. */
export function nextTask(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

/** Does all steps of some work at once. */
export function finish<Result>(steps: Generator<void, Result>): Result {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}

/**
 * Does some work in later tasks, in slices of several steps, between which others get their turn. Where
 * `checkGoesOn` throws, the work is given up: its `finally` blocks are run.
 *
 * @param checkGoesOn is called before each slice
 */
export async function finishInSlices<Result>(
  steps: Generator<void, Result>,
  checkGoesOn: () => void,
): Promise<Result> {
  try {
    for (;;) {
      await nextTask();
      checkGoesOn();
      const sliceEnd = performance.now() + sliceLength;
      do {
        const step = steps.next();
        if (step.done === true) return step.value;
      } while (performance.now() < sliceEnd);
    }
  } catch (error) {
    steps.return(undefined as Result);
    throw error;
  }
}

/** Whether the value is a promise, or behaves like one. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof (Object(value) as Partial<PromiseLike<unknown>>).then === 'function';
}

/**
 * As the promise, but rejected as soon as the signal is aborted.
 *
 * @param signal rejects with its reason
 */
export function unlessAborted<Result>(
  promise: PromiseLike<Result>,
  signal: AbortSignal | undefined,
): Promise<Result> {
  if (signal === undefined) return Promise.resolve(promise);
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason);
    if (signal.aborted) abort();
    onAbort(signal, abort);
    const settle = (then: () => void): void => {
      offAbort(signal, abort);
      then();
    };
    promise.then(
      (value) => settle(() => resolve(value)),
      (error: unknown) => settle(() => reject(error)),
    );
  });
}
