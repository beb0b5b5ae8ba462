import type { FileResult } from '../../src/wast/tally.js';

export type Request = { readonly file: string };
/** A worker process reports once that it is ready for requests, then answers each. */
export type Reply = { readonly kind: 'ready' } | { readonly kind: 'result'; readonly result: FileResult };
