import type { Case } from './case.js';
import { compareOutcomes } from './compare.js';
import { type Configuration, reference } from './configurations.js';
import type { Outcome } from './outcome.js';
import type { Problem } from './protocol.js';

/** What a case does in the reference, and what differs elsewhere. */
export interface CaseRun {
  readonly expected: Outcome;
  readonly problems: readonly Problem[];
}

/**
 * Runs a case in the reference and in some configurations, using `run`, and compares. Each is compared with
 * the reference and, because that does not distinguish all kinds of traps, with the first that agrees with
 * it.
 */
export function runCase(
  subject: Case,
  configurations: readonly Configuration[],
  run: (configuration: Configuration, index: number) => Outcome,
): CaseRun {
  const { toleratesExhaustion } = subject;
  const expected = run(reference, 0);
  const problems: Problem[] = [];
  let first: Outcome | undefined;
  for (const [k, configuration] of configurations.entries()) {
    const found = run(configuration, k + 1);
    const difference =
      compareOutcomes(expected, found, toleratesExhaustion) ??
      (first === undefined ? undefined : compareOutcomes(first, found, toleratesExhaustion));
    if (difference === undefined) first ??= found;
    else problems.push({ configuration: configuration.name, difference });
  }
  return { expected, problems };
}
