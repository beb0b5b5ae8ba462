import { Trap } from '../../code/traps.js';
import { Op } from '../../ir/ops.js';
import { X } from '../../x64/instructions.js';
import type { Lower, LoweringContext } from './context.js';
import { encodingOf } from './machine-registers.js';
import { operand, packedUnaryFrom } from './vector-operands.js';

/*
 * Loads and stores of vectors that are more than moves of 16 bytes.
 */

/** A load whose lanes are extended. */
export function extendingLoad(id: number): Lower {
  return (g, at) => {
    const { ir, allocation } = g;
    g.memoryOperand(at);
    allocation.releaseDying(at);
    const d = encodingOf(allocation.define(ir.dst[at], -1));
    g.site(Trap.memoryOutOfBounds, ir.wasmOffset[at]);
    packedUnaryFrom(g, id, d, 0);
  };
}

/** `[operand], a's lane`: the two lowest lanes of the size are moved, others are extracted. */
function storeLaneOf(g: LoweringContext, op: number, lane: number, a: number): void {
  switch (op) {
    case Op['i8x16.extract_lane_s']:
    case Op['i8x16.extract_lane_u']:
      extractTo(g, X.pextrb, a, lane);
      return;
    case Op['i16x8.extract_lane_s']:
    case Op['i16x8.extract_lane_u']:
      extractTo(g, X.pextrw_m, a, lane);
      return;
    case Op['i32x4.extract_lane']:
    case Op['f32x4.extract_lane']:
      if (lane === 0) g.storeTo(X.movss, a);
      else extractTo(g, X.pextrd, a, lane);
      return;
    default:
      g.storeTo(lane === 0 ? X.movsd : X.movhps, a);
  }
}

function extractTo(g: LoweringContext, id: number, a: number, lane: number): void {
  if (g.index < 0) g.asm.mri(id, g.base, g.disp, a, lane);
  else g.asm.mrxi(id, g.base, g.index, g.scale, g.disp, a, lane);
}

/** The store at `at` of a lane, which the fused instruction before it extracts. */
export function storeLane(g: LoweringContext, at: number): void {
  const { ir } = g;
  const extract = at - 1;
  const a = operand(g, ir.a[extract]);
  g.memoryOperand(at);
  g.site(Trap.memoryOutOfBounds, ir.wasmOffset[at]);
  storeLaneOf(g, ir.op[extract], ir.imm[extract], a);
  g.releaseChain(at);
}
