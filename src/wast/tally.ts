import type { Outcome, Status } from './run-script.js';

/** The outcomes of the commands of one script. */
export interface FileResult {
  readonly file: string;
  /** How many commands of each kind passed, failed and were skipped. */
  readonly counts: Readonly<Record<string, Readonly<Record<Status, number>>>>;
  readonly failures: readonly Outcome[];
  /** How many commands were skipped for which reason. */
  readonly skipReasons: Readonly<Record<string, number>>;
  readonly milliseconds: number;
}

/** Collects the outcomes of one script. */
export class Tally {
  readonly #file: string;
  readonly #counts: Record<string, Record<Status, number>> = {};
  readonly #failures: Outcome[] = [];
  readonly #skipReasons: Record<string, number> = {};
  readonly #start = performance.now();

  constructor(file: string) {
    this.#file = file;
  }

  add(outcome: Outcome): void {
    this.#counts[outcome.command] ??= { passed: 0, failed: 0, skipped: 0 };
    this.#counts[outcome.command][outcome.status]++;
    if (outcome.status === 'failed') this.#failures.push(outcome);
    if (outcome.status === 'skipped') {
      const reason = outcome.reason ?? 'no reason';
      this.#skipReasons[reason] = (this.#skipReasons[reason] ?? 0) + 1;
    }
  }

  result(): FileResult {
    return {
      file: this.#file,
      counts: this.#counts,
      failures: this.#failures,
      skipReasons: this.#skipReasons,
      milliseconds: Math.round(performance.now() - this.#start),
    };
  }
}

/** Sums the counts of all kinds of commands. */
export function totals(results: readonly FileResult[]): Record<Status, number> {
  const sum = { passed: 0, failed: 0, skipped: 0 };
  for (const result of results) {
    for (const count of Object.values(result.counts)) {
      sum.passed += count.passed;
      sum.failed += count.failed;
      sum.skipped += count.skipped;
    }
  }
  return sum;
}
