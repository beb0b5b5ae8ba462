import type { ValueCells } from '../../interpreter/callee.js';
import { sizeOf, slotSize } from '../../layout/widths.js';
import type { Address } from '../../native/ffi/ffi.js';
import { ValType } from '../../wasm/types.js';

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

const slotBits = 8n * BigInt(slotSize);

/**
 * The bits of the value that begins at a cell, as an unsigned integer, as many as values of the type have. Of
 * a vector, the byte of the lowest address is the lowest one. @internal
 */
export function readBits(cells: Cells, cell: number, type: ValType): bigint {
  if (sizeOf(type) === 4) return BigInt(cells.u32[2 * cell]);
  const low = BigInt.asUintN(64, cells.i64[cell]);
  return type === ValType.v128 ? low | (BigInt.asUintN(64, cells.i64[cell + 1]) << slotBits) : low;
}

/** Writes a bit pattern to the cells of a value, zero-extended to the whole of them. @internal */
export function writeBits(cells: Cells, cell: number, type: ValType, bits: bigint): void {
  cells.i64[cell] = BigInt.asUintN(8 * Math.min(sizeOf(type), slotSize), bits);
  if (type === ValType.v128) cells.i64[cell + 1] = BigInt.asUintN(64, bits >> slotBits);
}

/** Copies the bytes of a value that begins at a cell. @internal */
export function readBytes({ u32 }: Cells, cell: number, type: ValType): Uint8Array {
  return new Uint8Array(u32.buffer, u32.byteOffset + slotSize * cell, sizeOf(type)).slice();
}

/** Writes a value's bytes to its cells. @internal */
export function writeBytes({ u32 }: Cells, cell: number, bytes: Uint8Array): void {
  new Uint8Array(u32.buffer, u32.byteOffset + slotSize * cell, bytes.length).set(bytes);
}
