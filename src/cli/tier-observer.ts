import { openSync, writeSync } from 'node:fs';
import type { Runtime } from '../runtime/runtime.js';
import type { RuntimeOptions } from '../runtime/runtime-options.js';
import { TierRecorder, type TierReport } from '../runtime/tiers/tier-report.js';
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
    if (verbose) say(summary(report));
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

/** One line. */
function summary({ upshift, tier, llvm, totals }: TierReport): string {
  const parts = [`version ${upshift}, tier ${tier}`, `Fast JIT: ${totals.fast.functions} functions`];
  if (llvm === null) parts.push('LLVM: not loaded');
  else if ('failure' in llvm) parts.push(`no LLVM: ${llvm.failure}`);
  else parts.push(`LLVM ${llvm.version}, ${llvm.path}: ${totals.llvm.functions} functions`);
  if (totals.aot.functions > 0) parts.push(`ready-made: ${totals.aot.functions} functions`);
  return parts.join('; ');
}
