import { loweringTable } from '../../ir/lowering-table.js';
import { Op } from '../../ir/ops.js';
import type { Mnemonic } from '../../wasm/opcodes.js';
import { X } from '../../x64/instructions.js';
import { materialize } from './conditions.js';
import type { Lower, LoweringContext } from './context.js';
import { shuffleLow } from './shuffles.js';
import * as compare from './vector-compare.js';
import * as convert from './vector-convert.js';
import { demandedBytes } from './vector-demand.js';
import * as float from './vector-float.js';
import * as integer from './vector-integer.js';
import * as lanes from './vector-lanes.js';
import { extendingLoad } from './vector-memory.js';
import { eitherOrder, oneSource, twoSources } from './vector-operands.js';
import { laneSelect, multiplyAdd } from './vector-relaxed.js';
import { joinShifts } from './vector-rotate.js';
import * as rows from './vector-rows.js';

const lowerings: Lower[] = loweringTable<LoweringContext>();

/** The lowering of an operation that takes or gives a v128. */
export function vectorLowering(op: number): Lower {
  return lowerings[op];
}

function set(name: Mnemonic, lower: Lower): void {
  lowerings[Op[name]] = lower;
}

/** An operator that is one instruction with two sources. */
function binary(id: number, order: rows.Order, immediate: number): Lower {
  const commutes = order === 'either';
  if (order === 'exchanged')
    return (g, at) => twoSources(g, at, id, g.ir.b[at], g.ir.a[at], immediate, false);
  if (!commutes) return (g, at) => twoSources(g, at, id, g.ir.a[at], g.ir.b[at], immediate, false);
  return (g, at) => eitherOrder(g, at, id, immediate);
}

function unary(id: number, immediate: number): Lower {
  return (g, at) => oneSource(g, at, id, immediate);
}

for (const [name, id, order = 'straight', immediate = 0] of rows.binaryRows) {
  set(name, binary(id, order, immediate));
}
for (const [name, id, predicate, exchanged] of rows.orderedComparisonRows) {
  set(name, compare.orderedComparison(id, predicate, exchanged));
}
for (const [name, id, immediate = 0] of rows.unaryRows) set(name, unary(id, immediate));
for (const [name, id] of rows.lowerHalfRows) set(name, lanes.extendLow(id));
for (const [name, id] of rows.extendingLoadRows) set(name, extendingLoad(id));
for (const row of rows.multiplyAddRows) set(row.op, multiplyAdd(row));

set('v128.or', joinShifts(binary(X.por, 'either', 0)));
set('v128.xor', joinShifts(binary(X.pxor, 'either', 0)));

set('i8x16.shuffle', (g, at) => shuffleLow(g, at, demandedBytes(g.ir, at)));
set('i8x16.swizzle', lanes.swizzle);
set('i8x16.splat', lanes.splat8);
set('i16x8.splat', lanes.splat16);
set('i32x4.splat', lanes.splat32);
set('i64x2.splat', lanes.splat64);
set('f32x4.splat', lanes.splatF32);
set('f64x2.splat', lanes.splatF64);
set('i8x16.extract_lane_s', lanes.extractSmall(X.pextrb, X.movsx32_8));
set('i8x16.extract_lane_u', lanes.extractSmall(X.pextrb, 0));
set('i16x8.extract_lane_s', lanes.extractSmall(X.pextrw, X.movsx32_16));
set('i16x8.extract_lane_u', lanes.extractSmall(X.pextrw, 0));
set('i32x4.extract_lane', lanes.extractInteger(X.movd_rx, X.pextrd));
set('i64x2.extract_lane', lanes.extractInteger(X.movq_rx, X.pextrq));
set('f32x4.extract_lane', lanes.extractF32);
set('f64x2.extract_lane', lanes.extractF64);
set('i8x16.replace_lane', lanes.replaceInteger(X.pinsrb));
set('i16x8.replace_lane', lanes.replaceInteger(X.pinsrw));
set('i32x4.replace_lane', lanes.replaceInteger(X.pinsrd));
set('i64x2.replace_lane', lanes.replaceInteger(X.pinsrq));
set('f32x4.replace_lane', lanes.replaceF32);
set('f64x2.replace_lane', lanes.replaceF64);

set('v128.any_true', materialize);
set('i8x16.all_true', materialize);
set('i16x8.all_true', materialize);
set('i32x4.all_true', materialize);
set('i64x2.all_true', materialize);
set('i8x16.bitmask', lanes.bitmask(X.pmovmskb, X.pcmpeqb, 0xffff));
set('i16x8.bitmask', lanes.bitmask16);
set('i32x4.bitmask', lanes.bitmask(X.movmskps, X.pcmpeqd, 0xf));
set('i64x2.bitmask', lanes.bitmask(X.movmskpd, X.pcmpeqq, 3));
set('v128.not', integer.not);
set('v128.bitselect', integer.bitselect);

const comparisons = [
  ['i8x16', 1, X.pcmpeqb, X.pcmpgtb, X.pminsb, X.pmaxsb, X.pminub, X.pmaxub],
  ['i16x8', 2, X.pcmpeqw, X.pcmpgtw, X.pminsw, X.pmaxsw, X.pminuw, X.pmaxuw],
  ['i32x4', 4, X.pcmpeqd, X.pcmpgtd, X.pminsd, X.pmaxsd, X.pminud, X.pmaxud],
] as const;
for (const [type, size, equal, greater, minimum, maximum, minimumUnsigned, maximumUnsigned] of comparisons) {
  const signed = { equal, greater, minimum, maximum, size, signed: true };
  const unsigned = { ...signed, minimum: minimumUnsigned, maximum: maximumUnsigned, signed: false };
  set(`${type}.ne`, compare.unequal(equal));
  set(`${type}.le_s`, compare.atMost(signed));
  set(`${type}.ge_s`, compare.atLeast(signed));
  set(`${type}.lt_u`, compare.below(unsigned));
  set(`${type}.gt_u`, compare.above(unsigned));
  set(`${type}.le_u`, compare.atMost(unsigned));
  set(`${type}.ge_u`, compare.atLeast(unsigned));
}
set('i64x2.ne', compare.unequal(X.pcmpeqq));
set('i64x2.gt_s', compare.greater64(false, false));
set('i64x2.lt_s', compare.greater64(true, false));
set('i64x2.le_s', compare.greater64(false, true));
set('i64x2.ge_s', compare.greater64(true, true));

set('i8x16.neg', integer.negate(X.psubb));
set('i16x8.neg', integer.negate(X.psubw));
set('i32x4.neg', integer.negate(X.psubd));
set('i64x2.neg', integer.negate(X.psubq));
set('i64x2.abs', integer.abs64);
set('i64x2.mul', integer.multiply64);
set('i8x16.popcnt', integer.popcnt);
set('i16x8.q15mulr_sat_s', integer.q15MultiplySaturating);
set('i8x16.shl', integer.shiftLeft8);
set('i8x16.shr_s', integer.shiftRightSigned8);
set('i8x16.shr_u', integer.shiftRightUnsigned8);
set('i16x8.shl', integer.shift({ id: X.psllw, width: 16 }));
set('i16x8.shr_s', integer.shift({ id: X.psraw, width: 16 }));
set('i16x8.shr_u', integer.shift({ id: X.psrlw, width: 16 }));
set('i32x4.shl', integer.shift({ id: X.pslld, width: 32 }));
set('i32x4.shr_s', integer.shift({ id: X.psrad, width: 32 }));
set('i32x4.shr_u', integer.shift({ id: X.psrld, width: 32 }));
set('i64x2.shl', integer.shift({ id: X.psllq, width: 64 }));
set('i64x2.shr_s', integer.shiftRightSigned64);
set('i64x2.shr_u', integer.shift({ id: X.psrlq, width: 64 }));
set('i16x8.extend_high_i8x16_s', integer.extendHigh(X.pmovsxbw, 0));
set('i16x8.extend_high_i8x16_u', integer.extendHigh(X.pmovzxbw, X.punpckhbw));
set('i32x4.extend_high_i16x8_s', integer.extendHigh(X.pmovsxwd, 0));
set('i32x4.extend_high_i16x8_u', integer.extendHigh(X.pmovzxwd, X.punpckhwd));
set('i64x2.extend_high_i32x4_s', integer.extendHigh(X.pmovsxdq, 0));
set('i64x2.extend_high_i32x4_u', integer.extendHigh(X.pmovzxdq, X.punpckhdq));
set('i16x8.extmul_low_i8x16_s', integer.extendedProduct8(X.pmovsxbw, false));
set('i16x8.extmul_high_i8x16_s', integer.extendedProduct8(X.pmovsxbw, true));
set('i16x8.extmul_low_i8x16_u', integer.extendedProduct8(X.pmovzxbw, false));
set('i16x8.extmul_high_i8x16_u', integer.extendedProduct8(X.pmovzxbw, true));
set('i32x4.extmul_low_i16x8_s', integer.extendedProduct16(X.pmulhw, X.punpcklwd));
set('i32x4.extmul_high_i16x8_s', integer.extendedProduct16(X.pmulhw, X.punpckhwd));
set('i32x4.extmul_low_i16x8_u', integer.extendedProduct16(X.pmulhuw, X.punpcklwd));
set('i32x4.extmul_high_i16x8_u', integer.extendedProduct16(X.pmulhuw, X.punpckhwd));
set('i64x2.extmul_low_i32x4_s', integer.extendedProduct32(X.pmuldq, false));
set('i64x2.extmul_high_i32x4_s', integer.extendedProduct32(X.pmuldq, true));
set('i64x2.extmul_low_i32x4_u', integer.extendedProduct32(X.pmuludq, false));
set('i64x2.extmul_high_i32x4_u', integer.extendedProduct32(X.pmuludq, true));
set('i16x8.extadd_pairwise_i8x16_s', integer.pairwiseSumSigned8);
set('i16x8.extadd_pairwise_i8x16_u', integer.pairwiseSum(X.pmaddubsw, 0x01010101));
set('i32x4.extadd_pairwise_i16x8_s', integer.pairwiseSum(X.pmaddwd, 0x00010001));
set('i32x4.extadd_pairwise_i16x8_u', integer.pairwiseSumUnsigned16);

const singles: float.FloatLanes = {
  minimum: X.minps,
  maximum: X.maxps,
  and: X.andps,
  andNot: X.andnps,
  or: X.orps,
  xor: X.xorps,
  compare: X.cmpps,
  blend: X.vblendvps,
  shift: X.psrld,
  payloadShift: 10,
  double: false,
};
const doubles: float.FloatLanes = {
  minimum: X.minpd,
  maximum: X.maxpd,
  and: X.andpd,
  andNot: X.andnpd,
  or: X.orpd,
  xor: X.xorpd,
  compare: X.cmppd,
  blend: X.vblendvpd,
  shift: X.psrlq,
  payloadShift: 13,
  double: true,
};
for (const [type, ofType] of [
  ['f32x4', singles],
  ['f64x2', doubles],
] as const) {
  set(`${type}.abs`, float.absolute(ofType));
  set(`${type}.neg`, float.negate(ofType));
  set(`${type}.min`, float.extremum(ofType, false));
  set(`${type}.max`, float.extremum(ofType, true));
}

set('i32x4.trunc_sat_f32x4_s', convert.truncateSigned);
set('i32x4.trunc_sat_f32x4_u', convert.truncateUnsigned);
set('f32x4.convert_i32x4_u', convert.convertUnsigned);
set('f64x2.convert_low_i32x4_u', convert.convertLowUnsigned);
set('i32x4.trunc_sat_f64x2_s_zero', convert.truncateSigned64);
set('i32x4.trunc_sat_f64x2_u_zero', convert.truncateUnsigned64);
set('i32x4.relaxed_trunc_f32x4_u', convert.truncateUnsigned);
set('i32x4.relaxed_trunc_f64x2_u_zero', convert.truncateUnsigned64);
set('i8x16.relaxed_laneselect', laneSelect(X.vpblendvb, X.pblendvb));
set('i16x8.relaxed_laneselect', laneSelect(X.vpblendvb, X.pblendvb));
set('i32x4.relaxed_laneselect', laneSelect(X.vblendvps, X.blendvps));
set('i64x2.relaxed_laneselect', laneSelect(X.vblendvpd, X.blendvpd));
set('i32x4.relaxed_dot_i8x16_i7x16_add_s', integer.dotAndAdd);
