/**
 * V8 can end JavaScript without `catch` and `finally`, and go on with the code that called it: the `timeout`
 * of `node:vm` does that. What a `finally` would have undone is undone when the stack is empty, which is when
 * microtasks run.
 */

/** Something that a function does first and undoes in its `finally`. */
export interface Undoing {
  /** Name of the function. */
  readonly owner: string;
  /** Whether it has not been undone. */
  readonly isDue: () => boolean;
  readonly undo: () => void;
}

let watched = new Set<Undoing>();

/**
 * Undoes something once all that runs now has ended, if its owner has not done so. To be called before there
 * is anything to undo: this call, too, can be ended, or find no room on the stack.
 */
export function undoWhenUnwound(undoing: Undoing): void {
  if (watched.size === 0) queueMicrotask(undoAll);
  watched.add(undoing);
}

function undoAll(): void {
  const all = watched;
  watched = new Set();
  for (const undoing of all) {
    if (!undoing.isDue()) continue;
    // There are add-ons that run the event loop from within.
    if (isRunning(undoing.owner)) setImmediate(() => undoWhenUnwound(undoing));
    else undoing.undo();
  }
}

/** Whether a function of that name is among those that run. */
function isRunning(name: string): boolean {
  const { prepareStackTrace, stackTraceLimit } = Error;
  try {
    Error.stackTraceLimit = Number.POSITIVE_INFINITY;
    Error.prepareStackTrace = (_, sites) => sites.some((site) => site.getFunctionName() === name);
    const trace: { stack?: unknown } = {};
    Error.captureStackTrace(trace);
    return trace.stack === true;
  } finally {
    Error.prepareStackTrace = prepareStackTrace;
    Error.stackTraceLimit = stackTraceLimit;
  }
}
