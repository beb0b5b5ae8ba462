import type { Mnemonic } from '../../wasm/opcodes.js';
import { X } from '../../x64/instructions.js';

/*
 * The vector operators that are one packed instruction each. The lowerings (`table.ts`) and what can be fused
 * into them (`vector-fusion.ts`) follow from these rows.
 */

/** How an operator's two operands go to the instruction's two sources. */
export type Order =
  /** As they are. */
  | 'straight'
  /** The second operand is the first source. */
  | 'exchanged'
  /** In either order. */
  | 'either';

/** Operator, instruction, order, immediate. */
export type BinaryRow = readonly [Mnemonic, number, Order?, number?];

/** Predicates of `cmpps` and `cmppd`. AVX has those that the last two name. */
export const Predicate = {
  eq: 0,
  lt: 1,
  le: 2,
  unordered: 3,
  ne: 4,
  ordered: 7,
  ge: 0x0d,
  gt: 0x0e,
} as const;

/** Modes of `roundps` and `roundpd`; +8 keeps the precision exception quiet. */
const rounding = { nearest: 8, floor: 9, ceil: 10, trunc: 11 } as const;

/** dst = a op b. */
export const binaryRows: readonly BinaryRow[] = [
  ['v128.and', X.pand, 'either'],
  ['v128.or', X.por, 'either'],
  ['v128.xor', X.pxor, 'either'],
  ['v128.andnot', X.pandn, 'exchanged'],

  ['i8x16.add', X.paddb, 'either'],
  ['i16x8.add', X.paddw, 'either'],
  ['i32x4.add', X.paddd, 'either'],
  ['i64x2.add', X.paddq, 'either'],
  ['i8x16.sub', X.psubb],
  ['i16x8.sub', X.psubw],
  ['i32x4.sub', X.psubd],
  ['i64x2.sub', X.psubq],
  ['i16x8.mul', X.pmullw, 'either'],
  ['i32x4.mul', X.pmulld, 'either'],
  ['i8x16.add_sat_s', X.paddsb, 'either'],
  ['i8x16.add_sat_u', X.paddusb, 'either'],
  ['i16x8.add_sat_s', X.paddsw, 'either'],
  ['i16x8.add_sat_u', X.paddusw, 'either'],
  ['i8x16.sub_sat_s', X.psubsb],
  ['i8x16.sub_sat_u', X.psubusb],
  ['i16x8.sub_sat_s', X.psubsw],
  ['i16x8.sub_sat_u', X.psubusw],
  ['i8x16.min_s', X.pminsb, 'either'],
  ['i8x16.min_u', X.pminub, 'either'],
  ['i8x16.max_s', X.pmaxsb, 'either'],
  ['i8x16.max_u', X.pmaxub, 'either'],
  ['i16x8.min_s', X.pminsw, 'either'],
  ['i16x8.min_u', X.pminuw, 'either'],
  ['i16x8.max_s', X.pmaxsw, 'either'],
  ['i16x8.max_u', X.pmaxuw, 'either'],
  ['i32x4.min_s', X.pminsd, 'either'],
  ['i32x4.min_u', X.pminud, 'either'],
  ['i32x4.max_s', X.pmaxsd, 'either'],
  ['i32x4.max_u', X.pmaxud, 'either'],
  ['i8x16.avgr_u', X.pavgb, 'either'],
  ['i16x8.avgr_u', X.pavgw, 'either'],
  ['i32x4.dot_i16x8_s', X.pmaddwd, 'either'],
  ['i8x16.narrow_i16x8_s', X.packsswb],
  ['i8x16.narrow_i16x8_u', X.packuswb],
  ['i16x8.narrow_i32x4_s', X.packssdw],
  ['i16x8.narrow_i32x4_u', X.packusdw],

  ['i8x16.eq', X.pcmpeqb, 'either'],
  ['i16x8.eq', X.pcmpeqw, 'either'],
  ['i32x4.eq', X.pcmpeqd, 'either'],
  ['i64x2.eq', X.pcmpeqq, 'either'],

  ['i8x16.gt_s', X.pcmpgtb],
  ['i16x8.gt_s', X.pcmpgtw],
  ['i32x4.gt_s', X.pcmpgtd],
  ['i8x16.lt_s', X.pcmpgtb, 'exchanged'],
  ['i16x8.lt_s', X.pcmpgtw, 'exchanged'],
  ['i32x4.lt_s', X.pcmpgtd, 'exchanged'],

  ['f32x4.add', X.addps, 'either'],
  ['f64x2.add', X.addpd, 'either'],
  ['f32x4.sub', X.subps],
  ['f64x2.sub', X.subpd],
  ['f32x4.mul', X.mulps, 'either'],
  ['f64x2.mul', X.mulpd, 'either'],
  ['f32x4.div', X.divps],
  ['f64x2.div', X.divpd],
  // b < a ? b : a, and a < b ? b : a.
  ['f32x4.pmin', X.minps, 'exchanged'],
  ['f64x2.pmin', X.minpd, 'exchanged'],
  ['f32x4.pmax', X.maxps, 'exchanged'],
  ['f64x2.pmax', X.maxpd, 'exchanged'],
  ['f32x4.eq', X.cmpps, 'either', Predicate.eq],
  ['f64x2.eq', X.cmppd, 'either', Predicate.eq],
  ['f32x4.ne', X.cmpps, 'either', Predicate.ne],
  ['f64x2.ne', X.cmppd, 'either', Predicate.ne],

  ['i8x16.relaxed_swizzle', X.pshufb],
  ['f32x4.relaxed_min', X.minps],
  ['f64x2.relaxed_min', X.minpd],
  ['f32x4.relaxed_max', X.maxps],
  ['f64x2.relaxed_max', X.maxpd],
  ['i16x8.relaxed_q15mulr_s', X.pmulhrsw, 'either'],
  // The second operand's bytes are the unsigned ones.
  ['i16x8.relaxed_dot_i8x16_i7x16_s', X.pmaddubsw, 'exchanged'],
];

/** Comparisons: operator, instruction, predicate, predicate of AVX for the operands exchanged. */
export const orderedComparisonRows: readonly (readonly [Mnemonic, number, number, number])[] = [
  ['f32x4.lt', X.cmpps, Predicate.lt, Predicate.gt],
  ['f64x2.lt', X.cmppd, Predicate.lt, Predicate.gt],
  ['f32x4.le', X.cmpps, Predicate.le, Predicate.ge],
  ['f64x2.le', X.cmppd, Predicate.le, Predicate.ge],
  ['f32x4.gt', X.cmpps, Predicate.gt, Predicate.lt],
  ['f64x2.gt', X.cmppd, Predicate.gt, Predicate.lt],
  ['f32x4.ge', X.cmpps, Predicate.ge, Predicate.le],
  ['f64x2.ge', X.cmppd, Predicate.ge, Predicate.le],
];

/** dst = op a: operator, instruction, immediate. */
export const unaryRows: readonly (readonly [Mnemonic, number, number?])[] = [
  ['i8x16.abs', X.pabsb],
  ['i16x8.abs', X.pabsw],
  ['i32x4.abs', X.pabsd],
  ['f32x4.sqrt', X.sqrtps],
  ['f64x2.sqrt', X.sqrtpd],
  ['f32x4.ceil', X.roundps, rounding.ceil],
  ['f64x2.ceil', X.roundpd, rounding.ceil],
  ['f32x4.floor', X.roundps, rounding.floor],
  ['f64x2.floor', X.roundpd, rounding.floor],
  ['f32x4.trunc', X.roundps, rounding.trunc],
  ['f64x2.trunc', X.roundpd, rounding.trunc],
  ['f32x4.nearest', X.roundps, rounding.nearest],
  ['f64x2.nearest', X.roundpd, rounding.nearest],
  ['f32x4.convert_i32x4_s', X.cvtdq2ps],
  ['f32x4.demote_f64x2_zero', X.cvtpd2ps],
  ['i32x4.relaxed_trunc_f32x4_s', X.cvttps2dq],
  ['i32x4.relaxed_trunc_f64x2_s_zero', X.cvttpd2dq],
];

/** The same where the instruction reads the lower half of a only. */
export const lowerHalfRows: readonly (readonly [Mnemonic, number])[] = [
  ['i16x8.extend_low_i8x16_s', X.pmovsxbw],
  ['i16x8.extend_low_i8x16_u', X.pmovzxbw],
  ['i32x4.extend_low_i16x8_s', X.pmovsxwd],
  ['i32x4.extend_low_i16x8_u', X.pmovzxwd],
  ['i64x2.extend_low_i32x4_s', X.pmovsxdq],
  ['i64x2.extend_low_i32x4_u', X.pmovzxdq],
  ['f64x2.convert_low_i32x4_s', X.cvtdq2pd],
  ['f64x2.promote_low_f32x4', X.cvtps2pd],
];

/**
 * Two of them in a row: the first, the second, the instruction of both. It reads the lowest 4 bytes only.
 * Lanes that were extended unsigned are not negative.
 */
export const twiceExtendedRows: readonly (readonly [Mnemonic, Mnemonic, number])[] = [
  ['i16x8.extend_low_i8x16_s', 'i32x4.extend_low_i16x8_s', X.pmovsxbd],
  ['i16x8.extend_low_i8x16_u', 'i32x4.extend_low_i16x8_s', X.pmovzxbd],
  ['i16x8.extend_low_i8x16_u', 'i32x4.extend_low_i16x8_u', X.pmovzxbd],
  ['i32x4.extend_low_i16x8_s', 'i64x2.extend_low_i32x4_s', X.pmovsxwq],
  ['i32x4.extend_low_i16x8_u', 'i64x2.extend_low_i32x4_s', X.pmovzxwq],
  ['i32x4.extend_low_i16x8_u', 'i64x2.extend_low_i32x4_u', X.pmovzxwq],
];

/** Loads of 8 bytes that are extended: operator, instruction. */
export const extendingLoadRows: readonly (readonly [Mnemonic, number])[] = [
  ['v128.load8x8_s', X.pmovsxbw],
  ['v128.load8x8_u', X.pmovzxbw],
  ['v128.load16x4_s', X.pmovsxwd],
  ['v128.load16x4_u', X.pmovzxwd],
  ['v128.load32x2_s', X.pmovsxdq],
  ['v128.load32x2_u', X.pmovzxdq],
];

/**
 * Fused multiplication and addition, c + a * b or c - a * b: the three orders of sources, as Intel names
 * them.
 */
export interface FusedForms {
  /** dst = dst * b + a */
  readonly form132: number;
  /** dst = a * dst + b */
  readonly form213: number;
  /** dst = a * b + dst */
  readonly form231: number;
}

/** Without FMA two instructions do it: the product, and its sum with c, or c without it. */
export interface MultiplyAddRow extends FusedForms {
  readonly op: Mnemonic;
  readonly multiply: number;
  readonly add: number;
  /** The product is subtracted. */
  readonly negated: boolean;
}

export const multiplyAddRows: readonly MultiplyAddRow[] = [
  {
    op: 'f32x4.relaxed_madd',
    multiply: X.mulps,
    add: X.addps,
    negated: false,
    form132: X.vfmadd132ps,
    form213: X.vfmadd213ps,
    form231: X.vfmadd231ps,
  },
  {
    op: 'f64x2.relaxed_madd',
    multiply: X.mulpd,
    add: X.addpd,
    negated: false,
    form132: X.vfmadd132pd,
    form213: X.vfmadd213pd,
    form231: X.vfmadd231pd,
  },
  {
    op: 'f32x4.relaxed_nmadd',
    multiply: X.mulps,
    add: X.subps,
    negated: true,
    form132: X.vfnmadd132ps,
    form213: X.vfnmadd213ps,
    form231: X.vfnmadd231ps,
  },
  {
    op: 'f64x2.relaxed_nmadd',
    multiply: X.mulpd,
    add: X.subpd,
    negated: true,
    form132: X.vfnmadd132pd,
    form213: X.vfnmadd213pd,
    form231: X.vfnmadd231pd,
  },
];
