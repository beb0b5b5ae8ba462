import { makeRun, type Run } from './run.js';
import { Stack } from './stack.js';

/** Bytes of values on the stack: as much as any runtime may use. Memory is taken as it is used. */
const stackBytes = 2 ** 23;

/** The stack of this thread, and what runs interpreted functions on it: see `makeRun`. */
export interface ThreadInterpreter {
  readonly stack: Stack;
  readonly run: Run;
}

let thread: ThreadInterpreter | undefined;

/** Functions are gone: references to them may stand for others from now on. */
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
