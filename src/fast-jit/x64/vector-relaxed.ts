import { DiesA, DiesB, DiesC } from '../regalloc/last-uses.js';
import { only } from '../regalloc/register-set.js';
import type { Lower, LoweringContext } from './context.js';
import { encodingOf, firstXmm } from './machine-registers.js';
import {
  combine,
  copy,
  isPooled,
  operand,
  packedFrom,
  result,
  resultOver,
  scratch,
  vectorLabel,
} from './vector-operands.js';
import type { MultiplyAddRow } from './vector-rows.js';

/*
 * Relaxed operators that take more than one instruction, or one that needs thought.
 */

/** dst = c + a * b, or c - a * b. */
export function multiplyAdd(row: MultiplyAddRow): Lower {
  return (g, at) => {
    if (g.cpu.fma) fused(g, at, row);
    else separate(g, at, row);
  };
}

function separate(g: LoweringContext, at: number, { multiply, add }: MultiplyAddRow): void {
  const { ir, asm } = g;
  const [a, b, c] = [ir.a[at], ir.b[at], ir.c[at]];
  const swap = g.isFusedOperand(at, a) || (isPooled(g, a) && !g.isFusedOperand(at, b));
  combine(g, at, multiply, scratch, operand(g, swap ? b : a), swap ? a : b, 0);
  const addend = operand(g, c);
  asm.packed(add, result(g, at, c), addend, scratch);
}

/**
 * One of the three sources can be in memory, and one of the other two is overwritten: the one that dies, if
 * any does.
 */
function fused(g: LoweringContext, at: number, { form132, form213, form231 }: MultiplyAddRow): void {
  const { ir, lastUses } = g;
  const [a, b, c] = [ir.a[at], ir.b[at], ir.c[at]];
  const dies = lastUses.dies[at];
  const isFused = g.isFusedOperand(at, a) || g.isFusedOperand(at, b) || g.isFusedOperand(at, c);
  const inMemory = (register: number): boolean =>
    isFused ? g.isFusedOperand(at, register) : isPooled(g, register);
  if (inMemory(c)) {
    const overB = (dies & DiesB) !== 0 && (dies & DiesA) === 0;
    emit(g, at, form213, overB ? b : a, overB ? a : b, c);
    return;
  }
  const swap = inMemory(a);
  const factor = swap ? b : a;
  const last = swap ? a : b;
  const factorDies = (dies & (swap ? DiesB : DiesA)) !== 0;
  if ((dies & DiesC) !== 0 || !factorDies) emit(g, at, form231, c, factor, last);
  else emit(g, at, form132, factor, c, last);
}

/**
 * The instruction on registers `over`, which the result overwrites, and `second`, and on `third` wherever it
 * is.
 */
function emit(g: LoweringContext, at: number, id: number, over: number, second: number, third: number): void {
  const { asm } = g;
  const first = operand(g, over);
  const other = operand(g, second);
  if (g.isFusedOperand(at, third)) {
    g.fusedOperand(at - 1);
    g.allocation.releaseDying(at - 1);
    const d = resultOver(g, at, over);
    copy(g, d, first);
    g.siteOfFused(at - 1);
    packedFrom(g, id, d, other, 0);
  } else if (isPooled(g, third)) {
    const d = resultOver(g, at, over);
    copy(g, d, first);
    asm.packedLabel(id, d, other, vectorLabel(g, third));
  } else {
    const last = operand(g, third);
    const d = resultOver(g, at, over);
    copy(g, d, first);
    asm.packed(id, d, other, last);
  }
}

/** dst = the sign bit of c's lane is set ? a : b. */
export function laneSelect(avx: number, sse: number): Lower {
  return (g, at) => {
    const { ir, asm, allocation, lastUses } = g;
    const [first, second, mask] = [ir.a[at], ir.b[at], ir.c[at]];
    if (asm.avx) {
      const a = operand(g, first);
      const b = operand(g, second);
      const c = operand(g, mask);
      asm.packedBlend(avx, result(g, at, second), b, a, c);
      return;
    }
    // The mask is in xmm0.
    const dies = (lastUses.dies[at] & DiesC) !== 0 && mask !== first && mask !== second;
    allocation.copyInto(firstXmm, mask, dies);
    const a = operand(g, first);
    const b = operand(g, second);
    const aPlace = allocation.place[first];
    const bPlace = allocation.place[second];
    allocation.releaseDying(at);
    allocation.locked |= only(firstXmm) | only(aPlace);
    const d = encodingOf(allocation.define(ir.dst[at], aPlace === bPlace ? -1 : bPlace));
    copy(g, d, b);
    asm.rr(sse, d, a);
  };
}
