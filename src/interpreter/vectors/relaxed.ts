/**
 * The relaxed instructions, of which the spec leaves open what some operands give (spec 3.0, section 4.6.9).
 * All tiers of one runtime mean the same by them: what x86-64's instructions do, or the spec's deterministic
 * profile. The latter is mostly another instruction: see `plainOf`.
 */
import type { Mnemonic } from '../../wasm/opcodes.js';
import { plainOf } from '../../wasm/relaxed.js';
import { floatOperations, saturateS32 } from './floats.js';
import { fusedF32, fusedF64 } from './fused.js';
import { q15Product } from './integers.js';
import { binary, choiceF32, choiceF64, clamp, type NumberLanes } from './lanewise.js';
import { a, b, c, result, type VectorOperation, type VectorOperations } from './registers.js';

/** What relaxed instructions mean. */
export interface RelaxedMeaning {
  /** As in the spec's deterministic profile. */
  readonly deterministic: boolean;
  /** Else: whether multiplications and additions are fused, as where the processor has FMA. */
  readonly fused: boolean;
}

/** The lanes of a that b names, by its lowest four bits; 0 where the uppermost bit is set: `pshufb`. */
const swizzle: VectorOperation = () => {
  for (let k = 0; k < 16; k++) result.u8[k] = b.u8[k] < 0x80 ? a.u8[b.u8[k] & 15] : 0;
};

/** Truncates; whatever no i32 can be becomes the lowest one: `cvttps2dq`, `cvttpd2dq`. */
function truncate(from: 'f32' | 'f64'): VectorOperation {
  const x = a[from];
  return () => {
    for (let k = 0; k < 4; k++) {
      const value = k < x.length ? Math.trunc(x[k]) : 0;
      result.i32[k] = saturateS32(value) === value ? value : -0x80000000;
    }
  };
}

/** Lanes of a where the uppermost bit of c's is set, else of b: `pblendvb`, `blendvps`, `blendvpd`. */
function laneselect(lanes: 'i8' | 'i32'): VectorOperation {
  const [x, y, mask, to] = [a[lanes], b[lanes], c[lanes], result[lanes]];
  return () => {
    for (let k = 0; k < to.length; k++) to[k] = mask[k] < 0 ? x[k] : y[k];
  };
}

const laneselect64: VectorOperation = () => {
  for (let k = 0; k < 2; k++) result.i64[k] = c.i64[k] < 0n ? a.i64[k] : b.i64[k];
};

/** a × b + c, or -(a × b) + c, in each lane. */
function multiplyAdd(
  lanes: 'f32' | 'f64',
  sign: 1 | -1,
  f: (x: number, y: number, z: number) => number,
): VectorOperation {
  const [x, y, z, to] = [a[lanes], b[lanes], c[lanes], result[lanes]];
  return () => {
    for (let k = 0; k < to.length; k++) to[k] = f(sign * x[k], y[k], z[k]);
  };
}

function twoStepsF32(x: number, y: number, z: number): number {
  return Math.fround(x * y) + z;
}

function twoStepsF64(x: number, y: number, z: number): number {
  return x * y + z;
}

/** Sum k of the products of lanes 2k and 2k + 1, with saturation: `pmaddubsw`, which has b unsigned. */
function dot(lanes: NumberLanes, k: number): number {
  const sum = a.i8[2 * k] * b[lanes][2 * k] + a.i8[2 * k + 1] * b[lanes][2 * k + 1];
  return clamp(sum, -0x8000, 0x7fff);
}

function dots(lanes: 'i8' | 'u8'): VectorOperations {
  return {
    'i16x8.relaxed_dot_i8x16_i7x16_s': () => {
      for (let k = 0; k < 8; k++) result.i16[k] = dot(lanes, k);
    },
    'i32x4.relaxed_dot_i8x16_i7x16_add_s': () => {
      for (let k = 0; k < 4; k++) result.i32[k] = dot(lanes, 2 * k) + dot(lanes, 2 * k + 1) + c.i32[k];
    },
  };
}

const unfused: VectorOperations = {
  'f32x4.relaxed_madd': multiplyAdd('f32', 1, twoStepsF32),
  'f32x4.relaxed_nmadd': multiplyAdd('f32', -1, twoStepsF32),
  'f64x2.relaxed_madd': multiplyAdd('f64', 1, twoStepsF64),
  'f64x2.relaxed_nmadd': multiplyAdd('f64', -1, twoStepsF64),
};

const fused: VectorOperations = {
  'f32x4.relaxed_madd': multiplyAdd('f32', 1, fusedF32),
  'f32x4.relaxed_nmadd': multiplyAdd('f32', -1, fusedF32),
  'f64x2.relaxed_madd': multiplyAdd('f64', 1, fusedF64),
  'f64x2.relaxed_nmadd': multiplyAdd('f64', -1, fusedF64),
};

/** As the processor's instructions do it, multiplications and additions aside. */
const fast: VectorOperations = {
  'i8x16.relaxed_swizzle': swizzle,
  'i32x4.relaxed_trunc_f32x4_s': truncate('f32'),
  'i32x4.relaxed_trunc_f32x4_u': floatOperations['i32x4.trunc_sat_f32x4_u'],
  'i32x4.relaxed_trunc_f64x2_s_zero': truncate('f64'),
  'i32x4.relaxed_trunc_f64x2_u_zero': floatOperations['i32x4.trunc_sat_f64x2_u_zero'],
  'i8x16.relaxed_laneselect': laneselect('i8'),
  'i16x8.relaxed_laneselect': laneselect('i8'),
  'i32x4.relaxed_laneselect': laneselect('i32'),
  'i64x2.relaxed_laneselect': laneselect64,
  'f32x4.relaxed_min': choiceF32((x, y) => x < y),
  'f32x4.relaxed_max': choiceF32((x, y) => x > y),
  'f64x2.relaxed_min': choiceF64((x, y) => x < y),
  'f64x2.relaxed_max': choiceF64((x, y) => x > y),
  'i16x8.relaxed_q15mulr_s': binary('i16', q15Product),
  ...dots('u8'),
};

/** The relaxed instructions as a meaning has them; `plain` are the operations of all other instructions. */
export function relaxedOperations(
  { deterministic, fused: isFused }: RelaxedMeaning,
  plain: VectorOperations,
): VectorOperations {
  if (!deterministic) return { ...fast, ...(isFused ? fused : unfused) };
  const others = Object.entries(plainOf) as [Mnemonic, Mnemonic][];
  return {
    ...unfused,
    ...dots('i8'),
    ...Object.fromEntries(others.map(([relaxed, name]) => [relaxed, plain[name]])),
  };
}
