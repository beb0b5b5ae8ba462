import { Trap } from '../../code/traps.js';
import { VType } from '../../ir/ops.js';
import { BinOp, IntPredicate } from '../capi/enums.js';
import type { FunctionLowering } from './function.js';

/** Operators of integers: from the values of the operands to that of the result. */

type Binary = (f: FunctionLowering, a: number, b: number) => number;
type Unary = (f: FunctionLowering, a: number) => number;

export function plain(op: number): Binary {
  return (f, a, b) => f.binary(op, a, b);
}

/** Counts are taken modulo the width; LLVM has no meaning for larger ones. */
export function shift(vtype: VType, op: number): Binary {
  return (f, a, b) => f.binary(op, a, f.shiftMask(vtype, b));
}

/** A rotation is a funnel shift of a value with itself. */
export function rotate(vtype: VType, intrinsic: 'llvm.fshl' | 'llvm.fshr'): Binary {
  return (f, a, b) => f.callIntrinsic(intrinsic, [f.types.ofRegister[vtype]], a, a, b);
}

/** llvm.ctlz and llvm.cttz, with the width as the result for 0. */
export function countZeros(vtype: VType, intrinsic: 'llvm.ctlz' | 'llvm.cttz'): Unary {
  return (f, a) =>
    f.callIntrinsic(intrinsic, [f.types.ofRegister[vtype]], a, f.llvm.LLVMConstInt(f.types.i1, 0, 0));
}

export function populationCount(vtype: VType): Unary {
  return (f, a) => f.callIntrinsic('llvm.ctpop', [f.types.ofRegister[vtype]], a);
}

function trapIfZero(f: FunctionLowering, vtype: VType, divisor: number): void {
  f.trapIf(f.icmp(IntPredicate.eq, divisor, f.constant(vtype, 0, 0)), Trap.integerDivideByZero);
}

export function divideUnsigned(vtype: VType, op: typeof BinOp.udiv | typeof BinOp.urem): Binary {
  return (f, a, b) => {
    trapIfZero(f, vtype, b);
    return f.binary(op, a, b);
  };
}

export function divideSigned(vtype: VType): Binary {
  return (f, a, b) => {
    trapIfZero(f, vtype, b);
    const least = vtype === VType.i32 ? f.constant(vtype, 1 << 31, 0) : f.constant(vtype, 0, 1 << 31);
    const isLeast = f.icmp(IntPredicate.eq, a, least);
    const isMinusOne = f.icmp(IntPredicate.eq, b, f.constant(vtype, -1, -1));
    f.trapIf(f.binary(BinOp.and, isLeast, isMinusOne), Trap.integerOverflow);
    return f.binary(BinOp.sdiv, a, b);
  };
}

/** The remainder of a division by -1 is 0, also where the quotient overflows, which LLVM has no meaning for. */
export function remainderSigned(vtype: VType): Binary {
  return (f, a, b) => {
    trapIfZero(f, vtype, b);
    const isMinusOne = f.icmp(IntPredicate.eq, b, f.constant(vtype, -1, -1));
    return f.binary(BinOp.srem, a, f.select(isMinusOne, f.constant(vtype, 1, 0), b));
  };
}
