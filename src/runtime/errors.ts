import { markUncatchable } from './exceptions/catchable.js';
import type { Tier } from './tiers/tier.js';

/**
 * A module cannot be linked with the imports given: one is missing, or of the wrong kind or type (spec 2.0,
 * section 4.5.4, steps 1–4). The message starts with the spec test suite's wording, `unknown import` or
 * `incompatible import type`, and names the import.
 */
export class LinkError extends Error {
  override readonly name = 'LinkError';
  readonly code = 'ERR_UPSHIFT_LINK';
}

/** Something was used after its `dispose()`, or after that of the runtime or instance it belonged to. */
export class DisposedError extends Error {
  override readonly name = 'DisposedError';
  readonly code = 'ERR_UPSHIFT_DISPOSED';

  constructor(what: string) {
    super(`${what} has been disposed`);
    markUncatchable(this);
  }
}

/** A memory is larger from the start than memories may become: see `RuntimeOptions.maxMemory`. */
export class MemoryLimitError extends RangeError {
  override readonly name = 'MemoryLimitError';
  readonly code = 'ERR_UPSHIFT_MEMORY_LIMIT';

  /** Both in bytes. */
  constructor(wanted: number, limit: number) {
    super(`a memory of ${wanted} bytes is more than the limit of ${limit} bytes`);
  }
}

/** The system has no memory left for what was to be made. */
export class OutOfMemoryError extends RangeError {
  override readonly name = 'OutOfMemoryError';
  readonly code = 'ERR_UPSHIFT_OUT_OF_MEMORY';
}

/**
 * A tier that makes machine code was asked for where none can be run. The message is one line for the user.
 */
export class TierUnavailableError extends Error {
  override readonly name = 'TierUnavailableError';
  readonly code = 'ERR_UPSHIFT_TIER_UNAVAILABLE';
  readonly tier: Tier;
  /** Why, in a line. */
  readonly reason: string;

  constructor(tier: Tier, reason: string) {
    super(`tier ${tier} is not available: ${reason}`);
    this.tier = tier;
    this.reason = reason;
  }
}
