import { Trap } from '../../code/traps.js';
import type { VType } from '../../ir/ops.js';
import { BinOp, Cast, RealPredicate } from '../capi/enums.js';
import { floatWords } from './float-format.js';
import type { FunctionLowering } from './function.js';
import type { Unary } from './operators.js';
import { type FloatType, type IntType, registerSizes } from './types.js';

/** Conversions: from the value of the operand to that of the result. */

export function cast(op: number, to: VType): Unary {
  return (f, a) => f.cast(op, a, f.types.ofRegister[to]);
}

/** Sign extension from the lower bits, as many as `from` has. */
export function extend(from: 'i8' | 'i16' | 'i32', to: IntType): Unary {
  return (f, a) => f.cast(Cast.sext, f.cast(Cast.trunc, a, f.types[from]), f.types.ofRegister[to]);
}

function floatConstant(f: FunctionLowering, vtype: FloatType, value: number): number {
  const { low, high } = floatWords(vtype, value);
  return f.constant(vtype, low, high);
}

/**
 * Truncation to an integer, with traps for NaN and for what does not fit: LLVM's own has no meaning there.
 * The bounds are those of the floats that fit after truncation. The lower one is excluded if one below the
 * least integer is a float; else it is the least integer itself and included, since the next float below is
 * too small.
 */
export function truncate(from: FloatType, to: IntType, isSigned: boolean): Unary {
  const width = 8 * registerSizes[to];
  const upper = isSigned ? 2 ** (width - 1) : 2 ** width;
  const least = isSigned ? -(2 ** (width - 1)) : 0;
  const isExact = !isSigned || registerSizes[from] > registerSizes[to];
  const lower = isExact ? least - 1 : least;
  const lowerPredicate = isExact ? RealPredicate.ogt : RealPredicate.oge;
  return (f, a) => {
    const above = f.fcmp(lowerPredicate, a, floatConstant(f, from, lower));
    const below = f.fcmp(RealPredicate.olt, a, floatConstant(f, from, upper));
    const unordered = f.fcmp(RealPredicate.uno, a, a);
    f.blocks.trapIf(unordered, Trap.invalidConversionToInteger);
    f.blocks.trapIf(f.binary(BinOp.and, above, below), Trap.integerOverflow, true);
    return f.cast(isSigned ? Cast.fptosi : Cast.fptoui, a, f.types.ofRegister[to]);
  };
}

export function truncateSaturating(from: FloatType, to: IntType, isSigned: boolean): Unary {
  const name = isSigned ? 'llvm.fptosi.sat' : 'llvm.fptoui.sat';
  return (f, a) => f.callIntrinsic(name, [f.types.ofRegister[to], f.types.ofRegister[from]], a);
}
