/** What modules may have of WebAssembly 3.0. Each module has only some of it. */
import type { Random } from '../random.js';

export const features = [
  'exceptions',
  'legacy-exceptions',
  'tail-calls',
  'references',
  'memories',
  'memory64',
  'table64',
] as const;
export type Feature = (typeof features)[number];

/** In how many of a hundred modules a feature comes up. */
const percentages: Readonly<Record<Feature, number>> = {
  exceptions: 40,
  'legacy-exceptions': 35,
  'tail-calls': 40,
  references: 35,
  memories: 20,
  memory64: 20,
  table64: 15,
};

/** Some features. No module has both kinds of exceptions: V8 refuses them. */
export function someFeatures(random: Random, allowed: readonly Feature[]): ReadonlySet<Feature> {
  const chosen = new Set(allowed.filter((feature) => random.chance(percentages[feature])));
  if (chosen.has('exceptions')) chosen.delete('legacy-exceptions');
  return chosen;
}

/**
 * Reads a list such as `exceptions,memory64`, `all` or `none`.
 *
 * @throws RangeError if a name is none of a feature
 */
export function parseFeatures(text: string): readonly Feature[] {
  if (text === 'all') return features;
  if (text === 'none') return [];
  return text.split(',').map((name) => {
    const found = features.find((feature) => feature === name);
    if (found === undefined)
      throw new RangeError(`there is no feature ${name}; there are ${features.join(', ')}`);
    return found;
  });
}
