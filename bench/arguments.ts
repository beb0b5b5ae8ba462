/** What command lines of the benchmarks have in common. */
import { type Tier, tiers } from '../src/runtime/tiers/tier.js';

/** The number after `--runs`: 1 at least. */
export function runCount(text: string): number {
  return Math.max(1, Number.parseInt(text, 10) || 1);
}

/** The tier after `--tier`. Throws if there is none of that name. */
export function tierNamed(text: string): Tier {
  const tier = tiers.find((name) => name === text);
  if (tier === undefined) throw new Error(`no tier ${text}; there are ${tiers.join(', ')}`);
  return tier;
}
