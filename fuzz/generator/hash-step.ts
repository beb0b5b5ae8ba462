import { Opcode } from '../../src/wasm/opcodes.js';
import type { Instruction } from '../module/draft.js';

/** Mixes an i64 into a hash, which is below it on the stack. */
export const hashStep: readonly Instruction[] = [
  [Opcode['i64.xor']],
  [Opcode['i64.const'], 0x100000001b3n],
  [Opcode['i64.mul']],
  [Opcode['i64.const'], 23n],
  [Opcode['i64.rotl']],
];
