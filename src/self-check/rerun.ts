import { Runtime } from '../runtime/runtime.js';
import type { RuntimeOptions } from '../runtime/runtime-options.js';
import type { Wasi } from '../wasi/wasi.js';
import type { CallLog } from './call-log.js';
import type { Step } from './events.js';
import { Replayer } from './replayer.js';
import { Side } from './side.js';

/** What was done with the program that is checked. */
export interface History {
  readonly bytes: Uint8Array;
  readonly wasi: Wasi;
  readonly log: CallLog;
  readonly steps: readonly Step[];
  /** For each step, the word of the log at which its calls end. */
  readonly stepEnds: readonly number[];
}

/** A program that does again what another one has done, as the log says. */
export class Rerun {
  readonly side: Side;
  readonly replayer: Replayer;
  readonly runtime: Runtime;

  /** @param stopBefore number of the call of an import at which it is stopped in any case */
  constructor(
    name: string,
    { bytes, wasi, log }: History,
    options: RuntimeOptions,
    stopBefore?: number | undefined,
  ) {
    const runtime = new Runtime(options);
    const module = runtime.compile(bytes, { copy: false });
    this.runtime = runtime;
    this.replayer = new Replayer(module, wasi, log, stopBefore);
    this.side = new Side(name, module, this.replayer, (imports) => runtime.instantiate(module, imports));
  }

  /** Does a step, whose calls end at a word of the log. */
  step(step: Step, stepEnd: number): void {
    this.replayer.begin(stepEnd);
    this.side.run(step);
  }

  /** Does all steps, or those up to the one at which the program leaves the log. */
  run({ steps, stepEnds }: History): void {
    for (const [k, step] of steps.entries()) {
      this.step(step, stepEnds[k]);
      if (this.replayer.departure !== undefined) return;
    }
  }
}
