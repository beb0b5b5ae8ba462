import { isLoad, isStore, Op, opCount, opOfWasm, VType } from '../../ir/ops.js';
import { type Mnemonic, opcodes, Op as WasmOp } from '../../wasm/opcodes.js';
import { BinOp, Cast, IntPredicate, RealPredicate } from '../capi/enums.js';
import * as calls from './calls.js';
import * as control from './control.js';
import * as convert from './convert.js';
import * as float from './float.js';
import type { FunctionLowering } from './function.js';
import * as integer from './integer.js';
import * as memory from './memory.js';
import { isNeutral } from './neutral-floats.js';

/** Lowers the instruction at an index. */
export type Lower = (f: FunctionLowering, at: number) => void;

/** A result from one operand, from two, or an i1 from two. */
type Unary = (f: FunctionLowering, a: number) => number;
type Binary = (f: FunctionLowering, a: number, b: number) => number;

const { i32, i64, f32, f64 } = VType;
const unaries = new Map<number, Unary>();
const binaries = new Map<number, Binary>();
const comparisons = new Map<number, Binary>();

for (const [name, vtype] of [
  ['i32', i32],
  ['i64', i64],
] as const) {
  const unary = {
    clz: integer.countZeros(vtype, 'llvm.ctlz'),
    ctz: integer.countZeros(vtype, 'llvm.cttz'),
    popcnt: integer.populationCount(vtype),
    extend8_s: convert.extend('i8', vtype),
    extend16_s: convert.extend('i16', vtype),
    trunc_f32_s: convert.truncate(f32, vtype, true),
    trunc_f32_u: convert.truncate(f32, vtype, false),
    trunc_f64_s: convert.truncate(f64, vtype, true),
    trunc_f64_u: convert.truncate(f64, vtype, false),
    trunc_sat_f32_s: convert.truncateSaturating(f32, vtype, true),
    trunc_sat_f32_u: convert.truncateSaturating(f32, vtype, false),
    trunc_sat_f64_s: convert.truncateSaturating(f64, vtype, true),
    trunc_sat_f64_u: convert.truncateSaturating(f64, vtype, false),
  } as const;
  const binary = {
    add: integer.plain(BinOp.add),
    sub: integer.plain(BinOp.sub),
    mul: integer.plain(BinOp.mul),
    div_s: integer.divideSigned(vtype),
    div_u: integer.divideUnsigned(vtype, BinOp.udiv),
    rem_s: integer.remainderSigned(vtype),
    rem_u: integer.divideUnsigned(vtype, BinOp.urem),
    and: integer.plain(BinOp.and),
    or: integer.plain(BinOp.or),
    xor: integer.plain(BinOp.xor),
    shl: integer.shift(vtype, BinOp.shl),
    shr_s: integer.shift(vtype, BinOp.ashr),
    shr_u: integer.shift(vtype, BinOp.lshr),
    rotl: integer.rotate(vtype, 'llvm.fshl'),
    rotr: integer.rotate(vtype, 'llvm.fshr'),
  } as const;
  const compare = {
    eq: IntPredicate.eq,
    ne: IntPredicate.ne,
    lt_s: IntPredicate.slt,
    lt_u: IntPredicate.ult,
    gt_s: IntPredicate.sgt,
    gt_u: IntPredicate.ugt,
    le_s: IntPredicate.sle,
    le_u: IntPredicate.ule,
    ge_s: IntPredicate.sge,
    ge_u: IntPredicate.uge,
  } as const;
  add(unaries, name, unary);
  add(binaries, name, binary);
  for (const [operator, predicate] of Object.entries(compare)) {
    comparisons.set(codeOf(`${name}.${operator}`), (f, a, b) => f.icmp(predicate, a, b));
  }
}

for (const [name, vtype] of [
  ['f32', f32],
  ['f64', f64],
] as const) {
  const unary = {
    abs: float.intrinsic(vtype, 'llvm.fabs'),
    neg: float.negate,
    ceil: float.intrinsic(vtype, 'llvm.ceil'),
    floor: float.intrinsic(vtype, 'llvm.floor'),
    trunc: float.intrinsic(vtype, 'llvm.trunc'),
    nearest: float.intrinsic(vtype, 'llvm.nearbyint'),
    sqrt: float.intrinsic(vtype, 'llvm.sqrt'),
    convert_i32_s: convert.cast(Cast.sitofp, vtype),
    convert_i32_u: convert.cast(Cast.uitofp, vtype),
    convert_i64_s: convert.cast(Cast.sitofp, vtype),
    convert_i64_u: convert.cast(Cast.uitofp, vtype),
  } as const;
  const binary = {
    add: integer.plain(BinOp.fadd),
    sub: integer.plain(BinOp.fsub),
    mul: integer.plain(BinOp.fmul),
    div: integer.plain(BinOp.fdiv),
    min: float.minimum(vtype),
    max: float.maximum(vtype),
    copysign: float.copysign(vtype),
  } as const;
  const compare = {
    eq: RealPredicate.oeq,
    ne: RealPredicate.une,
    lt: RealPredicate.olt,
    gt: RealPredicate.ogt,
    le: RealPredicate.ole,
    ge: RealPredicate.oge,
  } as const;
  add(unaries, name, unary);
  add(binaries, name, binary);
  for (const [operator, predicate] of Object.entries(compare)) {
    comparisons.set(codeOf(`${name}.${operator}`), (f, a, b) => f.fcmp(predicate, a, b));
  }
}

/** Conversions whose name says both types. */
const conversions: Readonly<Partial<Record<Mnemonic, Unary>>> = {
  'i32.wrap_i64': convert.cast(Cast.trunc, i32),
  'i64.extend_i32_s': convert.cast(Cast.sext, i64),
  'i64.extend_i32_u': convert.cast(Cast.zext, i64),
  'i64.extend32_s': convert.extend('i32', i64),
  'f32.demote_f64': convert.cast(Cast.fptrunc, f32),
  'f64.promote_f32': convert.cast(Cast.fpext, f64),
  'i32.reinterpret_f32': convert.cast(Cast.bitcast, i32),
  'i64.reinterpret_f64': convert.cast(Cast.bitcast, i64),
  'f32.reinterpret_i32': convert.cast(Cast.bitcast, f32),
  'f64.reinterpret_i64': convert.cast(Cast.bitcast, f64),
};
for (const [name, unary] of Object.entries(conversions)) unaries.set(codeOf(name), unary);

function codeOf(mnemonic: string): number {
  return opOfWasm(WasmOp[mnemonic as Mnemonic]);
}

function add<Operator>(
  map: Map<number, Operator>,
  type: string,
  operators: Readonly<Record<string, Operator>>,
): void {
  for (const [name, operator] of Object.entries(operators)) map.set(codeOf(`${type}.${name}`), operator);
}

const floatArithmetic = new Set(
  ['f32', 'f64'].flatMap((type) =>
    ['add', 'sub', 'mul', 'div', 'min', 'max'].map((name) => codeOf(`${type}.${name}`)),
  ),
);

/** Whether LLVM could take an operator with a constant operand for the other operand. */
function mayPassUnchanged({ ir }: FunctionLowering, at: number): boolean {
  return isNeutral(ir, ir.a[at]) || isNeutral(ir, ir.b[at]);
}

/** Whether the operand of an f32.demote_f64 is what f64.promote_f32 has just made. */
function isPromoted(f: FunctionLowering, at: number): boolean {
  const { ir } = f;
  const operand = ir.a[at];
  return at > 0 && ir.dst[at - 1] === operand && ir.op[at - 1] === WasmOp['f64.promote_f32'];
}

/** Defines the result of a numeric operator. A float that LLVM can compute is hidden: see `isNeutral`. */
function defineNumber(f: FunctionLowering, at: number, value: number, isConstant: boolean): void {
  const dst = f.ir.dst[at];
  const vtype = f.ir.vtype[dst];
  const isFloat = vtype === f32 || vtype === f64;
  f.define(dst, isFloat && isConstant ? f.hide(vtype, value) : value);
}

function numeric(op: number): Lower {
  const unary = unaries.get(op);
  if (unary !== undefined) {
    const mayBeQuieted = op === WasmOp['f32.demote_f64'];
    return (f, at) => {
      const operand = f.ir.a[at];
      const value = unary(f, f.value(operand));
      const result = mayBeQuieted && isPromoted(f, at) ? float.quiet(f, f32, value) : value;
      defineNumber(f, at, result, f.ir.isConstant[operand] === 1);
    };
  }
  const compare = comparisons.get(op);
  if (compare !== undefined) {
    return (f, at) => f.defineCondition(f.ir.dst[at], compare(f, f.value(f.ir.a[at]), f.value(f.ir.b[at])));
  }
  const binary = binaries.get(op);
  if (binary === undefined) throw new Error(`internal error: no lowering for operation 0x${op.toString(16)}`);
  const isArithmetic = floatArithmetic.has(op);
  const vtype = op < WasmOp['f64.abs'] ? f32 : f64;
  return (f, at) => {
    const [a, b] = [f.ir.a[at], f.ir.b[at]];
    const value = binary(f, f.value(a), f.value(b));
    const result = isArithmetic && mayPassUnchanged(f, at) ? float.quiet(f, vtype, value) : value;
    defineNumber(f, at, result, (f.ir.isConstant[a] & f.ir.isConstant[b]) === 1);
  };
}

/** i32.eqz, i64.eqz */
function isZero(f: FunctionLowering, at: number): void {
  const { ir } = f;
  const register = ir.a[at];
  const zero = f.constant(ir.vtype[register] as VType, 0, 0);
  f.defineCondition(ir.dst[at], f.icmp(IntPredicate.eq, f.value(register), zero));
}

/** The lowering of each IR operation. */
export const lowerings: readonly Lower[] = (() => {
  const table: Lower[] = new Array<Lower>(opCount);
  const own: Readonly<Record<string, Lower>> = {
    label: control.label,
    br: control.branch,
    br_if: control.branchIf,
    br_table: control.branchTable,
    return: control.returnValue,
    trap: control.trap,
    trap_if: control.trapIf,
    mov: control.move,
    select: control.select,
    call: calls.call,
    call_record: calls.callRecord,
    call_builtin: calls.callBuiltin,
    call_result: calls.callResult,
    'field.load32': memory.fieldLoad,
    'field.load64': memory.fieldLoad,
    'field.load_f32': memory.fieldLoad,
    'field.load_f64': memory.fieldLoad,
    'field.store32': memory.fieldStore,
    'field.store64': memory.fieldStore,
    'field.store_f32': memory.fieldStore,
    'field.store_f64': memory.fieldStore,
    'field.address': memory.fieldAddress,
    'element.load': memory.elementLoad,
    'element.store': memory.elementStore,
    bounds_check: memory.boundsCheck,
  };
  for (const [name, lower] of Object.entries(own)) table[Op[name as keyof typeof Op]] = lower;
  for (const { code, mnemonic, signature } of opcodes) {
    const op = opOfWasm(code);
    if (isLoad(code)) table[op] = memory.load;
    else if (isStore(code)) table[op] = memory.store;
    else if (mnemonic === 'i32.eqz' || mnemonic === 'i64.eqz') table[op] = isZero;
    else if (isNumeric(code) && signature !== undefined) table[op] = numeric(op);
  }
  return table;
})();

/** The numeric operators, constants aside (spec 2.0, section 5.4.7). */
export function isNumeric(code: number): boolean {
  return (code >= WasmOp['i32.eqz'] && code <= WasmOp['i64.extend32_s']) || isSaturating(code);
}

function isSaturating(code: number): boolean {
  return code >= WasmOp['i32.trunc_sat_f32_s'] && code <= WasmOp['i64.trunc_sat_f64_u'];
}
