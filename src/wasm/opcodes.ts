/**
 * The instructions, one row each: `opcodes-plain.ts` and, for each prefix, a file of its own. Decoder,
 * validator, compilers, printers and tests read these tables, either by row (`opcodes`) or, in hot loops,
 * through the typed arrays derived from them. A new instruction is a row there, and a line in the lowering of
 * each tier.
 *
 * An *opcode* is one number: the byte itself or, after a prefix, a number from 0x100 on. Each prefix has as
 * many of these as its rows need, in the order of `tables`. Only `prefixedOpcode` and the rows' `prefix` and
 * `sub` know how this relates to the binary format.
 */

import { firstAfter, type OpcodeRow, roomAfter, rows } from './opcode-tables.js';

export { CatchKind, Immediate, type ImmediateKind, type OpcodeKind, Prefix } from './opcode-row.js';
export {
  accessSize,
  canTrap,
  closesBlock,
  immediateKinds,
  immediatesFrom,
  isNumeric,
  isOpcode,
  isPrefix,
  laneCount,
  type Mnemonic,
  naturalAlignment,
  Opcode,
  type OpcodeRow,
  opcodeCount,
  opcodes,
  opensBlock,
  operandCount,
  operandType0,
  operandType1,
  operandType2,
  reopensBlock,
  resultType,
  variableSignature,
} from './opcode-tables.js';

/** The opcode of a sub-opcode; where there can be none the prefix itself, which is no instruction. */
export function prefixedOpcode(prefix: number, sub: number): number {
  return sub < roomAfter[prefix] ? firstAfter[prefix] + sub : prefix;
}

/** The row of an opcode; undefined if it is no instruction of ours. */
export function opcodeRow(opcode: number): OpcodeRow | undefined {
  return rows[opcode];
}

/** The text format's name of an opcode; a hexadecimal number if it is no instruction of ours. */
export function mnemonic(opcode: number): string {
  return rows[opcode]?.mnemonic ?? `0x${opcode.toString(16)}`;
}
