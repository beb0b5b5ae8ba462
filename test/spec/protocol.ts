import type { FileResult } from '../../src/wast/tally.js';

/** To run a script, which may need features that are missing. */
export interface Request {
  readonly file: string;
  readonly missing: readonly string[];
}

/** A worker process reports once that it is ready for requests, then answers each. */
export type Reply = { readonly kind: 'ready' } | { readonly kind: 'result'; readonly result: FileResult };
