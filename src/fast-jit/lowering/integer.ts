import { Gpr } from '../../code/abi.js';
import { Trap } from '../../code/traps.js';
import { VType } from '../../ir/ops.js';
import { Op as WasmOp } from '../../wasm/opcodes.js';
import { Condition } from '../../x64/conditions.js';
import { X } from '../../x64/instructions.js';
import { DiesA } from '../regalloc/last-uses.js';
import { scratchGpr } from '../regalloc/machine-registers.js';
import { isImmediate, siteOfFused, swaps } from './conditions.js';
import type { Lower, LoweringContext } from './context.js';
import { divideByConstant } from './divide-by-constant.js';

const rbp = 5;

/** dst = a `id` b, for the two-operand instructions add, sub, and, or, xor, imul. */
export function arithmetic(id: number, wide: boolean, commutative: boolean): Lower {
  const isAdd = id === X.add32 || id === X.add64;
  const isSub = id === X.sub32 || id === X.sub64;
  const isMultiply = id === X.imul32 || id === X.imul64;
  const lea = wide ? X.lea64 : X.lea32;
  const vtype = wide ? VType.i64 : VType.i32;
  return (g, at) => {
    const { ir, asm, allocation, moves } = g;
    let a = ir.a[at];
    let b = ir.b[at];
    if (commutative && swaps(g, at, a, b)) {
      [a, b] = [b, a];
    }
    if (g.isFusedOperand(at, b)) {
      if (ir.op[at - 1] === WasmOp['i32.shl'] || ir.op[at - 1] === WasmOp['i64.shl']) {
        scaledAdd(g, at, lea, a);
        return;
      }
      const ra = allocation.use(a);
      g.fusedOperand(at - 1);
      const operand = (1 << g.base) | (g.index >= 0 ? 1 << g.index : 0);
      g.releaseChain(at);
      allocation.locked |= operand;
      const rd = allocation.define(ir.dst[at], ra);
      moves.copy(vtype, rd, ra);
      siteOfFused(g, at - 1);
      g.loadFrom(id, rd);
      return;
    }
    if (isImmediate(g, b)) {
      const value = ir.low[b];
      const ra = allocation.use(a);
      allocation.releaseDying(at);
      const rd = allocation.define(ir.dst[at], ra);
      if (isMultiply) {
        multiplyByConstant(g, wide, rd, ra, value);
      } else if (rd !== ra && (isAdd || (isSub && value !== -0x80000000))) {
        asm.rm(lea, rd, ra, isAdd ? value : -value);
      } else {
        moves.copy(vtype, rd, ra);
        asm.ri(id, rd, value);
      }
      return;
    }
    const ra = allocation.use(a);
    if (allocation.place[b] < 0 && ir.isConstant[b] === 0 && g.frame.hasSlot(b) && ir.lastUse[b] === at) {
      // The slot is given back only when it has been read: another value may be saved in it.
      const slot = g.frame.slotOf(b);
      if ((g.lastUses.dies[at] & DiesA) !== 0 && a === ir.a[at]) allocation.release(a);
      const rd = allocation.define(ir.dst[at], ra);
      moves.copy(vtype, rd, ra);
      asm.rm(id, rd, rbp, slot);
      if (b !== ir.dst[at] && isLast(g, at, b)) allocation.release(b);
      return;
    }
    const rb = allocation.use(b);
    allocation.releaseDying(at);
    if (!commutative && rb !== ra) allocation.locked |= 1 << rb;
    const rd = allocation.define(ir.dst[at], ra);
    if (rd === ra) asm.rr(id, rd, rb);
    else if (rd === rb) asm.rr(id, rd, ra);
    else if (isAdd) asm.rmx(lea, rd, ra, rb, 0, 0);
    else {
      moves.copy(vtype, rd, ra);
      asm.rr(id, rd, rb);
    }
  };
}

/** dst = a + (x << constant), the shift being fused. */
function scaledAdd(g: LoweringContext, at: number, lea: number, a: number): void {
  const { ir, asm, allocation } = g;
  const shift = at - 1;
  const scale = ir.low[ir.b[shift]];
  const index = allocation.use(ir.a[shift]);
  if (isImmediate(g, a) && ir.isConstant[a] === 1) {
    g.releaseChain(at);
    const rd = allocation.define(ir.dst[at], -1);
    // Without a base register the displacement is 32 bits and r13/rbp would be meant: scale by a shift instead.
    g.moves.copy(lea === X.lea64 ? VType.i64 : VType.i32, rd, index);
    asm.ri(lea === X.lea64 ? X.shl64 : X.shl32, rd, scale);
    asm.ri(lea === X.lea64 ? X.add64 : X.add32, rd, ir.low[a]);
    return;
  }
  const ra = allocation.use(a);
  g.releaseChain(at);
  const rd = allocation.define(ir.dst[at], ra);
  asm.rmx(lea, rd, ra, index, scale, 0);
}

function multiplyByConstant(g: LoweringContext, wide: boolean, rd: number, ra: number, value: number): void {
  const { asm, moves } = g;
  const shift = 31 - Math.clz32(value);
  if (value > 0 && (value & (value - 1)) === 0) {
    moves.copy(wide ? VType.i64 : VType.i32, rd, ra);
    if (shift > 0) asm.ri(wide ? X.shl64 : X.shl32, rd, shift);
  } else if (value === 3 || value === 5 || value === 9) {
    asm.rmx(wide ? X.lea64 : X.lea32, rd, ra, ra, 31 - Math.clz32(value - 1), 0);
  } else {
    asm.rri(wide ? X.imul64 : X.imul32, rd, ra, value);
  }
}

/** Shifts and rotations. `bmi2` is the instruction for a variable count that needs no particular register, or 0. */
export function shift(immediateId: number, clId: number, bmi2: number, wide: boolean): Lower {
  const vtype = wide ? VType.i64 : VType.i32;
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
    // The count's arrival in rcx may have moved the other operand.
    const from = allocation.use(a);
    allocation.releaseDying(at);
    allocation.locked |= 1 << Gpr.rcx;
    const rd = allocation.define(ir.dst[at], from);
    moves.copy(vtype, rd, from);
    asm.r(clId, rd);
  };
}

/** What a division leaves in which register, and how its operands are widened. */
export interface Division {
  readonly wide: boolean;
  readonly signed: boolean;
  readonly remainder: boolean;
}

/** Division and remainder: the dividend in rdx:rax, the quotient in rax, the remainder in rdx. */
export function divide(division: Division): Lower {
  const { wide, signed, remainder } = division;
  const vtype = wide ? VType.i64 : VType.i32;
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
    allocation.locked |= dying | (1 << Gpr.rax) | (1 << rb);
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
    (ir.a[at] === register && (dies & 1) !== 0) ||
    (ir.b[at] === register && (dies & 2) !== 0) ||
    (ir.c[at] === register && (dies & 4) !== 0)
  );
}

/** dst = f(a) for an instruction `reg, r/m` that does it all. */
function oneInstruction(g: LoweringContext, at: number, id: number): void {
  const { ir, allocation } = g;
  const ra = allocation.use(ir.a[at]);
  allocation.releaseDying(at);
  g.asm.rr(id, allocation.define(ir.dst[at], ra), ra);
}

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
    // bsr gives the highest bit's number, and nothing for 0: then 2 * bits - 1 stands in, which the xor turns into `bits`.
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
  const vtype = wide ? VType.i64 : VType.i32;
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
    allocation.locked |= 1 << mask;
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

/** Copies a value to a register of its own, for operators that change its type only. */
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
