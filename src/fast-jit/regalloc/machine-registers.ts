import { calleeSaved, Gpr } from '../../code/abi.js';

/**
 * Machine registers as the allocator numbers them: 0–15 general registers, 16–31 xmm0–xmm15; sets of them are bits of
 * one 32-bit number.
 */
export const firstXmm = 16;

/** For the lowering's own use within one instruction; never allocated. */
export const scratchGpr = Gpr.r11;
export const scratchXmm = 15;

const allGprs = 0xffff;
export const allocatableGprs = allGprs & ~((1 << Gpr.rsp) | (1 << Gpr.rbp) | (1 << scratchGpr));
export const allocatableXmms = 0x7fff << firstXmm;

/** Registers that a callee preserves. */
export const calleeSavedSet = calleeSaved.reduce((set, register) => set | (1 << register), 0);
/** Allocatable registers that a call destroys. */
export const callerSavedSet = (allocatableGprs & ~calleeSavedSet) | allocatableXmms;

/** The lowest register of a set that is not empty. */
export function lowest(set: number): number {
  return 31 - Math.clz32(set & -set);
}

/** The highest register of a set that is not empty. */
export function highest(set: number): number {
  return 31 - Math.clz32(set);
}

/** How many registers a set has. */
export function population(set: number): number {
  let count = 0;
  for (let bits = set; bits !== 0; bits &= bits - 1) count++;
  return count;
}
