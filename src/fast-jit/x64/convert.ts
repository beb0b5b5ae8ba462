import { Trap } from '../../code/traps.js';
import { Condition } from '../../x64/conditions.js';
import { X } from '../../x64/instructions.js';
import type { Lower, LoweringContext } from './context.js';
import { encodingOf, scratchGpr, scratchXmm } from './machine-registers.js';

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
    const rd = encodingOf(allocation.define(ir.dst[at], -1));
    // The conversion keeps the upper bits of its destination. Without this it would wait for whatever wrote
    // them.
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
      // Halved, converted and doubled. The bit that is lost is kept as a sticky one for the rounding.
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

/** Jumps to the trap for a float that is no integer: a NaN, or out of range. */
function trapUnconvertible(g: LoweringContext, at: number, double: boolean, source: number): void {
  const { asm, ir } = g;
  asm.rr(double ? X.ucomisd : X.ucomiss, source, source);
  asm.jcc(Condition.p, g.trapLabel(Trap.invalidConversionToInteger, ir.wasmOffset[at]));
  asm.jmp(g.trapLabel(Trap.integerOverflow, ir.wasmOffset[at]));
}

/**
 * A conversion to an integer, as far as it has been emitted. What becomes of a float that does not fit is
 * left to do.
 */
interface Converted {
  /** xmm register of the float, by its number in machine code; it is still there. */
  readonly source: number;
  readonly rd: number;
  /** Label, not bound yet, where floats that do not fit go. -2^63 may go there too. */
  readonly outside: number;
  /** Label of what follows the conversion. */
  readonly done: number;
}

/**
 * Registers and labels of a conversion to an integer. The source survives until the result has been checked.
 */
function beginConversion(g: LoweringContext, at: number): Converted {
  const { ir, asm, allocation } = g;
  const source = encodingOf(allocation.use(ir.a[at]));
  allocation.releaseDying(at);
  const rd = allocation.define(ir.dst[at], -1);
  return { source, rd, outside: asm.newLabel(), done: asm.newLabel() };
}

function toInteger(g: LoweringContext, at: number, { double, wide, signed }: Conversion): Converted {
  if (!wide) return toI32(g, at, double, signed);
  return signed ? toSignedI64(g, at, double) : toUnsignedI64(g, at, double);
}

/**
 * Float → i32. The conversion to 64 bits is exact for all that fits. What does not fit shows in the upper
 * half: NaNs and numbers beyond 64 bits become the least i64, whose lower half is 0.
 */
function toI32(g: LoweringContext, at: number, double: boolean, signed: boolean): Converted {
  const { asm } = g;
  const converted = beginConversion(g, at);
  const { source, rd } = converted;
  asm.rr(double ? X.cvttsd2si64 : X.cvttss2si64, scratchGpr, source);
  if (signed) asm.rr(X.movsxd, rd, scratchGpr);
  else asm.rr(X.mov32, rd, scratchGpr);
  asm.rr(X.cmp64, rd, scratchGpr);
  asm.jcc(Condition.ne, converted.outside);
  if (signed) asm.rr(X.mov32, rd, rd);
  asm.bind(converted.done);
  return converted;
}

/** Float → signed i64. The least i64 stands for all that does not fit, and for itself. */
function toSignedI64(g: LoweringContext, at: number, double: boolean): Converted {
  const { asm } = g;
  const converted = beginConversion(g, at);
  asm.rr(double ? X.cvttsd2si64 : X.cvttss2si64, converted.rd, converted.source);
  // Only the least i64 overflows.
  asm.ri(X.cmp64, converted.rd, 1);
  asm.jcc(Condition.o, converted.outside);
  asm.bind(converted.done);
  return converted;
}

/**
 * Float → unsigned i64. Below 2^63 this is a signed conversion, which must not come out negative. From there
 * on 2^63 is subtracted before, and added to the integer.
 */
function toUnsignedI64(g: LoweringContext, at: number, double: boolean): Converted {
  const { asm } = g;
  const convert = double ? X.cvttsd2si64 : X.cvttss2si64;
  const converted = beginConversion(g, at);
  const { source, rd, outside, done } = converted;
  const large = asm.newLabel();
  const limit = twoTo63(g, double);
  asm.rl(double ? X.ucomisd : X.ucomiss, source, limit);
  asm.jcc(Condition.ae, large);
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
  return converted;
}

/** -2^63 as a constant: the only float that rightly becomes the least i64. */
function minusTwoTo63(g: LoweringContext, double: boolean): number {
  return double ? g.constants.label64(0, -0x3c200000) : g.constants.label32(-0x21000000);
}

/** Float → integer; traps where it does not fit. */
export function truncate(conversion: Conversion): Lower {
  const { double, wide, signed } = conversion;
  return (g, at) => {
    const { asm } = g;
    const { source, outside, done } = toInteger(g, at, conversion);
    const least = wide && signed ? minusTwoTo63(g, double) : undefined;
    g.rarely(() => {
      asm.bind(outside);
      if (least !== undefined) {
        const bad = asm.newLabel();
        asm.rl(double ? X.ucomisd : X.ucomiss, source, least);
        asm.jcc(Condition.ne, bad);
        asm.jcc(Condition.p, bad);
        asm.jmp(done);
        asm.bind(bad);
      }
      trapUnconvertible(g, at, double, source);
    });
  };
}

/** Float → integer; the greatest or the least integer where it does not fit, 0 for a NaN. */
export function saturate(conversion: Conversion): Lower {
  const { double, wide, signed } = conversion;
  return (g, at) => {
    const { asm } = g;
    const { source, rd, outside, done } = toInteger(g, at, conversion);
    g.rarely(() => {
      asm.bind(outside);
      asm.rr(X.xorps, scratchXmm, scratchXmm);
      asm.rr(double ? X.ucomisd : X.ucomiss, source, scratchXmm);
      // Moves keep the flags.
      if (wide) asm.movImm(rd, -1, signed ? 0x7fffffff : -1);
      else asm.movImm(rd, signed ? 0x7fffffff : -1, 0);
      asm.jcc(Condition.a, done);
      asm.movImm(rd, 0, 0);
      asm.jcc(Condition.p, done);
      if (signed) {
        if (wide) asm.movImm(rd, 0, -0x80000000);
        else asm.movImm(rd, -0x80000000, 0);
      }
      asm.jmp(done);
    });
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
    if (toFloat) asm.rr(id, encodingOf(rd), ra);
    else asm.rr(id, rd, encodingOf(ra));
  };
}
