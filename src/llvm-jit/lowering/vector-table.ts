import { Op } from '../../ir/ops.js';
import { BinOp, Cast, IntPredicate, RealPredicate } from '../capi/enums.js';
import * as float from './float.js';
import * as integer from './integer.js';
import * as memory from './memory.js';
import { noteArithmetic } from './neutral-floats.js';
import type { Lower } from './operators.js';
import type { FloatShape } from './types.js';
import * as vectorConvert from './vector-convert.js';
import * as vectorFloat from './vector-float.js';
import * as vectorInteger from './vector-integer.js';
import * as lanes from './vector-lanes.js';
import * as vectors from './vector-operators.js';
import * as relaxed from './vector-relaxed.js';

/** The lowerings of operations on vectors. */
export const vectorLowerings = new Map<number, Lower>();

function set(op: number, lower: Lower): void {
  vectorLowerings.set(op, lower);
}

/** Sets an operation that does arithmetic with floats. */
function setArithmetic(op: number, shape: FloatShape, lower: Lower): void {
  noteArithmetic(op, shape);
  set(op, lower);
}

set(Op['v128.load'], memory.loadVector);
for (const [name, shape] of [
  ['8x8', 'i8x16'],
  ['16x4', 'i16x8'],
  ['32x2', 'i32x4'],
] as const) {
  set(Op[`v128.load${name}_s`], memory.loadExtended(shape, Cast.sext));
  set(Op[`v128.load${name}_u`], memory.loadExtended(shape, Cast.zext));
}
set(Op['v128.load32_zero'], memory.loadAlone('i32x4'));
set(Op['v128.load64_zero'], memory.loadAlone('i64x2'));
set(Op['v128.store'], memory.store());

set(Op['v128.not'], vectors.unary('i64x2', vectorInteger.not));
set(Op['v128.and'], vectors.binary('i64x2', integer.plain(BinOp.and)));
set(Op['v128.andnot'], vectors.binary('i64x2', vectorInteger.andNot));
set(Op['v128.or'], vectors.binary('i64x2', integer.plain(BinOp.or)));
set(Op['v128.xor'], vectors.binary('i64x2', integer.plain(BinOp.xor)));
set(Op['v128.bitselect'], vectors.ternary('i64x2', vectorInteger.bitSelect));
set(Op['v128.any_true'], vectors.test('i64x2', vectorInteger.anyTrue));

set(Op['i8x16.shuffle'], lanes.shuffleLanes);
set(Op['i8x16.swizzle'], vectors.binary('i8x16', lanes.swizzle));
set(
  Op['i8x16.relaxed_swizzle'],
  vectors.binary(
    'i8x16',
    vectorInteger.plainIntrinsic((x) => x.shuffleBytes),
  ),
);
for (const shape of ['i8x16', 'i16x8', 'i32x4', 'i64x2', 'f32x4', 'f64x2'] as const) {
  set(Op[`${shape}.splat`], lanes.splatLanes(shape));
  set(Op[`${shape}.replace_lane`], lanes.replaceLane(shape));
}
for (const shape of ['i8x16', 'i16x8'] as const) {
  set(Op[`${shape}.extract_lane_s`], vectors.scalar(shape, lanes.lane(Cast.sext)));
  set(Op[`${shape}.extract_lane_u`], vectors.scalar(shape, lanes.lane(Cast.zext)));
}
for (const shape of ['i32x4', 'i64x2', 'f32x4', 'f64x2'] as const) {
  set(Op[`${shape}.extract_lane`], vectors.scalar(shape, lanes.lane()));
}

for (const shape of ['i8x16', 'i16x8', 'i32x4', 'i64x2'] as const) {
  set(Op[`${shape}.eq`], vectors.comparison(shape, integer.compare(IntPredicate.eq)));
  set(Op[`${shape}.ne`], vectors.comparison(shape, integer.compare(IntPredicate.ne)));
  set(Op[`${shape}.lt_s`], vectors.comparison(shape, integer.compare(IntPredicate.slt)));
  set(Op[`${shape}.gt_s`], vectors.comparison(shape, integer.compare(IntPredicate.sgt)));
  set(Op[`${shape}.le_s`], vectors.comparison(shape, integer.compare(IntPredicate.sle)));
  set(Op[`${shape}.ge_s`], vectors.comparison(shape, integer.compare(IntPredicate.sge)));
  set(Op[`${shape}.all_true`], vectors.test(shape, vectorInteger.allTrue(shape)));
  set(Op[`${shape}.bitmask`], vectors.unary(shape, vectorInteger.bitmask(shape)));
  set(Op[`${shape}.abs`], vectors.unary(shape, vectorInteger.absolute(shape)));
  set(Op[`${shape}.neg`], vectors.unary(shape, vectorInteger.negate(shape)));
  set(Op[`${shape}.shl`], vectorInteger.shift(shape, BinOp.shl));
  set(Op[`${shape}.shr_s`], vectorInteger.shift(shape, BinOp.ashr));
  set(Op[`${shape}.shr_u`], vectorInteger.shift(shape, BinOp.lshr));
  set(Op[`${shape}.add`], vectors.binary(shape, integer.plain(BinOp.add)));
  set(Op[`${shape}.sub`], vectors.binary(shape, integer.plain(BinOp.sub)));
  set(Op[`${shape}.relaxed_laneselect`], vectors.ternary(...relaxedLanes(shape)));
}
for (const shape of ['i8x16', 'i16x8', 'i32x4'] as const) {
  set(Op[`${shape}.lt_u`], vectors.comparison(shape, integer.compare(IntPredicate.ult)));
  set(Op[`${shape}.gt_u`], vectors.comparison(shape, integer.compare(IntPredicate.ugt)));
  set(Op[`${shape}.le_u`], vectors.comparison(shape, integer.compare(IntPredicate.ule)));
  set(Op[`${shape}.ge_u`], vectors.comparison(shape, integer.compare(IntPredicate.uge)));
  set(Op[`${shape}.min_s`], vectors.binary(shape, vectorInteger.intrinsic(shape, 'llvm.smin')));
  set(Op[`${shape}.min_u`], vectors.binary(shape, vectorInteger.intrinsic(shape, 'llvm.umin')));
  set(Op[`${shape}.max_s`], vectors.binary(shape, vectorInteger.intrinsic(shape, 'llvm.smax')));
  set(Op[`${shape}.max_u`], vectors.binary(shape, vectorInteger.intrinsic(shape, 'llvm.umax')));
}
for (const shape of ['i16x8', 'i32x4', 'i64x2'] as const) {
  set(Op[`${shape}.mul`], vectors.binary(shape, integer.plain(BinOp.mul)));
}
for (const shape of ['i8x16', 'i16x8'] as const) {
  set(Op[`${shape}.add_sat_s`], vectors.binary(shape, vectorInteger.intrinsic(shape, 'llvm.sadd.sat')));
  set(Op[`${shape}.add_sat_u`], vectors.binary(shape, vectorInteger.intrinsic(shape, 'llvm.uadd.sat')));
  set(Op[`${shape}.sub_sat_s`], vectors.binary(shape, vectorInteger.intrinsic(shape, 'llvm.ssub.sat')));
  set(Op[`${shape}.sub_sat_u`], vectors.binary(shape, vectorInteger.intrinsic(shape, 'llvm.usub.sat')));
  const average = vectorInteger.plainIntrinsic((x) => x.average[shape]);
  set(Op[`${shape}.avgr_u`], vectors.binary(shape, average));
}
set(Op['i8x16.popcnt'], vectors.unary('i8x16', vectorInteger.intrinsic('i8x16', 'llvm.ctpop')));

const narrow = (from: 'i16x8' | 'i32x4', sign: 'signed' | 'unsigned'): Lower =>
  vectors.binary(
    from,
    vectorInteger.plainIntrinsic((x) => x.narrow[from][sign]),
  );
set(Op['i8x16.narrow_i16x8_s'], narrow('i16x8', 'signed'));
set(Op['i8x16.narrow_i16x8_u'], narrow('i16x8', 'unsigned'));
set(Op['i16x8.narrow_i32x4_s'], narrow('i32x4', 'signed'));
set(Op['i16x8.narrow_i32x4_u'], narrow('i32x4', 'unsigned'));
for (const half of ['low', 'high'] as const) {
  for (const [suffix, extension] of [
    ['s', Cast.sext],
    ['u', Cast.zext],
  ] as const) {
    const extend = (from: vectorInteger.NarrowShape): Lower =>
      vectors.unary(from, vectorInteger.extend(from, half, extension));
    set(Op[`i16x8.extend_${half}_i8x16_${suffix}`], extend('i8x16'));
    set(Op[`i32x4.extend_${half}_i16x8_${suffix}`], extend('i16x8'));
    set(Op[`i64x2.extend_${half}_i32x4_${suffix}`], extend('i32x4'));
    const multiply = (from: vectorInteger.NarrowShape): Lower =>
      vectors.binary(from, vectorInteger.extendedProduct(from, half, extension));
    set(Op[`i16x8.extmul_${half}_i8x16_${suffix}`], multiply('i8x16'));
    set(Op[`i32x4.extmul_${half}_i16x8_${suffix}`], multiply('i16x8'));
    set(Op[`i64x2.extmul_${half}_i32x4_${suffix}`], multiply('i32x4'));
  }
}
const { sext, zext } = Cast;
set(Op['i16x8.extadd_pairwise_i8x16_s'], vectors.unary('i8x16', vectorInteger.pairwiseSum('i8x16', sext)));
set(Op['i16x8.extadd_pairwise_i8x16_u'], vectors.unary('i8x16', vectorInteger.pairwiseSum('i8x16', zext)));
set(Op['i32x4.extadd_pairwise_i16x8_s'], vectors.unary('i16x8', vectorInteger.pairwiseSum('i16x8', sext)));
set(Op['i32x4.extadd_pairwise_i16x8_u'], vectors.unary('i16x8', vectorInteger.pairwiseSum('i16x8', zext)));
const dot = vectorInteger.plainIntrinsic((x) => x.dotOfWords);
set(Op['i32x4.dot_i16x8_s'], vectors.binary('i16x8', dot));
set(Op['i16x8.q15mulr_sat_s'], vectors.binary('i16x8', vectorInteger.multiplyRounding));
const multiplyRounding = vectorInteger.plainIntrinsic((x) => x.multiplyRounding);
set(Op['i16x8.relaxed_q15mulr_s'], vectors.binary('i16x8', multiplyRounding));
set(Op['i16x8.relaxed_dot_i8x16_i7x16_s'], vectors.binary('i8x16', relaxed.dotProduct));
set(Op['i32x4.relaxed_dot_i8x16_i7x16_add_s'], vectors.ternary('i8x16', relaxed.dotProductAdd));

/** The lanes by whose highest bits a relaxed selection goes. For i16x8 these are bytes. */
function relaxedLanes(shape: 'i8x16' | 'i16x8' | 'i32x4' | 'i64x2'): [typeof shape, vectors.Ternary] {
  const by = shape === 'i16x8' ? 'i8x16' : shape;
  return [by, relaxed.selectLanes(by)];
}

for (const shape of ['f32x4', 'f64x2'] as const) {
  set(Op[`${shape}.eq`], vectors.comparison(shape, float.compare(RealPredicate.oeq)));
  set(Op[`${shape}.ne`], vectors.comparison(shape, float.compare(RealPredicate.une)));
  set(Op[`${shape}.lt`], vectors.comparison(shape, float.compare(RealPredicate.olt)));
  set(Op[`${shape}.gt`], vectors.comparison(shape, float.compare(RealPredicate.ogt)));
  set(Op[`${shape}.le`], vectors.comparison(shape, float.compare(RealPredicate.ole)));
  set(Op[`${shape}.ge`], vectors.comparison(shape, float.compare(RealPredicate.oge)));
  set(Op[`${shape}.abs`], vectors.unary(shape, vectorFloat.intrinsic(shape, 'llvm.fabs')));
  set(Op[`${shape}.neg`], vectors.unary(shape, float.negate));
  for (const [name, intrinsic] of [
    ['ceil', 'llvm.ceil'],
    ['floor', 'llvm.floor'],
    ['trunc', 'llvm.trunc'],
    ['nearest', 'llvm.nearbyint'],
    ['sqrt', 'llvm.sqrt'],
  ] as const) {
    const lower = vectors.unaryArithmetic(shape, vectorFloat.intrinsic(shape, intrinsic));
    setArithmetic(Op[`${shape}.${name}`], shape, lower);
  }
  for (const [name, operator] of [
    ['add', integer.plain(BinOp.fadd)],
    ['sub', integer.plain(BinOp.fsub)],
    ['mul', integer.plain(BinOp.fmul)],
    ['div', integer.plain(BinOp.fdiv)],
    ['min', vectorFloat.minimum(shape)],
    ['max', vectorFloat.maximum(shape)],
  ] as const) {
    setArithmetic(Op[`${shape}.${name}`], shape, vectors.arithmetic(shape, operator));
  }
  set(Op[`${shape}.pmin`], vectors.binary(shape, vectorFloat.pseudo(shape, 'lesser')));
  set(Op[`${shape}.pmax`], vectors.binary(shape, vectorFloat.pseudo(shape, 'greater')));
  set(Op[`${shape}.relaxed_min`], vectors.binary(shape, vectorFloat.better(shape, 'lesser')));
  set(Op[`${shape}.relaxed_max`], vectors.binary(shape, vectorFloat.better(shape, 'greater')));
  for (const [name, isNegated] of [
    ['madd', false],
    ['nmadd', true],
  ] as const) {
    const lower = vectors.ternaryArithmetic(shape, vectorFloat.multiplyAdd(shape, isNegated));
    setArithmetic(Op[`${shape}.relaxed_${name}`], shape, lower);
  }
}

set(Op['f32x4.convert_i32x4_s'], vectors.unary('i32x4', vectorConvert.convert(Cast.sitofp)));
set(Op['f32x4.convert_i32x4_u'], vectors.unary('i32x4', vectorConvert.convert(Cast.uitofp)));
set(Op['f64x2.convert_low_i32x4_s'], vectors.unary('i32x4', vectorConvert.convertLow('i32x4', Cast.sitofp)));
set(Op['f64x2.convert_low_i32x4_u'], vectors.unary('i32x4', vectorConvert.convertLow('i32x4', Cast.uitofp)));
set(
  Op['f64x2.promote_low_f32x4'],
  vectors.unaryArithmetic('f32x4', vectorConvert.convertLow('f32x4', Cast.fpext)),
);
set(Op['f32x4.demote_f64x2_zero'], vectors.unaryArithmetic('f64x2', vectorConvert.demote));
set(Op['i32x4.trunc_sat_f32x4_s'], vectors.unary('f32x4', vectorConvert.truncateFloats));
set(Op['i32x4.trunc_sat_f32x4_u'], vectors.unary('f32x4', vectorConvert.truncateFloatsUnsigned));
set(Op['i32x4.trunc_sat_f64x2_s_zero'], vectors.unary('f64x2', vectorConvert.truncateDoubles));
set(Op['i32x4.trunc_sat_f64x2_u_zero'], vectors.unary('f64x2', vectorConvert.truncateDoublesUnsigned));
set(Op['i32x4.relaxed_trunc_f32x4_s'], vectors.unary('f32x4', vectorConvert.truncateRelaxed('f32x4')));
set(Op['i32x4.relaxed_trunc_f32x4_u'], vectors.unary('f32x4', vectorConvert.truncateFloatsUnsigned));
set(Op['i32x4.relaxed_trunc_f64x2_s_zero'], vectors.unary('f64x2', vectorConvert.truncateRelaxed('f64x2')));
set(Op['i32x4.relaxed_trunc_f64x2_u_zero'], vectors.unary('f64x2', vectorConvert.truncateDoublesUnsigned));
