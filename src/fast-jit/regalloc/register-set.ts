/**
 * Machine registers as the allocator numbers them, and sets of them.
 *
 *     0–15   general registers
 *     16–31  float registers
 *
 * A set is one 32-bit word: bit k is register k. Sets are united by `|`, intersected by `&` and subtracted by
 * `& ~`. No other file knows how many registers there are, or which class a number belongs to. A processor
 * with 32 registers of each class can give the allocator 16 of them, and translate the numbers in its own
 * folder.
 *
 * `allocation.ts` and `edges.ts` write out `only`, `has`, `lowest` and `withoutLowest` where they are needed
 * at each instruction. In a process that has just started a call costs more than all that these functions do.
 */

/** The number of a machine register, 0 to `registerCount - 1`. -1 stands for none. */
export type MachineRegister = number;

/** A set of machine registers. */
export type RegisterSet = number;

/** Registers of both classes together. */
export const registerCount = 32;
/** The first register of the class that holds floats. */
export const firstFloat = 16;

export const noRegisters: RegisterSet = 0;

export function isFloatRegister(register: MachineRegister): boolean {
  return register >= firstFloat;
}

/** The number of a register within its class. */
export function numberInClass(register: MachineRegister): number {
  return register & (firstFloat - 1);
}

/** The set of one register. */
export function only(register: MachineRegister): RegisterSet {
  return 1 << register;
}

/** The same, where there may be no register: then it is empty. */
export function onlyIfAny(register: MachineRegister): RegisterSet {
  return register < 0 ? noRegisters : 1 << register;
}

export function setOf(registers: readonly MachineRegister[]): RegisterSet {
  return registers.reduce((set, register) => set | only(register), noRegisters);
}

export function has(set: RegisterSet, register: MachineRegister): boolean {
  return ((set >>> register) & 1) === 1;
}

/** The lowest register of a set that is not empty. */
export function lowest(set: RegisterSet): MachineRegister {
  return 31 - Math.clz32(set & -set);
}

/** The highest register of a set that is not empty. */
export function highest(set: RegisterSet): MachineRegister {
  return 31 - Math.clz32(set);
}

/** A set that is not empty, without its lowest register: how loops walk through sets. */
export function withoutLowest(set: RegisterSet): RegisterSet {
  return set & (set - 1);
}

/** How many registers a set has. */
export function population(set: RegisterSet): number {
  let count = 0;
  for (let left = set; left !== noRegisters; left = withoutLowest(left)) count++;
  return count;
}

/** All registers of a set, the lowest first. */
export function members(set: RegisterSet): MachineRegister[] {
  const registers: MachineRegister[] = [];
  for (let left = set; left !== noRegisters; left = withoutLowest(left)) registers.push(lowest(left));
  return registers;
}
