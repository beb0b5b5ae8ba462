import { described } from '../../checks/describe.js';
import { argumentTypeError } from '../../checks/errors.js';
import { layoutSlots, slotSize, vectorSize } from '../../layout/widths.js';
import { isDefinedSubtype, typeId } from '../../wasm/type-registry.js';
import {
  definedTypeOf,
  type FuncType,
  isNullable,
  isRefType,
  nullable,
  type RefType,
  refClass,
  ValType,
  valTypeName,
} from '../../wasm/types.js';
import type { Resource } from '../objects/lifetimes.js';
import { type Cells, readAddress, readBytes, writeAddress, writeBytes } from './cells.js';
import type { References } from './references.js';

/**
 * A wasm value in JavaScript: a number for i32 (signed), f32 and f64; a bigint (signed) for i64; a Uint8Array
 * of 16 bytes for v128, as they would lie in memory; a `Func` or null for funcref; any value at all for
 * externref, where null is the null reference.
 */
export type WasmValue = unknown;

/**
 * A value on its way into its cells. References are the numbers that stand for them in native memory, vectors
 * are bytes. @internal
 */
export type NativeValue = number | bigint | Uint8Array;

/** How the values of one type pass between JavaScript and cells. @internal */
export interface Conversion {
  /** As `toNative`, but a reference stays as it is. Throws a TypeError if the value is not of the type. */
  readonly coerce: (value: WasmValue) => WasmValue;
  /**
   * Converts a JavaScript value as the WebAssembly JavaScript API does (ToWebAssemblyValue). This may run the
   * user's code (`valueOf`), so convert all values before you write the first.
   *
   * @param holder where the value goes: from then on it may hold functions of others
   * @throws TypeError where the value cannot be converted
   */
  readonly toNative: (references: References, value: WasmValue, holder: Resource) => NativeValue;
  /** Writes what `toNative` made. A number of 4 bytes is zero-extended to the whole cell. */
  readonly write: (cells: Cells, cell: number, native: NativeValue) => void;
  /** The value of a cell in JavaScript. */
  readonly read: (references: References, cells: Cells, cell: number) => WasmValue;
  /** Zero, or null. Nobody may change it. */
  readonly zero: WasmValue;
}

const toInt32 = (value: WasmValue): number => (value as number) | 0;
const toInt64 = (value: WasmValue): bigint => BigInt.asIntN(64, value as bigint);
const toNumber = (value: WasmValue): number => +(value as number);

/** Copies the bytes of a vector: whoever has given them may change them. */
function toVector(value: WasmValue): Uint8Array {
  const byteLength = ArrayBuffer.isView(value) ? lengthOf(value) : undefined;
  if (byteLength === vectorSize) {
    const { buffer, byteOffset } = value as ArrayBufferView;
    return new Uint8Array(buffer, byteOffset, vectorSize).slice();
  }
  const found = byteLength === undefined ? described(value) : `${described(value)} of ${byteLength}`;
  throw argumentTypeError(`a v128 must be a Uint8Array of 16 bytes, or another view, not ${found}`);
}

/** In bytes. Of a view whose bytes are gone it is 0, where a DataView's own `byteLength` throws. */
function lengthOf(view: ArrayBufferView): number {
  try {
    return view.byteLength;
  } catch {
    return 0;
  }
}

const exnrefMessage = 'an exnref has no form in JavaScript, but for null';

function noExnref(value: WasmValue): 0 {
  if (value !== null) throw argumentTypeError(exnrefMessage);
  return 0;
}

/** The form in JavaScript of an exnref in native memory. @throws TypeError where it is not null */
export function exnrefInJs(native: number): null {
  if (native !== 0) throw argumentTypeError(exnrefMessage);
  return null;
}

const conversions: ReadonlyMap<number, Conversion> = new Map<number, Conversion>([
  [
    ValType.i32,
    {
      coerce: toInt32,
      toNative: (_, value) => toInt32(value),
      write: ({ i32 }, cell, native) => {
        i32[2 * cell] = native as number;
        i32[2 * cell + 1] = 0;
      },
      read: (_, { i32 }, cell) => i32[2 * cell],
      zero: 0,
    },
  ],
  [
    ValType.i64,
    {
      coerce: toInt64,
      toNative: (_, value) => toInt64(value),
      write: ({ i64 }, cell, native) => {
        i64[cell] = native as bigint;
      },
      read: (_, { i64 }, cell) => i64[cell],
      zero: 0n,
    },
  ],
  [
    ValType.f32,
    {
      coerce: toNumber,
      toNative: (_, value) => toNumber(value),
      write: ({ f32, i32 }, cell, native) => {
        f32[2 * cell] = native as number;
        i32[2 * cell + 1] = 0;
      },
      read: (_, { f32 }, cell) => f32[2 * cell],
      zero: 0,
    },
  ],
  [
    ValType.f64,
    {
      coerce: toNumber,
      toNative: (_, value) => toNumber(value),
      write: ({ f64 }, cell, native) => {
        f64[cell] = native as number;
      },
      read: (_, { f64 }, cell) => f64[cell],
      zero: 0,
    },
  ],
  [
    ValType.v128,
    {
      coerce: toVector,
      toNative: (_, value) => toVector(value),
      write: (cells, cell, native) => writeBytes(cells, cell, native as Uint8Array),
      read: (_, cells, cell) => readBytes(cells, cell, ValType.v128),
      zero: new Uint8Array(vectorSize),
    },
  ],
  [
    ValType.funcref,
    {
      coerce: (value) => value,
      toNative: ({ funcrefs }, value, holder) => (value === null ? 0 : funcrefs.record(value, holder)),
      write: ({ u32 }, cell, native) => writeAddress(u32, cell, native as number),
      read: ({ funcrefs }, { u32 }, cell) => funcrefs.value(readAddress(u32, cell)),
      zero: null,
    },
  ],
  [
    ValType.externref,
    {
      coerce: (value) => value,
      toNative: ({ externrefs }, value) => externrefs.handle(value),
      write: ({ u32 }, cell, native) => writeAddress(u32, cell, native as number),
      read: ({ externrefs }, { u32 }, cell) => externrefs.value(u32[2 * cell]),
      zero: null,
    },
  ],
  [
    ValType.exnref,
    {
      coerce: noExnref,
      toNative: (_, value) => noExnref(value),
      write: ({ u32 }, cell, native) => writeAddress(u32, cell, native as number),
      read: (_, { u32 }, cell) => exnrefInJs(readAddress(u32, cell)),
      zero: null,
    },
  ],
]);

/** Conversions of reference types that have none in the table, once they have been asked for. */
const referenceConversions = new Map<ValType, Conversion>();

/** The table's type of each class of references. */
const topTypes = { func: ValType.funcref, extern: ValType.externref, exn: ValType.exnref } as const;

/** Types without values but null. */
const bottomTypes: readonly number[] = [ValType.nullfuncref, ValType.nullexternref, ValType.nullexnref];

/** As that of the class's top type, with fewer values. */
function makeReferenceConversion(type: RefType, top: Conversion): Conversion {
  const takesNull = isNullable(type);
  const takesOthers = !bottomTypes.includes(nullable(type));
  const refuse = (value: WasmValue): never => {
    throw argumentTypeError(`a value of type ${valTypeName(type)} cannot be ${described(value)}`);
  };
  const check = (value: WasmValue): WasmValue =>
    (value === null ? takesNull : takesOthers) ? value : refuse(value);
  const id = definedTypeOf(type);
  return {
    ...top,
    coerce: (value) => top.coerce(check(value)),
    toNative: (references, value, holder) => {
      const native = top.toNative(references, check(value), holder);
      // What is no null has been found to be a function.
      if (id >= 0 && value !== null && !isDefinedSubtype(typeId((value as { type: FuncType }).type), id))
        return refuse(value);
      return native;
    },
  };
}

/** How the values of a type are converted. @internal */
export function conversionOf(type: ValType): Conversion {
  const conversion = conversions.get(type) ?? referenceConversions.get(type);
  if (conversion !== undefined) return conversion;
  const top = isRefType(type) ? conversions.get(topTypes[refClass(type)]) : undefined;
  if (!isRefType(type) || top === undefined) throw new Error(`internal error: no value type ${type}`);
  const made = makeReferenceConversion(type, top);
  referenceConversions.set(type, made);
  return made;
}

/** A value among others that lie in cells one after the other. @internal */
export interface ValueCell {
  readonly conversion: Conversion;
  /** Its first cell, counted from that of the first value. */
  readonly at: number;
}

/** Where values of these types lie, and how they are converted. @internal */
export function valueCells(types: readonly ValType[]): readonly ValueCell[] {
  const { offsets } = layoutSlots(types);
  return types.map((type, k) => ({ conversion: conversionOf(type), at: offsets[k] / slotSize }));
}
