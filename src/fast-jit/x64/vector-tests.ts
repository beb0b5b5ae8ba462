import { Op } from '../../ir/ops.js';
import { Condition } from '../../x64/conditions.js';
import { X } from '../../x64/instructions.js';
import type { LoweringContext } from './context.js';
import { scratchGpr } from './machine-registers.js';
import { laneBits, testedLanes } from './vector-facts.js';
import {
  clear,
  compareInto,
  isInMemory,
  isPooled,
  operand,
  packedUnaryFrom,
  scratch,
  vectorLabel,
} from './vector-operands.js';
import { isMaskOf } from './vector-values.js';

/*
 * `any_true` and `all_true` as conditions. What they test can be fused into them: logic and comparisons of
 * which only this is wanted.
 */

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
  if (isMaskOf(ir, at, value, bits)) {
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
  compareInto(g, at, scratch, equalOf(laneBits(op)));
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
