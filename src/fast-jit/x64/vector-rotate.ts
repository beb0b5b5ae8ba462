import type { IrFunction } from '../../ir/function.js';
import { Op, opCount } from '../../ir/ops.js';
import { vectorSize } from '../../layout/widths.js';
import { X } from '../../x64/instructions.js';
import type { Lower, LoweringContext } from './context.js';
import { operand, result, scratch } from './vector-operands.js';

/*
 * Rotations of lanes by a constant: two shifts of one value, joined by an `or` or `xor`. The shifts are fused
 * into it, so one of them needs no register but the scratch one, and whole bytes are moved at once.
 */

/** Bits of the lanes that an operation shifts left, or right by zeros; 0 for other operations. */
const leftWidth = new Uint8Array(opCount);
const rightWidth = new Uint8Array(opCount);
for (const [lanes, width] of [
  ['i16x8', 16],
  ['i32x4', 32],
  ['i64x2', 64],
] as const) {
  leftWidth[Op[`${lanes}.shl`]] = width;
  rightWidth[Op[`${lanes}.shr_u`]] = width;
}

const shiftLeft: Readonly<Record<number, number>> = { 16: X.psllw, 32: X.pslld, 64: X.psllq };
const shiftRight: Readonly<Record<number, number>> = { 16: X.psrlw, 32: X.psrld, 64: X.psrlq };

/** True for an operation that is fused only as a part of a rotation. */
export function isRotatingShift(op: number): boolean {
  return (leftWidth[op] | rightWidth[op]) !== 0;
}

/**
 * The number of bits by which instruction `at` shifts lanes of `width` bits, or -1 if that is no constant.
 */
function countOf(ir: IrFunction, at: number, width: number): number {
  const count = ir.b[at];
  return ir.isConstant[count] === 1 ? ir.low[count] & (width - 1) : -1;
}

/** True if the value that instruction `at` makes is read by instruction `user` alone. */
function isReadBy(ir: IrFunction, at: number, user: number): boolean {
  const dst = ir.dst[at];
  return ir.lastUse[dst] === user && ir.uses[dst] === 1 && ir.tracked[dst] < 0;
}

/** True if the three instructions from `at` on are a rotation. */
export function isRotation(ir: IrFunction, at: number): boolean {
  const first = ir.op[at];
  const width = leftWidth[first] | rightWidth[first];
  if (width === 0 || at + 2 >= ir.count) return false;
  const second = ir.op[at + 1];
  const other = leftWidth[first] === 0 ? leftWidth : rightWidth;
  const join = ir.op[at + 2];
  if (other[second] !== width || (join !== Op['v128.or'] && join !== Op['v128.xor'])) return false;
  if (ir.a[at] !== ir.a[at + 1] || ir.dst[at] === ir.a[at + 1]) return false;
  if (!isReadBy(ir, at, at + 2) || !isReadBy(ir, at + 1, at + 2)) return false;
  const count = countOf(ir, at, width);
  return count > 0 && countOf(ir, at + 1, width) === width - count;
}

/** The mask that rotates lanes of `width` bits left by whole bytes. */
const mask = new Uint8Array(vectorSize);

function rotateBytes(g: LoweringContext, at: number, value: number, width: number, bytes: number): void {
  const { asm, constants } = g;
  const a = operand(g, value);
  const size = width >> 3;
  for (let k = 0; k < vectorSize; k++) mask[k] = (k & -size) | ((k - bytes) & (size - 1));
  const d = result(g, at, value);
  if (bytes === 4) asm.packedUnary(X.pshufd, d, a, 0xb1);
  else asm.packedLabel(X.pshufb, d, a, constants.labelBytes(mask, 0));
}

/** The lowering of an `or` or `xor` that may be a rotation; `otherwise` is that of others. */
export function joinShifts(otherwise: Lower): Lower {
  return (g, at) => {
    const { ir, asm } = g;
    const shift = ir.op[at - 1];
    if (at === 0 || g.fused[at - 1] === 0 || !isRotatingShift(shift)) {
      otherwise(g, at);
      return;
    }
    const value = ir.a[at - 1];
    const width = leftWidth[shift] | rightWidth[shift];
    const count = countOf(ir, leftWidth[shift] === 0 ? at - 2 : at - 1, width);
    if ((count & 7) === 0) {
      rotateBytes(g, at, value, width, count >> 3);
      return;
    }
    const a = operand(g, value);
    asm.packedShift(shiftLeft[width], scratch, a, count);
    const d = result(g, at, value);
    asm.packedShift(shiftRight[width], d, a, width - count);
    asm.packed(X.por, d, d, scratch);
  };
}
