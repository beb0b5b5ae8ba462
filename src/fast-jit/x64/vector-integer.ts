import { X } from '../../x64/instructions.js';
import type { Lower, LoweringContext } from './context.js';
import { encodingOf, scratchGpr } from './machine-registers.js';
import {
  clear,
  combine,
  copy,
  invert,
  operand,
  packedEither,
  result,
  resultApart,
  scratch,
  temporary,
  twoSources,
} from './vector-operands.js';
import { areUpperHalvesZero, isMaskOf } from './vector-values.js';

/*
 * Integer operators on vectors that take more than one instruction. Lanes of 64 bits lack many instructions,
 * lanes of 8 bits lack shifts.
 */

/** dst = 0 - a, by a subtraction. */
export function negate(subtract: number): Lower {
  return (g, at) => {
    const { ir, asm } = g;
    const a = operand(g, ir.a[at]);
    // Without AVX the result overwrites the zero.
    const zero = asm.avx ? scratch : resultApart(g, at);
    clear(g, zero);
    asm.packed(subtract, asm.avx ? result(g, at, ir.a[at]) : zero, zero, a);
  };
}

/** The sign of each lane of 64 bits, as all ones or zero. */
function signs64({ asm }: LoweringContext, dst: number, a: number): void {
  asm.packedShift(X.psrad, dst, a, 31);
  asm.packedUnary(X.pshufd, dst, dst, 0xf5);
}

export function abs64(g: LoweringContext, at: number): void {
  const { ir, asm } = g;
  const a = operand(g, ir.a[at]);
  signs64(g, scratch, a);
  const d = result(g, at, ir.a[at]);
  asm.packed(X.pxor, d, a, scratch);
  asm.packed(X.psubq, d, d, scratch);
}

/** Counts of set bits of 0 … 15, which `pshufb` looks up. */
const bitCounts = Uint8Array.of(0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4);

export function popcnt(g: LoweringContext, at: number): void {
  const { ir, asm, constants } = g;
  const a = operand(g, ir.a[at]);
  const table = temporary(g);
  const d = result(g, at, ir.a[at]);
  const lowerHalves = constants.splat32(0x0f0f0f0f);
  const counts = constants.labelBytes(bitCounts, 0);
  asm.packedLabel(X.pand, scratch, a, lowerHalves);
  asm.packedShift(X.psrlw, d, a, 4);
  asm.packedLabel(X.pand, d, d, lowerHalves);
  asm.rl(X.movaps, table, counts);
  if (asm.avx) {
    asm.packed(X.pshufb, scratch, table, scratch);
    asm.packed(X.pshufb, d, table, d);
    asm.packed(X.paddb, d, d, scratch);
  } else {
    asm.packed(X.pshufb, table, table, scratch);
    asm.rl(X.movaps, scratch, counts);
    asm.packed(X.pshufb, scratch, scratch, d);
    asm.packed(X.paddb, d, table, scratch);
  }
}

/** Products of 64 bits from products of 32: the lower halves', and the mixed ones' lower halves. */
export function multiply64(g: LoweringContext, at: number): void {
  const { ir, asm } = g;
  const isSmallA = areUpperHalvesZero(ir, at, ir.a[at]);
  const isSmallB = areUpperHalvesZero(ir, at, ir.b[at]);
  if (isSmallA && isSmallB) {
    twoSources(g, at, X.pmuludq, ir.a[at], ir.b[at], 0, true);
    return;
  }
  const a = operand(g, ir.a[at]);
  const b = operand(g, ir.b[at]);
  if (isSmallA || isSmallB) {
    asm.packedShift(X.psrlq, scratch, isSmallA ? b : a, 32);
    asm.packed(X.pmuludq, scratch, scratch, isSmallA ? a : b);
    addProducts(g, at, a, b);
    return;
  }
  const mixed = temporary(g);
  asm.packedShift(X.psrlq, scratch, a, 32);
  asm.packed(X.pmuludq, scratch, scratch, b);
  asm.packedShift(X.psrlq, mixed, b, 32);
  asm.packed(X.pmuludq, mixed, mixed, a);
  asm.packed(X.paddq, scratch, scratch, mixed);
  addProducts(g, at, a, b);
}

/** The result: the product of the lower halves of a and b, and 2^32 * the scratch register. */
function addProducts(g: LoweringContext, at: number, a: number, b: number): void {
  const { ir, asm } = g;
  asm.packedShift(X.psllq, scratch, scratch, 32);
  const d = result(g, at, ir.a[at]);
  packedEither(g, X.pmuludq, d, a, b);
  asm.packed(X.paddq, d, d, scratch);
}

/** `pmulhrsw` is wrong for -1 * -1 only: that gives the least number instead of the greatest. */
export function q15MultiplySaturating(g: LoweringContext, at: number): void {
  const { ir, asm, allocation, constants } = g;
  twoSources(g, at, X.pmulhrsw, ir.a[at], ir.b[at], 0, true);
  const d = encodingOf(allocation.place[ir.dst[at]]);
  asm.packedLabel(X.pcmpeqw, scratch, d, constants.splat32(-0x7fff8000));
  asm.packed(X.pxor, d, d, scratch);
}

/** The upper half's lanes, extended. `interleave` does it with zeros, for unsigned ones. */
export function extendHigh(extend: number, interleave: number): Lower {
  return (g, at) => {
    const { ir, asm } = g;
    const a = operand(g, ir.a[at]);
    const d = result(g, at, ir.a[at]);
    if (asm.avx && interleave !== 0) {
      clear(g, scratch);
      asm.packed(interleave, d, a, scratch);
    } else {
      asm.packedUnary(X.pshufd, d, a, 0xee);
      asm.packedUnary(extend, d, d);
    }
  };
}

/** Products of 8 bits as 16: both operands are extended. */
export function extendedProduct8(extend: number, high: boolean): Lower {
  return (g, at) => {
    const { ir, asm } = g;
    const a = operand(g, ir.a[at]);
    const b = operand(g, ir.b[at]);
    const widen = (dst: number, from: number): void => {
      if (high) asm.packedUnary(X.pshufd, dst, from, 0xee);
      asm.packedUnary(extend, dst, high ? dst : from);
    };
    widen(scratch, a);
    const d = result(g, at, ir.b[at]);
    widen(d, b);
    asm.packed(X.pmullw, d, d, scratch);
  };
}

/** Products of 16 bits as 32, from their lower and upper halves. */
export function extendedProduct16(multiplyHigh: number, interleave: number): Lower {
  return (g, at) => {
    const { ir, asm } = g;
    const a = operand(g, ir.a[at]);
    const b = operand(g, ir.b[at]);
    asm.packed(multiplyHigh, scratch, a, b);
    const d = result(g, at, ir.a[at]);
    packedEither(g, X.pmullw, d, a, b);
    asm.packed(interleave, d, d, scratch);
  };
}

/** Products of 32 bits as 64: `multiply` takes the even lanes. */
export function extendedProduct32(multiply: number, high: boolean): Lower {
  const lanes = high ? 0xfa : 0x50;
  return (g, at) => {
    const { ir, asm } = g;
    const a = operand(g, ir.a[at]);
    const b = operand(g, ir.b[at]);
    asm.packedUnary(X.pshufd, scratch, a, lanes);
    const d = result(g, at, ir.b[at]);
    asm.packedUnary(X.pshufd, d, b, lanes);
    asm.packed(multiply, d, d, scratch);
  };
}

/** Sums of neighbours: products with ones, which the instruction adds up. */
export function pairwiseSum(multiplyAdd: number, ones: number): Lower {
  return (g, at) => {
    const { ir, asm, constants } = g;
    const a = operand(g, ir.a[at]);
    asm.packedLabel(multiplyAdd, result(g, at, ir.a[at]), a, constants.splat32(ones));
  };
}

/** The same of signed bytes: the ones are the unsigned operand, which comes first. */
export function pairwiseSumSigned8(g: LoweringContext, at: number): void {
  const { ir, asm, constants } = g;
  const a = operand(g, ir.a[at]);
  const ones = asm.avx ? scratch : resultApart(g, at);
  asm.rl(X.movaps, ones, constants.splat32(0x01010101));
  asm.packed(X.pmaddubsw, asm.avx ? result(g, at, ir.a[at]) : ones, ones, a);
}

export function pairwiseSumUnsigned16(g: LoweringContext, at: number): void {
  const { ir, asm, constants } = g;
  const a = operand(g, ir.a[at]);
  asm.packedShift(X.psrld, scratch, a, 16);
  const d = result(g, at, ir.a[at]);
  asm.packedLabel(X.pand, d, a, constants.splat32(0xffff));
  asm.packed(X.paddd, d, d, scratch);
}

export function not(g: LoweringContext, at: number): void {
  const { ir } = g;
  const a = operand(g, ir.a[at]);
  const d = result(g, at, ir.a[at]);
  copy(g, d, a);
  invert(g, d);
}

/** dst = (a & c) | (b & ~c). */
export function bitselect(g: LoweringContext, at: number): void {
  const { ir, asm } = g;
  const [first, second, mask] = [ir.a[at], ir.b[at], ir.c[at]];
  const a = operand(g, first);
  const b = operand(g, second);
  if (asm.avx && isMaskOf(ir, at, mask, 8)) {
    const c = operand(g, mask);
    asm.packedBlend(X.vpblendvb, result(g, at, first), b, a, c);
  } else if (asm.avx && ir.isConstant[mask] === 0) {
    const c = operand(g, mask);
    asm.packed(X.pand, scratch, a, c);
    const d = result(g, at, mask);
    asm.packed(X.pandn, d, c, b);
    asm.packed(X.por, d, d, scratch);
  } else {
    // Where a and b differ, and the mask is set, b is changed to a.
    asm.packed(X.pxor, scratch, a, b);
    combine(g, at, X.pand, scratch, scratch, mask, 0);
    packedEither(g, X.pxor, result(g, at, second), b, scratch);
  }
}

/** Shifts of one width of lanes. */
export interface Shift {
  readonly id: number;
  /** Bits of a lane. */
  readonly width: number;
}

/** The number of bits by which instruction `at` shifts, if that is a constant; else -1. */
function constantCount({ ir }: LoweringContext, at: number, width: number): number {
  const count = ir.b[at];
  return ir.isConstant[count] === 1 ? ir.low[count] & (width - 1) : -1;
}

/** Puts the number of bits, taken modulo the width, into a vector register; `more` is added. */
function loadCount(g: LoweringContext, at: number, width: number, dst: number, more: number): void {
  const { ir, asm, allocation } = g;
  const count = allocation.use(ir.b[at]);
  asm.rr(X.mov32, scratchGpr, count);
  asm.ri(X.and32, scratchGpr, width - 1);
  if (more !== 0) asm.ri(X.add32, scratchGpr, more);
  asm.rr(X.movd_xr, dst, scratchGpr);
}

/** dst = a shifted: one instruction. */
export function shift({ id, width }: Shift): Lower {
  return (g, at) => {
    const { ir, asm } = g;
    const a = operand(g, ir.a[at]);
    const count = constantCount(g, at, width);
    if (count < 0) {
      loadCount(g, at, width, scratch, 0);
      asm.packed(id, result(g, at, ir.a[at]), a, scratch);
    } else {
      const d = result(g, at, ir.a[at]);
      if (count === 0) copy(g, d, a);
      else asm.packedShift(id, d, a, count);
    }
  };
}

/** Signed lanes of 64 bits shifted right: the sign bit, shifted too, is what the upper bits lack. */
export function shiftRightSigned64(g: LoweringContext, at: number): void {
  const { ir, asm, constants } = g;
  const a = operand(g, ir.a[at]);
  const count = constantCount(g, at, 64);
  if (count < 0) {
    const sign = temporary(g);
    loadCount(g, at, 64, scratch, 0);
    asm.rl(X.movaps, sign, constants.splat64(0, -0x80000000));
    asm.packed(X.psrlq, sign, sign, scratch);
    const d = result(g, at, ir.a[at]);
    asm.packed(X.psrlq, d, a, scratch);
    asm.packed(X.pxor, d, d, sign);
    asm.packed(X.psubq, d, d, sign);
    return;
  }
  const d = result(g, at, ir.a[at]);
  if (count === 0) {
    copy(g, d, a);
  } else if (count === 63) {
    signs64(g, d, a);
  } else {
    const sign =
      count < 32 ? constants.splat64(0, 1 << (31 - count)) : constants.splat64(1 << (63 - count), 0);
    asm.packedShift(X.psrlq, d, a, count);
    asm.packedLabel(X.pxor, d, d, sign);
    asm.packedLabel(X.psubq, d, d, sign);
  }
}

/** A byte four times. */
function bytes(byte: number): number {
  return Math.imul(byte & 0xff, 0x01010101);
}

/** Lanes of 8 bits shifted left: shifted as 16 bits, without what comes from the lane below. */
export function shiftLeft8(g: LoweringContext, at: number): void {
  const { ir, asm, constants } = g;
  const a = operand(g, ir.a[at]);
  const count = constantCount(g, at, 8);
  if (count < 0) {
    const mask = shiftedOnes(g, at);
    const d = result(g, at, ir.a[at]);
    packedEither(g, X.pand, d, a, mask);
    asm.packed(X.psllw, d, d, scratch);
    return;
  }
  const d = result(g, at, ir.a[at]);
  if (count === 0) {
    copy(g, d, a);
  } else if (count === 1) {
    asm.packed(X.paddb, d, a, a);
  } else {
    asm.packedShift(X.psllw, d, a, count);
    asm.packedLabel(X.pand, d, d, constants.splat32(bytes(0xff << count)));
  }
}

/** Unsigned lanes of 8 bits shifted right, likewise. */
export function shiftRightUnsigned8(g: LoweringContext, at: number): void {
  const { ir, asm, constants } = g;
  const a = operand(g, ir.a[at]);
  const count = constantCount(g, at, 8);
  if (count < 0) {
    const mask = shiftedOnes(g, at);
    const d = result(g, at, ir.a[at]);
    asm.packed(X.psrlw, d, a, scratch);
    asm.packed(X.pand, d, d, mask);
    return;
  }
  const d = result(g, at, ir.a[at]);
  if (count === 0) {
    copy(g, d, a);
  } else {
    asm.packedShift(X.psrlw, d, a, count);
    asm.packedLabel(X.pand, d, d, constants.splat32(bytes(0xff >> count)));
  }
}

/** Makes bytes `0xff >> count` in a register, which it returns, and leaves the count in the scratch one. */
function shiftedOnes(g: LoweringContext, at: number): number {
  const { asm } = g;
  const mask = temporary(g);
  loadCount(g, at, 8, scratch, 0);
  asm.packed(X.pcmpeqd, mask, mask, mask);
  asm.packedShift(X.psrlw, mask, mask, 8);
  asm.packed(X.psrlw, mask, mask, scratch);
  asm.packed(X.packuswb, mask, mask, mask);
  return mask;
}

/** Signed lanes of 8 bits shifted right. */
export function shiftRightSigned8(g: LoweringContext, at: number): void {
  const { ir, asm, constants } = g;
  const a = operand(g, ir.a[at]);
  const count = constantCount(g, at, 8);
  if (count < 0) {
    // As the upper halves of 16 bits.
    const upper = temporary(g);
    loadCount(g, at, 8, scratch, 8);
    asm.packed(X.punpckhbw, upper, a, a);
    asm.packed(X.psraw, upper, upper, scratch);
    const d = result(g, at, ir.a[at]);
    asm.packed(X.punpcklbw, d, a, a);
    asm.packed(X.psraw, d, d, scratch);
    asm.packed(X.packsswb, d, d, upper);
    return;
  }
  if (count === 7) {
    clear(g, scratch);
    const d = asm.avx ? result(g, at, ir.a[at]) : scratch;
    asm.packed(X.pcmpgtb, d, scratch, a);
    if (!asm.avx) copy(g, result(g, at, ir.a[at]), scratch);
    return;
  }
  const d = result(g, at, ir.a[at]);
  if (count === 0) {
    copy(g, d, a);
    return;
  }
  const sign = constants.splat32(bytes(0x80 >> count));
  asm.packedShift(X.psrlw, d, a, count);
  asm.packedLabel(X.pand, d, d, constants.splat32(bytes(0xff >> count)));
  asm.packedLabel(X.pxor, d, d, sign);
  asm.packedLabel(X.psubb, d, d, sign);
}

/** dst = c + sums of four products of bytes: a's are signed, b's unsigned. */
export function dotAndAdd(g: LoweringContext, at: number): void {
  const { ir, asm, constants } = g;
  const a = operand(g, ir.a[at]);
  const b = operand(g, ir.b[at]);
  const c = operand(g, ir.c[at]);
  asm.packed(X.pmaddubsw, scratch, b, a);
  asm.packedLabel(X.pmaddwd, scratch, scratch, constants.splat32(0x00010001));
  asm.packed(X.paddd, result(g, at, ir.c[at]), c, scratch);
}
