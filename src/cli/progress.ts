import { createRequire } from 'node:module';
import type * as CliProgress from 'cli-progress';
import { setFarewell } from '../native/traps/exit-signals.js';

/** Milliseconds before the bar appears. */
const patience = 1000;

/**
 * Goes to the start of the line and clears it; turns line wrapping and the cursor back on (DECAWM, DECTCEM).
 */
const restoreTerminal = '\r\x1b[K\x1b[?7h\x1b[?25h';

/**
 * A bar on the terminal while the program waits for LLVM to compile everything. The process does nothing else
 * then.
 */
export class Progress {
  #startedAt: number | undefined;
  #bar: CliProgress.SingleBar | undefined;

  /** For `RuntimeOptions.onProgress`. */
  update = (done: number, total: number): void => {
    this.#startedAt ??= Date.now();
    if (this.#bar !== undefined) this.#bar.update(done);
    else if (done < total && Date.now() - this.#startedAt > patience) this.#start(done, total);
  };

  /** Clears the line. */
  end(): void {
    if (this.#bar === undefined) return;
    this.#bar.stop();
    this.#bar = undefined;
    setFarewell('');
  }

  #start(done: number, total: number): void {
    // Setting up `process.stderr` takes milliseconds, and so does loading the library.
    if (!process.stderr.isTTY) return;
    const { SingleBar, Presets } = createRequire(import.meta.url)('cli-progress') as typeof CliProgress;
    const options: CliProgress.Options = {
      format: 'compiling with LLVM [{bar}] {value}/{total} functions',
      clearOnComplete: true,
      // Timers do not fire while the process waits.
      synchronousUpdate: true,
      stream: process.stderr,
    };
    setFarewell(restoreTerminal);
    this.#bar = new SingleBar(options, Presets.legacy);
    this.#bar.start(total, done);
  }
}
