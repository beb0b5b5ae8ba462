import { X } from '../../x64/instructions.js';
import type { LoweringContext } from './context.js';
import { clear, operand, result, scratch, temporary } from './vector-operands.js';
import { Predicate } from './vector-rows.js';

/*
 * Conversions of vectors that take more than one instruction. Floats that do not fit become the least integer
 * in the instructions, and the nearest integer in wasm; NaNs become 0.
 */

/** The bits of 2^31 as an f32. */
const twoTo31 = 0x4f000000;

/** f32 → i32. The least integer, inverted, is the greatest. */
export function truncateSigned(g: LoweringContext, at: number): void {
  const { ir, asm, constants } = g;
  const a = operand(g, ir.a[at]);
  const tooLarge = temporary(g);
  // NaNs become zero.
  asm.packed(X.cmpps, scratch, a, a, Predicate.eq);
  asm.packed(X.pand, scratch, scratch, a);
  asm.rl(X.movaps, tooLarge, constants.splat32(twoTo31));
  asm.packed(X.cmpps, tooLarge, tooLarge, scratch, Predicate.le);
  const d = result(g, at, ir.a[at]);
  asm.packedUnary(X.cvttps2dq, d, scratch);
  asm.packed(X.pxor, d, d, tooLarge);
}

/**
 * f32 → unsigned i32. From 2^31 on the instruction gives the least integer, to which the rest, converted
 * likewise, is added.
 */
export function truncateUnsigned(g: LoweringContext, at: number): void {
  const { ir, asm, constants } = g;
  const a = operand(g, ir.a[at]);
  const rest = temporary(g);
  const tooLarge = temporary(g);
  const d = result(g, at, ir.a[at]);
  // NaNs and negative numbers become zero.
  clear(g, scratch);
  asm.packed(X.maxps, d, a, scratch);
  asm.packedLabel(X.subps, rest, d, constants.splat32(twoTo31));
  asm.rl(X.movaps, tooLarge, constants.splat32(twoTo31));
  asm.packed(X.cmpps, tooLarge, tooLarge, rest, Predicate.le);
  asm.packedUnary(X.cvttps2dq, rest, rest);
  asm.packedUnary(X.cvttps2dq, d, d);
  // The rest counts where the first integer is the least one, and all bits do from 2^32 on.
  asm.packedShift(X.psrad, scratch, d, 31);
  asm.packed(X.pand, rest, rest, scratch);
  asm.packed(X.por, d, d, rest);
  asm.packed(X.por, d, d, tooLarge);
}

/** Unsigned i32 → f32: the halves as floats, by their place in a float's fraction, and added. */
export function convertUnsigned(g: LoweringContext, at: number): void {
  const { ir, asm, constants } = g;
  const a = operand(g, ir.a[at]);
  // 2^39 + 2^16 * the upper half, and 2^23 + the lower half.
  asm.packedShift(X.psrld, scratch, a, 16);
  asm.packedLabel(X.por, scratch, scratch, constants.splat32(0x53000000));
  const d = result(g, at, ir.a[at]);
  asm.packedLabel(X.pblendw, d, a, constants.splat32(0x4b000000), 0xaa);
  asm.packedLabel(X.subps, scratch, scratch, constants.splat32(0x53000080));
  asm.packed(X.addps, d, d, scratch);
}

/** Unsigned i32 → f64: as the fraction of 2^52 + the integer. */
export function convertLowUnsigned(g: LoweringContext, at: number): void {
  const { ir, asm, constants } = g;
  const a = operand(g, ir.a[at]);
  const d = result(g, at, ir.a[at]);
  asm.packedLabel(X.unpcklps, d, a, constants.splat32(0x43300000));
  asm.packedLabel(X.subpd, d, d, constants.splat64(0, 0x43300000));
}

/** f64 → i32. The least with the greatest integer; for a NaN the instruction takes the second source. */
export function truncateSigned64(g: LoweringContext, at: number): void {
  const { ir, asm, constants } = g;
  const a = operand(g, ir.a[at]);
  asm.packed(X.cmppd, scratch, a, a, Predicate.eq);
  asm.packedLabel(X.andpd, scratch, scratch, constants.splat64(-0x400000, 0x41dfffff));
  const d = result(g, at, ir.a[at]);
  asm.packed(X.minpd, d, a, scratch);
  asm.packedUnary(X.cvttpd2dq, d, d);
}

/** f64 → unsigned i32: the integer is the lower half of 2^52 + the number, truncated. */
export function truncateUnsigned64(g: LoweringContext, at: number): void {
  const { ir, asm, constants } = g;
  const a = operand(g, ir.a[at]);
  clear(g, scratch);
  const d = result(g, at, ir.a[at]);
  asm.packed(X.maxpd, d, a, scratch);
  asm.packedLabel(X.minpd, d, d, constants.splat64(-0x200000, 0x41efffff));
  asm.packedUnary(X.roundpd, d, d, 11);
  asm.packedLabel(X.addpd, d, d, constants.splat64(0, 0x43300000));
  asm.packed(X.shufps, d, d, scratch, 0x88);
}
