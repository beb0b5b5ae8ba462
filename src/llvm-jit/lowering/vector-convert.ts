import { BinOp, Cast, RealPredicate } from '../capi/enums.js';
import type { FunctionLowering } from './function.js';
import type { Unary } from './operators.js';
import type { FloatShape } from './types.js';
import { better } from './vector-float.js';
import { halfOf, lanesConstant, shuffle } from './vectors.js';

/** Conversions of vectors: from LLVM's vectors to those of the results. */

export function convert(op: typeof Cast.sitofp | typeof Cast.uitofp): Unary {
  return (f, a) => f.cast(op, a, f.types.vectors.f32x4);
}

/** The lower two lanes of an i32x4 or an f32x4. */
export function convertLow(from: 'i32x4' | 'f32x4', op: number): Unary {
  return (f, a) => f.cast(op, halfOf(f, from, a, 0, 1), f.types.vectors.f64x2);
}

/** LLVM would drop it behind a promotion, so it is the processor's. */
export function demote(f: FunctionLowering, a: number): number {
  return f.callPlainIntrinsic(f.m.vectorIntrinsics.demote, a);
}

/** The processor's truncation: what does not fit becomes the least integer. */
export function truncateRelaxed(from: FloatShape): Unary {
  return (f, a) => f.callPlainIntrinsic(f.m.vectorIntrinsics.truncate[from], a);
}

/** Lanes of all ones where a float is at least as large. */
function reaches(f: FunctionLowering, a: number, bound: number): number {
  const conditions = f.fcmp(RealPredicate.oge, a, lanesConstant(f, 'f32x4', bound));
  return f.cast(Cast.sext, conditions, f.types.vectors.i32x4);
}

/** The processor makes the least integer of what is too large: the complement of the largest. */
export function truncateFloats(f: FunctionLowering, a: number): number {
  const zero = f.llvm.LLVMConstNull(f.types.vectors.f32x4);
  const number = f.select(f.fcmp(RealPredicate.uno, a, a), zero, a);
  return f.binary(BinOp.xor, truncateRelaxed('f32x4')(f, number), reaches(f, a, 2 ** 31));
}

/**
 * Unsigned: two parts, of which the second is what is beyond 2^31. There the first is 2^31 (the least
 * integer), and the second 2^31 - 1 where even that is too large.
 */
export function truncateFloatsUnsigned(f: FunctionLowering, a: number): number {
  const { types } = f;
  const truncate = truncateRelaxed('f32x4');
  // Zero for NaNs too.
  const positive = better('f32x4', 'greater')(f, a, f.llvm.LLVMConstNull(types.vectors.f32x4));
  const beyond = f.binary(BinOp.fsub, positive, lanesConstant(f, 'f32x4', 2 ** 31));
  const saturated = f.binary(BinOp.xor, truncate(f, beyond), reaches(f, beyond, 2 ** 31));
  const zero = f.llvm.LLVMConstNull(types.vectors.i32x4);
  const second = f.callIntrinsic('llvm.smax', [types.vectors.i32x4], saturated, zero);
  return f.binary(BinOp.add, truncate(f, positive), second);
}

/** Two doubles. The largest integer is one too. */
export function truncateDoubles(f: FunctionLowering, a: number): number {
  const largest = lanesConstant(f, 'f64x2', 2 ** 31 - 1);
  const unordered = f.fcmp(RealPredicate.uno, a, a);
  // Where a is a NaN, the second operand is taken: zero.
  const limit = f.select(unordered, f.llvm.LLVMConstNull(f.types.vectors.f64x2), largest);
  return truncateRelaxed('f64x2')(f, better('f64x2', 'lesser')(f, a, limit));
}

/** Unsigned: a double of 2^52 and more has its integer in its lower bits. */
export function truncateDoublesUnsigned(f: FunctionLowering, a: number): number {
  const { vectors } = f.types;
  // Zero for NaNs too.
  const positive = better('f64x2', 'greater')(f, a, f.llvm.LLVMConstNull(vectors.f64x2));
  const limited = better('f64x2', 'lesser')(f, positive, lanesConstant(f, 'f64x2', 2 ** 32 - 1));
  const integer = f.callIntrinsic('llvm.trunc', [vectors.f64x2], limited);
  const shifted = f.binary(BinOp.fadd, integer, lanesConstant(f, 'f64x2', 2 ** 52));
  const words = f.cast(Cast.bitcast, shifted, vectors.i32x4);
  return shuffle(f, words, f.llvm.LLVMConstNull(vectors.i32x4), [0, 2, 4, 4]);
}
