import { createRequire } from 'node:module';
import type * as CliProgress from 'cli-progress';

/** Milliseconds that are waited in silence. */
const patience = 1000;

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
    this.#bar?.stop();
    this.#bar = undefined;
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
    this.#bar = new SingleBar(options, Presets.legacy);
    this.#bar.start(total, done);
  }
}
