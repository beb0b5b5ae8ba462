import type { VType } from '../../ir/ops.js';
import { BinOp, Cast, RealPredicate } from '../capi/enums.js';
import { floatFormat, isFloat } from './float-format.js';
import type { FunctionLowering } from './function.js';
import { isNeutral } from './neutral-floats.js';

/**
 * From operators on LLVM values to lowerings of instructions, whose operands and results are virtual
 * registers.
 */

/** Lowers the instruction at an index. */
export type Lower = (f: FunctionLowering, at: number) => void;

/** Makes a value from the value of one operand, or of two. */
export type Unary = (f: FunctionLowering, a: number) => number;
export type Binary = (f: FunctionLowering, a: number, b: number) => number;

/**
 * Says of an instruction whether LLVM could take an operand for its result, which a signalling NaN would
 * pass.
 */
type Passing = (f: FunctionLowering, at: number) => boolean;

/** dst = operator(a) */
export function unary(operator: Unary, mayPass: Passing = never): Lower {
  return (f, at) => {
    const operand = f.ir.a[at];
    define(f, at, operator(f, f.value(operand)), f.ir.isConstant[operand] === 1, mayPass);
  };
}

/** dst = operator(a, b) */
export function binary(operator: Binary, mayPass: Passing = never): Lower {
  return (f, at) => {
    const [a, b] = [f.ir.a[at], f.ir.b[at]];
    const isConstant = (f.ir.isConstant[a] & f.ir.isConstant[b]) === 1;
    define(f, at, operator(f, f.value(a), f.value(b)), isConstant, mayPass);
  };
}

/** An operator of floats: with some constants LLVM takes the other operand for the result. */
export function arithmetic(operator: Binary): Lower {
  return binary(operator, ({ ir }, at) => isNeutral(ir, ir.a[at], 0) || isNeutral(ir, ir.b[at], 0));
}

/** dst = test(a), where the test makes an i1. */
export function test(operator: Unary): Lower {
  return (f, at) => f.defineCondition(f.ir.dst[at], operator(f, f.value(f.ir.a[at])));
}

/** dst = comparison(a, b), where the comparison makes an i1. */
export function comparison(operator: Binary): Lower {
  return (f, at) => f.defineCondition(f.ir.dst[at], operator(f, f.value(f.ir.a[at]), f.value(f.ir.b[at])));
}

function never(): boolean {
  return false;
}

/** Defines the result. A float that LLVM could compute from constants is hidden from it: see `isNeutral`. */
function define(f: FunctionLowering, at: number, value: number, isConstant: boolean, mayPass: Passing): void {
  const dst = f.ir.dst[at];
  const vtype = f.ir.vtype[dst] as VType;
  const result = mayPass(f, at) ? quiet(f, vtype, value) : value;
  f.define(dst, isConstant && isFloat(vtype) ? f.hide(vtype, result) : result);
}

/**
 * Makes a NaN quiet. LLVM simplifies x · 1 and the like to x, so that a signalling NaN passes, where wasm
 * wants a quiet one.
 */
function quiet(f: FunctionLowering, vtype: VType, value: number): number {
  const unordered = f.fcmp(RealPredicate.uno, value, value);
  const bits = f.cast(Cast.bitcast, value, f.types.bitsOf[vtype]);
  const quieted = f.binary(BinOp.or, bits, f.bit(vtype, floatFormat(vtype).quietBit));
  return f.select(unordered, f.cast(Cast.bitcast, quieted, f.types.ofRegister[vtype]), value);
}
