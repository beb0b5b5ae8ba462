/**
 * The numbers that the interpreter's code has for operations on vectors, and what they mean: the opcodes, but
 * relaxed instructions have one number for each meaning.
 */
import { Opcode, opcodeCount, opcodes, resultType } from '../../wasm/opcodes.js';
import { ValType } from '../../wasm/types.js';
import { type VectorAccess, vectorAccesses } from './accesses.js';
import { floatOperations } from './floats.js';
import { integerOperations } from './integers.js';
import { laneOperations } from './lanes.js';
import type { VectorOperation, VectorOperations } from './registers.js';
import { type RelaxedMeaning, relaxedOperations } from './relaxed.js';
import { widthOperations } from './widths.js';

/** The operations of instructions that are not relaxed. */
const plain: VectorOperations = {
  ...laneOperations,
  ...integerOperations,
  ...widthOperations,
  ...floatOperations,
};

const relaxedOpcodes = opcodes.filter(({ feature }) => feature === 'relaxed-simd');
const twoSteps: RelaxedMeaning = { deterministic: false, fused: false };
const oneStep: RelaxedMeaning = { deterministic: false, fused: true };
const fixed: RelaxedMeaning = { deterministic: true, fused: false };

/** Operations by number. */
export const operations = new Array<VectorOperation | undefined>(opcodeCount).fill(undefined);
/**
 * Whether an operation's result is a vector, by number; else it is a value of at most 8 bytes. Among them is
 * `select`.
 */
export const makesVector: boolean[] = Array.from(resultType, (type) => type === ValType.v128);
makesVector[Opcode.select] = true;
/** Loads, stores and accesses to lanes, by opcode. */
export const accesses = new Array<VectorAccess | undefined>(opcodeCount).fill(undefined);

for (const { code, mnemonic } of opcodes) {
  operations[code] = plain[mnemonic];
  accesses[code] = vectorAccesses[mnemonic];
}

/** Gives the relaxed instructions numbers; returns the number of each opcode. */
function numbered(meaning: RelaxedMeaning): Uint16Array {
  const numbers = Uint16Array.from({ length: opcodeCount }, (_, code) => code);
  const relaxed = relaxedOperations(meaning, plain);
  for (const { code, mnemonic } of relaxedOpcodes) {
    numbers[code] = operations.length;
    operations.push(relaxed[mnemonic]);
    makesVector.push(true);
  }
  return numbers;
}

const numbersOf = { twoSteps: numbered(twoSteps), oneStep: numbered(oneStep), fixed: numbered(fixed) };

/** The numbers of opcodes where relaxed instructions have a meaning. */
export function vectorNumbers({ deterministic, fused }: RelaxedMeaning): Uint16Array {
  if (deterministic) return numbersOf.fixed;
  return fused ? numbersOf.oneStep : numbersOf.twoSteps;
}
