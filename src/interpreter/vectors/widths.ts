/** Operations on integers whose results are wider or narrower than their operands. */
import { clamp } from './lanewise.js';
import { a, b, result, type VectorOperation, type VectorOperations } from './registers.js';

type Lanes = 'i8' | 'u8' | 'i16' | 'u16' | 'i32' | 'u32';
/** Lanes twice as wide as others. */
type WiderLanes = 'i16' | 'i32';

/** The lanes of both operands, those of a first, as the nearest values that a lane of the result can have. */
function narrow(from: 'i16' | 'i32', to: Lanes, least: number, most: number): VectorOperation {
  const [x, y, lanes] = [a[from], b[from], result[to]];
  return () => {
    for (let k = 0; k < x.length; k++) {
      lanes[k] = clamp(x[k], least, most);
      lanes[x.length + k] = clamp(y[k], least, most);
    }
  };
}

/** Half of a's lanes, as wider ones. `half`: 0 for the lower, 1 for the upper. */
function extend(from: Lanes, to: WiderLanes, half: 0 | 1): VectorOperation {
  const [x, lanes] = [a[from], result[to]];
  const first = half * lanes.length;
  return () => {
    for (let k = 0; k < lanes.length; k++) lanes[k] = x[first + k];
  };
}

function extendTo64(from: 'i32' | 'u32', half: 0 | 1): VectorOperation {
  const x = a[from];
  return () => {
    for (let k = 0; k < 2; k++) result.i64[k] = BigInt(x[2 * half + k]);
  };
}

/** The products of half of the lanes. */
function multiply(from: Lanes, to: WiderLanes, half: 0 | 1): VectorOperation {
  const [x, y, lanes] = [a[from], b[from], result[to]];
  const first = half * lanes.length;
  return () => {
    for (let k = 0; k < lanes.length; k++) lanes[k] = x[first + k] * y[first + k];
  };
}

function multiplyTo64(from: 'i32' | 'u32', half: 0 | 1): VectorOperation {
  const [x, y] = [a[from], b[from]];
  return () => {
    for (let k = 0; k < 2; k++) result.i64[k] = BigInt(x[2 * half + k]) * BigInt(y[2 * half + k]);
  };
}

/** The sums of two neighbours each. */
function addPairs(from: Lanes, to: WiderLanes): VectorOperation {
  const [x, lanes] = [a[from], result[to]];
  return () => {
    for (let k = 0; k < lanes.length; k++) lanes[k] = x[2 * k] + x[2 * k + 1];
  };
}

export const widthOperations: VectorOperations = {
  'i8x16.narrow_i16x8_s': narrow('i16', 'i8', -0x80, 0x7f),
  'i8x16.narrow_i16x8_u': narrow('i16', 'u8', 0, 0xff),
  'i16x8.narrow_i32x4_s': narrow('i32', 'i16', -0x8000, 0x7fff),
  'i16x8.narrow_i32x4_u': narrow('i32', 'u16', 0, 0xffff),
  'i16x8.extend_low_i8x16_s': extend('i8', 'i16', 0),
  'i16x8.extend_high_i8x16_s': extend('i8', 'i16', 1),
  'i16x8.extend_low_i8x16_u': extend('u8', 'i16', 0),
  'i16x8.extend_high_i8x16_u': extend('u8', 'i16', 1),
  'i32x4.extend_low_i16x8_s': extend('i16', 'i32', 0),
  'i32x4.extend_high_i16x8_s': extend('i16', 'i32', 1),
  'i32x4.extend_low_i16x8_u': extend('u16', 'i32', 0),
  'i32x4.extend_high_i16x8_u': extend('u16', 'i32', 1),
  'i64x2.extend_low_i32x4_s': extendTo64('i32', 0),
  'i64x2.extend_high_i32x4_s': extendTo64('i32', 1),
  'i64x2.extend_low_i32x4_u': extendTo64('u32', 0),
  'i64x2.extend_high_i32x4_u': extendTo64('u32', 1),
  'i16x8.extmul_low_i8x16_s': multiply('i8', 'i16', 0),
  'i16x8.extmul_high_i8x16_s': multiply('i8', 'i16', 1),
  'i16x8.extmul_low_i8x16_u': multiply('u8', 'i16', 0),
  'i16x8.extmul_high_i8x16_u': multiply('u8', 'i16', 1),
  'i32x4.extmul_low_i16x8_s': multiply('i16', 'i32', 0),
  'i32x4.extmul_high_i16x8_s': multiply('i16', 'i32', 1),
  'i32x4.extmul_low_i16x8_u': multiply('u16', 'i32', 0),
  'i32x4.extmul_high_i16x8_u': multiply('u16', 'i32', 1),
  'i64x2.extmul_low_i32x4_s': multiplyTo64('i32', 0),
  'i64x2.extmul_high_i32x4_s': multiplyTo64('i32', 1),
  'i64x2.extmul_low_i32x4_u': multiplyTo64('u32', 0),
  'i64x2.extmul_high_i32x4_u': multiplyTo64('u32', 1),
  'i16x8.extadd_pairwise_i8x16_s': addPairs('i8', 'i16'),
  'i16x8.extadd_pairwise_i8x16_u': addPairs('u8', 'i16'),
  'i32x4.extadd_pairwise_i16x8_s': addPairs('i16', 'i32'),
  'i32x4.extadd_pairwise_i16x8_u': addPairs('u16', 'i32'),
};
