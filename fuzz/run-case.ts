import type { Case } from './case.js';
import { compareOutcomes } from './compare.js';
import { type Configuration, ownReference, reference, relaxedMeaning } from './configurations.js';
import type { Outcome } from './outcome.js';
import type { Problem } from './protocol.js';
import { traitsOf } from './traits.js';

/** What a case does in the reference, and what differs elsewhere. */
export interface CaseRun {
  /** Of several references, in the first. */
  readonly expected: Outcome;
  readonly problems: readonly Problem[];
}

/** What configurations that must do the same have done. */
interface Agreement {
  /** In the reference. */
  readonly expected: Outcome;
  /** In the first configuration that agreed with it. */
  first: Outcome | undefined;
}

/**
 * Runs a case in the reference and in some configurations, using `run`, and compares. Each is compared with
 * the reference and, because that does not distinguish all kinds of traps, with the first that agrees with
 * it. The reference is V8; for a module with relaxed instructions it is the interpreter, with the same
 * meaning of these, and the interpreter for one that V8 refuses.
 *
 * @param seed of the module
 * @param run runs a configuration; its index is 0 for a reference, else its place in the list, from 1 on
 */
export function runCase(
  subject: Case,
  configurations: readonly Configuration[],
  seed: number,
  run: (configuration: Configuration, index: number) => Outcome,
): CaseRun {
  const { toleratesExhaustion } = subject;
  const traits = traitsOf(subject.bytes);
  const agreements = new Map<string, Agreement>();
  const agreementOf = (configuration: Configuration): Agreement => {
    const meaning = traits.hasRelaxed
      ? relaxedMeaning(configuration, seed, traits)
      : traits.isKnownToV8
        ? undefined
        : {};
    const key = JSON.stringify(meaning) ?? reference.name;
    let agreement = agreements.get(key);
    if (agreement === undefined) {
      const expected = run(meaning === undefined ? reference : ownReference(meaning), 0);
      agreement = { expected, first: undefined };
      agreements.set(key, agreement);
    }
    return agreement;
  };
  const problems: Problem[] = [];
  for (const [k, configuration] of configurations.entries()) {
    const agreement = agreementOf(configuration);
    const { expected, first } = agreement;
    const found = run(configuration, k + 1);
    const difference =
      compareOutcomes(expected, found, toleratesExhaustion) ??
      (first === undefined ? undefined : compareOutcomes(first, found, toleratesExhaustion));
    if (difference === undefined) agreement.first ??= found;
    else problems.push({ configuration: configuration.name, difference });
  }
  const [{ expected }] = agreements.size > 0 ? agreements.values() : [agreementOf(reference)];
  return { expected, problems };
}
