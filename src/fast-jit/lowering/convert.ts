import { Trap } from '../../code/traps.js';
import { Condition } from '../../x64/conditions.js';
import { X } from '../../x64/instructions.js';
import { firstXmm, scratchGpr, scratchXmm } from '../regalloc/machine-registers.js';
import type { Lower, LoweringContext } from './context.js';

/** What a conversion between integers and floats works on. */
export interface Conversion {
  /** Float side: f64 rather than f32. */
  readonly double: boolean;
  /** Integer side: i64 rather than i32. */
  readonly wide: boolean;
  readonly signed: boolean;
}

/** Integer → float. */
export function convertInteger({ double, wide, signed }: Conversion): Lower {
  const narrow = double ? X.cvtsi2sd32 : X.cvtsi2ss32;
  const full = double ? X.cvtsi2sd64 : X.cvtsi2ss64;
  // An unsigned i32 is a signed i64, its upper half being zero.
  const id = wide || !signed ? full : narrow;
  return (g, at) => {
    const { ir, asm, allocation } = g;
    const ra = allocation.use(ir.a[at]);
    allocation.releaseDying(at);
    const rd = allocation.define(ir.dst[at], -1) - firstXmm;
    // The conversion keeps the upper bits of its destination: without this it would wait for whoever wrote them.
    asm.rr(X.xorps, rd, rd);
    if (signed || !wide) {
      asm.rr(id, rd, ra);
      return;
    }
    const negative = asm.newLabel();
    const done = asm.newLabel();
    asm.rr(X.test64, ra, ra);
    asm.jcc(Condition.s, negative);
    asm.rr(full, rd, ra);
    asm.bind(done);
    g.rarely(() => {
      // Halved, with the lost bit kept as a sticky one for the rounding, converted and doubled.
      const odd = asm.newLabel();
      asm.bind(negative);
      asm.rr(X.mov64, scratchGpr, ra);
      asm.ri(X.shr64, scratchGpr, 1);
      asm.ri(X.test8, ra, 1);
      asm.jcc(Condition.e, odd);
      asm.ri(X.or64, scratchGpr, 1);
      asm.bind(odd);
      asm.rr(full, rd, scratchGpr);
      asm.rr(double ? X.addsd : X.addss, rd, rd);
      asm.jmp(done);
    });
  };
}

/** 2^63 as a constant. */
function twoTo63(g: LoweringContext, double: boolean): number {
  return double ? g.constants.label64(0, 0x43e00000) : g.constants.label32(0x5f000000);
}

/** Jumps to the trap for a float that no integer stands for: NaN or out of range. */
function trapUnconvertible(g: LoweringContext, at: number, double: boolean, source: number): void {
  const { asm, ir } = g;
  asm.rr(double ? X.ucomisd : X.ucomiss, source, source);
  asm.jcc(Condition.p, g.trapLabel(Trap.invalidConversionToInteger, ir.wasmOffset[at]));
  asm.jmp(g.trapLabel(Trap.integerOverflow, ir.wasmOffset[at]));
}

/** Registers of a conversion to an integer: the source survives until the result is checked. */
function operands(g: LoweringContext, at: number): { source: number; rd: number } {
  const { ir, allocation } = g;
  const source = allocation.use(ir.a[at]) - firstXmm;
  allocation.releaseDying(at);
  return { source, rd: allocation.define(ir.dst[at], -1) };
}

/**
 * Float → i32. The conversion to 64 bits is exact for all that fits; what does not fit shows in the upper half (NaNs and
 * numbers beyond 64 bits become the least i64, whose lower half is 0).
 */
function toI32(
  g: LoweringContext,
  at: number,
  double: boolean,
  signed: boolean,
): {
  source: number;
  rd: number;
  outside: number;
} {
  const { asm } = g;
  const { source, rd } = operands(g, at);
  asm.rr(double ? X.cvttsd2si64 : X.cvttss2si64, scratchGpr, source);
  if (signed) asm.rr(X.movsxd, rd, scratchGpr);
  else asm.rr(X.mov32, rd, scratchGpr);
  const outside = asm.newLabel();
  asm.rr(X.cmp64, rd, scratchGpr);
  asm.jcc(Condition.ne, outside);
  if (signed) asm.rr(X.mov32, rd, rd);
  return { source, rd, outside };
}

export function truncateToI32(double: boolean, signed: boolean): Lower {
  return (g, at) => {
    const { source, outside } = toI32(g, at, double, signed);
    g.rarely(() => {
      g.asm.bind(outside);
      trapUnconvertible(g, at, double, source);
    });
  };
}

/** Compares a float register with zero, by way of the scratch register. */
function compareWithZero(g: LoweringContext, double: boolean, source: number): void {
  g.asm.rr(X.xorps, scratchXmm, scratchXmm);
  g.asm.rr(double ? X.ucomisd : X.ucomiss, source, scratchXmm);
}

export function saturateToI32(double: boolean, signed: boolean): Lower {
  return (g, at) => {
    const { asm } = g;
    const { source, rd, outside } = toI32(g, at, double, signed);
    const done = asm.newLabel();
    asm.bind(done);
    g.rarely(() => {
      asm.bind(outside);
      compareWithZero(g, double, source);
      saturate(g, rd, signed, false, done);
    });
  };
}

/** Given the comparison of the source with 0: the greatest, the least, or 0 for a NaN; then on to `done`. */
function saturate(g: LoweringContext, rd: number, signed: boolean, wide: boolean, done: number): void {
  const { asm } = g;
  const greatestHigh = signed ? 0x7fffffff : -1;
  // Moves keep the flags.
  if (wide) asm.movImm(rd, -1, greatestHigh);
  else asm.movImm(rd, signed ? 0x7fffffff : -1, 0);
  asm.jcc(Condition.a, done);
  asm.movImm(rd, 0, 0);
  asm.jcc(Condition.p, done);
  if (signed) {
    if (wide) asm.movImm(rd, 0, -0x80000000);
    else asm.movImm(rd, -0x80000000, 0);
  }
  asm.jmp(done);
}

/** Float → signed i64: the least i64 stands for all that does not fit, and for itself. */
function toSignedI64(
  g: LoweringContext,
  at: number,
  double: boolean,
): {
  source: number;
  rd: number;
  suspicious: number;
} {
  const { asm } = g;
  const { source, rd } = operands(g, at);
  asm.rr(double ? X.cvttsd2si64 : X.cvttss2si64, rd, source);
  const suspicious = asm.newLabel();
  asm.ri(X.cmp64, rd, 1);
  asm.jcc(Condition.o, suspicious);
  return { source, rd, suspicious };
}

/** -2^63 as a constant: the only float that rightly becomes the least i64. */
function minusTwoTo63(g: LoweringContext, double: boolean): number {
  return double ? g.constants.label64(0, -0x3c200000) : g.constants.label32(-0x21000000);
}

export function truncateToSignedI64(double: boolean): Lower {
  return (g, at) => {
    const { asm } = g;
    const { source, suspicious } = toSignedI64(g, at, double);
    const done = asm.newLabel();
    asm.bind(done);
    const least = minusTwoTo63(g, double);
    g.rarely(() => {
      const bad = asm.newLabel();
      asm.bind(suspicious);
      asm.rl(double ? X.ucomisd : X.ucomiss, source, least);
      asm.jcc(Condition.ne, bad);
      asm.jcc(Condition.p, bad);
      asm.jmp(done);
      asm.bind(bad);
      trapUnconvertible(g, at, double, source);
    });
  };
}

export function saturateToSignedI64(double: boolean): Lower {
  return (g, at) => {
    const { asm } = g;
    const { source, rd, suspicious } = toSignedI64(g, at, double);
    const done = asm.newLabel();
    asm.bind(done);
    g.rarely(() => {
      asm.bind(suspicious);
      compareWithZero(g, double, source);
      saturate(g, rd, true, true, done);
    });
  };
}

/**
 * Float → unsigned i64: below 2^63 as a signed conversion, which must not come out negative; from there on less 2^63,
 * which is added to the integer.
 */
function toUnsignedI64(
  g: LoweringContext,
  at: number,
  double: boolean,
): {
  source: number;
  rd: number;
  outside: number;
  done: number;
} {
  const { asm } = g;
  const convert = double ? X.cvttsd2si64 : X.cvttss2si64;
  const { source, rd } = operands(g, at);
  const large = asm.newLabel();
  const outside = asm.newLabel();
  const done = asm.newLabel();
  const limit = twoTo63(g, double);
  const below = asm.newLabel();
  asm.rl(double ? X.ucomisd : X.ucomiss, source, limit);
  asm.jcc(Condition.ae, large);
  asm.bind(below);
  asm.rr(convert, rd, source);
  asm.rr(X.test64, rd, rd);
  asm.jcc(Condition.s, outside);
  asm.bind(done);
  g.rarely(() => {
    asm.bind(large);
    asm.rr(X.movaps, scratchXmm, source);
    asm.rl(double ? X.subsd : X.subss, scratchXmm, limit);
    asm.rr(convert, rd, scratchXmm);
    asm.rr(X.test64, rd, rd);
    asm.jcc(Condition.s, outside);
    asm.movImm(scratchGpr, 0, -0x80000000);
    asm.rr(X.or64, rd, scratchGpr);
    asm.jmp(done);
  });
  return { source, rd, outside, done };
}

export function truncateToUnsignedI64(double: boolean): Lower {
  return (g, at) => {
    const { source, outside } = toUnsignedI64(g, at, double);
    g.rarely(() => {
      g.asm.bind(outside);
      trapUnconvertible(g, at, double, source);
    });
  };
}

export function saturateToUnsignedI64(double: boolean): Lower {
  return (g, at) => {
    const { source, rd, outside, done } = toUnsignedI64(g, at, double);
    g.rarely(() => {
      g.asm.bind(outside);
      compareWithZero(g, double, source);
      saturate(g, rd, false, true, done);
    });
  };
}

/** Between f32 and f64. */
export function convertFloat(id: number): Lower {
  return (g, at) => {
    const { ir, asm, allocation } = g;
    const ra = allocation.use(ir.a[at]);
    allocation.releaseDying(at);
    asm.rr(id, allocation.define(ir.dst[at], ra) - firstXmm, ra - firstXmm);
  };
}

/** Moves bits from a general to an xmm register or back. */
export function reinterpret(id: number, toFloat: boolean): Lower {
  return (g, at) => {
    const { ir, asm, allocation } = g;
    const ra = allocation.use(ir.a[at]);
    allocation.releaseDying(at);
    const rd = allocation.define(ir.dst[at], -1);
    // `movd_xr` writes the xmm register, `movd_rx` reads it: it comes first in the encoding of both.
    if (toFloat) asm.rr(id, rd - firstXmm, ra);
    else asm.rr(id, rd, ra - firstXmm);
  };
}
