import { vectorSize } from '../../layout/widths.js';
import { Cast } from '../capi/enums.js';
import type { FunctionLowering } from './function.js';
import type { Binary, Lower } from './operators.js';
import { type Shape, shapes } from './types.js';
import type { OfLane } from './vector-operators.js';
import { extract, insert, lanesConstant, shuffle, splat } from './vectors.js';

/** Operators that move lanes. */

/** dst has a scalar in all lanes. Of an i32 the lower bits are taken. */
export function splatLanes(shape: Shape): Lower {
  return (f, at) => {
    const value = laneOf(f, shape, f.hiddenValue(f.ir.a[at]));
    f.defineVector(at, splat(f, shape, value));
  };
}

/** A scalar as a lane of a shape. */
function laneOf(f: FunctionLowering, shape: Shape, value: number): number {
  const [lane] = shapes[shape];
  return lane === 'i8' || lane === 'i16' ? f.cast(Cast.trunc, value, f.types[lane]) : value;
}

/** dst is the lane `imm` of a. */
export function lane(extension?: typeof Cast.sext | typeof Cast.zext): OfLane {
  return (f, vector, index) => {
    const value = extract(f, vector, index);
    return extension === undefined ? value : f.cast(extension, value, f.types.i32);
  };
}

/** dst = a, with b in the lane `imm`. */
export function replaceLane(shape: Shape): Lower {
  return (f, at) => {
    const { ir, types } = f;
    const vector = f.cast(Cast.bitcast, f.movedValue(ir.a[at]), types.vectors[shape]);
    const value = laneOf(f, shape, f.hiddenValue(ir.b[at]));
    f.defineVector(at, insert(f, vector, value, ir.imm[at]));
  };
}

/**
 * dst has lanes of a and b; their numbers are in the vector `imm`. They move as lanes that are as wide as can
 * be.
 */
export function shuffleLanes(f: FunctionLowering, at: number): void {
  const { ir, types } = f;
  const start = vectorSize * ir.imm[at];
  const bytes = ir.vectors.subarray(start, start + vectorSize);
  const shape = widestLanes(bytes);
  const width = vectorSize / shapes[shape][1];
  const lanes = Array.from({ length: shapes[shape][1] }, (_, k) => bytes[width * k] / width);
  const [a, b] = [ir.a[at], ir.b[at]].map((register) =>
    f.cast(Cast.bitcast, f.movedValue(register), types.vectors[shape]),
  );
  f.defineVector(at, shuffle(f, a, b, lanes));
}

/** The shape of the widest lanes that are moved as a whole. */
function widestLanes(bytes: Uint8Array): 'i8x16' | 'i16x8' | 'i32x4' | 'i64x2' {
  for (const shape of ['i64x2', 'i32x4', 'i16x8'] as const) {
    const width = vectorSize / shapes[shape][1];
    if (
      bytes.every((byte, k) => byte % width === k % width && byte - (byte % width) === bytes[k - (k % width)])
    ) {
      return shape;
    }
  }
  return 'i8x16';
}

/**
 * Bytes of a by the numbers in b, and zeros for numbers of 16 and more: the sum, which saturates, has bit 7
 * then, and the same lower four bits else.
 */
export const swizzle: Binary = (f, a, b) => {
  const indices = f.callIntrinsic(
    'llvm.uadd.sat',
    [f.types.vectors.i8x16],
    b,
    lanesConstant(f, 'i8x16', 0x70),
  );
  return f.callPlainIntrinsic(f.m.vectorIntrinsics.shuffleBytes, a, indices);
};
