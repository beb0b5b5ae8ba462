import type { IrFunction } from '../../ir/function.js';
import { Op, opDefines } from '../../ir/ops.js';
import { Condition } from '../../x64/conditions.js';
import { X } from '../../x64/instructions.js';
import type { LoweringContext } from './context.js';
import { scratchGpr } from './machine-registers.js';
import { laneBits, testedLanes } from './vector-facts.js';
import {
  clear,
  combine,
  isPooled,
  operand,
  packedUnaryFrom,
  scratch,
  vectorLabel,
} from './vector-operands.js';

/*
 * `any_true` and `all_true` as conditions. What they test can be fused into them: logic and comparisons of
 * which only this is wanted.
 */

/** How many instructions back the one that made a value is looked for. */
const horizon = 16;

/** The instruction that made a value, if it is in the same block and near; else -1. */
function makerOf({ op, dst }: IrFunction, at: number, register: number): number {
  for (let k = at - 1; k >= 0 && k > at - horizon; k--) {
    if (op[k] === Op.label) return -1;
    if (dst[k] === register && opDefines[op[k]] === 1) return k;
  }
  return -1;
}

/** True if each lane of so many bits is known to be all ones or zero: a comparison of such lanes made it. */
export function isMaskOf({ ir }: LoweringContext, at: number, register: number, bits: number): boolean {
  const maker = makerOf(ir, at, register);
  return maker >= 0 && laneBits(ir.op[maker]) >= bits;
}

/** True if each byte of a value is known to be all ones or zero. */
export function isMask(g: LoweringContext, at: number, register: number): boolean {
  return isMaskOf(g, at, register, 8);
}

/** Sets the flags for "all 16 bytes have their sign bit set": equal. */
function compareSigns({ asm }: LoweringContext, register: number): void {
  asm.rr(X.pmovmskb, scratchGpr, register);
  asm.ri(X.cmp32, scratchGpr, 0xffff);
}

/** Emits what sets the flags for the test at `at`, and returns the condition code. */
export function testVector(g: LoweringContext, at: number): number {
  const { ir, asm } = g;
  const value = ir.a[at];
  const bits = testedLanes(ir.op[at]);
  if (g.isFusedOperand(at, value)) return testFused(g, at - 1, bits === 0);
  const a = operand(g, value);
  if (bits === 0) {
    asm.packedUnary(X.ptest, a, a);
    return Condition.ne;
  }
  if (isMaskOf(g, at, value, bits)) {
    compareSigns(g, a);
    return Condition.e;
  }
  clear(g, scratch);
  asm.packed(equalOf(bits), scratch, scratch, a);
  asm.packedUnary(X.ptest, scratch, scratch);
  return Condition.e;
}

/** The instruction that compares lanes of so many bits. */
function equalOf(bits: number): number {
  if (bits === 8) return X.pcmpeqb;
  if (bits === 16) return X.pcmpeqw;
  return bits === 32 ? X.pcmpeqd : X.pcmpeqq;
}

/** The same where instruction `at` makes the value. `any`: of any bit, else of all lanes. */
function testFused(g: LoweringContext, at: number, any: boolean): number {
  const { ir } = g;
  const op = ir.op[at];
  if (op === Op['v128.and']) {
    const swap = isInMemory(g, at, ir.a[at]) && !g.isFusedOperand(at, ir.b[at]);
    testBits(g, at, swap ? ir.b[at] : ir.a[at], swap ? ir.a[at] : ir.b[at]);
    return Condition.ne;
  }
  if (op === Op['v128.andnot']) {
    // Carry: no bit of a is missing in b.
    testBits(g, at, ir.b[at], ir.a[at]);
    return Condition.ae;
  }
  // Equal or unequal lanes.
  const swap = isInMemory(g, at, ir.a[at]) && !g.isFusedOperand(at, ir.b[at]);
  const [a, b] = swap ? [ir.b[at], ir.a[at]] : [ir.a[at], ir.b[at]];
  combine(g, at, equalOf(laneBits(op)), scratch, operand(g, a), b, 0);
  if (!any && isUnequal(op)) {
    g.asm.packedUnary(X.ptest, scratch, scratch);
    return Condition.e;
  }
  compareSigns(g, scratch);
  return any ? Condition.ne : Condition.e;
}

function isUnequal(op: number): boolean {
  return op === Op['i8x16.ne'] || op === Op['i16x8.ne'] || op === Op['i32x4.ne'] || op === Op['i64x2.ne'];
}

/** True for an operand that is best taken from memory. */
function isInMemory(g: LoweringContext, at: number, register: number): boolean {
  return g.isFusedOperand(at, register) || isPooled(g, register);
}

/** `ptest` of two operands of instruction `at`. The second may be in memory. */
function testBits(g: LoweringContext, at: number, first: number, second: number): void {
  const { asm } = g;
  const a = operand(g, first);
  if (g.isFusedOperand(at, second)) {
    g.fusedOperand(at - 1);
    g.siteOfFused(at - 1);
    packedUnaryFrom(g, X.ptest, a, 0);
  } else if (isPooled(g, second)) asm.packedUnaryLabel(X.ptest, a, vectorLabel(g, second));
  else asm.packedUnary(X.ptest, a, operand(g, second));
}
