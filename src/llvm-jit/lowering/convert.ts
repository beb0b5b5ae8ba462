import { Trap } from '../../code/traps.js';
import { VType } from '../../ir/ops.js';
import { BinOp, Cast, RealPredicate } from '../capi/enums.js';
import type { FunctionLowering } from './function.js';

type Unary = (f: FunctionLowering, a: number) => number;
type IntType = typeof VType.i32 | typeof VType.i64;
type FloatType = typeof VType.f32 | typeof VType.f64;

export function cast(op: number, to: VType): Unary {
  return (f, a) => f.cast(op, a, f.types.ofRegister[to]);
}

/** Sign extension from the lower `width` bits. */
export function extend(width: 'i8' | 'i16' | 'i32', to: IntType): Unary {
  return (f, a) => f.cast(Cast.sext, f.cast(Cast.trunc, a, f.types[width]), f.types.ofRegister[to]);
}

/** Bits of floats, as `[low, high]` words of f64 and as word of f32. */
const scratch = new DataView(new ArrayBuffer(8));

function floatConstant(f: FunctionLowering, vtype: FloatType, value: number): number {
  if (vtype === VType.f32) {
    scratch.setFloat32(0, value, true);
    return f.constant(vtype, scratch.getInt32(0, true), 0);
  }
  scratch.setFloat64(0, value, true);
  return f.constant(vtype, scratch.getInt32(0, true), scratch.getInt32(4, true));
}

/**
 * Truncation to an integer, with traps for NaN and for what does not fit; LLVM's own has no meaning there. The bounds
 * are those of the floats that fit after truncation: the lower one is excluded where it is exact (one below the least
 * integer), else included (the least integer itself, below which the next float is too small).
 */
export function truncate(from: FloatType, to: IntType, isSigned: boolean): Unary {
  const width = to === VType.i32 ? 32 : 64;
  const upper = isSigned ? 2 ** (width - 1) : 2 ** width;
  const exactLower = isSigned ? from === VType.f64 && to === VType.i32 : true;
  const lower = isSigned ? (exactLower ? -(2 ** (width - 1)) - 1 : -(2 ** (width - 1))) : -1;
  const lowerPredicate = exactLower ? RealPredicate.ogt : RealPredicate.oge;
  return (f, a) => {
    const above = f.fcmp(lowerPredicate, a, floatConstant(f, from, lower));
    const below = f.fcmp(RealPredicate.olt, a, floatConstant(f, from, upper));
    const unordered = f.fcmp(RealPredicate.uno, a, a);
    f.trapIf(unordered, Trap.invalidConversionToInteger);
    f.trapIf(f.binary(BinOp.and, above, below), Trap.integerOverflow, true);
    return f.cast(isSigned ? Cast.fptosi : Cast.fptoui, a, f.types.ofRegister[to]);
  };
}

export function truncateSaturating(from: FloatType, to: IntType, isSigned: boolean): Unary {
  const name = isSigned ? 'llvm.fptosi.sat' : 'llvm.fptoui.sat';
  return (f, a) => f.callIntrinsic(name, [f.types.ofRegister[to], f.types.ofRegister[from]], a);
}
