/** Operations that move lanes without computing anything. */
import {
  a,
  b,
  c,
  result,
  type VectorOperation,
  type VectorOperations,
  type VectorRegister,
} from './registers.js';

/** Lanes of integers: floats are moved as such, because their NaNs must stay as they are. */
type Lanes = 'i8' | 'i16' | 'i32';

export function copy(to: VectorRegister, from: VectorRegister): void {
  for (let k = 0; k < 4; k++) to.i32[k] = from.i32[k];
}

function splat(lanes: Lanes): VectorOperation {
  return () => {
    result[lanes].fill(a[lanes][0]);
  };
}

function extract(lanes: Lanes | 'u8' | 'u16'): VectorOperation {
  return (lane) => {
    result.i32[0] = a[lanes][lane];
  };
}

function replace(lanes: Lanes): VectorOperation {
  return (lane) => {
    copy(result, a);
    result[lanes][lane] = b[lanes][0];
  };
}

const splat64: VectorOperation = () => {
  result.i64.fill(a.i64[0]);
};

const extract64: VectorOperation = (lane) => {
  result.i64[0] = a.i64[lane];
};

const replace64: VectorOperation = (lane) => {
  copy(result, a);
  result.i64[lane] = b.i64[0];
};

/** The lanes of a that b names; 0 where it names none. */
export const swizzle: VectorOperation = () => {
  for (let k = 0; k < 16; k++) result.u8[k] = b.u8[k] < 16 ? a.u8[b.u8[k]] : 0;
};

/** The lanes of a and b, one after the other, that c names. */
const shuffle: VectorOperation = () => {
  for (let k = 0; k < 16; k++) {
    const lane = c.u8[k];
    result.u8[k] = lane < 16 ? a.u8[lane] : b.u8[lane - 16];
  }
};

/** The bits of a where those of c are set, else those of b. */
export const bitselect: VectorOperation = () => {
  for (let k = 0; k < 4; k++) result.i32[k] = (a.i32[k] & c.i32[k]) | (b.i32[k] & ~c.i32[k]);
};

/** a if the i32 c is not 0, else b. */
const select: VectorOperation = () => {
  copy(result, c.i32[0] !== 0 ? a : b);
};

export const laneOperations: VectorOperations = {
  select,
  'i8x16.shuffle': shuffle,
  'i8x16.swizzle': swizzle,
  'v128.bitselect': bitselect,
  'i8x16.splat': splat('i8'),
  'i16x8.splat': splat('i16'),
  'i32x4.splat': splat('i32'),
  'i64x2.splat': splat64,
  'f32x4.splat': splat('i32'),
  'f64x2.splat': splat64,
  'i8x16.extract_lane_s': extract('i8'),
  'i8x16.extract_lane_u': extract('u8'),
  'i8x16.replace_lane': replace('i8'),
  'i16x8.extract_lane_s': extract('i16'),
  'i16x8.extract_lane_u': extract('u16'),
  'i16x8.replace_lane': replace('i16'),
  'i32x4.extract_lane': extract('i32'),
  'i32x4.replace_lane': replace('i32'),
  'i64x2.extract_lane': extract64,
  'i64x2.replace_lane': replace64,
  'f32x4.extract_lane': extract('i32'),
  'f32x4.replace_lane': replace('i32'),
  'f64x2.extract_lane': extract64,
  'f64x2.replace_lane': replace64,
};
