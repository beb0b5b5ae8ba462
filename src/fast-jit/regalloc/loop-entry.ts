import type { IrFunction } from '../../ir/function.js';
import type { Allocation } from './allocation.js';
import type { Edges } from './edges.js';
import type { Flow } from './flow.js';
import {
  firstFloat,
  has,
  lowest,
  noRegisters,
  only,
  population,
  type RegisterSet,
  registerCount,
  withoutLowest,
} from './register-set.js';

/** Registers of each class that are left free for the temporaries of a loop. */
const reserve = 4;

/**
 * Decides, just before a loop, which values are in registers at its head: those that the loop mentions, if
 * possible. The others make way. What is done here is done once for each entry, and not at each turn.
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
  const { callerSaved } = allocation.registers;
  for (let at = 0; at < registerCount; at++) {
    const held = allocation.holder[at];
    if (held >= 0 && !edges.isLiveAt(label, held)) allocation.drop(at);
  }
  if (flow.allLive) return;
  const isWritten = (register: number): boolean =>
    ir.tracked[register] >= 0 && flow.loopDoesWrite(loop, ir.tracked[register]);
  const isMentioned = (register: number): boolean =>
    ir.tracked[register] >= 0 && flow.loopDoesMention(loop, ir.tracked[register]);

  // A value that the loop never writes is saved here at most once, not in each turn that needs its register.
  for (let at = 0; at < registerCount; at++) {
    const held = allocation.holder[at];
    if (held < 0) continue;
    if (isWritten(held)) allocation.clean &= ~only(at);
    else if (hasCall || !isInnermost) allocation.save(at);
    if (hasCall && !isMentioned(held) && has(callerSaved, at)) allocation.evict(at);
  }
  if (hasCall) moveToCalleeSaved(ir, allocation, isMentioned);
  loadMentioned(ir, flow, allocation, loop, block, isInnermost ? isMentioned : undefined);
  // What was just loaded may be written in the loop: then its slot must not count as valid at the head.
  for (let at = 0; at < registerCount; at++) {
    const held = allocation.holder[at];
    if (held >= 0 && isWritten(held)) allocation.clean &= ~only(at);
  }
}

/** For a loop with calls: moves what it mentions into registers that calls preserve, while there are any. */
function moveToCalleeSaved(
  ir: IrFunction,
  allocation: Allocation,
  isMentioned: (register: number) => boolean,
): void {
  const { calleeSaved, callerSaved } = allocation.registers;
  for (let at = 0; at < firstFloat; at++) {
    const held = allocation.holder[at];
    if (held < 0 || !has(callerSaved, at) || !isMentioned(held)) continue;
    let candidates = allocation.free & calleeSaved;
    if (candidates === noRegisters) {
      for (let left = calleeSaved; left !== noRegisters; left = withoutLowest(left)) {
        const other = lowest(left);
        const register = allocation.holder[other];
        if (register >= 0 && !isMentioned(register)) candidates |= only(other);
      }
      if (candidates === noRegisters) return;
      allocation.evict(lowest(candidates));
    }
    const to = lowest(candidates);
    const wasClean = has(allocation.clean, at);
    allocation.moves.copy(ir.vtype[held], to, at);
    allocation.drop(at);
    allocation.take(to, held);
    if (wasClean) allocation.clean |= only(to);
  }
}

/**
 * Loads what the loop mentions and what lives into it, while enough registers stay free. Where `isMentioned`
 * is given, other values make way for it.
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
  const { general, float } = allocation.registers;
  for (let w = 0; w < words; w++) {
    const wanted = flow.loopMentions[loop * words + w] & flow.liveIn[block * words + w];
    for (let bits = wanted; bits !== 0; bits &= bits - 1) {
      const register = ir.trackedRegisters[(w << 5) + 31 - Math.clz32(bits & -bits)];
      // The instance is mentioned wherever the memory's base is; it is needed rarely, so it is not loaded
      // ahead.
      if (allocation.place[register] >= 0 || register === ir.instance) continue;
      if (!hasRoom(allocation, ir.isFloat(register) ? float : general, isMentioned)) continue;
      allocation.locked = noRegisters;
      allocation.use(register);
    }
  }
  allocation.locked = noRegisters;
  if (isMentioned === undefined) return;
  hasRoom(allocation, general, isMentioned);
  hasRoom(allocation, float, isMentioned);
}

/**
 * True if more registers of a set are free than the reserve. To make it so, evicts what the loop does not
 * mention.
 */
function hasRoom(
  allocation: Allocation,
  set: RegisterSet,
  isMentioned: ((register: number) => boolean) | undefined,
): boolean {
  let free = population(allocation.free & set);
  if (isMentioned !== undefined) {
    for (
      let left = set & ~allocation.free;
      left !== noRegisters && free <= reserve;
      left = withoutLowest(left)
    ) {
      const at = lowest(left);
      if (allocation.holder[at] < 0 || isMentioned(allocation.holder[at])) continue;
      allocation.evict(at);
      free++;
    }
  }
  return free > reserve;
}
