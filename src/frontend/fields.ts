import { Op, type VType } from '../ir/ops.js';

/** Operations that load and store a field, by register class. */
const kinds = ['32', '64', '_f32', '_f64', '_v128'] as const;
const loadOps = Uint16Array.from(kinds, (kind) => Op[`field.load${kind}`]);
const storeOps = Uint16Array.from(kinds, (kind) => Op[`field.store${kind}`]);

/** The operation that loads a field of a class. */
export function fieldLoad(vtype: VType): number {
  return loadOps[vtype];
}

/** The operation that stores a field of a class. */
export function fieldStore(vtype: VType): number {
  return storeOps[vtype];
}
