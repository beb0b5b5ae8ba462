/** Operations that do the same in each lane. */
import { a, b, result, type VectorOperation } from './registers.js';

/** Lanes that JavaScript sees as numbers, and as bigints. */
export type NumberLanes = 'i8' | 'u8' | 'i16' | 'u16' | 'i32' | 'u32' | 'f32' | 'f64';
export type BigLanes = 'i64' | 'u64';

/** result ← f(a). What does not fit a lane is cut off, as assigning to an array does. */
export function unary(lanes: NumberLanes, f: (x: number) => number): VectorOperation {
  const [x, to] = [a[lanes], result[lanes]];
  return () => {
    for (let k = 0; k < to.length; k++) to[k] = f(x[k]);
  };
}

/** result ← f(a, b) */
export function binary(lanes: NumberLanes, f: (x: number, y: number) => number): VectorOperation {
  const [x, y, to] = [a[lanes], b[lanes], result[lanes]];
  return () => {
    for (let k = 0; k < to.length; k++) to[k] = f(x[k], y[k]);
  };
}

/** The same for lanes of 64 bits. */
export function unaryBig(lanes: BigLanes, f: (x: bigint) => bigint): VectorOperation {
  const [x, to] = [a[lanes], result[lanes]];
  return () => {
    for (let k = 0; k < to.length; k++) to[k] = f(x[k]);
  };
}

export function binaryBig(lanes: BigLanes, f: (x: bigint, y: bigint) => bigint): VectorOperation {
  const [x, y, to] = [a[lanes], b[lanes], result[lanes]];
  return () => {
    for (let k = 0; k < to.length; k++) to[k] = f(x[k], y[k]);
  };
}

/** The lanes of integers that are as wide as those of floats. */
const masks = { i8: 'i8', u8: 'u8', i16: 'i16', u16: 'u16', i32: 'i32', u32: 'u32', f32: 'i32' } as const;

/** All bits of a lane ← whether f(a, b) holds. */
export function comparison(lanes: keyof typeof masks, f: (x: number, y: number) => boolean): VectorOperation {
  const [x, y, to] = [a[lanes], b[lanes], result[masks[lanes]]];
  return () => {
    for (let k = 0; k < to.length; k++) to[k] = f(x[k], y[k]) ? -1 : 0;
  };
}

export function comparisonBig(f: (x: bigint, y: bigint) => boolean): VectorOperation {
  return () => {
    for (let k = 0; k < 2; k++) result.i64[k] = f(a.i64[k], b.i64[k]) ? -1n : 0n;
  };
}

export function comparisonF64(f: (x: number, y: number) => boolean): VectorOperation {
  return () => {
    for (let k = 0; k < 2; k++) result.i64[k] = f(a.f64[k], b.f64[k]) ? -1n : 0n;
  };
}

/** Each lane of the result is that of a or of b, bit by bit the same: a's where `takesA` holds. */
export function choiceF32(takesA: (x: number, y: number) => boolean): VectorOperation {
  return () => {
    for (let k = 0; k < 4; k++) result.i32[k] = takesA(a.f32[k], b.f32[k]) ? a.i32[k] : b.i32[k];
  };
}

export function choiceF64(takesA: (x: number, y: number) => boolean): VectorOperation {
  return () => {
    for (let k = 0; k < 2; k++) result.i64[k] = takesA(a.f64[k], b.f64[k]) ? a.i64[k] : b.i64[k];
  };
}

/** An i32: whether all lanes are other than 0. */
export function allTrue(lanes: 'i8' | 'i16' | 'i32'): VectorOperation {
  return () => {
    result.i32[0] = a[lanes].includes(0) ? 0 : 1;
  };
}

/** An i32: the uppermost bit of each lane, that of lane 0 lowest. */
export function bitmask(lanes: 'i8' | 'i16' | 'i32'): VectorOperation {
  const x = a[lanes];
  return () => {
    let bits = 0;
    for (let k = 0; k < x.length; k++) if (x[k] < 0) bits |= 1 << k;
    result.i32[0] = bits;
  };
}

/** The number that is nearest to `value` from `least` to `most`. */
export function clamp(value: number, least: number, most: number): number {
  return Math.min(Math.max(value, least), most);
}
