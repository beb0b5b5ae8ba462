import { argumentTypeError } from '../../checks/errors.js';
import { layoutSlots, slotSize } from '../../layout/widths.js';
import type { Tag } from '../objects/tag.js';
import { type Cells, cellsOf } from '../values/cells.js';
import { valueCells, type WasmValue } from '../values/values.js';
import type { Exn } from './exn.js';

/* What exceptions carry, as JavaScript values (`WasmValue`). */

/** How payloads pass into slots and out of them: see `Exceptions`. */
export interface Payloads {
  read(tag: Tag, words: Uint32Array, at: number): Exn;
  write(exn: Exn, words: Uint32Array, at: number): void;
}

function cellsFor({ type: { params } }: Tag): Cells {
  return cellsOf(new ArrayBuffer(slotSize * Math.max(1, layoutSlots(params).slots)));
}

/**
 * Makes an exception.
 *
 * @throws TypeError where there are too few or too many values, or one cannot be converted to its type
 */
export function makeExn(payloads: Payloads, tag: Tag, values: readonly WasmValue[]): Exn {
  const { store, owner, type } = tag;
  if (values.length !== type.params.length) {
    throw argumentTypeError(`the exception carries ${type.params.length} values, not ${values.length}`);
  }
  const places = valueCells(type.params);
  // Nothing of it is in native memory, where others could not be told from those in use.
  const natives = places.map(({ conversion }, k) => conversion.toNative(store, values[k], owner));
  const cells = cellsFor(tag);
  for (const [k, { conversion, at }] of places.entries()) conversion.write(cells, at, natives[k]);
  return payloads.read(tag, cells.u32, 0);
}

/**
 * A value that an exception carries.
 *
 * @param index less than the number of the tag's parameters
 */
export function exnValue(payloads: Payloads, exn: Exn, index: number): WasmValue {
  const { tag } = exn;
  const cells = cellsFor(tag);
  payloads.write(exn, cells.u32, 0);
  const { conversion, at } = valueCells(tag.type.params)[index];
  return conversion.read(tag.store, cells, at);
}
