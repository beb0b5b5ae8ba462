import type { Outcome } from './run-script.js';
import { type FileResult, totals } from './tally.js';

/** How many failures of a file are shown. */
const shownFailures = 5;

export interface ReportOptions {
  /** Whether all failures are shown. */
  readonly all: boolean;
  /** A remark after a failure's place. */
  readonly note?: (failure: Outcome) => string;
}

/** The outcome of a script in lines: how many commands passed, failed and were skipped, and the failures. */
export function reportLines(result: FileResult, { all, note = () => '' }: ReportOptions): string[] {
  const { file } = result;
  const { passed, failed, skipped } = totals([result]);
  const reasons = Object.entries(result.skipReasons).map(([reason, count]) => `${reason} ${count}`);
  const why = reasons.length > 0 ? ` (${reasons.join(', ')})` : '';
  const lines = [`${file}: ${passed} passed, ${failed} failed, ${skipped} skipped${why}`];
  const shown = all ? result.failures : result.failures.slice(0, shownFailures);
  for (const failure of shown) {
    lines.push(`  ${file}:${failure.line}: ${failure.command}${note(failure)}`);
    lines.push(`    expected ${failure.expected ?? ''}`, `    got      ${failure.got ?? ''}`);
  }
  if (shown.length < result.failures.length) lines.push(`  … ${result.failures.length - shown.length} more`);
  return lines;
}
