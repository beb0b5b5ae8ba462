import { Trap } from '../../code/traps.js';
import { VType } from '../../ir/ops.js';
import { Gpr } from '../../x64/abi.js';
import { Condition } from '../../x64/conditions.js';
import { X } from '../../x64/instructions.js';
import { DiesA, DiesB, DiesC } from '../regalloc/last-uses.js';
import { only } from '../regalloc/register-set.js';
import {
  type ArithmeticKind,
  oneInstruction,
  swaps,
  type TwoOperands,
  withMemory,
  withRegister,
} from './arithmetic.js';
import { isImmediate } from './conditions.js';
import type { Lower, LoweringContext } from './context.js';
import { type Division, divideByConstant } from './divide-by-constant.js';
import { scratchGpr } from './machine-registers.js';
import { scaledBy } from './operation-facts.js';

function kindOf(id: number): ArithmeticKind {
  if (id === X.add32 || id === X.add64) return 'sum';
  if (id === X.sub32 || id === X.sub64) return 'difference';
  return id === X.imul32 || id === X.imul64 ? 'product' : 'other';
}

/** dst = a `id` b, for the two-operand instructions add, sub, and, or, xor, imul. */
export function arithmetic(id: number, wide: boolean, commutes: boolean): Lower {
  const kind = kindOf(id);
  const lea = kind === 'sum' ? leaOf(wide) : 0;
  const operation: TwoOperands = { id, vtype: vtypeOf(wide), commutes, lea, wide, kind };
  return (g, at) => {
    const { ir } = g;
    const swap = swaps(g, at, operation);
    const a = swap ? ir.b[at] : ir.a[at];
    const b = swap ? ir.a[at] : ir.b[at];
    if (g.isFusedOperand(at, b)) {
      if (scaledBy[ir.op[at - 1]] >= 0) addScaled(g, at, operation, a);
      else withMemory(g, at, operation, a);
    } else if (isImmediate(g, b)) {
      withImmediate(g, at, operation, a, ir.low[b]);
    } else {
      // This may make b move to its slot.
      const ra = g.allocation.use(a);
      if (isOnlyInSlot(g, at, b)) withSlot(g, at, operation, a, ra, b);
      else withRegister(g, at, operation, ra, b);
    }
  };
}

function vtypeOf(wide: boolean): VType {
  return wide ? VType.i64 : VType.i32;
}

function leaOf(wide: boolean): number {
  return wide ? X.lea64 : X.lea32;
}

/** dst = a op constant. */
function withImmediate(
  g: LoweringContext,
  at: number,
  { id, vtype, wide, kind }: TwoOperands,
  a: number,
  value: number,
): void {
  const { ir, asm, allocation } = g;
  const ra = allocation.use(a);
  allocation.releaseDying(at);
  const rd = allocation.define(ir.dst[at], ra);
  if (kind === 'product') {
    multiplyByConstant(g, wide, rd, ra, value);
  } else if (rd !== ra && kind === 'sum') {
    asm.rm(leaOf(wide), rd, ra, value);
  } else if (rd !== ra && kind === 'difference' && value !== -0x80000000) {
    asm.rm(leaOf(wide), rd, ra, -value);
  } else {
    g.moves.copy(vtype, rd, ra);
    asm.ri(id, rd, value);
  }
}

/** True if b is in its slot alone and read for the last time: then a register for it would be used once. */
function isOnlyInSlot(g: LoweringContext, at: number, b: number): boolean {
  const { ir, allocation, frame } = g;
  return allocation.place[b] < 0 && ir.isConstant[b] === 0 && frame.hasSlot(b) && ir.lastUse[b] === at;
}

/** dst = a op slot. */
function withSlot(
  g: LoweringContext,
  at: number,
  { id, vtype }: TwoOperands,
  a: number,
  ra: number,
  b: number,
): void {
  const { ir, asm, allocation } = g;
  // The slot is given back only when it has been read: another value may be saved in it.
  const slot = g.frame.slotOf(b);
  if ((g.lastUses.dies[at] & DiesA) !== 0 && a === ir.a[at]) allocation.release(a);
  const rd = allocation.define(ir.dst[at], ra);
  g.moves.copy(vtype, rd, ra);
  asm.rm(id, rd, Gpr.rbp, slot);
  if (b !== ir.dst[at] && isLast(g, at, b)) allocation.release(b);
}

/** dst = a + (x << constant), the shift being fused. */
function addScaled(g: LoweringContext, at: number, { id, vtype, wide, lea }: TwoOperands, a: number): void {
  const { ir, asm, allocation } = g;
  const shift = at - 1;
  const scale = ir.low[ir.b[shift]];
  const index = allocation.use(ir.a[shift]);
  if (isImmediate(g, a)) {
    g.releaseChain(at);
    const rd = allocation.define(ir.dst[at], -1);
    // The assembler has no addresses without a base register: shift instead.
    g.moves.copy(vtype, rd, index);
    asm.ri(wide ? X.shl64 : X.shl32, rd, scale);
    asm.ri(id, rd, ir.low[a]);
    return;
  }
  const ra = allocation.use(a);
  g.releaseChain(at);
  const rd = allocation.define(ir.dst[at], ra);
  asm.rmx(lea, rd, ra, index, scale, 0);
}

/** rd = ra * value by a shift or an address where one will do. */
function multiplyByConstant(g: LoweringContext, wide: boolean, rd: number, ra: number, value: number): void {
  const { asm, moves } = g;
  const shift = 31 - Math.clz32(value);
  if (value > 0 && (value & (value - 1)) === 0) {
    moves.copy(vtypeOf(wide), rd, ra);
    if (shift > 0) asm.ri(wide ? X.shl64 : X.shl32, rd, shift);
  } else if (value === 3 || value === 5 || value === 9) {
    asm.rmx(leaOf(wide), rd, ra, ra, 31 - Math.clz32(value - 1), 0);
  } else {
    asm.rri(wide ? X.imul64 : X.imul32, rd, ra, value);
  }
}

/** Shifts and rotations. `bmi2` is the instruction that takes a variable count from any register, or 0. */
export function shift(immediateId: number, clId: number, bmi2: number, wide: boolean): Lower {
  const vtype = vtypeOf(wide);
  return (g, at) => {
    const { ir, asm, allocation, moves } = g;
    const a = ir.a[at];
    const b = ir.b[at];
    if (ir.isConstant[b] === 1) {
      const count = ir.low[b] & (wide ? 63 : 31);
      const ra = allocation.use(a);
      allocation.releaseDying(at);
      const rd = allocation.define(ir.dst[at], ra);
      moves.copy(vtype, rd, ra);
      if (count !== 0) asm.ri(immediateId, rd, count);
      return;
    }
    if (bmi2 !== 0 && g.cpu.bmi2) {
      const ra = allocation.use(a);
      const rb = allocation.use(b);
      allocation.releaseDying(at);
      asm.rrr(bmi2, allocation.define(ir.dst[at], ra), rb, ra);
      return;
    }
    allocation.use(a);
    allocation.copyInto(Gpr.rcx, b, true);
    // Moving the count to rcx may have moved the other operand.
    const from = allocation.use(a);
    allocation.releaseDying(at);
    allocation.locked |= only(Gpr.rcx);
    const rd = allocation.define(ir.dst[at], from);
    moves.copy(vtype, rd, from);
    asm.r(clId, rd);
  };
}

/** Division and remainder: the dividend in rdx:rax, the quotient in rax, the remainder in rdx. */
export function divide(division: Division): Lower {
  const { wide, signed, remainder } = division;
  const vtype = vtypeOf(wide);
  const test = wide ? X.test64 : X.test32;
  const id = signed ? (wide ? X.idiv64 : X.idiv32) : wide ? X.div64 : X.div32;
  const result = remainder ? Gpr.rdx : Gpr.rax;
  return (g, at) => {
    const { ir, asm, allocation, moves } = g;
    const a = ir.a[at];
    const b = ir.b[at];
    if (divideByConstant(g, at, division)) return;
    const isConstant = ir.isConstant[b] === 1;
    const divisor = isConstant && isImmediate(g, b) ? ir.low[b] : 0;
    let rb = allocation.use(b);
    if (rb === Gpr.rax || rb === Gpr.rdx) {
      moves.copy(vtype, scratchGpr, rb);
      rb = scratchGpr;
    }
    const dying = allocation.locked;
    allocation.copyInto(Gpr.rax, a, isLast(g, at, a));
    allocation.releaseDying(at);
    allocation.locked |= dying | only(Gpr.rax) | only(rb);
    allocation.vacate(Gpr.rdx);
    const done = asm.newLabel();
    const { wasmOffset } = ir;
    if (!isConstant || divisor === 0) {
      asm.rr(test, rb, rb);
      asm.jcc(Condition.e, g.trapLabel(Trap.integerDivideByZero, wasmOffset[at]));
    }
    if (signed && (!isConstant || divisor === -1)) {
      const byMinusOne = asm.newLabel();
      asm.ri(wide ? X.cmp64 : X.cmp32, rb, -1);
      asm.jcc(Condition.e, byMinusOne);
      const overflow = remainder ? 0 : g.trapLabel(Trap.integerOverflow, wasmOffset[at]);
      g.rarely(() => {
        asm.bind(byMinusOne);
        if (remainder) {
          asm.rr(X.xor32, Gpr.rdx, Gpr.rdx);
        } else {
          asm.r(wide ? X.neg64 : X.neg32, Gpr.rax);
          asm.jcc(Condition.o, overflow);
        }
        asm.jmp(done);
      });
    }
    if (signed) asm.op(wide ? X.cqo : X.cdq);
    else asm.rr(X.xor32, Gpr.rdx, Gpr.rdx);
    asm.r(id, rb);
    asm.bind(done);
    allocation.defineIn(ir.dst[at], result);
  };
}

export function isLast(g: LoweringContext, at: number, register: number): boolean {
  const { ir } = g;
  const dies = g.lastUses.dies[at];
  return (
    (ir.a[at] === register && (dies & DiesA) !== 0) ||
    (ir.b[at] === register && (dies & DiesB) !== 0) ||
    (ir.c[at] === register && (dies & DiesC) !== 0)
  );
}

/** Sign extension by a move. */
export function extend(id: number): Lower {
  return (g, at) => oneInstruction(g, at, id);
}

export function countLeadingZeros(wide: boolean): Lower {
  const bits = wide ? 64 : 32;
  return (g, at) => {
    const { ir, asm, allocation } = g;
    if (g.cpu.lzcnt) {
      oneInstruction(g, at, wide ? X.lzcnt64 : X.lzcnt32);
      return;
    }
    // bsr gives the highest bit's number, and nothing for 0. Then 2 * bits - 1 takes its place: the xor makes
    // it `bits`.
    const ra = allocation.use(ir.a[at]);
    allocation.releaseDying(at);
    const rd = allocation.define(ir.dst[at], ra);
    asm.movImm(scratchGpr, 2 * bits - 1, 0);
    asm.rr(wide ? X.bsr64 : X.bsr32, rd, ra);
    asm.rr((wide ? X.cmov64 : X.cmov32) + Condition.e, rd, scratchGpr);
    asm.ri(X.xor32, rd, bits - 1);
  };
}

export function countTrailingZeros(wide: boolean): Lower {
  const bits = wide ? 64 : 32;
  return (g, at) => {
    const { ir, asm, allocation } = g;
    if (g.cpu.bmi1) {
      oneInstruction(g, at, wide ? X.tzcnt64 : X.tzcnt32);
      return;
    }
    const ra = allocation.use(ir.a[at]);
    allocation.releaseDying(at);
    const rd = allocation.define(ir.dst[at], ra);
    asm.movImm(scratchGpr, bits, 0);
    asm.rr(wide ? X.bsf64 : X.bsf32, rd, ra);
    asm.rr((wide ? X.cmov64 : X.cmov32) + Condition.e, rd, scratchGpr);
  };
}

/** Sums bits in ever wider groups where there is no instruction for it. */
export function countOnes(wide: boolean): Lower {
  const vtype = vtypeOf(wide);
  return (g, at) => {
    const { ir, asm, allocation, moves } = g;
    if (g.cpu.popcnt) {
      oneInstruction(g, at, wide ? X.popcnt64 : X.popcnt32);
      return;
    }
    const [shr, and, add, sub, imul] = wide
      ? [X.shr64, X.and64, X.add64, X.sub64, X.imul64]
      : [X.shr32, X.and32, X.add32, X.sub32, X.imul32];
    const ra = allocation.use(ir.a[at]);
    const mask = allocation.temporary(false);
    allocation.releaseDying(at);
    allocation.locked |= only(mask);
    const rd = allocation.define(ir.dst[at], ra);
    const setMask = (byte: number): void => {
      const word = byte * 0x01010101;
      asm.movImm(mask, word | 0, wide ? word | 0 : 0);
    };
    moves.copy(vtype, rd, ra);
    moves.copy(vtype, scratchGpr, rd);
    asm.ri(shr, scratchGpr, 1);
    setMask(0x55);
    asm.rr(and, scratchGpr, mask);
    asm.rr(sub, rd, scratchGpr);
    moves.copy(vtype, scratchGpr, rd);
    asm.ri(shr, scratchGpr, 2);
    setMask(0x33);
    asm.rr(and, scratchGpr, mask);
    asm.rr(and, rd, mask);
    asm.rr(add, rd, scratchGpr);
    moves.copy(vtype, scratchGpr, rd);
    asm.ri(shr, scratchGpr, 4);
    asm.rr(add, rd, scratchGpr);
    setMask(0x0f);
    asm.rr(and, rd, mask);
    setMask(0x01);
    asm.rr(imul, rd, mask);
    asm.ri(shr, rd, wide ? 56 : 24);
  };
}

/** Copies a value to another register, for operators that only change its type. */
export function retype(from: number): Lower {
  return (g, at) => {
    const { ir, allocation } = g;
    const ra = allocation.use(ir.a[at]);
    allocation.releaseDying(at);
    g.moves.copy(from, allocation.define(ir.dst[at], ra), ra);
  };
}

/** i32.wrap_i64: clears the upper half, even where the register stays the same. */
export function wrap(g: LoweringContext, at: number): void {
  oneInstruction(g, at, X.mov32);
}
