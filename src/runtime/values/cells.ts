import type { ValueCells } from '../../interpreter/callee.js';
import { sizeOf, slotSize } from '../../layout/widths.js';
import type { Address } from '../../native/ffi/ffi.js';
import type { ValType } from '../../wasm/types.js';

/**
 * One stretch of memory seen as cells of a slot (8 bytes) each. Cell k is element 2k of the 32-bit arrays and
 * element k of the 64-bit ones. @internal
 */
export type Cells = ValueCells;

/** The cells of a buffer. @internal */
export function cellsOf(
  buffer: ArrayBuffer,
  byteOffset = 0,
  byteLength = buffer.byteLength - byteOffset,
): Cells {
  return {
    i32: new Int32Array(buffer, byteOffset, byteLength >> 2),
    u32: new Uint32Array(buffer, byteOffset, byteLength >> 2),
    f32: new Float32Array(buffer, byteOffset, byteLength >> 2),
    f64: new Float64Array(buffer, byteOffset, byteLength / slotSize),
    i64: new BigInt64Array(buffer, byteOffset, byteLength / slotSize),
  };
}

/** The cell that begins at a byte offset. @internal */
export function cellAt(byteOffset: number): number {
  return (byteOffset / slotSize) | 0;
}

const highWord = 2 ** 32;

/** @internal */
export function readAddress(u32: Uint32Array, cell: number): Address {
  return u32[2 * cell] + u32[2 * cell + 1] * highWord;
}

/** @internal */
export function writeAddress(u32: Uint32Array, cell: number, address: Address): void {
  u32[2 * cell] = address;
  u32[2 * cell + 1] = address / highWord;
}

/** The bits of a cell as an unsigned integer, as many as values of the type have. @internal */
export function readBits(cells: Cells, cell: number, type: ValType): bigint {
  return sizeOf(type) === 4 ? BigInt(cells.u32[2 * cell]) : BigInt.asUintN(64, cells.i64[cell]);
}

/** Writes a bit pattern to a cell, zero-extended to the whole of it. @internal */
export function writeBits(cells: Cells, cell: number, type: ValType, bits: bigint): void {
  cells.i64[cell] = BigInt.asUintN(8 * sizeOf(type), bits);
}
