import { openSync, writeSync } from 'node:fs';
import type { Runtime } from '../runtime/runtime.js';
import type { RuntimeOptions } from '../runtime/store.js';
import { systemErrorCode } from '../wasi/errno.js';
import type { RunArguments } from './arguments.js';
import { InputError } from './errors.js';
import { printable, writeText } from './output.js';
import { TierRecorder, type TierReport } from './tier-report.js';
import { tierReportText } from './tier-report-text.js';

/** Watches the tiers, and tells of them at the end: `--tier-report`, `--verbose`, and what was asked for in vain. */
export class TierObserver {
  readonly #command: RunArguments;
  readonly #recorder: TierRecorder | undefined;
  /** Opened before the program runs: it may run for long. */
  readonly #reportFd: number | undefined;

  /** Throws an InputError where the report's file cannot be written. */
  constructor(command: RunArguments) {
    const { tierReport, verbose } = command;
    this.#command = command;
    if (tierReport !== undefined || verbose) this.#recorder = new TierRecorder();
    if (tierReport?.kind === 'file') this.#reportFd = open(tierReport.path);
  }

  /** The same options, with an eye on what they are told. */
  watch({ findCode, onCompile, ...options }: RuntimeOptions): RuntimeOptions {
    const recorder = this.#recorder;
    if (recorder === undefined) return { ...options, findCode, onCompile };
    return {
      ...options,
      findCode: (module, functionIndex, mode, countHeat) => {
        const code = findCode?.(module, functionIndex, mode, countHeat);
        if (code !== undefined) recorder.onFound(module, functionIndex, code);
        return code;
      },
      onCompile: (event) => {
        onCompile?.(event);
        recorder.onCompile(event);
      },
      onTierUp: recorder.onTierUp,
    };
  }

  /** Tells what is to be told, when the process is about to end. */
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
    return openSync(path, 'w');
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
  return parts.join('; ');
}
