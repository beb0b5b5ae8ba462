import { Trap } from '../../code/traps.js';
import { loopState } from '../../ir/loop-state.js';
import { Op, vtypeNames } from '../../ir/ops.js';
import { builtinOffset } from '../../layout/builtins.js';
import { moduleInstance } from '../../layout/structs.js';
import { slotsOf } from '../../layout/widths.js';
import { ValType } from '../../wasm/types.js';
import { Condition } from '../../x64/conditions.js';
import { X } from '../../x64/instructions.js';
import type { Places } from '../target.js';
import type { LoweringContext } from './context.js';
import { scratchGpr } from './machine-registers.js';

/** Where the state of a function is at a loop's head, in the order of `loopState`. */
function placesAt({ ir, allocation, frame }: LoweringContext, at: number): Places | undefined {
  const label = ir.imm[at - 1];
  if (at === 0 || ir.op[at - 1] !== Op.label || ir.labelIsLoop[label] === 0) return undefined;
  const state = loopState(ir, label);
  return {
    registers: state.map((register) => allocation.place[register]),
    displacements: state.map((register) => (frame.hasSlot(register) ? frame.slotOf(register) : 0)),
    slots: state.map((register) => slotsOf(ValType[vtypeNames[ir.vtype[register]]])),
  };
}

/**
 * Counts, and calls the builtin `hot` when the counter becomes 0. The builtin keeps all registers but the
 * scratch one, so for the allocator this is not a call.
 */
export function heat(g: LoweringContext, at: number): void {
  const { ir, asm, allocation, moves } = g;
  const hot = asm.newLabel();
  const on = asm.newLabel();
  const instance = allocation.use(ir.instance);
  asm.mi(X.sub32, instance, ir.imm[at], 1);
  asm.jcc(Condition.e, hot);
  asm.bind(on);
  if (g.probe !== undefined && ir.wasmOffset[at] === g.probe.wasmOffset) g.probe.places = placesAt(g, at);
  const base = allocation.place[ir.memoryBase];
  allocation.releaseDying(at);
  g.rarely(() => {
    asm.bind(hot);
    // What `hotFrame` describes: two words, so that the stack pointer stays a multiple of 16.
    asm.r(X.push, instance);
    asm.i(X.push, ir.b[at]);
    asm.rm(X.mov64, scratchGpr, instance, moduleInstance.offsets.builtins);
    asm.m(X.call, scratchGpr, builtinOffset('hot'));
    g.siteAt(asm.position - 1, Trap.none, ir.wasmOffset[at]);
    // The runtime may have grown the memory. That moves it unless it is guarded.
    if (g.movesBase && base >= 0) moves.memoryBase(base, instance);
    asm.jmp(on);
  });
}
