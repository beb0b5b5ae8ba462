import { makeRun, type Run } from './run.js';
import { Stack } from './stack.js';

/** Bytes of values on the stack: as many as a runtime may use. Only what is touched takes memory. */
const stackBytes = 2 ** 23;

/** The stack of this thread, and the function that runs interpreted functions on it: see `makeRun`. */
export interface ThreadInterpreter {
  readonly stack: Stack;
  readonly run: Run;
}

let thread: ThreadInterpreter | undefined;

/** Some functions are gone: their references may soon mean others. */
export function forgetFunctions(): void {
  thread?.stack.forgetFunctions();
}

export function threadInterpreter(): ThreadInterpreter {
  if (thread === undefined) {
    const stack = new Stack(stackBytes);
    thread = { stack, run: makeRun(stack) };
  }
  return thread;
}
