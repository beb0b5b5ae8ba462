import { Trap } from '../../code/traps.js';
import { BinOp, IntPredicate } from '../capi/enums.js';
import type { FunctionLowering } from './function.js';
import type { Binary, Unary } from './operators.js';
import { type IntType, registerSizes } from './types.js';

/** Operators of integers: from the values of the operands to that of the result. */

/** What is one LLVM instruction, of integers or of floats. */
export function plain(op: number): Binary {
  return (f, a, b) => f.binary(op, a, b);
}

export function compare(predicate: number): Binary {
  return (f, a, b) => f.icmp(predicate, a, b);
}

export function isZero(vtype: IntType): Unary {
  return (f, a) => f.icmp(IntPredicate.eq, a, f.constant(vtype, 0, 0));
}

/** Counts are taken modulo the width; LLVM has no meaning for larger ones. */
export function shift(vtype: IntType, op: number): Binary {
  return (f, a, b) => f.binary(op, a, f.shiftMask(vtype, b));
}

/** A rotation is a funnel shift of a value with itself. */
export function rotate(vtype: IntType, intrinsic: 'llvm.fshl' | 'llvm.fshr'): Binary {
  return (f, a, b) => f.callIntrinsic(intrinsic, [f.types.ofRegister[vtype]], a, a, b);
}

/** llvm.ctlz and llvm.cttz, with the width as the result for 0. */
export function countZeros(vtype: IntType, intrinsic: 'llvm.ctlz' | 'llvm.cttz'): Unary {
  return (f, a) =>
    f.callIntrinsic(intrinsic, [f.types.ofRegister[vtype]], a, f.llvm.LLVMConstInt(f.types.i1, 0, 0));
}

export function populationCount(vtype: IntType): Unary {
  return (f, a) => f.callIntrinsic('llvm.ctpop', [f.types.ofRegister[vtype]], a);
}

function trapIfZero(f: FunctionLowering, vtype: IntType, divisor: number): void {
  f.blocks.trapIf(f.icmp(IntPredicate.eq, divisor, f.constant(vtype, 0, 0)), Trap.integerDivideByZero);
}

function isMinusOne(f: FunctionLowering, vtype: IntType, value: number): number {
  return f.icmp(IntPredicate.eq, value, f.constant(vtype, -1, -1));
}

export function divideUnsigned(vtype: IntType, op: typeof BinOp.udiv | typeof BinOp.urem): Binary {
  return (f, a, b) => {
    trapIfZero(f, vtype, b);
    return f.binary(op, a, b);
  };
}

export function divideSigned(vtype: IntType): Binary {
  return (f, a, b) => {
    trapIfZero(f, vtype, b);
    const isLeast = f.icmp(IntPredicate.eq, a, f.bit(vtype, 8 * registerSizes[vtype] - 1));
    f.blocks.trapIf(f.binary(BinOp.and, isLeast, isMinusOne(f, vtype, b)), Trap.integerOverflow);
    return f.binary(BinOp.sdiv, a, b);
  };
}

/**
 * The remainder of a division by -1 is 0, even where the quotient overflows, which LLVM has no meaning for.
 */
export function remainderSigned(vtype: IntType): Binary {
  return (f, a, b) => {
    trapIfZero(f, vtype, b);
    return f.binary(BinOp.srem, a, f.select(isMinusOne(f, vtype, b), f.constant(vtype, 1, 0), b));
  };
}
