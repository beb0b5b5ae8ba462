import { opResultType, VType } from '../../ir/ops.js';
import { Cast } from '../capi/enums.js';
import type { FunctionLowering } from './function.js';
import { floatShapeBits, isNeutral } from './neutral-floats.js';
import type { Binary, Lower, Unary } from './operators.js';
import type { FloatShape, Shape } from './types.js';

/**
 * From operators on LLVM's vectors to lowerings of instructions. The operands come with the lanes that the
 * operator wants; the result may have any.
 */

/** Makes a value from the values of three operands. */
export type Ternary = (f: FunctionLowering, a: number, b: number, c: number) => number;

/** Makes a value from that of an operand and the number of a lane. */
export type OfLane = (f: FunctionLowering, vector: number, lane: number) => number;

/** dst = operator(a) */
export function unary(shape: Shape, operator: Unary): Lower {
  return (f, at) => {
    const a = f.ir.a[at];
    define(f, at, operator(f, f.vector(a, shape)), f.ir.isConstant[a] === 1);
  };
}

/** dst = operator(a, b) */
export function binary(shape: Shape, operator: Binary): Lower {
  return (f, at) => {
    const [a, b] = [f.ir.a[at], f.ir.b[at]];
    const isConstant = (f.ir.isConstant[a] & f.ir.isConstant[b]) === 1;
    define(f, at, operator(f, f.vector(a, shape), f.vector(b, shape)), isConstant);
  };
}

/** dst = operator(a, b, c) */
export function ternary(shape: Shape, operator: Ternary): Lower {
  return (f, at) => {
    const { a, b, c } = f.ir;
    const values = [a[at], b[at], c[at]].map((register) => f.vector(register, shape));
    f.defineVector(at, operator(f, values[0], values[1], values[2]));
  };
}

/** Lanes of all ones where a comparison of lanes holds, and zeros elsewhere. */
export function comparison(shape: Shape, operator: Binary): Lower {
  return binary(shape, (f, a, b) => maskOf(f, shape, operator(f, a, b)));
}

/** Lanes of all ones or of zeros, from those of an i1 each. */
function maskOf(f: FunctionLowering, shape: Shape, conditions: number): number {
  const integers = shape === 'f32x4' ? 'i32x4' : shape === 'f64x2' ? 'i64x2' : shape;
  return f.cast(Cast.sext, conditions, f.types.vectors[integers]);
}

/** dst = operator(a), an i1 */
export function test(shape: Shape, operator: Unary): Lower {
  return (f, at) => f.defineCondition(f.ir.dst[at], operator(f, f.vector(f.ir.a[at], shape)));
}

/** dst = operator(a), a scalar */
export function scalar(shape: Shape, operator: OfLane): Lower {
  return (f, at) => {
    const { ir } = f;
    const value = operator(f, f.vector(ir.a[at], shape), ir.imm[at]);
    f.define(ir.dst[at], value);
  };
}

/**
 * Arithmetic with floats. LLVM must not compute with constants alone, and not simplify the operator to an
 * operand by a constant: that would let a signalling NaN pass. So such constants are hidden from it.
 */
export function unaryArithmetic(shape: FloatShape, operator: Unary): Lower {
  return (f, at) => {
    const a = f.ir.a[at];
    f.defineVector(at, operator(f, operand(f, a, shape, f.ir.isConstant[a])));
  };
}

export function arithmetic(shape: FloatShape, operator: Binary): Lower {
  return (f, at) => {
    const { ir } = f;
    const [a, b] = [ir.a[at], ir.b[at]];
    const areConstant = ir.isConstant[a] & ir.isConstant[b];
    const values = [a, b].map((register) => operand(f, register, shape, areConstant));
    f.defineVector(at, operator(f, values[0], values[1]));
  };
}

export function ternaryArithmetic(shape: FloatShape, operator: Ternary): Lower {
  return (f, at) => {
    const { ir } = f;
    const [a, b, c] = [ir.a[at], ir.b[at], ir.c[at]];
    const areConstant = ir.isConstant[a] & ir.isConstant[b] & ir.isConstant[c];
    const values = [a, b, c].map((register) => operand(f, register, shape, areConstant));
    f.defineVector(at, operator(f, values[0], values[1], values[2]));
  };
}

/** An operand of arithmetic. It is hidden if all are constants, or if it is a neutral one. */
function operand(f: FunctionLowering, register: number, shape: FloatShape, areConstant: number): number {
  const { ir } = f;
  const value = f.value(register);
  const isHidden = areConstant === 1 || isNeutral(ir, register, floatShapeBits[shape]);
  const shown = isHidden ? f.hide(ir.vtype[register], value) : value;
  return f.cast(Cast.bitcast, shown, f.types.vectors[shape]);
}

/**
 * Defines a result that is a vector, or a scalar where the operation says so. What LLVM could compute from
 * constants is hidden from it where it may become an operand of arithmetic.
 */
function define(f: FunctionLowering, at: number, value: number, isConstant: boolean): void {
  const { ir, types } = f;
  const vtype = opResultType[ir.op[at]] as VType;
  const result = f.cast(Cast.bitcast, value, types.ofRegister[vtype]);
  const shown = isConstant && f.hasFloatVectors ? f.hide(vtype, result) : result;
  if (vtype === VType.v128) f.defineVector(at, shown);
  else f.define(ir.dst[at], shown);
}
