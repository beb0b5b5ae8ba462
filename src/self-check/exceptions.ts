import { layoutSlots } from '../layout/widths.js';
import { exnOfObject } from '../runtime/exceptions/exn.js';
import type { Instance } from '../runtime/instances/instance.js';
import { cellAt, cellsOf, readBits } from '../runtime/values/cells.js';
import { isRefType, type ValType } from '../wasm/types.js';
import { portableReference, sameValue, tagIndexOf } from './values.js';

/** An exception of a program that nothing there has caught. */
export interface ThrownException {
  /** Index of its tag; -2 where the instance is not known, as that of a start function is not. */
  readonly tag: number;
  readonly types: readonly ValType[];
  /** What it carries: portable bits. */
  readonly values: readonly bigint[];
}

/** The exception that JavaScript got as `error`; undefined if it is none of WebAssembly's. */
export function thrownException(instance: Instance | undefined, error: unknown): ThrownException | undefined {
  const exn = exnOfObject(error);
  if (exn === undefined) return undefined;
  const { params } = exn.tag.type;
  const { offsets } = layoutSlots(params);
  const cells = cellsOf(Int32Array.from(exn.words).buffer);
  let next = 0;
  const values = params.map((type, k) =>
    isRefType(type)
      ? portableReference(instance, type, exn.references[next++])
      : readBits(cells, cellAt(offsets[k]), type),
  );
  const tag = instance === undefined ? -2 : tagIndexOf(instance, exn.tag);
  return { tag, types: params, values };
}

/** Whether two exceptions are of the same tag and carry the same. */
export function sameException(a: ThrownException, b: ThrownException): boolean {
  if (a.tag !== b.tag || a.types.join() !== b.types.join()) return false;
  return a.types.every((type, k) => sameValue(type, a.values[k], b.values[k]));
}
