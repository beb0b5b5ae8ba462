import { nativeUnavailable } from '../../native/ffi/ffi.js';
import { TierUnavailableError } from '../errors.js';
import type { Tier } from './tier.js';

/** The tier where none is asked for: `multi`, or, where no machine code can be run, `interp`. @internal */
export function defaultTier(): Tier {
  return nativeUnavailable() === undefined ? 'multi' : 'interp';
}

/** @throws TierUnavailableError where a tier makes machine code, and none can be run @internal */
export function checkTier(tier: Tier): void {
  const reason = tier === 'interp' ? undefined : nativeUnavailable();
  if (reason !== undefined) throw new TierUnavailableError(tier, reason);
}
