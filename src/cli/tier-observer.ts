import { openSync, writeSync } from 'node:fs';
import type { Runtime } from '../runtime/runtime.js';
import type { RuntimeOptions } from '../runtime/runtime-options.js';
import { TierRecorder } from '../runtime/tiers/tier-report.js';
import { summaryLines } from '../runtime/tiers/tier-summary.js';
import { systemErrorCode } from '../wasi/errno.js';
import type { RunArguments } from './arguments.js';
import { pathOfText } from './byte-text.js';
import { InputError } from './errors.js';
import { printable, writeText } from './output.js';
import { tierReportText } from './tier-report-text.js';

/**
 * Watches the tiers and reports on them at the end: `--tier-report`, `--verbose`, and options that had no
 * effect.
 */
export class TierObserver {
  readonly #command: RunArguments;
  readonly #recorder: TierRecorder | undefined;
  /** Opened before the program runs, which may take long. */
  readonly #reportFd: number | undefined;

  /** Throws an InputError if the report's file cannot be written. */
  constructor(command: RunArguments) {
    const { tierReport, verbose } = command;
    this.#command = command;
    if (tierReport !== undefined || verbose) this.#recorder = new TierRecorder();
    if (tierReport?.kind === 'file') this.#reportFd = open(tierReport.path);
  }

  /** The same options, with callbacks that also observe. */
  watch(options: RuntimeOptions): RuntimeOptions {
    const recorder = this.#recorder;
    if (recorder === undefined) return options;
    const { onCodeFound, onCompile, onTierUp } = recorder;
    return { ...options, onCodeFound, onCompile, onTierUp };
  }

  /** Prints the reports; called when the process is about to end. */
  tell(runtime: Runtime): void {
    const { tierReport, verbose, llvm } = this.#command;
    const state = runtime.tier === 'multi' && llvm.library !== undefined ? runtime.llvm : undefined;
    if (state !== undefined && 'failure' in state) say(`without LLVM: ${state.failure}`);
    const report = this.#recorder?.report(runtime);
    if (report === undefined) return;
    if (verbose) for (const line of summaryLines(report)) say(line);
    if (this.#reportFd !== undefined) {
      try {
        writeSync(this.#reportFd, `${JSON.stringify(report, undefined, 2)}\n`);
      } catch (error) {
        say(`the tier report could not be written: ${systemErrorCode(error) ?? String(error)}`);
      }
    } else if (tierReport !== undefined) {
      writeText(2, tierReportText(report));
    }
  }
}

function open(path: string): number {
  try {
    return openSync(pathOfText(path), 'w');
  } catch (error) {
    throw new InputError(`cannot write ${path}: ${systemErrorCode(error) ?? String(error)}`);
  }
}

function say(message: string): void {
  writeText(2, `upshift: ${printable(message)}\n`);
}
