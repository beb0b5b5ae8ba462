import type { Suite } from './suite.js';

const gc = 'garbage collection';
const threads = 'threads';

/** Features, by the names that our errors have for them, and the scripts (or folders) that need them. */
type Needs = readonly (readonly [feature: string, scripts: readonly string[]])[];

const needsOf30: Needs = [
  [
    gc,
    ['gc/', 'bulk-memory/table_init.wast', 'memory64/table_init64.wast', 'ref_null.wast', 'type-rec.wast'],
  ],
];

const needs: Readonly<Record<Suite, Needs>> = {
  '2.0': [],
  '3.0': needsOf30,
  threads: [[threads, ['']]],
  'legacy-exceptions': [],
};

/**
 * Features that a script needs and Upshift lacks. What its commands need of them is skipped and counted. A
 * script that needs another one fails, and so does one that does not need all of these.
 */
export function missingFeatures(suite: Suite, script: string): string[] {
  const isMeant = (name: string): boolean =>
    name === script || (name.endsWith('/') && script.startsWith(name)) || name === '';
  return needs[suite].flatMap(([feature, scripts]) => (scripts.some(isMeant) ? [feature] : []));
}
