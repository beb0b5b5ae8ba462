import { Op } from '../../ir/ops.js';
import { BinOp, Cast, RealPredicate } from '../capi/enums.js';
import type { FunctionLowering } from './function.js';
import type { Binary, Unary } from './operators.js';
import type { FloatType } from './types.js';

/** Operators of floats: from the values of the operands to that of the result. */

/** An intrinsic that is made for the type of its operands. */
export function intrinsic(vtype: FloatType, name: string): Unary & Binary {
  return (f: FunctionLowering, ...operands: readonly number[]) =>
    f.callIntrinsic(name, [f.types.ofRegister[vtype]], ...operands);
}

export function negate(f: FunctionLowering, a: number): number {
  return f.llvm.LLVMBuildFNeg(f.builder, a, f.m.noName);
}

export function compare(predicate: number): Binary {
  return (f, a, b) => f.fcmp(predicate, a, b);
}

/**
 * Minimum (`op` is or: -0 is less than +0) or maximum (and), and NaN where an operand is one. `llvm.minimum`
 * means the same, but LLVM 16 cannot make machine code of it.
 */
function extremum(vtype: FloatType, better: number, op: number): Binary {
  return (f, a, b) => {
    const type = f.types.ofRegister[vtype];
    const integer = f.types.bitsOf[vtype];
    const bits = f.binary(op, f.cast(Cast.bitcast, a, integer), f.cast(Cast.bitcast, b, integer));
    const equal = f.fcmp(RealPredicate.oeq, a, b);
    const unordered = f.fcmp(RealPredicate.uno, a, b);
    const ordered = f.select(f.fcmp(better, a, b), a, b);
    const number = f.select(equal, f.cast(Cast.bitcast, bits, type), ordered);
    return f.select(unordered, f.binary(BinOp.fadd, a, b), number);
  };
}

export function minimum(vtype: FloatType): Binary {
  return extremum(vtype, RealPredicate.olt, BinOp.or);
}

export function maximum(vtype: FloatType): Binary {
  return extremum(vtype, RealPredicate.ogt, BinOp.and);
}

/**
 * Whether the operand of an f32.demote_f64 is what f64.promote_f32 has just made: LLVM drops both. It may
 * come from a lane of a vector too.
 */
export function isPromoted({ ir }: FunctionLowering, at: number): boolean {
  if (at === 0 || ir.dst[at - 1] !== ir.a[at]) return false;
  return ir.op[at - 1] === Op['f64.promote_f32'] || ir.op[at - 1] === Op['f64x2.extract_lane'];
}
