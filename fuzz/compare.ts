import { endingText, isExhausted, type Outcome, type Step } from './outcome.js';

/** Where and how two outcomes differ. */
export interface Difference {
  /** What kind of thing differs; a reduced module must still differ in it. */
  readonly aspect: 'ending' | 'values' | 'imports' | 'state' | 'exhaustion' | 'engine';
  readonly where: string;
  readonly expected: string;
  readonly found: string;
}

/**
 * The first difference between what was found and what was expected; undefined if there is none. Nothing is
 * compared after a step in which the stack was exhausted, because stacks differ in where that happens.
 */
export function compareOutcomes(
  expected: Outcome,
  found: Outcome,
  toleratesExhaustion: boolean,
): Difference | undefined {
  const count = Math.max(expected.steps.length, found.steps.length);
  for (let k = 0; k < count; k++) {
    const [wanted, got] = [expected.steps[k], found.steps[k]];
    if (wanted === undefined || got === undefined) {
      return difference('ending', `step ${k}`, wanted?.what ?? 'no step', got?.what ?? 'no step');
    }
    const exhausted = [wanted, got].filter(isExhausted).length;
    if (exhausted === 2 || (exhausted === 1 && toleratesExhaustion)) return undefined;
    const parted = compareSteps(wanted, got);
    if (parted !== undefined) return exhausted === 1 ? { ...parted, aspect: 'exhaustion' } : parted;
  }
  const keys = new Set([...Object.keys(expected.state), ...Object.keys(found.state)]);
  for (const key of keys) {
    const [wanted, got] = [expected.state[key] ?? 'nothing', found.state[key] ?? 'nothing'];
    if (wanted !== got) return difference('state', `at the end, ${key}`, wanted, got);
  }
  return undefined;
}

function difference(
  aspect: Difference['aspect'],
  where: string,
  expected: string,
  found: string,
): Difference {
  return { aspect, where, expected, found };
}

function compareSteps(expected: Step, found: Step): Difference | undefined {
  const [wanted, got] = [expected.ending, found.ending];
  const texts = [endingText(wanted), endingText(got)] as const;
  if (wanted.kind === 'failed' || got.kind === 'failed') return difference('engine', found.what, ...texts);
  const count = Math.max(expected.log.length, found.log.length);
  for (let k = 0; k < count; k++) {
    const [call, other] = [expected.log[k] ?? 'none', found.log[k] ?? 'none'];
    if (call !== other) return difference('imports', `${found.what}, call ${k} of an import`, call, other);
  }
  if (wanted.kind !== got.kind) return difference('ending', found.what, ...texts);
  if (wanted.kind === 'trapped' && got.kind === 'trapped') {
    if (wanted.traps.some((trap) => got.traps.includes(trap))) return undefined;
    return difference('ending', found.what, ...texts);
  }
  if (wanted.kind === 'threw' && got.kind === 'threw') {
    return wanted.what === got.what ? undefined : difference('values', found.what, ...texts);
  }
  if (wanted.kind === 'returned' && got.kind === 'returned') {
    const same = wanted.values.join() === got.values.join();
    return same ? undefined : difference('values', found.what, ...texts);
  }
  return undefined;
}
