import { isThreadAlive, threadId } from '../process/threads.js';
import { type Undoing, undoWhenUnwound } from './unwound.js';

/** Milliseconds between two looks at whether the thread that holds the lock still lives. */
const checkInterval = 20;

/**
 * A mutex among the threads of this process: one word of shared memory, for which each thread makes a Lock.
 * Waiting blocks the thread; it costs nothing where nobody else holds the lock.
 *
 * The word is 0 while the lock is free, else twice the id of the thread that holds it, plus 1 where somebody
 * may be waiting (U. Drepper, "Futexes Are Tricky", mutex3, with an owner). `worker.terminate()` can end a
 * thread that holds the lock, without running `finally`. The next thread that wants the lock takes it then,
 * so what it guards must be consistent after each single store. The same goes for wake-ups that such a thread
 * has swallowed, and for a thread that lives on after the `timeout` of `node:vm`.
 */
export class Lock {
  readonly #words: Int32Array;
  readonly #index: number;
  readonly #holder: number;
  readonly #undoing: Undoing = {
    owner: 'hold',
    isDue: () => this.#words[this.#index] >> 1 === this.#holder,
    undo: () => this.#release(),
  };

  /** `words` lies in a SharedArrayBuffer; its element `index` is 0 at first, and used for nothing else. */
  constructor(words: Int32Array, index: number) {
    this.#words = words;
    this.#index = index;
    this.#holder = threadId();
  }

  /** Does some work while no other thread holds the lock. Throws where this thread holds it already. */
  hold<T>(work: () => T): T {
    undoWhenUnwound(this.#undoing);
    this.#acquire();
    try {
      return work();
    } finally {
      this.#release();
    }
  }

  #acquire(): void {
    const words = this.#words;
    const index = this.#index;
    const free = 2 * this.#holder;
    let seen = Atomics.compareExchange(words, index, 0, free);
    if (seen === 0) return;
    if (seen >> 1 === this.#holder) throw new Error('the thread holds this lock already');
    // Others may be waiting as well, and nobody counts them: this thread will have to wake one.
    const contended = free | 1;
    while (seen !== 0) {
      if (seen & 1 || Atomics.compareExchange(words, index, seen, seen | 1) === seen) {
        seen |= 1;
        const outcome = Atomics.wait(words, index, seen, checkInterval);
        if (outcome === 'timed-out' && !isThreadAlive(seen >> 1)) {
          if (Atomics.compareExchange(words, index, seen, contended) === seen) return;
        }
      }
      seen = Atomics.compareExchange(words, index, 0, contended);
    }
  }

  #release(): void {
    if (Atomics.exchange(this.#words, this.#index, 0) & 1) Atomics.notify(this.#words, this.#index, 1);
  }
}
