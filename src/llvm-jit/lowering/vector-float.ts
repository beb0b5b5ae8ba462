import { BinOp, Cast, RealPredicate } from '../capi/enums.js';
import type { FunctionLowering } from './function.js';
import type { Binary, Unary } from './operators.js';
import type { FloatShape, IntShape } from './types.js';
import type { Ternary } from './vector-operators.js';

/** Operators of vectors of floats: from LLVM's vectors to those of the results. */

/** The lanes of floats as integers. */
const integersOf = { f32x4: 'i32x4', f64x2: 'i64x2' } as const satisfies Record<FloatShape, IntShape>;

/** An intrinsic that is made for the type of its operands. */
export function intrinsic(shape: FloatShape, name: string): Unary & Binary {
  return (f: FunctionLowering, ...operands: readonly number[]) =>
    f.callIntrinsic(name, [f.types.vectors[shape]], ...operands);
}

/** a < b ? a : b, or a > b ? a : b, lane by lane, the bits as they are. */
export function better(shape: FloatShape, which: 'lesser' | 'greater'): Binary {
  return (f, a, b) => f.callPlainIntrinsic(f.m.vectorIntrinsics[which][shape], a, b);
}

/** b < a ? b : a, or a < b ? b : a: the same with the operands exchanged. */
export function pseudo(shape: FloatShape, which: 'lesser' | 'greater'): Binary {
  const operator = better(shape, which);
  return (f, a, b) => operator(f, b, a);
}

/**
 * Minimum or maximum. Taken both ways round, they differ in two cases only: for zeros the bits of both make
 * the right one, since -0 is less than +0; and for NaNs, of which the sum is one that is quiet.
 */
function extremum(shape: FloatShape, which: 'lesser' | 'greater', op: number): Binary {
  const operator = better(shape, which);
  return (f, a, b) => {
    const integers = f.types.vectors[integersOf[shape]];
    const bits = (value: number): number => f.cast(Cast.bitcast, value, integers);
    const both = f.binary(op, bits(operator(f, a, b)), bits(operator(f, b, a)));
    const unordered = f.fcmp(RealPredicate.uno, a, b);
    const number = f.cast(Cast.bitcast, both, f.types.vectors[shape]);
    return f.select(unordered, f.binary(BinOp.fadd, a, b), number);
  };
}

export function minimum(shape: FloatShape): Binary {
  return extremum(shape, 'lesser', BinOp.or);
}

export function maximum(shape: FloatShape): Binary {
  return extremum(shape, 'greater', BinOp.and);
}

/** a * b + c, or -(a * b) + c: rounded once where the processor can. */
export function multiplyAdd(shape: FloatShape, negated: boolean): Ternary {
  return (f, a, b, c) => {
    const factor = negated ? f.llvm.LLVMBuildFNeg(f.builder, a, f.m.noName) : a;
    if (f.m.fusesMultiplyAdd) return f.callIntrinsic('llvm.fma', [f.types.vectors[shape]], factor, b, c);
    return f.binary(BinOp.fadd, f.binary(BinOp.fmul, factor, b), c);
  };
}
