import type { Limits } from '../wasm/types.js';
import { required, toUnsignedLong } from './web-idl.js';

/**
 * Reads `initial` and `maximum` of a descriptor, in that order. Throws a TypeError where one is no unsigned
 * long.
 */
export function toLimits(what: string, descriptor: Readonly<Record<string, unknown>>): Limits {
  const min = toUnsignedLong(`${what}: initial`, required(`${what}: initial`, descriptor['initial']));
  const { maximum } = descriptor;
  return { min, max: maximum === undefined ? undefined : toUnsignedLong(`${what}: maximum`, maximum) };
}
