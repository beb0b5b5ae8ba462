import type { Suite } from './suite.js';

/**
 * Features that scripts need and Upshift lacks, by the names in its errors. What a script's commands need of
 * them is skipped and counted. A script that needs another one fails, and so does a list that names one which
 * its script does not need.
 */
export const missingFeatures: Readonly<Record<Suite, Readonly<Record<string, readonly string[]>>>> = {
  '2.0': {},
  '3.0': {},
  threads: {},
  'legacy-exceptions': {},
};
