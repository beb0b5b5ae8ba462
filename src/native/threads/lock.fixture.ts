import { parentPort, workerData } from 'node:worker_threads';
import { Lock } from './lock.js';

/**
 * What a thread does that takes a lock. The lock is word 0; work starts when word 1 is not 0, and word 2
 * counts it. `pause` and `stay` take the lock before: one keeps it for a tenth of a second, the other for
 * ever.
 */
export interface LockWork {
  readonly words: Int32Array;
  readonly task: 'count' | 'pause' | 'stay';
  readonly rounds: number;
}

const { words, task, rounds } = workerData as LockWork;
const lock = new Lock(words, 0);

const go = (): void => {
  parentPort?.postMessage('ready');
  Atomics.wait(words, 1, 0);
};

if (task === 'count') {
  go();
  for (let count = 0; count < rounds; count++) lock.hold(() => words[2]++);
} else {
  lock.hold(() => {
    go();
    if (task === 'stay') for (;;);
    Atomics.wait(words, 3, 0, 100);
    words[2]++;
  });
}
