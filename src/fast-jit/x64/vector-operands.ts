import type { IrFunction } from '../../ir/function.js';
import { VType } from '../../ir/ops.js';
import { vectorSize } from '../../layout/widths.js';
import { Gpr } from '../../x64/abi.js';
import { X } from '../../x64/instructions.js';
import { DiesA, DiesB } from '../regalloc/last-uses.js';
import { only, onlyIfAny, type RegisterSet } from '../regalloc/register-set.js';
import type { LoweringContext } from './context.js';
import { encodingOf, scratchXmm } from './machine-registers.js';

/*
 * How vector operators reach their operands and results. Functions here that take a register for an
 * instruction take its number in machine code (0–15), as the assembler does.
 */

/** A register that is no operand's, for intermediate results. */
export const scratch = scratchXmm;

/** Whether all bytes of a constant of class v128 are this one. */
function isConstantOf(ir: IrFunction, register: number, byte: number): boolean {
  if (ir.isConstant[register] === 0 || ir.vtype[register] !== VType.v128) return false;
  const start = vectorSize * ir.low[register];
  for (let k = start; k < start + vectorSize; k++) if (ir.vectors[k] !== byte) return false;
  return true;
}

export function isZero(ir: IrFunction, register: number): boolean {
  return isConstantOf(ir, register, 0);
}

function isAllOnes(ir: IrFunction, register: number): boolean {
  return isConstantOf(ir, register, 0xff);
}

/** Label of a constant of class v128 in the pool. */
export function vectorLabel({ ir, constants }: LoweringContext, register: number): number {
  return constants.labelBytes(ir.vectors, vectorSize * ir.low[register]);
}

/**
 * True for a constant that an instruction best reads from the pool. Those that are made without a load, or
 * are in a register, are not.
 */
export function isPooled(g: LoweringContext, register: number): boolean {
  const { ir, allocation } = g;
  if (ir.isConstant[register] === 0 || ir.vtype[register] !== VType.v128) return false;
  if (allocation.place[register] >= 0) return false;
  return !isZero(ir, register) && !isAllOnes(ir, register);
}

/** True for a value that is read for the last time, and is in its slot only. */
function isOnlyInSlot({ ir, allocation, frame }: LoweringContext, at: number, register: number): boolean {
  return (
    allocation.place[register] < 0 &&
    ir.isConstant[register] === 0 &&
    ir.lastUse[register] === at &&
    frame.hasSlot(register)
  );
}

/** Register of an operand. */
export function operand(g: LoweringContext, register: number): number {
  return encodingOf(g.allocation.use(register));
}

/** A vector register for the lowering's own use until the end of the instruction. */
export function temporary(g: LoweringContext): number {
  return encodingOf(g.allocation.temporary(true));
}

/**
 * Register of the result where the last instruction of a lowering writes it: it may be an operand's that
 * dies. `preferred` is a virtual register, whose own is taken if that can be had, or -1.
 */
export function result(g: LoweringContext, at: number, preferred: number): number {
  const { allocation, ir } = g;
  const place = preferred < 0 ? -1 : allocation.place[preferred];
  g.releaseChain(at);
  return encodingOf(allocation.define(ir.dst[at], place));
}

/**
 * Register of the result where operands are read after it has been written: none of theirs, but that of
 * `over` if it dies. `over` is a virtual register that only one operand is.
 */
export function resultOver(g: LoweringContext, at: number, over: number): number {
  const { allocation, ir } = g;
  const { place } = allocation;
  const preferred = place[over];
  let others: RegisterSet = onlyIfAny(ir.b[at] < 0 ? -1 : place[ir.b[at]]);
  others |= onlyIfAny(ir.c[at] < 0 ? -1 : place[ir.c[at]]);
  others |= onlyIfAny(place[ir.a[at]]);
  const isTwice = (ir.a[at] === over ? 1 : 0) + (ir.b[at] === over ? 1 : 0) + (ir.c[at] === over ? 1 : 0) > 1;
  if (!isTwice) others &= ~onlyIfAny(preferred);
  allocation.releaseDying(at);
  allocation.locked |= others;
  return encodingOf(allocation.define(ir.dst[at], preferred));
}

/** The same where it must not be any operand's. */
export function resultApart(g: LoweringContext, at: number): number {
  const { allocation, ir } = g;
  allocation.releaseDyingLater(at);
  return encodingOf(allocation.define(ir.dst[at], -1));
}

/** dst = 0 */
export function clear({ asm }: LoweringContext, dst: number): void {
  asm.packed(X.pxor, dst, dst, dst);
}

/** dst = all ones */
function setAllOnes({ asm }: LoweringContext, dst: number): void {
  asm.packed(X.pcmpeqd, dst, dst, dst);
}

/** dst = ~dst, by the scratch register. */
export function invert(g: LoweringContext, dst: number): void {
  setAllOnes(g, scratch);
  g.asm.packed(X.pxor, dst, dst, scratch);
}

/** dst = a op b for an instruction that commutes: dst may be any register. */
export function packedEither({ asm }: LoweringContext, id: number, dst: number, a: number, b: number): void {
  if (dst === b) asm.packed(id, dst, b, a);
  else asm.packed(id, dst, a, b);
}

/** dst = a, all 16 bytes. */
export function copy({ asm }: LoweringContext, to: number, from: number): void {
  if (to !== from) asm.rr(X.movaps, to, from);
}

/** dst = a op the memory operand that is set up. */
export function packedFrom(g: LoweringContext, id: number, dst: number, a: number, immediate: number): void {
  if (g.index < 0) g.asm.packedMemory(id, dst, a, g.base, g.disp, immediate);
  else g.asm.packedIndexed(id, dst, a, g.base, g.index, g.scale, g.disp, immediate);
}

/** dst = op of the memory operand that is set up. */
export function packedUnaryFrom(g: LoweringContext, id: number, dst: number, immediate: number): void {
  if (g.index < 0) g.asm.packedUnaryMemory(id, dst, g.base, g.disp, immediate);
  else g.asm.packedUnaryIndexed(id, dst, g.base, g.index, g.scale, g.disp, immediate);
}

/**
 * dst = a op b, where `b` is an operand of instruction `at` that comes from wherever it is. `dst` is a
 * register that neither of the two is in, or the one of `a`, which is a register already.
 */
export function combine(
  g: LoweringContext,
  at: number,
  id: number,
  dst: number,
  a: number,
  b: number,
  immediate: number,
): void {
  const { asm } = g;
  if (g.isFusedOperand(at, b)) {
    g.fusedOperand(at - 1);
    // Without AVX a copy comes first, which does not fault.
    if (!asm.avx) copy(g, dst, a);
    g.siteOfFused(at - 1);
    packedFrom(g, id, dst, asm.avx ? a : dst, immediate);
  } else if (isPooled(g, b)) {
    asm.packedLabel(id, dst, a, vectorLabel(g, b), immediate);
  } else {
    asm.packed(id, dst, a, operand(g, b), immediate);
  }
}

/** dst = a's lanes compared with b's by instruction `at`, which is fused; `dst` is neither's register. */
export function compareInto(g: LoweringContext, at: number, dst: number, equal: number): void {
  const { ir } = g;
  const swap = isInMemory(g, at, ir.a[at]) && !g.isFusedOperand(at, ir.b[at]);
  const [a, b] = swap ? [ir.b[at], ir.a[at]] : [ir.a[at], ir.b[at]];
  combine(g, at, equal, dst, operand(g, a), b, 0);
}

/** True for an operand that is best taken from memory. */
export function isInMemory(g: LoweringContext, at: number, register: number): boolean {
  return g.isFusedOperand(at, register) || isPooled(g, register);
}

/** The result of instruction `at`: a op b by one instruction. `commutes` says that b op a is the same. */
export function twoSources(
  g: LoweringContext,
  at: number,
  id: number,
  a: number,
  b: number,
  immediate: number,
  commutes: boolean,
): void {
  const { ir, asm, allocation } = g;
  if (g.isFusedOperand(at, b)) {
    const ra = allocation.use(a);
    g.fusedOperand(at - 1);
    g.releaseChain(at);
    const rd = allocation.define(ir.dst[at], ra);
    if (!asm.avx) g.moves.copy(VType.v128, rd, ra);
    g.siteOfFused(at - 1);
    packedFrom(g, id, encodingOf(rd), encodingOf(asm.avx ? ra : rd), immediate);
    return;
  }
  if (isPooled(g, b)) {
    const ra = operand(g, a);
    asm.packedLabel(id, result(g, at, a), ra, vectorLabel(g, b), immediate);
    return;
  }
  // This may make b move to its slot.
  const ra = allocation.use(a);
  if (isOnlyInSlot(g, at, b) && b !== a) {
    // The slot is given back only when it has been read: another value may be saved in it.
    const slot = g.frame.slotOf(b);
    if ((g.lastUses.dies[at] & (a === ir.a[at] ? DiesA : DiesB)) !== 0) allocation.release(a);
    const rd = encodingOf(allocation.define(ir.dst[at], ra));
    asm.packedMemory(id, rd, encodingOf(ra), Gpr.rbp, slot, immediate);
    if (b !== ir.dst[at]) allocation.release(b);
    return;
  }
  const rb = allocation.use(b);
  allocation.releaseDying(at);
  // Without AVX the result overwrites the first source.
  const bIsFree = (allocation.free & only(rb)) !== 0;
  const prefersB = !asm.avx && commutes && bIsFree && (allocation.free & only(ra)) === 0;
  if (!asm.avx && !commutes && rb !== ra) allocation.locked |= only(rb);
  const rd = allocation.define(ir.dst[at], prefersB ? rb : ra);
  const isB = commutes && rd === rb;
  asm.packed(id, encodingOf(rd), encodingOf(isB ? rb : ra), encodingOf(isB ? ra : rb), immediate);
}

/** The result of instruction `at`: its operands by one instruction that commutes. */
export function eitherOrder(g: LoweringContext, at: number, id: number, immediate: number): void {
  const { ir } = g;
  const a = ir.a[at];
  const b = ir.b[at];
  const swap = isInMemory(g, at, a) && !g.isFusedOperand(at, b);
  if (swap) twoSources(g, at, id, b, a, immediate, true);
  else twoSources(g, at, id, a, b, immediate, true);
}

/** The result of instruction `at`: op a by one instruction. */
export function oneSource(g: LoweringContext, at: number, id: number, immediate: number): void {
  const { ir, asm, allocation } = g;
  const a = ir.a[at];
  if (g.isFusedOperand(at, a)) {
    g.fusedOperand(at - 1);
    g.releaseChain(at);
    const rd = encodingOf(allocation.define(ir.dst[at], -1));
    g.siteOfFused(at - 1);
    packedUnaryFrom(g, id, rd, immediate);
    return;
  }
  const ra = operand(g, a);
  asm.packedUnary(id, result(g, at, a), ra, immediate);
}
