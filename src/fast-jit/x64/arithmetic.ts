import type { VType } from '../../ir/ops.js';
import { only, onlyIfAny } from '../regalloc/register-set.js';
import type { LoweringContext } from './context.js';
import { encodingOf } from './machine-registers.js';

/*
 * What integer and float arithmetic share: an instruction of two operands overwrites the first one, `rd = rd
 * op b`. So a goes to the register of the result first, which should be its own if it dies.
 */

/** What constants and addresses can do for an operation. */
export type ArithmeticKind = 'sum' | 'difference' | 'product' | 'other';

/**
 * An operation `dst = a op b` that an instruction of two operands does. All of these objects have the same
 * fields in the same order, which makes reading them faster.
 */
export interface TwoOperands {
  /** The instruction. */
  readonly id: number;
  readonly vtype: VType;
  readonly commutes: boolean;
  /** For integer additions: `lea`, which adds two registers into a third. 0 for others. */
  readonly lea: number;
  /** 64 bits rather than 32. */
  readonly wide: boolean;
  /** Of integers; `other` for floats. */
  readonly kind: ArithmeticKind;
}

/** True if a and b must change places: the second operand can be a fused load or a constant. */
export function swaps(g: LoweringContext, at: number, { commutes }: TwoOperands): boolean {
  if (!commutes) return false;
  const { ir } = g;
  const a = ir.a[at];
  const b = ir.b[at];
  if (g.isFusedOperand(at, b)) return false;
  return g.isFusedOperand(at, a) || (ir.isConstant[a] === 1 && ir.isConstant[b] === 0);
}

/** b is made by a fused load. */
export function withMemory(g: LoweringContext, at: number, { id, vtype }: TwoOperands, a: number): void {
  const { ir, allocation } = g;
  const ra = allocation.use(a);
  g.fusedOperand(at - 1);
  const address = only(g.base) | onlyIfAny(g.index);
  g.releaseChain(at);
  // The address is read after the result's register has been written.
  allocation.locked |= address;
  const rd = allocation.define(ir.dst[at], ra);
  g.moves.copy(vtype, rd, ra);
  g.siteOfFused(at - 1);
  g.loadFrom(id, rd);
}

/** a is in register `ra`, b is to be in a register too. */
export function withRegister(
  g: LoweringContext,
  at: number,
  { id, vtype, commutes, lea }: TwoOperands,
  ra: number,
  b: number,
): void {
  const { ir, asm, allocation } = g;
  const rb = allocation.use(b);
  allocation.releaseDying(at);
  if (!commutes && rb !== ra) allocation.locked |= only(rb);
  const rd = allocation.define(ir.dst[at], ra);
  if (rd === rb && rd !== ra) {
    asm.rr(id, encodingOf(rd), encodingOf(ra));
  } else if (rd !== ra && lea !== 0) {
    asm.rmx(lea, rd, ra, rb, 0, 0);
  } else {
    g.moves.copy(vtype, rd, ra);
    asm.rr(id, encodingOf(rd), encodingOf(rb));
  }
}

/** dst = f(a) for an instruction `reg, r/m` that does it all. */
export function oneInstruction(g: LoweringContext, at: number, id: number): void {
  const { ir, allocation } = g;
  const ra = allocation.use(ir.a[at]);
  allocation.releaseDying(at);
  const rd = allocation.define(ir.dst[at], ra);
  g.asm.rr(id, encodingOf(rd), encodingOf(ra));
}
