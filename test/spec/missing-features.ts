import type { Suite } from './suite.js';

const gc = 'garbage collection';
const references = 'typed function references';
const tailCalls = 'tail calls';
const threads = 'threads';

/** Features, by the names that our errors have for them, and the scripts (or folders) that need them. */
type Needs = readonly (readonly [feature: string, scripts: readonly string[]])[];

const needsOf30: Needs = [
  [
    gc,
    [
      'gc/',
      'bulk-memory/table_init.wast',
      'exceptions/tag.wast',
      'memory64/table_init64.wast',
      'ref_null.wast',
      'type-canon.wast',
      'type-equivalence.wast',
      'type-rec.wast',
    ],
  ],
  [
    references,
    [
      'br_if.wast',
      'br_on_non_null.wast',
      'br_on_null.wast',
      'br_table.wast',
      'bulk-memory/table-sub.wast',
      'call_ref.wast',
      'elem.wast',
      'exceptions/try_table.wast',
      'func.wast',
      'gc/br_on_cast.wast',
      'gc/br_on_cast_fail.wast',
      'gc/i31.wast',
      'gc/ref_eq.wast',
      'global.wast',
      'instance.wast',
      'linking.wast',
      'local_init.wast',
      'local_tee.wast',
      'ref.wast',
      'ref_as_non_null.wast',
      'ref_is_null.wast',
      'return_call.wast',
      'return_call_indirect.wast',
      'return_call_ref.wast',
      'select.wast',
      'table.wast',
      'type-equivalence.wast',
      'type-rec.wast',
      'unreached-invalid.wast',
      'unreached-valid.wast',
    ],
  ],
  [tailCalls, ['return_call.wast', 'return_call_indirect.wast']],
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
