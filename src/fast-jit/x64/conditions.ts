import { VType } from '../../ir/ops.js';
import { Condition, negate } from '../../x64/conditions.js';
import { X } from '../../x64/instructions.js';
import type { LoweringContext } from './context.js';
import { encodingOf, scratchGpr } from './machine-registers.js';
import {
  comparesExchanged,
  conditionOf,
  floatEqual,
  floatUnequal,
  isBitTest,
  isZeroTest,
  none,
} from './operation-facts.js';
import { testVector } from './vector-tests.js';

/** The condition that holds where this one does not. */
export function opposite(code: number): number {
  return negate(code);
}

/**
 * Emits what sets the flags for "register ≠ 0" and returns the condition code (or one of the two float
 * codes). The comparison that makes the register may be fused into instruction `at`.
 */
export function condition(g: LoweringContext, at: number, register: number): number {
  if (g.isFusedOperand(at, register)) return fusedCondition(g, at - 1);
  const id = g.ir.vtype[register] === VType.i64 ? X.test64 : X.test32;
  const r = g.allocation.use(register);
  g.asm.rr(id, r, r);
  return Condition.ne;
}

/** The same for the fused instruction `at` itself. */
function fusedCondition(g: LoweringContext, at: number): number {
  const { ir } = g;
  const op = ir.op[at];
  if (isZeroTest[op] === 1) return opposite(condition(g, at, ir.a[at]));
  if (isBitTest[op] === 1) {
    test(g, at);
    return Condition.ne;
  }
  if (conditionOf[op] === none) return testVector(g, at);
  compare(g, at);
  return conditionOf[op];
}

function test(g: LoweringContext, at: number): void {
  const { ir, asm, allocation } = g;
  const wide = ir.vtype[ir.a[at]] === VType.i64;
  const swap = g.isFusedOperand(at, ir.a[at]);
  const a = swap ? ir.b[at] : ir.a[at];
  const b = swap ? ir.a[at] : ir.b[at];
  const ra = allocation.use(a);
  if (g.isFusedOperand(at, b)) {
    g.fusedOperand(at - 1);
    g.siteOfFused(at - 1);
    g.loadFrom(wide ? X.test64 : X.test32, ra);
  } else if (isImmediate(g, b)) {
    const bits = ir.low[b];
    if (bits > 0 && bits < 0x80) asm.ri(X.test8, ra, bits);
    else asm.ri(wide ? X.test64 : X.test32, ra, bits);
  } else {
    asm.rr(wide ? X.test64 : X.test32, ra, allocation.use(b));
  }
}

/** True if a value is a constant that fits the sign-extended 32 bits of an instruction. */
export function isImmediate(g: LoweringContext, register: number): boolean {
  const { ir } = g;
  if (ir.isConstant[register] === 0) return false;
  return ir.vtype[register] === VType.i32 || ir.high[register] === ir.low[register] >> 31;
}

/** Emits `cmp`, `test` or `ucomis` for a comparison. */
function compare(g: LoweringContext, at: number): void {
  const { ir, asm, allocation } = g;
  const a = ir.a[at];
  const b = ir.b[at];
  const vtype = ir.vtype[a];
  if (vtype >= VType.f32) {
    if (comparesExchanged(ir.op[at])) compareFloats(g, at, b, a);
    else compareFloats(g, at, a, b);
    return;
  }
  const wide = vtype === VType.i64;
  const ra = allocation.use(a);
  if (g.isFusedOperand(at, b)) {
    g.fusedOperand(at - 1);
    g.siteOfFused(at - 1);
    g.loadFrom(wide ? X.cmp64 : X.cmp32, ra);
  } else if (isImmediate(g, b)) {
    const value = ir.low[b];
    if (value === 0) asm.rr(wide ? X.test64 : X.test32, ra, ra);
    else asm.ri(wide ? X.cmp64 : X.cmp32, ra, value);
  } else {
    asm.rr(wide ? X.cmp64 : X.cmp32, ra, allocation.use(b));
  }
}

function compareFloats(g: LoweringContext, at: number, left: number, right: number): void {
  const { ir, asm, allocation } = g;
  const id = ir.vtype[left] === VType.f32 ? X.ucomiss : X.ucomisd;
  const rl = allocation.use(left);
  if (g.isFusedOperand(at, right)) {
    g.fusedOperand(at - 1);
    g.siteOfFused(at - 1);
    g.loadFrom(id, rl);
  } else {
    asm.rr(id, encodingOf(rl), encodingOf(allocation.use(right)));
  }
}

/** Jumps to an assembler label where the condition holds. */
export function jumpIf(g: LoweringContext, code: number, label: number): void {
  const { asm } = g;
  if (code === floatEqual) {
    const over = asm.newLabel();
    asm.jcc(Condition.p, over);
    asm.jcc(Condition.e, label);
    asm.bind(over);
  } else if (code === floatUnequal) {
    asm.jcc(Condition.ne, label);
    asm.jcc(Condition.p, label);
  } else {
    asm.jcc(code, label);
  }
}

/** Sets a general register to 1 where the condition holds, else to 0. `spare` is another register. */
function setIf(g: LoweringContext, code: number, to: number, spare: number): void {
  const { asm } = g;
  if (code < floatEqual) {
    asm.setcc(code, to);
  } else {
    asm.setcc(code === floatEqual ? Condition.np : Condition.p, to);
    asm.setcc(code === floatEqual ? Condition.e : Condition.ne, spare);
    asm.rr(code === floatEqual ? X.and32 : X.or32, to, spare);
  }
  asm.rr(X.movzx32_8, to, to);
}

/** Overwrites a general register with another where the condition holds; not for equality of floats. */
export function moveIf(g: LoweringContext, code: number, wide: boolean, to: number, from: number): void {
  const { asm } = g;
  const cmov = wide ? X.cmov64 : X.cmov32;
  if (code === floatUnequal) {
    asm.rr(cmov + Condition.ne, to, from);
    asm.rr(cmov + Condition.p, to, from);
  } else {
    asm.rr(cmov + code, to, from);
  }
}

/** True if `moveIf` cannot express the condition, only its opposite. */
export function needsOpposite(code: number): boolean {
  return code === floatEqual;
}

/** Lowers a comparison or a test for zero whose result is used as a number. */
export function materialize(g: LoweringContext, at: number): void {
  const { ir, allocation } = g;
  const code = fusedCondition(g, at);
  g.releaseChain(at);
  const to = allocation.define(ir.dst[at], -1);
  setIf(g, code, to, scratchGpr);
}
