/** Does some work while `undoWhenUnwound` finds no room on the stack. */
export async function whereNothingCanBeWatched(work: () => void): Promise<void> {
  // What has been watched until now is forgotten.
  await new Promise((resolve) => setImmediate(resolve));
  const { queueMicrotask } = globalThis;
  globalThis.queueMicrotask = () => {
    throw new RangeError('Maximum call stack size exceeded');
  };
  try {
    work();
  } finally {
    globalThis.queueMicrotask = queueMicrotask;
  }
}
