import { isRefType, ValType } from '../wasm/types.js';

/** How many bytes values take in native memory. Nobody else writes such a number down. */

/**
 * An address, and a reference: the address of a function record, or the handle of an externref; 0 is null.
 */
export const pointerSize = 8;

/**
 * The unit of argument slots, cells, result areas and frames. A value begins at a multiple of it and takes
 * `slotsOf` of them. The bytes above a smaller value are undefined, except that an i32 that is passed has
 * zeros there.
 */
export const slotSize = 8;

/** A v128. */
export const vectorSize = 16;

const sizes: ReadonlyMap<number, number> = new Map([
  [ValType.i32, 4],
  [ValType.i64, 8],
  [ValType.f32, 4],
  [ValType.f64, 8],
  [ValType.v128, vectorSize],
]);

/** Bytes of a value of a type. */
export function sizeOf(type: ValType): number {
  const size = isRefType(type) ? pointerSize : sizes.get(type);
  if (size === undefined) throw new Error(`internal error: no value type ${type}`);
  return size;
}

/** Slots that a value of a type takes. */
export function slotsOf(type: ValType): number {
  return Math.ceil(sizeOf(type) / slotSize);
}

/** Values in slots, one after the other. */
export interface SlotList {
  /** Byte offset of each value from the first slot. */
  readonly offsets: readonly number[];
  /** Slots of all of them. */
  readonly slots: number;
}

/** Where values of these types lie when each begins where the one before it ends. */
export function layoutSlots(types: readonly ValType[]): SlotList {
  const offsets: number[] = [];
  let slots = 0;
  for (const type of types) {
    offsets.push(slots * slotSize);
    slots += slotsOf(type);
  }
  return { offsets, slots };
}
