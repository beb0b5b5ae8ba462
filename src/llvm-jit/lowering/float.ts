import { VType } from '../../ir/ops.js';
import { BinOp, Cast, RealPredicate } from '../capi/enums.js';
import type { FunctionLowering } from './function.js';

/** Operators of floats: from the values of the operands to that of the result. */

type Binary = (f: FunctionLowering, a: number, b: number) => number;
type Unary = (f: FunctionLowering, a: number) => number;

type FloatType = typeof VType.f32 | typeof VType.f64;

export function intrinsic(vtype: FloatType, name: string): Unary {
  return (f, a) => f.callIntrinsic(name, [f.types.ofRegister[vtype]], a);
}

export function copysign(vtype: FloatType): Binary {
  return (f, a, b) => f.callIntrinsic('llvm.copysign', [f.types.ofRegister[vtype]], a, b);
}

export function negate(f: FunctionLowering, a: number): number {
  return f.llvm.LLVMBuildFNeg(f.builder, a, f.m.noName);
}

/** The integer type of a float's width. */
function bitsType(f: FunctionLowering, vtype: FloatType): number {
  return vtype === VType.f32 ? f.types.i32 : f.types.i64;
}

/**
 * Makes a NaN quiet. LLVM takes x · 1 for x and the like, which a signalling NaN would pass unchanged, where wasm wants
 * a quiet one: what may be so simplified is passed through here.
 */
export function quiet(f: FunctionLowering, vtype: FloatType, value: number): number {
  const unordered = f.fcmp(RealPredicate.uno, value, value);
  const bits = f.cast(Cast.bitcast, value, bitsType(f, vtype));
  const quietBit =
    vtype === VType.f32 ? f.constant(VType.i32, 1 << 22, 0) : f.constant(VType.i64, 0, 1 << 19);
  const quieted = f.cast(Cast.bitcast, f.binary(BinOp.or, bits, quietBit), f.types.ofRegister[vtype]);
  return f.select(unordered, quieted, value);
}

/**
 * Minimum (`op` is or: -0 wins over +0) or maximum (and), with NaN where an operand is one. `llvm.minimum` means the
 * same, but LLVM 16 cannot make machine code of it.
 */
function extremum(vtype: FloatType, better: number, op: number): Binary {
  return (f, a, b) => {
    const type = f.types.ofRegister[vtype];
    const integer = bitsType(f, vtype);
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
