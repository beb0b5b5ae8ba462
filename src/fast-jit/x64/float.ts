import { VType } from '../../ir/ops.js';
import { Condition } from '../../x64/conditions.js';
import { X } from '../../x64/instructions.js';
import { only } from '../regalloc/register-set.js';
import { oneInstruction, swaps, type TwoOperands, withMemory, withRegister } from './arithmetic.js';
import type { Lower, LoweringContext } from './context.js';
import { encodingOf, scratchVector as scratch, scratchXmm } from './machine-registers.js';

/** dst = a `id` b: add, sub, mul, div. */
export function floatArithmetic(id: number, double: boolean, commutes: boolean): Lower {
  const operation: TwoOperands = {
    id,
    vtype: double ? VType.f64 : VType.f32,
    commutes,
    lea: 0,
    wide: double,
    kind: 'other',
  };
  return (g, at) => {
    const { ir } = g;
    const swap = swaps(g, at, operation);
    const a = swap ? ir.b[at] : ir.a[at];
    const b = swap ? ir.a[at] : ir.b[at];
    if (g.isFusedOperand(at, b)) withMemory(g, at, operation, a);
    else if (ir.isConstant[b] === 1) withConstant(g, at, operation, a, b);
    else withRegister(g, at, operation, g.allocation.use(a), b);
  };
}

/** b is a constant, which the instruction reads from the constant pool. */
function withConstant(
  g: LoweringContext,
  at: number,
  { id, vtype }: TwoOperands,
  a: number,
  b: number,
): void {
  const { ir, allocation, constants } = g;
  const ra = allocation.use(a);
  allocation.releaseDying(at);
  const rd = allocation.define(ir.dst[at], ra);
  g.moves.copy(vtype, rd, ra);
  const label = vtype === VType.f64 ? constants.label64(ir.low[b], ir.high[b]) : constants.label32(ir.low[b]);
  g.asm.rl(id, encodingOf(rd), label);
}

/** dst = f(a) for an instruction `xmm, xmm/m`. */
export function floatUnary(id: number): Lower {
  return (g, at) => oneInstruction(g, at, id);
}

/** The sign bit, or all others, as a 16-byte constant for the packed logic instructions. */
function signMask(g: LoweringContext, double: boolean, inverted: boolean): number {
  const sign = inverted ? 0x7fffffff : -0x80000000;
  const rest = inverted ? -1 : 0;
  return double ? g.constants.label128(rest, sign, rest, sign) : g.constants.label128(sign, sign, sign, sign);
}

/** abs (and with all but the sign) and neg (xor with the sign). */
export function signOperation(double: boolean, negate: boolean): Lower {
  const vtype = double ? VType.f64 : VType.f32;
  return (g, at) => {
    const { ir, asm, allocation } = g;
    const ra = allocation.use(ir.a[at]);
    allocation.releaseDying(at);
    const rd = allocation.define(ir.dst[at], ra);
    g.moves.copy(vtype, rd, ra);
    asm.rl(negate ? X.xorps : X.andps, encodingOf(rd), signMask(g, double, !negate));
  };
}

export function copysign(double: boolean): Lower {
  const vtype = double ? VType.f64 : VType.f32;
  return (g, at) => {
    const { ir, asm, allocation, moves } = g;
    const ra = allocation.use(ir.a[at]);
    const rb = allocation.use(ir.b[at]);
    moves.copy(vtype, scratch, rb);
    asm.rl(X.andps, scratchXmm, signMask(g, double, false));
    allocation.releaseDying(at);
    const rd = allocation.define(ir.dst[at], ra);
    moves.copy(vtype, rd, ra);
    asm.rl(X.andps, encodingOf(rd), signMask(g, double, true));
    asm.rr(X.orps, encodingOf(rd), scratchXmm);
  };
}

/**
 * min and max. `minss` and the others are right where the operands differ. It is rare that they are equal or
 * unordered: then logic on the bits tells zeros of both signs apart, and an addition makes NaNs.
 */
export function extremum(double: boolean, max: boolean): Lower {
  const vtype = double ? VType.f64 : VType.f32;
  const compare = double ? X.ucomisd : X.ucomiss;
  const add = double ? X.addsd : X.addss;
  const id = max ? (double ? X.maxsd : X.maxss) : double ? X.minsd : X.minss;
  return (g, at) => {
    const { ir, asm, allocation } = g;
    const ra = allocation.use(ir.a[at]);
    const rb = allocation.use(ir.b[at]);
    allocation.releaseDying(at);
    if (rb !== ra) allocation.locked |= only(rb);
    const rd = allocation.define(ir.dst[at], ra);
    g.moves.copy(vtype, rd, ra);
    const d = encodingOf(rd);
    const b = encodingOf(rb);
    const rare = asm.newLabel();
    const done = asm.newLabel();
    asm.rr(compare, d, b);
    asm.jcc(Condition.e, rare);
    asm.rr(id, d, b);
    asm.bind(done);
    g.rarely(() => {
      const unordered = asm.newLabel();
      asm.bind(rare);
      asm.jcc(Condition.p, unordered);
      asm.rr(max ? X.andps : X.orps, d, b);
      asm.jmp(done);
      asm.bind(unordered);
      asm.rr(add, d, b);
      asm.jmp(done);
    });
  };
}

/** Rounding modes as `roundss` takes them; +8 keeps the precision exception quiet. */
export const Rounding = { nearest: 8, floor: 9, ceil: 10, trunc: 11 } as const;

export function round(double: boolean, mode: number): Lower {
  return (g, at) => {
    const { ir, asm, allocation } = g;
    if (!g.cpu.sse41) {
      roundByAddition(g, at, double, mode);
      return;
    }
    const ra = allocation.use(ir.a[at]);
    allocation.releaseDying(at);
    const rd = allocation.define(ir.dst[at], ra);
    asm.rri(double ? X.roundsd : X.roundss, encodingOf(rd), encodingOf(ra), mode);
  };
}

/**
 * Rounding without SSE4.1. Adding and subtracting 2^52 (2^23) rounds the magnitude to the nearest integer,
 * one step corrects it for the other modes, and the sign is put back at the end. Numbers that are that large
 * already, infinities and NaNs are multiplied by 1, which only makes NaNs quiet.
 */
function roundByAddition(g: LoweringContext, at: number, double: boolean, mode: number): void {
  const { ir, asm, allocation, constants } = g;
  const [compare, add, sub, mul] = double
    ? [X.ucomisd, X.addsd, X.subsd, X.mulsd]
    : [X.ucomiss, X.addss, X.subss, X.mulss];
  const vtype = double ? VType.f64 : VType.f32;
  const large = double ? constants.label64(0, 0x43300000) : constants.label32(0x4b000000);
  const one = double ? constants.label64(0, 0x3ff00000) : constants.label32(0x3f800000);
  const ra = allocation.use(ir.a[at]);
  const original = allocation.temporary(true);
  const source = encodingOf(original);
  allocation.releaseDying(at);
  allocation.locked |= only(original);
  const rd = allocation.define(ir.dst[at], ra);
  const d = encodingOf(rd);
  const asIs = asm.newLabel();
  const rounded = asm.newLabel();
  const done = asm.newLabel();
  g.moves.copy(vtype, rd, ra);
  g.moves.copy(vtype, original, rd);
  asm.rl(X.andps, d, signMask(g, double, true));
  asm.rl(compare, d, large);
  asm.jcc(Condition.ae, asIs);
  asm.jcc(Condition.p, asIs);
  asm.rl(add, d, large);
  asm.rl(sub, d, large);
  // d is the rounded magnitude now. The scratch register takes the sign.
  g.moves.copy(vtype, scratch, original);
  asm.rl(X.andps, scratchXmm, signMask(g, double, false));
  if (mode === Rounding.trunc) {
    asm.rl(X.andps, source, signMask(g, double, true));
    asm.rr(compare, d, source);
    asm.jcc(Condition.be, rounded);
    asm.rl(sub, d, one);
  } else if (mode !== Rounding.nearest) {
    asm.rr(X.orps, d, scratchXmm);
    if (mode === Rounding.floor) asm.rr(compare, d, source);
    else asm.rr(compare, source, d);
    asm.jcc(Condition.be, rounded);
    asm.rl(mode === Rounding.floor ? sub : add, d, one);
    // 1 - 1 must keep the sign of a number between -1 and 0.
    if (mode === Rounding.ceil) asm.rl(X.andps, d, signMask(g, double, true));
  }
  asm.bind(rounded);
  asm.rr(X.orps, d, scratchXmm);
  asm.jmp(done);
  asm.bind(asIs);
  g.moves.copy(vtype, rd, original);
  asm.rl(mul, d, one);
  asm.bind(done);
}
