/**
 * 64-bit integers as two 32-bit words, the lower one first. Unlike BigInt, V8 compiles these to plain integer
 * code in every version. Operands and result are words `a`, `b` and `d` of an array; the result may replace
 * an operand.
 */
import { Trap } from '../code/traps.js';

const twoTo32 = 2 ** 32;
const twoTo63 = 2 ** 63;

export function mul(i32: Int32Array, d: number, a: number, b: number): void {
  const low = i32[a];
  const otherLow = i32[b];
  const a0 = low & 0xffff;
  const a1 = low >>> 16;
  const b0 = otherLow & 0xffff;
  const b1 = otherLow >>> 16;
  const middle = a0 * b1 + a1 * b0 + ((a0 * b0) >>> 16);
  const carried = a1 * b1 + Math.floor(middle / 0x10000);
  i32[d + 1] = carried + Math.imul(i32[a + 1], otherLow) + Math.imul(low, i32[b + 1]);
  i32[d] = Math.imul(low, otherLow);
}

export function shl(i32: Int32Array, d: number, a: number, b: number): void {
  const count = i32[b] & 63;
  const low = i32[a];
  if (count >= 32) {
    i32[d + 1] = low << (count - 32);
    i32[d] = 0;
  } else {
    i32[d + 1] = count === 0 ? i32[a + 1] : (i32[a + 1] << count) | (low >>> (32 - count));
    i32[d] = low << count;
  }
}

export function shrS(i32: Int32Array, d: number, a: number, b: number): void {
  const count = i32[b] & 63;
  const high = i32[a + 1];
  if (count >= 32) {
    i32[d] = high >> (count - 32);
    i32[d + 1] = high >> 31;
  } else {
    i32[d] = count === 0 ? i32[a] : (i32[a] >>> count) | (high << (32 - count));
    i32[d + 1] = high >> count;
  }
}

export function shrU(i32: Int32Array, d: number, a: number, b: number): void {
  const count = i32[b] & 63;
  const high = i32[a + 1];
  if (count >= 32) {
    i32[d] = high >>> (count - 32);
    i32[d + 1] = 0;
  } else {
    i32[d] = count === 0 ? i32[a] : (i32[a] >>> count) | (high << (32 - count));
    i32[d + 1] = high >>> count;
  }
}

/** Rotates to the left by `count`, 0 to 63. */
function rotate(i32: Int32Array, d: number, a: number, count: number): void {
  const low = count >= 32 ? i32[a + 1] : i32[a];
  const high = count >= 32 ? i32[a] : i32[a + 1];
  const rest = count & 31;
  i32[d] = rest === 0 ? low : (low << rest) | (high >>> (32 - rest));
  i32[d + 1] = rest === 0 ? high : (high << rest) | (low >>> (32 - rest));
}

export function rotl(i32: Int32Array, d: number, a: number, b: number): void {
  rotate(i32, d, a, i32[b] & 63);
}

export function rotr(i32: Int32Array, d: number, a: number, b: number): void {
  rotate(i32, d, a, -i32[b] & 63);
}

export function lessS(i32: Int32Array, a: number, b: number): boolean {
  const high = i32[a + 1];
  const otherHigh = i32[b + 1];
  return high < otherHigh || (high === otherHigh && i32[a] >>> 0 < i32[b] >>> 0);
}

export function lessU(i32: Int32Array, a: number, b: number): boolean {
  const high = i32[a + 1];
  const otherHigh = i32[b + 1];
  return high >>> 0 < otherHigh >>> 0 || (high === otherHigh && i32[a] >>> 0 < i32[b] >>> 0);
}

/** Number of trailing zeros of a 32-bit word that is not 0. */
function trailingZeros(word: number): number {
  return 31 - Math.clz32(word & -word);
}

export function ctz32(word: number): number {
  return word === 0 ? 32 : trailingZeros(word);
}

export function popcnt32(word: number): number {
  let bits = word - ((word >>> 1) & 0x55555555);
  bits = (bits & 0x33333333) + ((bits >>> 2) & 0x33333333);
  bits = (bits + (bits >>> 4)) & 0x0f0f0f0f;
  return Math.imul(bits, 0x01010101) >>> 24;
}

export function clz(i32: Int32Array, a: number): number {
  return i32[a + 1] === 0 ? 32 + Math.clz32(i32[a]) : Math.clz32(i32[a + 1]);
}

export function ctz(i32: Int32Array, a: number): number {
  return i32[a] === 0 ? 32 + ctz32(i32[a + 1]) : trailingZeros(i32[a]);
}

/** Whether the value at `a` is an i32, sign-extended. */
function isNarrow(i32: Int32Array, a: number): boolean {
  return i32[a + 1] === i32[a] >> 31;
}

/** Writes an i32, sign-extended. */
function writeNarrow(i32: Int32Array, d: number, value: number): void {
  i32[d] = value;
  i32[d + 1] = value >> 31;
}

export function divS(i32: Int32Array, i64: BigInt64Array, d: number, a: number, b: number): Trap {
  if (isNarrow(i32, a) && isNarrow(i32, b)) {
    const divisor = i32[b];
    if (divisor === 0) return Trap.integerDivideByZero;
    // The quotient of -2 ** 31 and -1 does not fit an i32.
    if (divisor !== -1) {
      writeNarrow(i32, d, (i32[a] / divisor) | 0);
      return Trap.none;
    }
  }
  const divisor = i64[b >> 1];
  const dividend = i64[a >> 1];
  if (divisor === 0n) return Trap.integerDivideByZero;
  if (divisor === -1n && dividend === -(2n ** 63n)) return Trap.integerOverflow;
  i64[d >> 1] = dividend / divisor;
  return Trap.none;
}

export function remS(i32: Int32Array, i64: BigInt64Array, d: number, a: number, b: number): Trap {
  if (isNarrow(i32, a) && isNarrow(i32, b)) {
    if (i32[b] === 0) return Trap.integerDivideByZero;
    writeNarrow(i32, d, (i32[a] % i32[b]) | 0);
    return Trap.none;
  }
  const divisor = i64[b >> 1];
  if (divisor === 0n) return Trap.integerDivideByZero;
  i64[d >> 1] = i64[a >> 1] % divisor;
  return Trap.none;
}

/** Values below this are exact in a double, as are their quotients and remainders. */
const exactHigh = 2 ** 21;

/** The unsigned value at `a`; exact below 2 ** 53. */
export function toNumberU(i32: Int32Array, a: number): number {
  return (i32[a + 1] >>> 0) * twoTo32 + (i32[a] >>> 0);
}

/** The signed value at `a`, rounded once. */
export function toNumberS(i32: Int32Array, a: number): number {
  return i32[a + 1] * twoTo32 + (i32[a] >>> 0);
}

function isExact(i32: Int32Array, a: number): boolean {
  return i32[a + 1] >>> 0 < exactHigh;
}

export function divU(i32: Int32Array, i64: BigInt64Array, d: number, a: number, b: number): Trap {
  if (isExact(i32, a) && isExact(i32, b)) {
    const divisor = toNumberU(i32, b);
    if (divisor === 0) return Trap.integerDivideByZero;
    writeNumber(i32, d, Math.floor(toNumberU(i32, a) / divisor));
    return Trap.none;
  }
  const divisor = BigInt.asUintN(64, i64[b >> 1]);
  if (divisor === 0n) return Trap.integerDivideByZero;
  i64[d >> 1] = BigInt.asUintN(64, i64[a >> 1]) / divisor;
  return Trap.none;
}

export function remU(i32: Int32Array, i64: BigInt64Array, d: number, a: number, b: number): Trap {
  if (isExact(i32, a) && isExact(i32, b)) {
    const divisor = toNumberU(i32, b);
    if (divisor === 0) return Trap.integerDivideByZero;
    writeNumber(i32, d, toNumberU(i32, a) % divisor);
    return Trap.none;
  }
  const divisor = BigInt.asUintN(64, i64[b >> 1]);
  if (divisor === 0n) return Trap.integerDivideByZero;
  i64[d >> 1] = BigInt.asUintN(64, i64[a >> 1]) % divisor;
  return Trap.none;
}

/** Writes a whole number from -(2 ** 63) to 2 ** 64 - 1. */
export function writeNumber(i32: Int32Array, d: number, value: number): void {
  const high = Math.floor(value / twoTo32);
  i32[d] = value - high * twoTo32;
  i32[d + 1] = high;
}

/** Writes a float truncated to s64: the nearest value if it is out of range, 0 for NaN. */
export function writeSaturatedS(i32: Int32Array, d: number, value: number): void {
  if (value >= twoTo63) writeWords(i32, d, -1, 0x7fffffff);
  else if (value <= -twoTo63) writeWords(i32, d, 0, -0x80000000);
  else writeNumber(i32, d, Number.isNaN(value) ? 0 : Math.trunc(value));
}

/** Writes a float truncated to u64: the nearest value if it is out of range, 0 for NaN. */
export function writeSaturatedU(i32: Int32Array, d: number, value: number): void {
  if (value >= 2 * twoTo63) writeWords(i32, d, -1, -1);
  else writeNumber(i32, d, value > 0 ? Math.trunc(value) : 0);
}

function writeWords(i32: Int32Array, d: number, low: number, high: number): void {
  i32[d] = low;
  i32[d + 1] = high;
}

/**
 * The lower word of a value that becomes an f32. All bits far below the last bit of the f32 are gathered in
 * one, which makes the value exact in a double: it is rounded once, not twice.
 */
function sticky(low: number): number {
  return ((low & ~0xfff) | ((low & 0xfff) === 0 ? 0 : 0x800)) >>> 0;
}

export function toF32S(i32: Int32Array, a: number): number {
  const high = i32[a + 1];
  const isSmall = high < exactHigh && high >= -exactHigh;
  return high * twoTo32 + (isSmall ? i32[a] >>> 0 : sticky(i32[a]));
}

export function toF32U(i32: Int32Array, a: number): number {
  const high = i32[a + 1] >>> 0;
  return high * twoTo32 + (high < exactHigh ? i32[a] >>> 0 : sticky(i32[a]));
}
