import { slotSize } from '../../layout/widths.js';
import { calleeSaved, Gpr } from '../../x64/abi.js';
import { frame, savedFields } from '../../x64/frame-layout.js';

/*
 * Where LLVM's functions keep the callee-saved registers of their callers. With `frame-pointer=all` every
 * function begins with `push rbp; mov rbp, rsp`, and goes on to push what it saves, in this order. Nothing
 * comes in between: shrink-wrapping is off (`capi/process.ts`), and LLVM does not move instructions across
 * those that set up the frame.
 */

/** `push rbp; mov rbp, rsp`. */
const frameSetup: readonly number[] = [0x55, 0x48, 0x89, 0xe5];

const { rbx, r12, r13, r14, r15 } = Gpr;
const order: readonly number[] = [r15, r14, r13, r12, rbx];
/** `push`, the low three bits being the register's; before it a prefix for r8 to r15. */
const push = 0x50;
const pushPrefix = 0x41;

/** As `CodeObject.saved`, for the function whose first instruction is at an offset in the code. */
export function savedByPrologue(code: Uint8Array, entry: number): number {
  if (!frameSetup.every((byte, k) => code[entry + k] === byte)) return 0;
  let at = entry + frameSetup.length;
  const saved: number[] = [];
  for (const register of order) {
    const isExtended = register >= 8;
    const opcode = code[isExtended ? at + 1 : at];
    if ((isExtended && code[at] !== pushPrefix) || opcode !== push + (register & 7)) continue;
    saved.push(register);
    at += isExtended ? 2 : 1;
  }
  return savedFields(saved, (register) => -slotSize * (saved.indexOf(register) + 1));
}

/**
 * DWARF's numbers of rbp, and of callee-saved registers by ours: r12 to r15 are the same (psABI, figure
 * 3.36).
 */
const dwarfRbp = 6;
const dwarfNumber = (register: number): number => (register === rbx ? 3 : register);

/**
 * The same from tables for unwinding: offsets of saved registers from the canonical frame address, which is
 * where the caller's stack pointer was before the call; by DWARF's numbers of registers.
 */
export function savedByTable(offsets: ReadonlyMap<number, number>): number {
  if (offsets.get(dwarfRbp) !== -frame.stackArguments) return 0;
  const saved = calleeSaved.filter((register) => offsets.has(dwarfNumber(register)));
  return savedFields(saved, (register) => (offsets.get(dwarfNumber(register)) ?? 0) + frame.stackArguments);
}
