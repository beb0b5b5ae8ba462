import { func } from '../ffi/ffi.js';
import type { OnceWord } from '../layout/process-block.js';
import { processBlock } from './process-block.js';

const usleep = func('usleep', 'int', ['int']);

/** Microseconds between two looks at whether another thread is done. */
const pollInterval = 500;

/** Progress of the work that a word stands for. */
const Progress = { none: 0, running: 1, done: 2 } as const;

/** Does some work if no thread of the process has done it; returns when it is done. */
export function oncePerProcess(word: (typeof OnceWord)[keyof typeof OnceWord], work: () => void): void {
  const { i32 } = processBlock();
  const at = word / 4;
  if (Atomics.compareExchange(i32, at, Progress.none, Progress.running) === Progress.none) {
    try {
      work();
    } finally {
      Atomics.store(i32, at, Progress.done);
    }
    return;
  }
  while (Atomics.load(i32, at) !== Progress.done) usleep(pollInterval);
}
