import { VType } from '../../ir/ops.js';
import { Gpr } from '../../x64/abi.js';
import { X } from '../../x64/instructions.js';
import type { LoweringContext } from './context.js';
import { scratchGpr } from './machine-registers.js';

/** A kind of division, or of taking the remainder. */
export interface Division {
  readonly wide: boolean;
  readonly signed: boolean;
  readonly remainder: boolean;
}

/**
 * Division by a constant as a multiplication by its reciprocal, scaled and rounded up far enough that the
 * quotient is exact for every dividend (Granlund and Montgomery, "Division by Invariant Integers using
 * Multiplication", 1994). Returns false for divisors 0, 1 and -1 and for signed 64 bits, which are left to
 * the general code.
 */
export function divideByConstant(g: LoweringContext, at: number, division: Division): boolean {
  const { ir } = g;
  const { wide, signed } = division;
  const b = ir.b[at];
  if (ir.isConstant[b] === 0) return false;
  if (wide) {
    const divisor = BigInt.asUintN(64, (BigInt(ir.high[b]) << 32n) | BigInt(ir.low[b] >>> 0));
    if (signed || divisor < 2n) return false;
    if ((divisor & (divisor - 1n)) === 0n) return dividePowerOfTwo(g, at, division, divisor);
    unsigned64(g, at, division, divisor);
    return true;
  }
  const divisor = signed ? ir.low[b] : ir.low[b] >>> 0;
  if (divisor === 0 || divisor === 1 || divisor === -1) return false;
  if (!signed && (divisor & (divisor - 1)) === 0) return dividePowerOfTwo(g, at, division, BigInt(divisor));
  if (signed) signed32(g, at, division, divisor);
  else unsigned32(g, at, division, divisor);
  return true;
}

/** Unsigned division by 2^n: a shift, or a mask for the remainder. */
function dividePowerOfTwo(g: LoweringContext, at: number, division: Division, divisor: bigint): boolean {
  const { ir, asm, allocation, moves } = g;
  const { wide, remainder } = division;
  // The mask must fit a sign-extended immediate.
  if (remainder && divisor > 2n ** 31n) return false;
  const count = divisor.toString(2).length - 1;
  const ra = allocation.use(ir.a[at]);
  allocation.releaseDying(at);
  const rd = allocation.define(ir.dst[at], ra);
  moves.copy(wide ? VType.i64 : VType.i32, rd, ra);
  if (remainder) asm.ri(X.and32, rd, Number(divisor - 1n));
  else asm.ri(wide ? X.shr64 : X.shr32, rd, count);
  return true;
}

/** Emits dst = dividend - quotient * divisor into `rd`, which holds the quotient; `spare` is overwritten. */
function toRemainder(g: LoweringContext, rd: number, dividend: number, divisor: number, spare: number): void {
  const { asm } = g;
  asm.rri(X.imul32, spare, rd, divisor | 0);
  asm.rr(X.mov32, rd, dividend);
  asm.rr(X.sub32, rd, spare);
}

function loadBigInt(g: LoweringContext, register: number, value: bigint): void {
  g.asm.movImm(register, Number(BigInt.asIntN(32, value)), Number(BigInt.asIntN(32, value >> 32n)));
}

/** quotient = upper half of dividend * ⌈2^64 / divisor⌉: the error is below 2^32 * 2^32 / 2^64 / divisor. */
function unsigned32(g: LoweringContext, at: number, { remainder }: Division, divisor: number): void {
  const { ir, asm, allocation } = g;
  allocation.vacate(Gpr.rax);
  allocation.vacate(Gpr.rdx);
  const ra = allocation.use(ir.a[at]);
  loadBigInt(g, Gpr.rax, (2n ** 64n + BigInt(divisor) - 1n) / BigInt(divisor));
  asm.r(X.mul64, ra);
  if (!remainder) {
    allocation.releaseDying(at);
    allocation.defineIn(ir.dst[at], Gpr.rdx);
    return;
  }
  toRemainder(g, Gpr.rdx, ra, divisor, Gpr.rax);
  allocation.releaseDying(at);
  allocation.defineIn(ir.dst[at], Gpr.rdx);
}

/**
 * quotient = dividend * M >> p, rounded toward zero by adding 1 for negative dividends; p = 31 + ⌈log2
 * divisor⌉.
 */
function signed32(g: LoweringContext, at: number, { remainder }: Division, divisor: number): void {
  const { ir, asm, allocation } = g;
  const magnitude = BigInt(Math.abs(divisor));
  const p = 31n + BigInt((magnitude - 1n).toString(2).length);
  const ra = allocation.use(ir.a[at]);
  allocation.releaseDyingLater(at);
  const rd = allocation.define(ir.dst[at], -1);
  loadBigInt(g, scratchGpr, 2n ** p / magnitude + 1n);
  asm.rr(X.movsxd, rd, ra);
  asm.rr(X.imul64, rd, scratchGpr);
  asm.ri(X.sar64, rd, Number(p));
  asm.rr(X.mov32, scratchGpr, ra);
  asm.ri(X.shr32, scratchGpr, 31);
  asm.rr(X.add32, rd, scratchGpr);
  if (divisor < 0) asm.r(X.neg32, rd);
  if (remainder) toRemainder(g, rd, ra, divisor, scratchGpr);
}

/**
 * The reciprocal has 65 bits; the leading one is added without overflow by halving first: quotient =
 * (((dividend - h) >> 1) + h) >> (l - 1), h = upper half of dividend * (M - 2^64), l = ⌈log2 divisor⌉.
 */
function unsigned64(g: LoweringContext, at: number, { remainder }: Division, divisor: bigint): void {
  const { ir, asm, allocation } = g;
  const l = BigInt((divisor - 1n).toString(2).length);
  allocation.vacate(Gpr.rax);
  allocation.vacate(Gpr.rdx);
  const ra = allocation.use(ir.a[at]);
  loadBigInt(g, Gpr.rax, (2n ** (64n + l) + divisor - 1n) / divisor - 2n ** 64n);
  asm.r(X.mul64, ra);
  asm.rr(X.mov64, Gpr.rax, ra);
  asm.rr(X.sub64, Gpr.rax, Gpr.rdx);
  asm.ri(X.shr64, Gpr.rax, 1);
  asm.rr(X.add64, Gpr.rdx, Gpr.rax);
  if (l > 1n) asm.ri(X.shr64, Gpr.rdx, Number(l - 1n));
  if (remainder) {
    loadBigInt(g, Gpr.rax, divisor);
    asm.rr(X.imul64, Gpr.rax, Gpr.rdx);
    asm.rr(X.mov64, Gpr.rdx, ra);
    asm.rr(X.sub64, Gpr.rdx, Gpr.rax);
  }
  allocation.releaseDying(at);
  allocation.defineIn(ir.dst[at], Gpr.rdx);
}
