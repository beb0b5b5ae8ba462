import { vectorSize } from '../../layout/widths.js';
import { X } from '../../x64/instructions.js';
import type { Lower, LoweringContext } from './context.js';
import { twiceExtending } from './vector-facts.js';
import {
  clear,
  compareInto,
  copy,
  oneSource,
  operand,
  packedUnaryFrom,
  result,
  resultOver,
  scratch,
  twoSources,
} from './vector-operands.js';
import { areBytesBelow16, constantAt } from './vector-values.js';

/*
 * Single lanes of vectors: splats, `extract_lane`, `replace_lane`; and bytes by index.
 */

/** Emits the load of a splat's operand that is fused; returns the register, which is the result's. */
function splatFromMemory(g: LoweringContext, at: number, id: number): number {
  g.fusedOperand(at - 1);
  const d = result(g, at, -1);
  g.siteOfFused(at - 1);
  packedUnaryFrom(g, id, d, 0);
  return d;
}

/** The operand, an integer, in the lowest lane of the result's register. */
function splatFromInteger(g: LoweringContext, at: number, id: number): number {
  const a = g.allocation.use(g.ir.a[at]);
  const d = result(g, at, -1);
  g.asm.rr(id, d, a);
  return d;
}

export function splat8(g: LoweringContext, at: number): void {
  const { ir, asm, cpu } = g;
  if (g.isFusedOperand(at, ir.a[at])) {
    splatFromMemory(g, at, X.vpbroadcastb);
    return;
  }
  const d = splatFromInteger(g, at, X.movd_xr);
  if (cpu.avx2) {
    asm.packedUnary(X.vpbroadcastb, d, d);
  } else {
    clear(g, scratch);
    asm.packed(X.pshufb, d, d, scratch);
  }
}

export function splat16(g: LoweringContext, at: number): void {
  const { ir, asm, cpu } = g;
  if (g.isFusedOperand(at, ir.a[at])) {
    splatFromMemory(g, at, X.vpbroadcastw);
    return;
  }
  const d = splatFromInteger(g, at, X.movd_xr);
  if (cpu.avx2) {
    asm.packedUnary(X.vpbroadcastw, d, d);
  } else {
    asm.packedUnary(X.pshuflw, d, d, 0);
    asm.packedUnary(X.pshufd, d, d, 0);
  }
}

export function splat32(g: LoweringContext, at: number): void {
  const { ir, asm } = g;
  if (g.isFusedOperand(at, ir.a[at])) {
    splat32FromMemory(g, at);
    return;
  }
  const d = splatFromInteger(g, at, X.movd_xr);
  asm.packedUnary(X.pshufd, d, d, 0);
}

function splat32FromMemory(g: LoweringContext, at: number): void {
  const { asm } = g;
  if (asm.avx) {
    splatFromMemory(g, at, X.vbroadcastss);
    return;
  }
  g.fusedOperand(at - 1);
  const d = result(g, at, -1);
  g.siteOfFused(at - 1);
  g.loadFrom(X.movss, d);
  asm.packed(X.shufps, d, d, d, 0);
}

export function splat64(g: LoweringContext, at: number): void {
  if (g.isFusedOperand(at, g.ir.a[at])) {
    splatFromMemory(g, at, X.movddup);
    return;
  }
  const d = splatFromInteger(g, at, X.movq_xr);
  g.asm.packed(X.punpcklqdq, d, d, d);
}

export function splatF32(g: LoweringContext, at: number): void {
  const { ir, asm } = g;
  if (g.isFusedOperand(at, ir.a[at])) {
    splat32FromMemory(g, at);
    return;
  }
  const a = operand(g, ir.a[at]);
  const d = result(g, at, ir.a[at]);
  if (asm.avx || d === a) asm.packed(X.shufps, d, a, a, 0);
  else asm.packedUnary(X.pshufd, d, a, 0);
}

export function splatF64(g: LoweringContext, at: number): void {
  const { ir, asm } = g;
  if (g.isFusedOperand(at, ir.a[at])) {
    splatFromMemory(g, at, X.movddup);
    return;
  }
  const a = operand(g, ir.a[at]);
  asm.packedUnary(X.movddup, result(g, at, ir.a[at]), a);
}

/** The lower lanes, extended; by `id`, unless the operation before extends too, and is fused. */
export function extendLow(id: number): Lower {
  return (g, at) => {
    const { ir, asm } = g;
    const first = at - 1;
    const twice = g.isFusedOperand(at, ir.a[at]) ? twiceExtending(ir.op[first], ir.op[at]) : 0;
    if (twice === 0) {
      oneSource(g, at, id, 0);
      return;
    }
    const value = ir.a[first];
    if (g.isFusedOperand(first, value)) {
      g.fusedOperand(first - 1);
      const d = result(g, at, -1);
      g.siteOfFused(first - 1);
      packedUnaryFrom(g, twice, d, 0);
    } else {
      const a = operand(g, value);
      asm.packedUnary(twice, result(g, at, value), a);
    }
  };
}

/** A lane as an i32: `extract` takes any, `extend` is done to it, unless that is 0. */
export function extractSmall(extract: number, extend: number): Lower {
  return (g, at) => {
    const { ir, asm, allocation } = g;
    const a = operand(g, ir.a[at]);
    allocation.releaseDying(at);
    const d = allocation.define(ir.dst[at], -1);
    asm.rri(extract, d, a, ir.imm[at]);
    if (extend !== 0) asm.rr(extend, d, d);
  };
}

/** A lane as an i32 or i64: `move` takes the lowest, `extract` any. */
export function extractInteger(move: number, extract: number): Lower {
  return (g, at) => {
    const { ir, asm, allocation } = g;
    const a = operand(g, ir.a[at]);
    allocation.releaseDying(at);
    const d = allocation.define(ir.dst[at], -1);
    if (ir.imm[at] === 0) asm.rr(move, d, a);
    else asm.rri(extract, d, a, ir.imm[at]);
  };
}

/** A lane in the lowest place, where floats are. What is above does not matter. */
export function extractF32(g: LoweringContext, at: number): void {
  const { ir, asm } = g;
  const lane = ir.imm[at];
  const a = operand(g, ir.a[at]);
  const d = result(g, at, ir.a[at]);
  if (lane === 0) copy(g, d, a);
  else if (lane === 1) asm.packedUnary(X.movshdup, d, a);
  else if (asm.avx || d === a) asm.packed(X.shufps, d, a, a, lane);
  else asm.packedUnary(X.pshufd, d, a, lane);
}

export function extractF64(g: LoweringContext, at: number): void {
  const { ir, asm } = g;
  const a = operand(g, ir.a[at]);
  const d = result(g, at, ir.a[at]);
  if (ir.imm[at] === 0) copy(g, d, a);
  else if (asm.avx || d === a) asm.packed(X.unpckhpd, d, a, a);
  else asm.packedUnary(X.pshufd, d, a, 0xee);
}

/** dst = a with one lane replaced by an integer, from a register or memory. */
export function replaceInteger(insert: number): Lower {
  return (g, at) => twoSources(g, at, insert, g.ir.a[at], g.ir.b[at], g.ir.imm[at], false);
}

export function replaceF32(g: LoweringContext, at: number): void {
  const { ir } = g;
  twoSources(g, at, X.insertps, ir.a[at], ir.b[at], ir.imm[at] << 4, false);
}

/** The instructions differ for registers and memory. */
export function replaceF64(g: LoweringContext, at: number): void {
  const { ir, allocation } = g;
  const isLow = ir.imm[at] === 0;
  if (g.isFusedOperand(at, ir.b[at])) {
    twoSources(g, at, isLow ? X.movlps : X.movhps, ir.a[at], ir.b[at], 0, false);
    return;
  }
  allocation.use(ir.b[at]);
  twoSources(g, at, isLow ? X.blendpd : X.movlhps, ir.a[at], ir.b[at], isLow ? 1 : 0, false);
}

/** Indices of a constant swizzle as `pshufb` takes them. */
const indices = new Uint8Array(vectorSize);

/** dst = a's bytes by b's indices, 0 for those beyond 15. `pshufb` gives 0 where the highest bit is set. */
export function swizzle(g: LoweringContext, at: number): void {
  const { ir, asm, constants } = g;
  const a = operand(g, ir.a[at]);
  const b = ir.b[at];
  const constant = constantAt(ir, at, b);
  if (constant >= 0) {
    for (let k = 0; k < vectorSize; k++) {
      const index = ir.vectors[vectorSize * ir.low[constant] + k];
      indices[k] = index < vectorSize ? index : 0x80;
    }
    asm.packedLabel(X.pshufb, result(g, at, ir.a[at]), a, constants.labelBytes(indices, 0));
    return;
  }
  if (areBytesBelow16(ir, at, b)) {
    const small = operand(g, b);
    asm.packed(X.pshufb, asm.avx ? result(g, at, ir.a[at]) : resultOver(g, at, ir.a[at]), a, small);
    return;
  }
  // Saturation keeps the highest bit set, and sets it in what is beyond 15.
  asm.packedLabel(X.paddusb, scratch, operand(g, b), constants.splat32(0x70707070));
  asm.packed(X.pshufb, result(g, at, ir.a[at]), a, scratch);
}

/** The sign bits of 16 lanes: narrowed to bytes, which are the lower ones of the result then. */
export function bitmask16(g: LoweringContext, at: number): void {
  const { ir, asm, allocation } = g;
  const a = operand(g, ir.a[at]);
  asm.packed(X.packsswb, scratch, a, a);
  allocation.releaseDying(at);
  const d = allocation.define(ir.dst[at], -1);
  asm.rr(X.pmovmskb, d, scratch);
  asm.rr(X.movzx32_8, d, d);
}

/** The sign bits of lanes; those of unequal lanes are the opposite of those of equal ones. */
export function bitmask(id: number, equal: number, all: number): Lower {
  return (g, at) => {
    const { ir, asm, allocation } = g;
    if (g.isFusedOperand(at, ir.a[at])) {
      compareInto(g, at - 1, scratch, equal);
      g.releaseChain(at);
      const d = allocation.define(ir.dst[at], -1);
      asm.rr(id, d, scratch);
      asm.ri(X.xor32, d, all);
      return;
    }
    const a = operand(g, ir.a[at]);
    allocation.releaseDying(at);
    asm.rr(id, allocation.define(ir.dst[at], -1), a);
  };
}
