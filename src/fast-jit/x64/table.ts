import { loweringTable } from '../../ir/lowering-table.js';
import { Op, opCount, VType } from '../../ir/ops.js';
import { X } from '../../x64/instructions.js';
import * as calls from './calls.js';
import { materialize } from './conditions.js';
import type { Lower, LoweringContext } from './context.js';
import * as control from './control.js';
import * as convert from './convert.js';
import * as float from './float.js';
import { heat } from './heat.js';
import * as integer from './integer.js';
import * as memory from './memory.js';
import { conditionOf, isVector, isZeroTest, none } from './operation-facts.js';
import { tailCall } from './tail-calls.js';
import { vectorLowering } from './vector-table.js';

/** The lowering of each IR operation. */
export const lowerings: Lower[] = loweringTable<LoweringContext>();

function set(op: number, lower: Lower): void {
  lowerings[op] = lower;
}

/** Stands for the lowering of a vector operator until the first one is needed: most programs have none. */
function firstOfItsKind(g: LoweringContext, at: number): void {
  const op = g.ir.op[at];
  lowerings[op] = vectorLowering(op);
  lowerings[op](g, at);
}

for (let op = 0; op < opCount; op++) if (isVector[op] === 1) set(op, firstOfItsKind);

set(Op.label, control.label);
set(Op.br, control.branch);
set(Op.br_if, control.branchIf);
set(Op.br_table, control.branchTable);
set(Op.return, control.returnValue);
set(Op.trap, control.trap);
set(Op.trap_if, control.trapIf);
set(Op.mov, memory.moveOrConstant);
set(Op.select, control.select);
set(Op.call, calls.call);
set(Op.call_record, calls.call);
set(Op.call_builtin, calls.call);
set(Op.return_call, tailCall);
set(Op.return_call_record, tailCall);
for (const op of [Op.try_call, Op.try_call_record, Op.try_call_builtin]) set(op, calls.call);
set(Op.call_result, calls.callResult);
set(Op['field.load32'], memory.loadField(X.mov32));
set(Op['field.load64'], memory.loadField(X.mov64));
set(Op['field.load_f32'], memory.loadField(X.movss));
set(Op['field.load_f64'], memory.loadField(X.movsd));
set(Op['field.store32'], memory.storeField(X.mov32));
set(Op['field.store64'], memory.storeField(X.mov64));
set(Op['field.store_f32'], memory.storeField(X.movss));
set(Op['field.store_f64'], memory.storeField(X.movsd));
set(Op['field.load_v128'], memory.loadField(X.movups));
set(Op['field.store_v128'], memory.storeField(X.movups));
set(Op['field.address'], memory.fieldAddress);
set(Op['element.load'], memory.loadElement);
set(Op['element.store'], memory.storeElement);
set(Op.bounds_check, memory.boundsCheck);
set(Op.bounds_check64, memory.boundsCheck64);
set(Op.heat, heat);
for (const [op, id] of memory.loadInstructions) set(op, memory.load(id));
for (const [op, id] of memory.storeInstructions) set(op, memory.store(id));

for (let op = 0; op < opCount; op++) {
  if (conditionOf[op] !== none || isZeroTest[op] === 1) set(op, materialize);
}

for (const [type, wide] of [
  ['i32', false],
  ['i64', true],
] as const) {
  const pick = <T>(narrowId: T, wideId: T): T => (wide ? wideId : narrowId);
  set(Op[`${type}.add`], integer.arithmetic(pick(X.add32, X.add64), wide, true));
  set(Op[`${type}.sub`], integer.arithmetic(pick(X.sub32, X.sub64), wide, false));
  set(Op[`${type}.mul`], integer.arithmetic(pick(X.imul32, X.imul64), wide, true));
  set(Op[`${type}.and`], integer.arithmetic(pick(X.and32, X.and64), wide, true));
  set(Op[`${type}.or`], integer.arithmetic(pick(X.or32, X.or64), wide, true));
  set(Op[`${type}.xor`], integer.arithmetic(pick(X.xor32, X.xor64), wide, true));
  set(
    Op[`${type}.shl`],
    integer.shift(pick(X.shl32, X.shl64), pick(X.shl32_cl, X.shl64_cl), pick(X.shlx32, X.shlx64), wide),
  );
  set(
    Op[`${type}.shr_s`],
    integer.shift(pick(X.sar32, X.sar64), pick(X.sar32_cl, X.sar64_cl), pick(X.sarx32, X.sarx64), wide),
  );
  set(
    Op[`${type}.shr_u`],
    integer.shift(pick(X.shr32, X.shr64), pick(X.shr32_cl, X.shr64_cl), pick(X.shrx32, X.shrx64), wide),
  );
  set(Op[`${type}.rotl`], integer.shift(pick(X.rol32, X.rol64), pick(X.rol32_cl, X.rol64_cl), 0, wide));
  set(Op[`${type}.rotr`], integer.shift(pick(X.ror32, X.ror64), pick(X.ror32_cl, X.ror64_cl), 0, wide));
  set(Op[`${type}.div_s`], integer.divide({ wide, signed: true, remainder: false }));
  set(Op[`${type}.div_u`], integer.divide({ wide, signed: false, remainder: false }));
  set(Op[`${type}.rem_s`], integer.divide({ wide, signed: true, remainder: true }));
  set(Op[`${type}.rem_u`], integer.divide({ wide, signed: false, remainder: true }));
  set(Op[`${type}.clz`], integer.countLeadingZeros(wide));
  set(Op[`${type}.ctz`], integer.countTrailingZeros(wide));
  set(Op[`${type}.popcnt`], integer.countOnes(wide));
  for (const [source, double] of [
    ['f32', false],
    ['f64', true],
  ] as const) {
    for (const [sign, signed] of [
      ['s', true],
      ['u', false],
    ] as const) {
      const conversion = { double, wide, signed };
      set(Op[`${type}.trunc_${source}_${sign}`], convert.truncate(conversion));
      set(Op[`${type}.trunc_sat_${source}_${sign}`], convert.saturate(conversion));
      set(Op[`${source}.convert_${type}_${sign}`], convert.convertInteger(conversion));
    }
  }
}

set(Op['i32.wrap_i64'], integer.wrap);
set(Op['i64.extend_i32_s'], integer.extend(X.movsxd));
set(Op['i64.extend_i32_u'], integer.retype(VType.i32));
set(Op['i32.extend8_s'], integer.extend(X.movsx32_8));
set(Op['i32.extend16_s'], integer.extend(X.movsx32_16));
set(Op['i64.extend8_s'], integer.extend(X.movsx64_8));
set(Op['i64.extend16_s'], integer.extend(X.movsx64_16));
set(Op['i64.extend32_s'], integer.extend(X.movsxd));
set(Op['i32.reinterpret_f32'], convert.reinterpret(X.movd_rx, false));
set(Op['i64.reinterpret_f64'], convert.reinterpret(X.movq_rx, false));
set(Op['f32.reinterpret_i32'], convert.reinterpret(X.movd_xr, true));
set(Op['f64.reinterpret_i64'], convert.reinterpret(X.movq_xr, true));
set(Op['f32.demote_f64'], float.floatUnary(X.cvtsd2ss));
set(Op['f64.promote_f32'], float.floatUnary(X.cvtss2sd));

for (const [type, double] of [
  ['f32', false],
  ['f64', true],
] as const) {
  const pick = <T>(single: T, other: T): T => (double ? other : single);
  set(Op[`${type}.add`], float.floatArithmetic(pick(X.addss, X.addsd), double, true));
  set(Op[`${type}.sub`], float.floatArithmetic(pick(X.subss, X.subsd), double, false));
  set(Op[`${type}.mul`], float.floatArithmetic(pick(X.mulss, X.mulsd), double, true));
  set(Op[`${type}.div`], float.floatArithmetic(pick(X.divss, X.divsd), double, false));
  set(Op[`${type}.min`], float.extremum(double, false));
  set(Op[`${type}.max`], float.extremum(double, true));
  set(Op[`${type}.abs`], float.signOperation(double, false));
  set(Op[`${type}.neg`], float.signOperation(double, true));
  set(Op[`${type}.copysign`], float.copysign(double));
  set(Op[`${type}.sqrt`], float.floatUnary(pick(X.sqrtss, X.sqrtsd)));
  set(Op[`${type}.ceil`], float.round(double, float.Rounding.ceil));
  set(Op[`${type}.floor`], float.round(double, float.Rounding.floor));
  set(Op[`${type}.trunc`], float.round(double, float.Rounding.trunc));
  set(Op[`${type}.nearest`], float.round(double, float.Rounding.nearest));
}
