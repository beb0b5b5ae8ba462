import { Trap, trapMessages } from '../../code/traps.js';

/**
 * How LLVM's x86-64 backend encodes `llvm.ubsantrap(kind)`: `ud1l kind(%eax), %eax`, that is, an address-size
 * prefix, 0F B9 /r, and the kind as 8-bit displacement. So the instruction that faulted says which trap it
 * is.
 */
const ud1 = [0x67, 0x0f, 0xb9, 0x40] as const;

/** Bytes of the instruction. */
export const trapCodeLength = ud1.length + 1;

/**
 * The trap that an instruction means; undefined for any other instruction. `code` starts at the instruction.
 */
export function trapOfCode(code: Uint8Array): Trap | undefined {
  if (code.length < trapCodeLength || !ud1.every((byte, k) => code[k] === byte)) return undefined;
  const kind = code[ud1.length];
  return kind !== Trap.none && kind in trapMessages ? (kind as Trap) : undefined;
}
