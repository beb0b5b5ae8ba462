/**
 * Listeners of AbortSignals: one for each signal, however many want to know, since Node warns of signals with
 * many.
 */

interface Waiting {
  readonly calls: Set<() => void>;
  readonly listener: () => void;
}

const waiting = new WeakMap<AbortSignal, Waiting>();

/** Calls something when the signal is aborted, unless `offAbort` takes it back before. */
export function onAbort(signal: AbortSignal, call: () => void): void {
  let known = waiting.get(signal);
  if (known === undefined) {
    const calls = new Set<() => void>();
    known = { calls, listener: () => callAll(signal, calls) };
    waiting.set(signal, known);
    signal.addEventListener('abort', known.listener, { once: true });
  }
  known.calls.add(call);
}

export function offAbort(signal: AbortSignal, call: () => void): void {
  const known = waiting.get(signal);
  if (known === undefined || !known.calls.delete(call) || known.calls.size > 0) return;
  waiting.delete(signal);
  signal.removeEventListener('abort', known.listener);
}

function callAll(signal: AbortSignal, calls: ReadonlySet<() => void>): void {
  waiting.delete(signal);
  for (const call of calls) call();
}
