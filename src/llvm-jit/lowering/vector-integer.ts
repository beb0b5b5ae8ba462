import { BinOp, Cast, IntPredicate } from '../capi/enums.js';
import type { FunctionLowering } from './function.js';
import type { Binary, Lower, Unary } from './operators.js';
import { type HalfShape, type IntShape, shapes } from './types.js';
import type { Ternary } from './vector-operators.js';
import { halfOf, lanesConstant, splat } from './vectors.js';

/** Operators of vectors of integers and of bits: from LLVM's vectors to those of the results. */

/** An intrinsic that is made for the type of its operands. */
export function intrinsic(shape: IntShape, name: string): Unary & Binary {
  return (f: FunctionLowering, ...operands: readonly number[]) =>
    f.callIntrinsic(name, [f.types.vectors[shape]], ...operands);
}

/** An intrinsic of the processor. */
export function plainIntrinsic(
  name: (intrinsics: FunctionLowering['m']['vectorIntrinsics']) => string,
): Unary & Binary {
  return (f: FunctionLowering, ...operands: readonly number[]) =>
    f.callPlainIntrinsic(name(f.m.vectorIntrinsics), ...operands);
}

function zero(f: FunctionLowering, shape: IntShape): number {
  return f.llvm.LLVMConstNull(f.types.vectors[shape]);
}

// Bits

export function not(f: FunctionLowering, a: number): number {
  return f.binary(BinOp.xor, a, lanesConstant(f, 'i64x2', -1));
}

/** a & ~b */
export function andNot(f: FunctionLowering, a: number, b: number): number {
  return f.binary(BinOp.and, a, not(f, b));
}

/** Bits of a where c has ones, and those of b elsewhere. */
export const bitSelect: Ternary = (f, a, b, c) =>
  f.binary(BinOp.or, f.binary(BinOp.and, a, c), andNot(f, b, c));

/**
 * Whether a bit is set. It is the processor's instruction, because of generic ones LLVM makes a comparison
 * once more where `a` is the result of one, with another kind of mask.
 */
export function anyTrue(f: FunctionLowering, a: number): number {
  const noBit = f.callPlainIntrinsic(f.m.vectorIntrinsics.haveNoBit, a, a);
  return f.icmp(IntPredicate.eq, noBit, f.llvm.LLVMConstNull(f.types.i32));
}

// Lanes that come to a scalar

/** The bits of as many i1 as a shape has lanes, as an integer of so many bits. */
function bitsOfConditions(f: FunctionLowering, shape: IntShape, conditions: number): number {
  const type = f.llvm.LLVMIntTypeInContext(f.m.context, shapes[shape][1]);
  return f.cast(Cast.bitcast, conditions, type);
}

/** Whether no lane is zero. */
export function allTrue(shape: IntShape): Unary {
  return (f, a) => {
    const zeros = bitsOfConditions(f, shape, f.icmp(IntPredicate.eq, a, zero(f, shape)));
    return f.icmp(IntPredicate.eq, zeros, f.llvm.LLVMConstNull(f.llvm.LLVMTypeOf(zeros)));
  };
}

/** The highest bits of the lanes. */
export function bitmask(shape: IntShape): Unary {
  return (f, a) => {
    const bits = bitsOfConditions(f, shape, f.icmp(IntPredicate.slt, a, zero(f, shape)));
    return f.cast(Cast.zext, bits, f.types.i32);
  };
}

// Lane by lane

export function absolute(shape: IntShape): Unary {
  return (f, a) =>
    f.callIntrinsic('llvm.abs', [f.types.vectors[shape]], a, f.llvm.LLVMConstInt(f.types.i1, 0, 0));
}

export function negate(shape: IntShape): Unary {
  return (f, a) => f.binary(BinOp.sub, zero(f, shape), a);
}

/** dst = a shifted by b, an i32: a count modulo the width of the lanes. */
export function shift(shape: IntShape, op: number): Lower {
  const [lane, count] = shapes[shape];
  const width = 128 / count;
  return (f, at) => {
    const { ir, llvm, types } = f;
    const masked = f.binary(BinOp.and, f.value(ir.b[at]), llvm.LLVMConstInt(types.i32, width - 1, 0));
    const distance = f.cast(width > 32 ? Cast.zext : Cast.trunc, masked, types[lane]);
    const counts = splat(f, shape, width === 32 ? masked : distance);
    f.defineVector(at, f.binary(op, f.vector(ir.a[at], shape), counts));
  };
}

// From narrower lanes to wider ones

/** What lanes of half the width become: each shape, and half of it with lanes twice as wide. */
export const widerShapes = { i8x16: 'i16x8', i16x8: 'i32x4', i32x4: 'i64x2' } as const;
export type NarrowShape = keyof typeof widerShapes;

/** The type of the lanes of half a vector. */
export const halfShapes = { i8x16: 'i8x8', i16x8: 'i16x4', i32x4: 'i32x2' } as const satisfies Record<
  NarrowShape,
  HalfShape
>;

export type Half = 'low' | 'high';
export type Extension = typeof Cast.sext | typeof Cast.zext;

/** The lower or upper half of the lanes, extended. */
export function extend(from: NarrowShape, half: Half, extension: Extension): Unary {
  const first = half === 'low' ? 0 : shapes[from][1] / 2;
  return (f, a) => f.cast(extension, halfOf(f, from, a, first, 1), f.types.vectors[widerShapes[from]]);
}

/** The products of extended lanes. */
export function extendedProduct(from: NarrowShape, half: Half, extension: Extension): Binary {
  const extended = extend(from, half, extension);
  return (f, a, b) => f.binary(BinOp.mul, extended(f, a), extended(f, b));
}

/** The sums of neighbouring lanes, extended. */
export function pairwiseSum(from: 'i8x16' | 'i16x8', extension: Extension): Unary {
  const isSigned = extension === Cast.sext;
  return (f, a) => {
    const { dotOfBytes, dotOfWords } = f.m.vectorIntrinsics;
    const ones = lanesConstant(f, from, 1);
    if (from === 'i8x16') {
      return isSigned ? f.callPlainIntrinsic(dotOfBytes, ones, a) : f.callPlainIntrinsic(dotOfBytes, a, ones);
    }
    if (isSigned) return f.callPlainIntrinsic(dotOfWords, a, ones);
    const type = f.types.vectors[widerShapes[from]];
    const [even, odd] = [0, 1].map((first) => f.cast(extension, halfOf(f, from, a, first, 2), type));
    return f.binary(BinOp.add, even, odd);
  };
}

// From wider lanes to narrower ones, and products

/** (a * b + 0x4000) >> 15. Only -1 * -1, in 15 bits behind the point, is too large, and saturates. */
export function multiplyRounding(f: FunctionLowering, a: number, b: number): number {
  const product = f.callPlainIntrinsic(f.m.vectorIntrinsics.multiplyRounding, a, b);
  const wrapped = f.icmp(IntPredicate.eq, product, lanesConstant(f, 'i16x8', -0x8000));
  return f.binary(BinOp.xor, product, f.cast(Cast.sext, wrapped, f.types.vectors.i16x8));
}
