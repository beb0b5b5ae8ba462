import { calleeSaved, firstXmm, Gpr, xmmCount } from '../../x64/abi.js';
import type { RegisterInfo } from '../regalloc/register-info.js';
import { numberInClass, only, setOf } from '../regalloc/register-set.js';

/*
 * The allocator's numbers of x86-64 registers: 0–15 are the general registers by their number in machine
 * code, 16–31 are xmm0–xmm15.
 */

export { firstXmm } from '../../x64/abi.js';

/** The number that machine code has for a register of either class. */
export const encodingOf = numberInClass;

/** For the lowering's own use within one instruction; never allocated. */
export const scratchGpr = Gpr.r11;
/** The same among the xmm registers, by its number in machine code. */
export const scratchXmm = 15;
/** `scratchXmm` by the allocator's number. */
export const scratchVector = firstXmm + scratchXmm;

const gprNames = Object.keys(Gpr);
const xmmNames = Array.from({ length: xmmCount }, (_, number) => `xmm${number}`);

const scratch = setOf([scratchGpr, firstXmm + scratchXmm]);
const general = setOf(Object.values(Gpr)) & ~setOf([Gpr.rsp, Gpr.rbp, scratchGpr]);
const float = setOf(xmmNames.map((_, number) => firstXmm + number)) & ~only(firstXmm + scratchXmm);
const preserved = setOf(calleeSaved);

/** The registers of x86-64, as the calling convention uses them. */
export const registers: RegisterInfo = {
  names: [...gprNames, ...xmmNames],
  general,
  float,
  allocatable: general | float,
  calleeSaved: preserved,
  callerSaved: (general | float) & ~preserved,
  scratch,
};
