import { BinOp, Cast, IntPredicate } from '../capi/enums.js';
import type { FunctionLowering } from './function.js';
import type { Binary } from './operators.js';
import type { IntShape } from './types.js';
import type { Ternary } from './vector-operators.js';
import { lanesConstant } from './vectors.js';

/**
 * Relaxed instructions on integers, in the meaning that takes x86-64 one instruction (spec 3.0, section
 * 4.3.7).
 */

/** Lanes of a where the highest bit of the lane of c is set, and those of b elsewhere. */
export function selectLanes(shape: IntShape): Ternary {
  return (f, a, b, c) => {
    const zero = f.llvm.LLVMConstNull(f.types.vectors[shape]);
    return f.select(f.icmp(IntPredicate.slt, c, zero), a, b);
  };
}

/**
 * Sums of two products, which saturate. The bytes of b are taken as unsigned: only seven bits are promised.
 */
export const dotProduct: Binary = (f, a, b) => f.callPlainIntrinsic(f.m.vectorIntrinsics.dotOfBytes, b, a);

/** Pairs of these sums, added up with c. */
export function dotProductAdd(f: FunctionLowering, a: number, b: number, c: number): number {
  const pairs = dotProduct(f, a, b);
  const sums = f.callPlainIntrinsic(f.m.vectorIntrinsics.dotOfWords, pairs, lanesConstant(f, 'i16x8', 1));
  return f.binary(BinOp.add, sums, f.cast(Cast.bitcast, c, f.types.vectors.i32x4));
}
