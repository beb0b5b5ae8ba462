import type { IrFunction } from '../../ir/function.js';
import { Op, opCount } from '../../ir/ops.js';
import {
  FirstFromMemory,
  isBitTest,
  isZeroTest,
  largestScale,
  loadedType,
  none,
  SecondFromMemory,
  scaledBy,
  takesMemory,
  yieldsCondition,
} from './operation-facts.js';

/** 1 for the operations for which `isFusible` is worth asking. */
export const mayFuse = new Uint8Array(opCount);
/** 1 for operations whose result can be a condition. */
const isCondition = new Uint8Array(opCount);
for (let op = 0; op < opCount; op++) {
  isCondition[op] = yieldsCondition(op) ? 1 : 0;
  mayFuse[op] = isCondition[op] === 1 || loadedType[op] !== none || scaledBy[op] >= 0 ? 1 : 0;
}

/**
 * True if instruction `at` emits nothing itself because the next one takes its effect over: a comparison goes
 * into the branch, trap or select that follows, a load into the operator, a small shift into the addition.
 * The next instruction must be the value's only reader.
 */
export function isFusible(ir: IrFunction, at: number): boolean {
  const next = at + 1;
  const dst = ir.dst[at];
  if (ir.lastUse[dst] !== next || ir.uses[dst] !== 1 || ir.tracked[dst] >= 0) return false;
  const { op: ops } = ir;
  const op = ops[at];
  const user = ops[next];
  if (isCondition[op] === 1) {
    if (user === Op.br_if || user === Op.trap_if) return true;
    if (user === Op.select) return ir.c[next] === dst;
    if (isZeroTest[user] === 1) return isFusible(ir, next);
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
