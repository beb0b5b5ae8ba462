import { vectorSize } from '../../layout/widths.js';
import { X } from '../../x64/instructions.js';
import type { LoweringContext } from './context.js';
import { Way, Zero } from './shuffle-patterns.js';
import { ShufflePlan } from './shuffle-plans.js';
import {
  clear,
  copy,
  isZero,
  operand,
  packedEither,
  result,
  scratch,
  twoSources,
} from './vector-operands.js';

/** The plan of the shuffle at hand. */
const plan = new ShufflePlan();

/** Bytes of a constant that is made of others. */
const constantBytes = new Uint8Array(vectorSize);

/** Bytes of two vectors, by their numbers in `ir.vectors`. */
export function shuffle(g: LoweringContext, at: number): void {
  shuffleLow(g, at, vectorSize);
}

/** The same where the first `count` bytes of the result matter (4 at least), and others may be anything. */
export function shuffleLow(g: LoweringContext, at: number, count: number): void {
  const { ir } = g;
  const a = ir.a[at];
  const b = ir.b[at];
  const zeros = (isZero(ir, a) ? 1 : 0) | (isZero(ir, b) ? 2 : 0);
  const constants = ir.isConstant[a] | (ir.isConstant[b] << 1);
  plan.choose(ir.vectors, vectorSize * ir.imm[at], count, a === b, zeros, constants, g.cpu.avx2);
  emit(g, at, plan.x === 0 ? a : b, plan.y === 0 ? a : b);
}

/** Emits the plan's instructions. `x` and `y` are virtual registers. */
function emit(g: LoweringContext, at: number, x: number, y: number): void {
  const { asm, constants } = g;
  const { id, immediate, stepId, stepImmediate, masks } = plan;
  switch (plan.way) {
    case Way.copy: {
      const rx = operand(g, x);
      copy(g, result(g, at, x), rx);
      break;
    }
    case Way.zero:
      clear(g, result(g, at, -1));
      break;
    case Way.constant:
      selectConstant(g, x, y);
      asm.rl(X.movaps, result(g, at, -1), constants.labelBytes(constantBytes, 0));
      break;
    case Way.unary: {
      const rx = operand(g, x);
      asm.packedUnary(id, result(g, at, x), rx, immediate);
      break;
    }
    case Way.shift: {
      const rx = operand(g, x);
      asm.packedShift(id, result(g, at, x), rx, immediate);
      break;
    }
    case Way.binary:
      // From memory it takes four bytes, whichever element of a register it is to take.
      if (id === X.insertps) operand(g, y);
      twoSources(g, at, id, x, y, immediate, false);
      break;
    case Way.masked: {
      const rx = operand(g, x);
      asm.packedLabel(id, result(g, at, x), rx, constants.labelBytes(masks, 0));
      break;
    }
    case Way.unaryThenBinary:
      asm.packedUnary(stepId, scratch, operand(g, x), stepImmediate);
      thenBinary(g, at, y);
      break;
    case Way.maskedThenBinary:
      asm.packedLabel(X.pshufb, scratch, operand(g, x), constants.labelBytes(masks, 0));
      thenBinary(g, at, y);
      break;
    case Way.binaryThenUnary: {
      const rx = operand(g, x);
      asm.packed(stepId, scratch, rx, operand(g, y), stepImmediate);
      asm.packedUnary(id, result(g, at, -1), scratch, immediate);
      break;
    }
    default:
      emitByBytes(g, at, x, y);
  }
}

/** The ways that treat both operands alike first, or each byte by itself. */
function emitByBytes(g: LoweringContext, at: number, x: number, y: number): void {
  const { asm, constants } = g;
  const { id, stepId, stepImmediate, masks } = plan;
  const rx = operand(g, x);
  switch (plan.way) {
    case Way.shiftedPack: {
      asm.packedShift(stepId, scratch, operand(g, y), stepImmediate);
      const d = result(g, at, x);
      asm.packedShift(stepId, d, rx, stepImmediate);
      asm.packed(id, d, d, scratch);
      break;
    }
    case Way.maskedPack: {
      const mask = constants.labelBytes(masks, 0);
      asm.packedLabel(stepId, scratch, operand(g, y), mask);
      const d = result(g, at, x);
      asm.packedLabel(stepId, d, rx, mask);
      asm.packed(id, d, d, scratch);
      break;
    }
    case Way.blend: {
      const mask = constants.labelBytes(masks, 0);
      const ry = operand(g, y);
      if (asm.avx) {
        asm.rl(X.movaps, scratch, mask);
        asm.packedBlend(X.vpblendvb, result(g, at, x), rx, ry, scratch);
      } else {
        // Where the two differ, and the mask is set, x is changed to y.
        asm.packed(X.pxor, scratch, rx, ry);
        asm.packedLabel(X.pand, scratch, scratch, mask);
        packedEither(g, X.pxor, result(g, at, x), rx, scratch);
      }
      break;
    }
    case Way.maskedOrConstant: {
      const d = result(g, at, x);
      asm.packedLabel(id, d, rx, constants.labelBytes(masks, 0));
      selectConstant(g, -1, y);
      asm.packedLabel(X.por, d, d, constants.labelBytes(constantBytes, 0));
      break;
    }
    case Way.maskedEither: {
      asm.packedLabel(X.pshufb, scratch, operand(g, y), constants.labelBytes(masks, vectorSize));
      const d = result(g, at, x);
      asm.packedLabel(X.pshufb, d, rx, constants.labelBytes(masks, 0));
      asm.packed(X.por, d, d, scratch);
      break;
    }
    default:
      throw new Error(`internal error: no way ${plan.way} for a shuffle`);
  }
}

/** The result: the plan's instruction on the scratch register and `y`. */
function thenBinary(g: LoweringContext, at: number, y: number): void {
  const { asm } = g;
  const ry = operand(g, y);
  const d = result(g, at, -1);
  // Without AVX the result overwrites the first source.
  const first = asm.avx || d !== ry ? d : scratch;
  asm.packed(plan.id, first, scratch, ry, plan.immediate);
  copy(g, d, first);
}

/** Makes the bytes that the masks take from two constants, of which `x` may be none (-1). */
function selectConstant({ ir }: LoweringContext, x: number, y: number): void {
  const { masks } = plan;
  for (let k = 0; k < vectorSize; k++) {
    const first = x < 0 ? Zero : masks[k];
    const second = masks[vectorSize + k];
    let byte = 0;
    if (first !== Zero) byte = ir.vectors[vectorSize * ir.low[x] + first];
    else if (second !== Zero) byte = ir.vectors[vectorSize * ir.low[y] + second];
    constantBytes[k] = byte;
  }
}
