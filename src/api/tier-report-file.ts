import { closeSync, openSync, writeSync } from 'node:fs';
import { builtinModule } from '../native/ffi/late-modules.js';
import { TierRecorder } from '../runtime/tiers/tier-report.js';
import { summaryLines } from '../runtime/tiers/tier-summary.js';
import { type ApiOptions, usedRuntime } from './agent.js';

/**
 * Has a tier report written when this thread ends: what `upshift run --tier-report=file` writes
 * (docs/tier-report.md), of all instances of the thread's `WebAssembly`. Where that has not been used the
 * main thread's stays empty, and a worker has none.
 *
 * @param path in which `%p` stands for the process's id. In a worker its thread's number follows. Empty: no
 *   report is written.
 * @param isVerbose whether its summary goes to standard error, as with `upshift run --verbose`
 * @returns what the runtime is to be made with
 * @throws Error where the file cannot be written
 */
export function recordTiers(path: string, isVerbose: boolean): ApiOptions {
  const { isMainThread, threadId } = builtinModule('node:worker_threads');
  const name = path.replaceAll('%p', String(process.pid));
  const file = isMainThread ? name : `${name}.${threadId}`;
  const recorder = new TierRecorder();
  let fd: number | undefined;
  const open = (): number => {
    try {
      return openSync(file, 'w');
    } catch (error) {
      throw new Error(`UPSHIFT_TIER_REPORT: cannot write ${file}: ${(error as Error).message}`);
    }
  };
  // Now, for the main thread: a program may run for long before it turns out.
  if (isMainThread && path !== '') fd = open();
  process.on('exit', () => {
    const runtime = usedRuntime();
    if (runtime === undefined) return;
    const report = recorder.report(runtime);
    if (isVerbose)
      writeSync(
        2,
        summaryLines(report)
          .map((line) => `upshift: ${line}\n`)
          .join(''),
      );
    if (path === '') return;
    try {
      fd ??= open();
      writeSync(fd, `${JSON.stringify(report, undefined, 2)}\n`);
      closeSync(fd);
    } catch (error) {
      writeSync(2, `upshift: the tier report could not be written: ${(error as Error).message}\n`);
    }
  });
  const { onCodeFound, onCompile, onFallback, onTierUp } = recorder;
  return { onCodeFound, onCompile, onFallback, onTierUp };
}
