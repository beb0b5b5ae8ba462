import { Op, type VType } from '../ir/ops.js';

/** Operations that load and store a field, by register class. */
const loads = ['field.load32', 'field.load64', 'field.load_f32', 'field.load_f64'] as const;
const stores = ['field.store32', 'field.store64', 'field.store_f32', 'field.store_f64'] as const;
const loadOps = Uint16Array.from(loads, (name) => Op[name]);
const storeOps = Uint16Array.from(stores, (name) => Op[name]);

/** The operation that loads a field of a class. */
export function fieldLoad(vtype: VType): number {
  return loadOps[vtype];
}

/** The operation that stores a field of a class. */
export function fieldStore(vtype: VType): number {
  return storeOps[vtype];
}
