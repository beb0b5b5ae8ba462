import type { IrFunction } from '../../ir/function.js';
import type { Allocation } from './allocation.js';
import type { Edges } from './edges.js';
import type { Flow } from './flow.js';
import {
  allocatableGprs,
  allocatableXmms,
  calleeSavedSet,
  callerSavedSet,
  lowest,
  population,
} from './machine-registers.js';

/** Registers of each kind that are left for the temporaries inside a loop. */
const reserve = 4;

/**
 * Decides, just before a loop, which values are in registers at its head. What the loop mentions should be; what it
 * does not mention makes way where it has to. Whatever is done here is done once an entry, not once a turn.
 */
export function prepareLoop(
  ir: IrFunction,
  flow: Flow,
  allocation: Allocation,
  edges: Edges,
  label: number,
): void {
  const loop = flow.labelLoop[label];
  const block = flow.labelBlock[label];
  const hasCall = flow.loopHasCall[loop] === 1;
  const isInnermost = flow.loopHasInner[loop] === 0;
  for (let at = 0; at < 32; at++) {
    const held = allocation.holder[at];
    if (held >= 0 && !edges.isLiveAt(label, held)) allocation.drop(at);
  }
  if (flow.allLive) return;
  const isWritten = (register: number): boolean =>
    ir.tracked[register] >= 0 && flow.loopDoesWrite(loop, ir.tracked[register]);
  const isMentioned = (register: number): boolean =>
    ir.tracked[register] >= 0 && flow.loopDoesMention(loop, ir.tracked[register]);

  // A value that the loop never writes is saved here at most once, not in each turn that needs its register.
  for (let at = 0; at < 32; at++) {
    const held = allocation.holder[at];
    if (held < 0) continue;
    if (isWritten(held)) allocation.clean &= ~(1 << at);
    else if (hasCall || !isInnermost) allocation.save(at);
    if (hasCall && !isMentioned(held) && ((callerSavedSet >>> at) & 1) === 1) allocation.evict(at);
  }
  if (hasCall) moveToCalleeSaved(ir, allocation, isMentioned);
  loadMentioned(ir, flow, allocation, loop, block, isInnermost ? isMentioned : undefined);
  // What was just loaded may be written in the loop: then its slot must not count as valid at the head.
  for (let at = 0; at < 32; at++) {
    const held = allocation.holder[at];
    if (held >= 0 && isWritten(held)) allocation.clean &= ~(1 << at);
  }
}

/** In a loop with calls: moves what it mentions into registers that calls preserve, as far as there are any. */
function moveToCalleeSaved(
  ir: IrFunction,
  allocation: Allocation,
  isMentioned: (register: number) => boolean,
): void {
  for (let at = 0; at < 16; at++) {
    const held = allocation.holder[at];
    if (held < 0 || ((callerSavedSet >>> at) & 1) === 0 || !isMentioned(held)) continue;
    let candidates = allocation.free & calleeSavedSet;
    if (candidates === 0) {
      for (let bits = calleeSavedSet; bits !== 0; bits &= bits - 1) {
        const other = lowest(bits);
        const register = allocation.holder[other];
        if (register >= 0 && !isMentioned(register)) candidates |= 1 << other;
      }
      if (candidates === 0) return;
      allocation.evict(lowest(candidates));
    }
    const to = lowest(candidates);
    const wasClean = (allocation.clean >>> at) & 1;
    allocation.moves.copy(ir.vtype[held], to, at);
    allocation.drop(at);
    allocation.take(to, held);
    if (wasClean === 1) allocation.clean |= 1 << to;
  }
}

/**
 * Loads what the loop mentions and what lives into it, while enough registers stay free. Where `isMentioned` is given,
 * other values make way for it.
 */
function loadMentioned(
  ir: IrFunction,
  flow: Flow,
  allocation: Allocation,
  loop: number,
  block: number,
  isMentioned: ((register: number) => boolean) | undefined,
): void {
  const { words } = flow;
  for (let w = 0; w < words; w++) {
    const wanted = flow.loopMentions[loop * words + w] & flow.liveIn[block * words + w];
    for (let bits = wanted; bits !== 0; bits &= bits - 1) {
      const register = ir.trackedRegisters[(w << 5) + lowest(bits)];
      // The instance is mentioned wherever the memory's base is; it is needed rarely, so it is not loaded ahead.
      if (allocation.place[register] >= 0 || register === ir.instance) continue;
      if (!hasRoom(allocation, ir.isFloat(register) ? allocatableXmms : allocatableGprs, isMentioned))
        continue;
      allocation.locked = 0;
      allocation.use(register);
    }
  }
  allocation.locked = 0;
  if (isMentioned === undefined) return;
  hasRoom(allocation, allocatableGprs, isMentioned);
  hasRoom(allocation, allocatableXmms, isMentioned);
}

/** True if more registers of a set are free than the reserve; evicts what the loop does not mention to make it so. */
function hasRoom(
  allocation: Allocation,
  set: number,
  isMentioned: ((register: number) => boolean) | undefined,
): boolean {
  let free = population(allocation.free & set);
  if (isMentioned !== undefined) {
    for (let bits = set & ~allocation.free; bits !== 0 && free <= reserve; bits &= bits - 1) {
      const at = lowest(bits);
      if (allocation.holder[at] < 0 || isMentioned(allocation.holder[at])) continue;
      allocation.evict(at);
      free++;
    }
  }
  return free > reserve;
}
