/**
 * What decoder and loop call for vectors, and load with the first of them: places of the stack on one side,
 * registers on the other.
 */
import { accesses, makesVector, operations, vectorNumbers } from './numbers.js';
import { a, b, c, result, type VectorRegister } from './registers.js';
import type { RelaxedMeaning } from './relaxed.js';

/** The numbers of opcodes where relaxed instructions have a meaning: see `numbers.ts`. */
export function numbersOf(meaning: RelaxedMeaning): Uint16Array {
  return vectorNumbers(meaning);
}

/** The words of the interpreter's stack. */
interface StackWords {
  readonly i32: Int32Array;
}

/** Words of a vector. */
const vectorWords = 4;

/**
 * Copies a value from the stack. It may be narrower than a vector: what is read beyond it does not matter.
 */
function read(i32: Int32Array, place: number, register: VectorRegister): void {
  const { i32: words } = register;
  for (let k = 0; k < vectorWords; k++) words[k] = i32[place + k];
}

/** Copies as many words of the result to the stack as its type has. */
function write(i32: Int32Array, place: number, words: number): void {
  for (let k = 0; k < words; k++) i32[place + k] = result.i32[k];
}

/**
 * d ← operation(x, y, z). Places that the operation does not use may be any.
 *
 * @param operation see `numbersOf`; or the opcode of `select`
 * @param lane its immediate; 0 if it has none
 */
export function executeVector(
  { i32 }: StackWords,
  operation: number,
  d: number,
  x: number,
  y: number,
  z: number,
  lane: number,
): void {
  const execute = operations[operation];
  if (execute === undefined) throw new Error(`internal error: no operation on vectors ${operation}`);
  read(i32, x, a);
  read(i32, y, b);
  read(i32, z, c);
  execute(lane);
  write(i32, d, makesVector[operation] ? vectorWords : 2);
}

/**
 * Executes a load into d, or a store, at byte `at` of a memory, of the vector in y if it has one. The caller
 * has checked that all bytes are inside.
 */
export function accessVector(
  { i32 }: StackWords,
  opcode: number,
  d: number,
  at: number,
  y: number,
  lane: number,
  memory: DataView,
): void {
  const access = accesses[opcode];
  if (access === undefined) throw new Error(`internal error: no access to vectors ${opcode}`);
  read(i32, y, b);
  access(memory, at, lane);
  if (makesVector[opcode]) write(i32, d, vectorWords);
}
