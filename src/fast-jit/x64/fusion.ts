import type { IrFunction } from '../../ir/function.js';
import { Op, opCount } from '../../ir/ops.js';
import type { CpuFeatures } from '../../x64/cpu-features.js';
import {
  FirstFromMemory,
  isBitTest,
  isVector,
  isZeroTest,
  largestScale,
  loadedType,
  none,
  SecondFromMemory,
  scaledBy,
  takesMemory,
  yieldsCondition,
} from './operation-facts.js';
import { isFusibleVector } from './vector-fusion.js';
import { isRotation } from './vector-rotate.js';

/** 1 for the operations for which `isFusible` is worth asking. */
export const mayFuse = new Uint8Array(opCount);
/** 1 for operations whose result can be a condition. */
const isCondition = new Uint8Array(opCount);
for (let op = 0; op < opCount; op++) {
  isCondition[op] = yieldsCondition(op) ? 1 : 0;
  const isFirst = isCondition[op] === 1 || loadedType[op] !== none || scaledBy[op] >= 0;
  mayFuse[op] = isFirst || isVector[op] === 1 ? 1 : 0;
}
// Vector operators take more kinds of loads than scalar ones.
for (const name of ['i32.load8_s', 'i32.load8_u', 'i32.load16_s', 'i32.load16_u'] as const)
  mayFuse[Op[name]] = 1;

/**
 * True if instruction `at` emits nothing itself because the next one takes its effect over: a comparison goes
 * into the branch, trap or select that follows, a load into the operator, a small shift into the addition.
 * The next instruction must be the value's only reader (of the two shifts of a rotation, the one after them).
 * What vector operators can take over depends on the processor.
 */
export function isFusible(ir: IrFunction, at: number, cpu: CpuFeatures): boolean {
  const next = at + 1;
  const dst = ir.dst[at];
  const { op: ops } = ir;
  const op = ops[at];
  if (ir.lastUse[dst] !== next || ir.uses[dst] !== 1 || ir.tracked[dst] >= 0)
    return isVector[op] === 1 && isRotation(ir, at);
  const user = ops[next];
  if ((isVector[op] | isVector[user]) !== 0) return isFusibleVector(ir, at, cpu);
  if (isCondition[op] === 1) {
    if (user === Op.br_if || user === Op.trap_if) return true;
    if (user === Op.select) return ir.c[next] === dst;
    if (isZeroTest[user] === 1) return isFusible(ir, next, cpu);
    if (isBitTest[op] === 0) return false;
  }
  if (loadedType[op] !== none) {
    if (loadedType[op] !== ir.vtype[ir.a[next]]) return false;
    return (takesMemory[user] & (ir.b[next] === dst ? SecondFromMemory : FirstFromMemory)) !== 0;
  }
  if (scaledBy[op] >= 0) {
    const count = ir.b[at];
    return (
      user === scaledBy[op] &&
      ir.isConstant[count] === 1 &&
      ir.low[count] >= 1 &&
      ir.low[count] <= largestScale
    );
  }
  return false;
}
