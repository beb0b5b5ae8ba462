import { type Mnemonic, Op } from '../wasm/opcodes.js';
import { ValType } from '../wasm/types.js';

/**
 * The interpreter's code: what `decode.ts` makes of a function and `run.ts` executes.
 *
 * An operation is four 32-bit words, `[operation, d, a, b]`, some with more words behind. Where not said otherwise, `d`,
 * `a` and `b` name places in the function's frame, in words from its start: where the result goes and where the operands
 * are. A value takes two words, of which an i32 or f32 uses the first.
 *
 * A load has the static offset in the place of b; a store has it in the place of d, its address is a, the value is b.
 * Numeric instructions, loads and stores have the number that their opcode has in the binary format; those behind the
 * prefix 0xFC have `0xd0 + n`. All others are below.
 */
export const Operation = {
  /** Traps: unreachable. */
  unreachable: 0x00,
  /** d ← a, of one word (i32, f32), of two words, or of two words as one piece (f64): see `copyOperation`. */
  copy32: 0x07,
  copy64: 0x01,
  copyF64: 0x08,
  /** d ← the two words behind. */
  constant: 0x02,
  /** Goes on at word d of the code. */
  br: 0x03,
  /** Goes on at word d where the i32 a is not 0, … */
  br_if: 0x04,
  /** … where it is 0. */
  br_unless: 0x05,
  /** Goes on at the word that number a of the table behind says, the last one for larger numbers; b is the last number. */
  br_table: 0x06,
  /** Returns; results are at the frame's start. */
  return: 0x09,
  /** Calls function d, with arguments from a on, where the results will be. */
  call: 0x10,
  /** Calls element a of table b; behind: where arguments and results are, type index. */
  call_indirect: 0x11,
  /** d ← the word behind is a place whose i32 is not 0 ? a : b; for f64, for all other types */
  select: 0x1b,
  selectF64: 0x1c,
  /** d ← global a */
  global_get: 0x23,
  /** global d ← a */
  global_set: 0x24,
  /** d ← element a of table b */
  table_get: 0x25,
  /** element a of table d ← b */
  table_set: 0x26,
  /** d ← pages of the memory */
  memory_size: 0x3f,
  /** d ← what memory.grow by a returns */
  memory_grow: 0x40,
  /** Operands from d on: start, value, length. */
  memory_fill: 0xdb,
  /** Operands from d on: destination, source, length. */
  memory_copy: 0xda,
  /** Operands from d on: destination, source, length; data segment a. */
  memory_init: 0xd8,
  /** Data segment d. */
  data_drop: 0xd9,
  /** Operands from d on: destination, source, length; element segment a, table b. */
  table_init: 0xdc,
  /** Element segment d. */
  elem_drop: 0xdd,
  /** Operands from d on: destination, source, length; from table b to table a. */
  table_copy: 0xde,
  /** Operands from d on: value, delta; the result goes to d; table a. */
  table_grow: 0xdf,
  /** d ← length of table a */
  table_size: 0xe0,
  /** Operands from d on: start, value, length; table a. */
  table_fill: 0xe1,
  /** d ← reference of function a */
  ref_func: 0xe2,
} as const;
export type Operation = (typeof Operation)[keyof typeof Operation];

/**
 * The operation that copies a value of a type. What one operation writes in two pieces and the next reads in one, or the
 * other way round, the processor waits for: an f64 is always one piece, everything else is words.
 */
export function copyOperation(type: number): Operation {
  if (type === ValType.f64) return Operation.copyF64;
  return type === ValType.i32 || type === ValType.f32 ? Operation.copy32 : Operation.copy64;
}

/** Words of an operation, without what some have behind. */
export const operationWords = 4;

/**
 * A comparison of i32s joined to the branch that depends on it: goes on at word d where the comparison of a and b holds.
 * Its number is that of the comparison (i32.eq to i32.ge_u) plus this.
 */
export const branchingComparison = 0x80;

/** As that, but b is the right operand itself. */
export const branchingConstantComparison = 0xac;

/** A comparison of i32s whose b is the right operand itself has the number of the comparison plus this. */
export const constantComparison = 0xba;

/** An arithmetic operation on i32s whose b is the right operand itself: its number plus this. */
export const constantArithmetic = 0x79;

/** Instructions whose right operand is a constant as a rule. */
const takers: readonly Mnemonic[] = [
  'i32.add',
  'i32.mul',
  'i32.and',
  'i32.or',
  'i32.xor',
  'i32.shl',
  'i32.shr_s',
  'i32.shr_u',
];
const takerCodes = new Set<number>(takers.map((mnemonic) => Op[mnemonic]));

/** The operation that does what an instruction does, with its right operand a constant; undefined where there is none. */
export function withConstant(code: number): number | undefined {
  if (code >= Op['i32.eq'] && code <= Op['i32.ge_u']) return code + constantComparison;
  return takerCodes.has(code) ? code + constantArithmetic : undefined;
}

/** Number of an operation behind the prefix 0xFC. */
export function prefixedOperation(subOpcode: number): number {
  return 0xd0 + subOpcode;
}
