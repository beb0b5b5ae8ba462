import { createRequire } from 'node:module';
import type * as CliProgress from 'cli-progress';
import { setFarewell } from '../native/exit-signals.js';

/** Milliseconds that are waited in silence. */
const patience = 1000;

/** To the start of the line, which is cleared; lines wrap again, the cursor is shown (DECAWM, DECTCEM). */
const restoreTerminal = '\r\x1b[K\x1b[?7h\x1b[?25h';

/** A bar on the terminal while LLVM compiles everything and the program waits; the process does nothing else then. */
export class Progress {
  #startedAt: number | undefined;
  #bar: CliProgress.SingleBar | undefined;

  /** For `RuntimeOptions.onProgress`. */
  update = (done: number, total: number): void => {
    this.#startedAt ??= Date.now();
    if (this.#bar !== undefined) this.#bar.update(done);
    else if (done < total && Date.now() - this.#startedAt > patience) this.#start(done, total);
  };

  /** Leaves the line as it was. */
  end(): void {
    if (this.#bar === undefined) return;
    this.#bar.stop();
    this.#bar = undefined;
    setFarewell('');
  }

  #start(done: number, total: number): void {
    // Which takes milliseconds to set up, as what it is imported from would.
    if (!process.stderr.isTTY) return;
    const { SingleBar, Presets } = createRequire(import.meta.url)('cli-progress') as typeof CliProgress;
    const options: CliProgress.Options = {
      format: 'compiling with LLVM [{bar}] {value}/{total} functions',
      clearOnComplete: true,
      // No timer fires while the process waits.
      synchronousUpdate: true,
      stream: process.stderr,
    };
    setFarewell(restoreTerminal);
    this.#bar = new SingleBar(options, Presets.legacy);
    this.#bar.start(total, done);
  }
}
