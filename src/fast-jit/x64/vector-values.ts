import type { IrFunction } from '../../ir/function.js';
import { Op, opDefines } from '../../ir/ops.js';
import { vectorSize } from '../../layout/widths.js';
import { laneBits } from './vector-facts.js';

/*
 * What can be known of a vector's bits, by the instruction that made it.
 */

/** How many instructions back the one that made a value is looked for. */
const horizon = 100;

/**
 * The instruction that made a value which instruction `at` reads, if it is in the same block and near; else
 * -1.
 */
function makerOf({ op, dst }: IrFunction, at: number, register: number): number {
  for (let k = at - 1; k >= 0 && k > at - horizon; k--) {
    if (op[k] === Op.label) return -1;
    if (dst[k] === register && opDefines[op[k]] === 1) return k;
  }
  return -1;
}

/** The constant that a value is: itself, or what was moved to it. -1 if it is none. */
export function constantAt(ir: IrFunction, at: number, register: number): number {
  if (ir.isConstant[register] === 1) return register;
  const maker = makerOf(ir, at, register);
  if (maker < 0 || ir.op[maker] !== Op.mov || ir.isConstant[ir.a[maker]] === 0) return -1;
  return ir.a[maker];
}

/** True if each lane of so many bits is known to be all ones or zero: a comparison of such lanes made it. */
export function isMaskOf(ir: IrFunction, at: number, register: number, bits: number): boolean {
  const maker = makerOf(ir, at, register);
  return maker >= 0 && laneBits(ir.op[maker]) >= bits;
}

/** True if no byte of a constant vector exceeds the one in `limits` (which is repeated). */
function isWithin(ir: IrFunction, constant: number, limits: readonly number[]): boolean {
  const start = vectorSize * ir.low[constant];
  for (let k = 0; k < vectorSize; k++) {
    if (ir.vectors[start + k] > limits[k % limits.length]) return false;
  }
  return true;
}

/** The same of any value, as far as it can be known: constants, and what was masked by one. */
function isKnownWithin(ir: IrFunction, at: number, register: number, limits: readonly number[]): boolean {
  const constant = constantAt(ir, at, register);
  if (constant >= 0) return isWithin(ir, constant, limits);
  const maker = makerOf(ir, at, register);
  if (maker < 0 || ir.op[maker] !== Op['v128.and']) return false;
  return [ir.a[maker], ir.b[maker]].some((masked) => {
    const mask = constantAt(ir, maker, masked);
    return mask >= 0 && isWithin(ir, mask, limits);
  });
}

const lowerHalfOf64 = [0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0];

/** True if the upper half of both lanes of 64 bits is known to be zero. */
export function areUpperHalvesZero(ir: IrFunction, at: number, register: number): boolean {
  if (isKnownWithin(ir, at, register, lowerHalfOf64)) return true;
  const maker = makerOf(ir, at, register);
  if (maker < 0) return false;
  const op = ir.op[maker];
  if (op === Op['i64x2.extend_low_i32x4_u'] || op === Op['i64x2.extend_high_i32x4_u']) return true;
  return op === Op['i64x2.shr_u'] && countOf(ir, maker, 64) >= 32;
}

const below16 = [0x0f];

/** True if all bytes are known to be less than 16. */
export function areBytesBelow16(ir: IrFunction, at: number, register: number): boolean {
  if (isKnownWithin(ir, at, register, below16)) return true;
  const maker = makerOf(ir, at, register);
  return maker >= 0 && ir.op[maker] === Op['i8x16.shr_u'] && countOf(ir, maker, 8) >= 4;
}

/** By how many bits a shift shifts lanes of a width, if that is a constant; else 0. */
function countOf(ir: IrFunction, at: number, width: number): number {
  const count = ir.b[at];
  return ir.isConstant[count] === 1 ? ir.low[count] & (width - 1) : 0;
}
