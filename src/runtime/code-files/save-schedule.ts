/** Milliseconds without new code after which it is saved. The next time it is twice as long, … */
const firstPause = 250;
/** … up to this. */
const longestPause = 300_000;

/** Something that has new code, and saves it. */
export interface Saver {
  save(): void;
}

/** Those that have new code, of all runtimes of this thread. */
const waiting = new Set<Saver>();
let isWatched = false;

/** The thread ends. `process.exit`, in the middle of wasm code too, comes here as well. */
function saveAll(): void {
  for (const saver of waiting) saver.save();
  waiting.clear();
}

/**
 * When new code of a runtime is saved: at the end of the thread, and when there has been no new code for some
 * time and the event loop is free. A program that goes on making code is not saved more and more often: each
 * save writes all code of a module.
 */
export class SaveSchedule {
  readonly #saver: Saver;
  #timer: NodeJS.Timeout | undefined;
  #pause = firstPause;

  constructor(saver: Saver) {
    this.#saver = saver;
  }

  /** There is new code. */
  note(): void {
    // While the timer runs, it is only wound up again: that is cheap.
    if (this.#timer !== undefined) {
      this.#timer.refresh();
      return;
    }
    if (!isWatched) {
      isWatched = true;
      process.on('exit', saveAll);
    }
    waiting.add(this.#saver);
    this.#timer = setTimeout(() => {
      this.stop();
      this.#pause = Math.min(2 * this.#pause, longestPause);
      this.#saver.save();
    }, this.#pause);
    // Nobody waits for it.
    this.#timer.unref();
  }

  /** Everything has been saved, or is not to be saved any more. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    waiting.delete(this.#saver);
  }
}
