import type { Instructions } from './instructions.js';
import { type HalfShape, type Shape, shapes } from './types.js';

/** Building LLVM's vectors: constants, and single lanes. */

/** A v128 of 16 bytes. */
export function vectorConstant(i: Instructions, bytes: Uint8Array, start: number): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset + start);
  const word = (at: number): number => i.llvm.LLVMConstInt(i.types.i64, view.getBigUint64(at, true), 0);
  return constVector(i, [word(0), word(8)]);
}

/** A vector whose lanes are integers or floats: as many as the shape has, or one for all. */
export function lanesConstant(i: Instructions, shape: Shape, ...values: readonly number[]): number {
  const [type, count] = shapes[shape];
  const isFloat = type === 'f32' || type === 'f64';
  const lane = (value: number): number =>
    isFloat
      ? i.llvm.LLVMConstReal(i.types[type], value)
      : i.llvm.LLVMConstInt(i.types[type], BigInt.asUintN(64, BigInt(value)), 1);
  const lanes = values.map(lane);
  return constVector(i, lanes.length === 1 ? new Array<number>(count).fill(lanes[0]) : lanes);
}

function constVector({ llvm, m }: Instructions, elements: readonly number[]): number {
  return llvm.LLVMConstVector(m.scratch.list(...elements), elements.length);
}

function index({ llvm, types }: Instructions, lane: number): number {
  return llvm.LLVMConstInt(types.i32, lane, 0);
}

/** A vector of the lanes with these numbers; those of `b` follow those of `a`. */
export function shuffle(i: Instructions, a: number, b: number, lanes: readonly number[]): number {
  const mask = constVector(
    i,
    lanes.map((lane) => index(i, lane)),
  );
  return i.llvm.LLVMBuildShuffleVector(i.builder, a, b, mask, i.m.noName);
}

/** The same of the lanes of one vector. */
export function select(i: Instructions, a: number, type: number, lanes: readonly number[]): number {
  return shuffle(i, a, i.llvm.LLVMGetPoison(type), lanes);
}

/** The lanes `first`, `first + step`, …: half of those of a shape. */
export function halfOf(i: Instructions, shape: Shape, a: number, first: number, step: number): number {
  const count = shapes[shape][1] / 2;
  const lanes = Array.from({ length: count }, (_, k) => first + step * k);
  return select(i, a, i.types.vectors[shape], lanes);
}

export function extract(i: Instructions, vector: number, lane: number): number {
  return i.llvm.LLVMBuildExtractElement(i.builder, vector, index(i, lane), i.m.noName);
}

export function insert(i: Instructions, vector: number, value: number, lane: number): number {
  return i.llvm.LLVMBuildInsertElement(i.builder, vector, value, index(i, lane), i.m.noName);
}

/** A vector with one value in all lanes. */
export function splat(i: Instructions, shape: Shape, value: number): number {
  const type = i.types.vectors[shape];
  const first = insert(i, i.llvm.LLVMGetPoison(type), value, 0);
  return select(i, first, type, new Array<number>(shapes[shape][1]).fill(0));
}

/** A vector with a value in its first lane, and zeros elsewhere. */
export function alone(i: Instructions, shape: Shape | HalfShape, value: number): number {
  return insert(i, i.llvm.LLVMConstNull(i.types.vectors[shape]), value, 0);
}
