import type { Mnemonic } from './opcodes.js';

/**
 * The relaxed instructions that are another one in the deterministic profile of the spec (3.0, sections 4.6.9
 * and A.5): the first alternative of each. The others take several: multiplications and additions, and dot
 * products.
 */
export const plainOf: Readonly<Partial<Record<Mnemonic, Mnemonic>>> = {
  'i8x16.relaxed_swizzle': 'i8x16.swizzle',
  'i32x4.relaxed_trunc_f32x4_s': 'i32x4.trunc_sat_f32x4_s',
  'i32x4.relaxed_trunc_f32x4_u': 'i32x4.trunc_sat_f32x4_u',
  'i32x4.relaxed_trunc_f64x2_s_zero': 'i32x4.trunc_sat_f64x2_s_zero',
  'i32x4.relaxed_trunc_f64x2_u_zero': 'i32x4.trunc_sat_f64x2_u_zero',
  'i8x16.relaxed_laneselect': 'v128.bitselect',
  'i16x8.relaxed_laneselect': 'v128.bitselect',
  'i32x4.relaxed_laneselect': 'v128.bitselect',
  'i64x2.relaxed_laneselect': 'v128.bitselect',
  'f32x4.relaxed_min': 'f32x4.min',
  'f32x4.relaxed_max': 'f32x4.max',
  'f64x2.relaxed_min': 'f64x2.min',
  'f64x2.relaxed_max': 'f64x2.max',
  'i16x8.relaxed_q15mulr_s': 'i16x8.q15mulr_sat_s',
};
