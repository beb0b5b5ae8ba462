/** Value types in drafts and in the binary format (spec 3.0, section 5.3). */
import type { TypeIds } from '../../src/wasm/decode-types.js';
import { definedTypeOf, isNullable, nullable, type RefType, refTo } from '../../src/wasm/types.js';
import type { ByteWriter } from './byte-writer.js';

/** Lets the readers of types name defined types by their indices, as drafts do. */
export const typesByIndex: TypeIds = new Proxy([], {
  get: (_, key) => (key === 'length' ? 2 ** 32 : Number(key)),
});

const nullableForm = 0x63;
const nonNullForm = 0x64;
/** Types below are bytes. */
const firstLong = 0x80;

export function writeValType(out: ByteWriter, type: number): void {
  if (type < firstLong) {
    out.byte(type);
    return;
  }
  out.byte(isNullable(type) ? nullableForm : nonNullForm);
  writeHeapType(out, type);
}

/** Writes what references of a type refer to. */
export function writeHeapType(out: ByteWriter, type: number): void {
  const heap = nullable(type as RefType);
  if (definedTypeOf(heap) < 0) out.byte(heap);
  else out.signed(BigInt(definedTypeOf(heap)));
}

/** The same type with another index, if it refers to a defined one. */
export function withIndex(type: number, indexOf: (index: number) => number): number {
  const defined = definedTypeOf(type);
  return defined < 0 ? type : refTo(indexOf(defined)) | (type & 1);
}
