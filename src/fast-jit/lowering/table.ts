import { Op, opCount, opName, opOfWasm, VType } from '../../ir/ops.js';
import { Op as WasmOp } from '../../wasm/opcodes.js';
import { X } from '../../x64/instructions.js';
import * as calls from './calls.js';
import { isComparison, isZeroTest, materialize } from './conditions.js';
import type { Lower } from './context.js';
import * as control from './control.js';
import * as convert from './convert.js';
import * as float from './float.js';
import { heat } from './heat.js';
import * as integer from './integer.js';
import * as memory from './memory.js';

const missing: Lower = (g, at) => {
  throw new Error(`no lowering for IR operation ${opName(g.ir.op[at])}`);
};

/** The lowering of each IR operation. */
export const lowerings: Lower[] = new Array<Lower>(opCount).fill(missing);

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
set(Op.mov, memory.moveOrConstant);
set(Op.select, control.select);
set(Op.call, calls.call);
set(Op.call_record, calls.call);
set(Op.call_builtin, calls.call);
set(Op.call_result, calls.callResult);
set(Op['field.load32'], memory.loadField(X.mov32));
set(Op['field.load64'], memory.loadField(X.mov64));
set(Op['field.load_f32'], memory.loadField(X.movss));
set(Op['field.load_f64'], memory.loadField(X.movsd));
set(Op['field.store32'], memory.storeField(X.mov32));
set(Op['field.store64'], memory.storeField(X.mov64));
set(Op['field.store_f32'], memory.storeField(X.movss));
set(Op['field.store_f64'], memory.storeField(X.movsd));
set(Op['field.address'], memory.fieldAddress);
set(Op['element.load'], memory.loadElement);
set(Op['element.store'], memory.storeElement);
set(Op.bounds_check, memory.boundsCheck);
set(Op.heat, heat);
for (const [op, id] of memory.loadInstructions) set(op, memory.load(id));
for (const [op, id] of memory.storeInstructions) set(op, memory.store(id));

for (let op = 0; op < opCount; op++) {
  if (isComparison(op) || isZeroTest(op)) set(op, materialize);
}

for (const [type, wide] of [
  ['i32', false],
  ['i64', true],
] as const) {
  const pick = <T>(narrowId: T, wideId: T): T => (wide ? wideId : narrowId);
  set(WasmOp[`${type}.add`], integer.arithmetic(pick(X.add32, X.add64), wide, true));
  set(WasmOp[`${type}.sub`], integer.arithmetic(pick(X.sub32, X.sub64), wide, false));
  set(WasmOp[`${type}.mul`], integer.arithmetic(pick(X.imul32, X.imul64), wide, true));
  set(WasmOp[`${type}.and`], integer.arithmetic(pick(X.and32, X.and64), wide, true));
  set(WasmOp[`${type}.or`], integer.arithmetic(pick(X.or32, X.or64), wide, true));
  set(WasmOp[`${type}.xor`], integer.arithmetic(pick(X.xor32, X.xor64), wide, true));
  set(
    WasmOp[`${type}.shl`],
    integer.shift(pick(X.shl32, X.shl64), pick(X.shl32_cl, X.shl64_cl), pick(X.shlx32, X.shlx64), wide),
  );
  set(
    WasmOp[`${type}.shr_s`],
    integer.shift(pick(X.sar32, X.sar64), pick(X.sar32_cl, X.sar64_cl), pick(X.sarx32, X.sarx64), wide),
  );
  set(
    WasmOp[`${type}.shr_u`],
    integer.shift(pick(X.shr32, X.shr64), pick(X.shr32_cl, X.shr64_cl), pick(X.shrx32, X.shrx64), wide),
  );
  set(WasmOp[`${type}.rotl`], integer.shift(pick(X.rol32, X.rol64), pick(X.rol32_cl, X.rol64_cl), 0, wide));
  set(WasmOp[`${type}.rotr`], integer.shift(pick(X.ror32, X.ror64), pick(X.ror32_cl, X.ror64_cl), 0, wide));
  set(WasmOp[`${type}.div_s`], integer.divide({ wide, signed: true, remainder: false }));
  set(WasmOp[`${type}.div_u`], integer.divide({ wide, signed: false, remainder: false }));
  set(WasmOp[`${type}.rem_s`], integer.divide({ wide, signed: true, remainder: true }));
  set(WasmOp[`${type}.rem_u`], integer.divide({ wide, signed: false, remainder: true }));
  set(WasmOp[`${type}.clz`], integer.countLeadingZeros(wide));
  set(WasmOp[`${type}.ctz`], integer.countTrailingZeros(wide));
  set(WasmOp[`${type}.popcnt`], integer.countOnes(wide));
  for (const [source, double] of [
    ['f32', false],
    ['f64', true],
  ] as const) {
    for (const [sign, signed] of [
      ['s', true],
      ['u', false],
    ] as const) {
      const truncate = wide
        ? signed
          ? convert.truncateToSignedI64(double)
          : convert.truncateToUnsignedI64(double)
        : convert.truncateToI32(double, signed);
      const saturate = wide
        ? signed
          ? convert.saturateToSignedI64(double)
          : convert.saturateToUnsignedI64(double)
        : convert.saturateToI32(double, signed);
      set(WasmOp[`${type}.trunc_${source}_${sign}`], truncate);
      set(opOfWasm(WasmOp[`${type}.trunc_sat_${source}_${sign}`]), saturate);
      set(WasmOp[`${source}.convert_${type}_${sign}`], convert.convertInteger({ double, wide, signed }));
    }
  }
}

set(WasmOp['i32.wrap_i64'], integer.wrap);
set(WasmOp['i64.extend_i32_s'], integer.extend(X.movsxd));
set(WasmOp['i64.extend_i32_u'], integer.retype(VType.i32));
set(WasmOp['i32.extend8_s'], integer.extend(X.movsx32_8));
set(WasmOp['i32.extend16_s'], integer.extend(X.movsx32_16));
set(WasmOp['i64.extend8_s'], integer.extend(X.movsx64_8));
set(WasmOp['i64.extend16_s'], integer.extend(X.movsx64_16));
set(WasmOp['i64.extend32_s'], integer.extend(X.movsxd));
set(WasmOp['i32.reinterpret_f32'], convert.reinterpret(X.movd_rx, false));
set(WasmOp['i64.reinterpret_f64'], convert.reinterpret(X.movq_rx, false));
set(WasmOp['f32.reinterpret_i32'], convert.reinterpret(X.movd_xr, true));
set(WasmOp['f64.reinterpret_i64'], convert.reinterpret(X.movq_xr, true));
set(WasmOp['f32.demote_f64'], convert.convertFloat(X.cvtsd2ss));
set(WasmOp['f64.promote_f32'], convert.convertFloat(X.cvtss2sd));

for (const [type, double] of [
  ['f32', false],
  ['f64', true],
] as const) {
  const pick = <T>(single: T, other: T): T => (double ? other : single);
  set(WasmOp[`${type}.add`], float.floatArithmetic(pick(X.addss, X.addsd), double, true));
  set(WasmOp[`${type}.sub`], float.floatArithmetic(pick(X.subss, X.subsd), double, false));
  set(WasmOp[`${type}.mul`], float.floatArithmetic(pick(X.mulss, X.mulsd), double, true));
  set(WasmOp[`${type}.div`], float.floatArithmetic(pick(X.divss, X.divsd), double, false));
  set(WasmOp[`${type}.min`], float.extremum(double, false));
  set(WasmOp[`${type}.max`], float.extremum(double, true));
  set(WasmOp[`${type}.abs`], float.signOperation(double, false));
  set(WasmOp[`${type}.neg`], float.signOperation(double, true));
  set(WasmOp[`${type}.copysign`], float.copysign(double));
  set(WasmOp[`${type}.sqrt`], float.floatUnary(pick(X.sqrtss, X.sqrtsd)));
  set(WasmOp[`${type}.ceil`], float.round(double, float.Rounding.ceil));
  set(WasmOp[`${type}.floor`], float.round(double, float.Rounding.floor));
  set(WasmOp[`${type}.trunc`], float.round(double, float.Rounding.trunc));
  set(WasmOp[`${type}.nearest`], float.round(double, float.Rounding.nearest));
}
