import type { ValueCells } from '../interpreter/callee.js';
import type { Address } from '../native/ffi.js';
import { ValType, valTypeName } from '../wasm/types.js';
import type { Resource } from './lifetimes.js';
import type { Store } from './store.js';

/**
 * A wasm value in JavaScript: a number for i32 (signed), f32 and f64; a bigint (signed) for i64; a `Func` or null for
 * funcref; any value at all for externref, where null is the null reference.
 */
export type WasmValue = unknown;

/**
 * One stretch of memory seen as 8-byte cells. Cell k is element 2k of the 32-bit arrays and element k of the 64-bit ones.
 */
export type Cells = ValueCells;

/** The cells of a buffer. */
export function cellsOf(
  buffer: ArrayBuffer,
  byteOffset = 0,
  byteLength = buffer.byteLength - byteOffset,
): Cells {
  return {
    i32: new Int32Array(buffer, byteOffset, byteLength >> 2),
    u32: new Uint32Array(buffer, byteOffset, byteLength >> 2),
    f32: new Float32Array(buffer, byteOffset, byteLength >> 2),
    f64: new Float64Array(buffer, byteOffset, byteLength >> 3),
    i64: new BigInt64Array(buffer, byteOffset, byteLength >> 3),
  };
}

const highWord = 2 ** 32;

export function readAddress(u32: Uint32Array, cell: number): Address {
  return u32[2 * cell] + u32[2 * cell + 1] * highWord;
}

export function writeAddress(u32: Uint32Array, cell: number, address: Address): void {
  u32[2 * cell] = address;
  u32[2 * cell + 1] = address / highWord;
}

/**
 * A JavaScript value converted for a wasm type as the WebAssembly JavaScript API does it (ToWebAssemblyValue), but
 * with references still as the numbers that stand for them in native memory. Conversion may run the user's code
 * (`valueOf`), so convert all values before storing the first.
 *
 * @param holder where the value goes: it may hold the functions of others from then on
 * @throws TypeError where the value cannot be converted
 */
export function toNative(store: Store, type: number, value: WasmValue, holder: Resource): number | bigint {
  switch (type) {
    case ValType.i32:
      return (value as number) | 0;
    case ValType.i64:
      return BigInt.asIntN(64, value as bigint);
    case ValType.f32:
    case ValType.f64:
      return +(value as number);
    case ValType.externref:
      return store.externrefs.handle(value);
    case ValType.funcref:
      return value === null ? 0 : store.funcrefs.record(value, holder);
    default:
      throw new TypeError(`a value of type ${valTypeName(type)} has no form in JavaScript`);
  }
}

/** Writes what `toNative` made to a cell. Numbers are zero-extended to the whole cell. */
export function writeNative(cells: Cells, cell: number, type: number, native: number | bigint): void {
  switch (type) {
    case ValType.i32:
      cells.i32[2 * cell] = native as number;
      cells.i32[2 * cell + 1] = 0;
      break;
    case ValType.i64:
      cells.i64[cell] = native as bigint;
      break;
    case ValType.f32:
      cells.f32[2 * cell] = native as number;
      cells.i32[2 * cell + 1] = 0;
      break;
    case ValType.f64:
      cells.f64[cell] = native as number;
      break;
    default:
      writeAddress(cells.u32, cell, native as number);
  }
}

/** The value of a cell in JavaScript. */
export function readValue(store: Store, cells: Cells, cell: number, type: number): WasmValue {
  switch (type) {
    case ValType.i32:
      return cells.i32[2 * cell];
    case ValType.i64:
      return cells.i64[cell];
    case ValType.f32:
      return cells.f32[2 * cell];
    case ValType.f64:
      return cells.f64[cell];
    case ValType.externref:
      return store.externrefs.value(cells.u32[2 * cell]);
    default:
      return store.funcrefs.value(readAddress(cells.u32, cell));
  }
}

/** Whether the values of a type take 4 bytes of their cell. */
function isNarrow(type: number): boolean {
  return type === ValType.i32 || type === ValType.f32;
}

/** The bits of a cell as an unsigned integer: 32 of them for i32 and f32, else 64. */
export function readBits(cells: Cells, cell: number, type: number): bigint {
  return isNarrow(type) ? BigInt(cells.u32[2 * cell]) : BigInt.asUintN(64, cells.i64[cell]);
}

/** Writes a bit pattern to a cell. */
export function writeBits(cells: Cells, cell: number, type: number, bits: bigint): void {
  cells.i64[cell] = isNarrow(type) ? BigInt.asUintN(32, bits) : bits;
}
