import type { Tier } from '../tiers/tier.js';

/** What tests of termination have workers do. */

/** What the worker does for ever: an export of the module, or what `endless` has for it. */
export type EndlessWork = 'spin' | 'fill' | 'deep' | 'calls' | 'nested' | 'waits' | 'limited' | 'firstCalls';

/** Elements of `EndlessTask.state`. */
export const State = {
  /** 1 when the work has begun. */
  begun: 0,
  /** 1 when JavaScript has run after something that never ends. */
  wentOn: 1,
  /** 0. */
  zero: 2,
} as const;

export interface EndlessTask {
  readonly tier: Tier;
  readonly work: EndlessWork;
  readonly module: Uint8Array;
  readonly state: SharedArrayBuffer;
}
