import { loweringTable } from '../../ir/lowering-table.js';
import { Op, VType } from '../../ir/ops.js';
import { BinOp, Cast, IntPredicate, RealPredicate } from '../capi/enums.js';
import * as calls from './calls.js';
import * as control from './control.js';
import * as convert from './convert.js';
import * as float from './float.js';
import type { FunctionLowering } from './function.js';
import * as integer from './integer.js';
import * as memory from './memory.js';
import { arithmetic, binary, comparison, type Lower, test, unary } from './operators.js';
import * as tailCalls from './tail-calls.js';
import { vectorLowerings } from './vector-table.js';

/** The lowering of each IR operation. */
export const lowerings: Lower[] = loweringTable<FunctionLowering>();

function set(op: number, lower: Lower): void {
  lowerings[op] = lower;
}

set(Op.label, control.label);
set(Op.br, control.branch);
set(Op.br_if, control.branchIf);
set(Op.br_table, control.branchTable);
set(Op.return, control.returnValue);
set(Op.trap, control.trap);
set(Op.trap_if, control.trapIf);
set(Op.mov, control.move);
set(Op.select, control.select);
set(Op.call, calls.call);
set(Op.try_call, calls.call);
set(Op.call_record, calls.callRecord);
set(Op.try_call_record, calls.callRecord);
set(Op.call_builtin, calls.callBuiltin);
set(Op.try_call_builtin, calls.callBuiltin);
set(Op.return_call, tailCalls.returnCall);
set(Op.return_call_record, tailCalls.returnCallRecord);
set(Op.call_result, calls.callResult);
for (const type of ['32', '64', '_f32', '_f64', '_v128'] as const) {
  set(Op[`field.load${type}`], memory.fieldLoad);
  set(Op[`field.store${type}`], memory.fieldStore);
}
set(Op['field.address'], memory.fieldAddress);
set(Op['element.load'], memory.elementLoad);
set(Op['element.store'], memory.elementStore);
set(Op.bounds_check, memory.boundsCheck);
set(Op.bounds_check64, memory.boundsCheck64);

for (const type of ['i32', 'i64'] as const) {
  const vtype = VType[type];
  set(Op[`${type}.load`], memory.load(type));
  set(Op[`${type}.load8_s`], memory.load('i8', Cast.sext));
  set(Op[`${type}.load8_u`], memory.load('i8', Cast.zext));
  set(Op[`${type}.load16_s`], memory.load('i16', Cast.sext));
  set(Op[`${type}.load16_u`], memory.load('i16', Cast.zext));
  set(Op[`${type}.store`], memory.store());
  set(Op[`${type}.store8`], memory.store('i8'));
  set(Op[`${type}.store16`], memory.store('i16'));
  set(Op[`${type}.eqz`], test(integer.isZero(vtype)));
  set(Op[`${type}.eq`], comparison(integer.compare(IntPredicate.eq)));
  set(Op[`${type}.ne`], comparison(integer.compare(IntPredicate.ne)));
  set(Op[`${type}.lt_s`], comparison(integer.compare(IntPredicate.slt)));
  set(Op[`${type}.lt_u`], comparison(integer.compare(IntPredicate.ult)));
  set(Op[`${type}.gt_s`], comparison(integer.compare(IntPredicate.sgt)));
  set(Op[`${type}.gt_u`], comparison(integer.compare(IntPredicate.ugt)));
  set(Op[`${type}.le_s`], comparison(integer.compare(IntPredicate.sle)));
  set(Op[`${type}.le_u`], comparison(integer.compare(IntPredicate.ule)));
  set(Op[`${type}.ge_s`], comparison(integer.compare(IntPredicate.sge)));
  set(Op[`${type}.ge_u`], comparison(integer.compare(IntPredicate.uge)));
  set(Op[`${type}.clz`], unary(integer.countZeros(vtype, 'llvm.ctlz')));
  set(Op[`${type}.ctz`], unary(integer.countZeros(vtype, 'llvm.cttz')));
  set(Op[`${type}.popcnt`], unary(integer.populationCount(vtype)));
  set(Op[`${type}.add`], binary(integer.plain(BinOp.add)));
  set(Op[`${type}.sub`], binary(integer.plain(BinOp.sub)));
  set(Op[`${type}.mul`], binary(integer.plain(BinOp.mul)));
  set(Op[`${type}.div_s`], binary(integer.divideSigned(vtype)));
  set(Op[`${type}.div_u`], binary(integer.divideUnsigned(vtype, BinOp.udiv)));
  set(Op[`${type}.rem_s`], binary(integer.remainderSigned(vtype)));
  set(Op[`${type}.rem_u`], binary(integer.divideUnsigned(vtype, BinOp.urem)));
  set(Op[`${type}.and`], binary(integer.plain(BinOp.and)));
  set(Op[`${type}.or`], binary(integer.plain(BinOp.or)));
  set(Op[`${type}.xor`], binary(integer.plain(BinOp.xor)));
  set(Op[`${type}.shl`], binary(integer.shift(vtype, BinOp.shl)));
  set(Op[`${type}.shr_s`], binary(integer.shift(vtype, BinOp.ashr)));
  set(Op[`${type}.shr_u`], binary(integer.shift(vtype, BinOp.lshr)));
  set(Op[`${type}.rotl`], binary(integer.rotate(vtype, 'llvm.fshl')));
  set(Op[`${type}.rotr`], binary(integer.rotate(vtype, 'llvm.fshr')));
  set(Op[`${type}.extend8_s`], unary(convert.extend('i8', vtype)));
  set(Op[`${type}.extend16_s`], unary(convert.extend('i16', vtype)));
}
set(Op['i64.load32_s'], memory.load('i32', Cast.sext));
set(Op['i64.load32_u'], memory.load('i32', Cast.zext));
set(Op['i64.store32'], memory.store('i32'));

for (const type of ['f32', 'f64'] as const) {
  const vtype = VType[type];
  set(Op[`${type}.load`], memory.load(type));
  set(Op[`${type}.store`], memory.store());
  set(Op[`${type}.eq`], comparison(float.compare(RealPredicate.oeq)));
  set(Op[`${type}.ne`], comparison(float.compare(RealPredicate.une)));
  set(Op[`${type}.lt`], comparison(float.compare(RealPredicate.olt)));
  set(Op[`${type}.gt`], comparison(float.compare(RealPredicate.ogt)));
  set(Op[`${type}.le`], comparison(float.compare(RealPredicate.ole)));
  set(Op[`${type}.ge`], comparison(float.compare(RealPredicate.oge)));
  set(Op[`${type}.abs`], unary(float.intrinsic(vtype, 'llvm.fabs')));
  set(Op[`${type}.neg`], unary(float.negate));
  set(Op[`${type}.ceil`], unary(float.intrinsic(vtype, 'llvm.ceil')));
  set(Op[`${type}.floor`], unary(float.intrinsic(vtype, 'llvm.floor')));
  set(Op[`${type}.trunc`], unary(float.intrinsic(vtype, 'llvm.trunc')));
  set(Op[`${type}.nearest`], unary(float.intrinsic(vtype, 'llvm.nearbyint')));
  set(Op[`${type}.sqrt`], unary(float.intrinsic(vtype, 'llvm.sqrt')));
  set(Op[`${type}.add`], arithmetic(integer.plain(BinOp.fadd)));
  set(Op[`${type}.sub`], arithmetic(integer.plain(BinOp.fsub)));
  set(Op[`${type}.mul`], arithmetic(integer.plain(BinOp.fmul)));
  set(Op[`${type}.div`], arithmetic(integer.plain(BinOp.fdiv)));
  set(Op[`${type}.min`], arithmetic(float.minimum(vtype)));
  set(Op[`${type}.max`], arithmetic(float.maximum(vtype)));
  set(Op[`${type}.copysign`], binary(float.intrinsic(vtype, 'llvm.copysign')));
  for (const from of ['i32', 'i64'] as const) {
    const to = VType[from];
    set(Op[`${type}.convert_${from}_s`], unary(convert.cast(Cast.sitofp, vtype)));
    set(Op[`${type}.convert_${from}_u`], unary(convert.cast(Cast.uitofp, vtype)));
    set(Op[`${from}.trunc_${type}_s`], unary(convert.truncate(vtype, to, true)));
    set(Op[`${from}.trunc_${type}_u`], unary(convert.truncate(vtype, to, false)));
    set(Op[`${from}.trunc_sat_${type}_s`], unary(convert.truncateSaturating(vtype, to, true)));
    set(Op[`${from}.trunc_sat_${type}_u`], unary(convert.truncateSaturating(vtype, to, false)));
  }
}

set(Op['i32.wrap_i64'], unary(convert.cast(Cast.trunc, VType.i32)));
set(Op['i64.extend_i32_s'], unary(convert.cast(Cast.sext, VType.i64)));
set(Op['i64.extend_i32_u'], unary(convert.cast(Cast.zext, VType.i64)));
set(Op['i64.extend32_s'], unary(convert.extend('i32', VType.i64)));
set(Op['f32.demote_f64'], unary(convert.cast(Cast.fptrunc, VType.f32), float.isPromoted));
set(Op['f64.promote_f32'], unary(convert.cast(Cast.fpext, VType.f64)));
set(Op['i32.reinterpret_f32'], unary(convert.cast(Cast.bitcast, VType.i32)));
set(Op['i64.reinterpret_f64'], unary(convert.cast(Cast.bitcast, VType.i64)));
set(Op['f32.reinterpret_i32'], unary(convert.cast(Cast.bitcast, VType.f32)));
set(Op['f64.reinterpret_i64'], unary(convert.cast(Cast.bitcast, VType.f64)));

for (const [op, lower] of vectorLowerings) set(op, lower);
