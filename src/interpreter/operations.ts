import { type Mnemonic, Opcode, opcodeCount, opcodes, Prefix } from '../wasm/opcodes.js';
import { ValType } from '../wasm/types.js';

/**
 * The interpreter's code: what `decode.ts` makes of a function and `run.ts` executes.
 *
 * An operation is four 32-bit words, `[operation, d, a, b]`; some have more words after these. Unless said
 * otherwise, `d`, `a` and `b` are places in the function's frame, in words from its start: where the result
 * goes and where the operands are. A value takes two words, of which an i32 or f32 uses the first; a v128
 * takes four.
 *
 * A load has its static offset in b. A store has it in d, its address in a and the value in b. Numeric
 * instructions, loads and stores have the number that `operationOf` gives. All others are below.
 */
export const Operation = {
  /** Traps: unreachable. */
  unreachable: 0x00,
  /** d ← a, of one word (i32, f32), of two words, or of two words as one piece (f64): see `copyOperation`. */
  copy32: 0x07,
  copy64: 0x01,
  copyF64: 0x08,
  /** d ← the next two words */
  constant: 0x02,
  /** Continues at word d of the code. */
  br: 0x03,
  /** Continues at word d if the i32 a is not 0, … */
  br_if: 0x04,
  /** … if it is 0. */
  br_unless: 0x05,
  /** Continues at the word in entry a of the table that follows, at most entry b, which is the last. */
  br_table: 0x06,
  /** Returns; results are at the frame's start. */
  return: 0x09,
  /**
   * A pad, where a caught exception arrives: if it is of tag a, what it carries goes to b and what follows
   * it; else continues at word d.
   */
  catch: 0x0a,
  /** d ← reference of the exception that has arrived */
  caught: 0x0b,
  /** Throws an exception of tag d, which carries what is in a and what follows it. */
  throw: 0x0c,
  /** Throws the exception of reference a. */
  throw_ref: 0x0d,
  /**
   * Throws the exception that has arrived once more, to handlers of control frames below index d: see
   * `FunctionBody.handlers`.
   */
  pass_on: 0x0e,
  /** Calls function d; arguments are at a and what follows it, and so are the results. */
  call: 0x10,
  /** Calls element a of table b. Two more words: where arguments and results are, type index. */
  call_indirect: 0x11,
  /**
   * Calls in place of the function that calls: function d, element a of table b, the function of reference a.
   * Two more words: where the arguments are, type index.
   */
  return_call: 0x12,
  return_call_indirect: 0x13,
  return_call_ref: 0x15,
  /** Calls the function of reference a. One more word: where arguments and results are. */
  call_ref: 0x14,
  /** Continues at word d if reference a is null, … */
  br_on_null: 0x16,
  /** … if it is not. */
  br_on_non_null: 0x17,
  /** Traps if reference a is null. */
  ref_as_non_null: 0x18,
  /**
   * d ← condition ≠ 0 ? a : b; the next word is the place of the condition. For all types but f64, and for
   * f64.
   */
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
  /**
   * d ← index a of an element, which has 64 bits, as one of 32. Those that are too large stay so: they become
   * 2³² - 1, and no table has that many elements.
   */
  table_index: 0x19,
  /** Loads to d, or stores b, at the address in a, by more words: see `accessMemory`. */
  memory_access: 0x27,
  /** Does something to a memory, by more words: see `executeOnMemory`. Operands and result are at d. */
  memory_whole: 0x41,
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
  /**
   * d ← an operation on a and b. Three more words: its number (`vectors/numbers.ts`), the place of a third
   * operand, a lane.
   */
  vector: 0x10a,
  /**
   * Loads to d, or stores, at the address in a; b is a vector. Three more words: opcode, static offset, lane.
   */
  vector_access: 0x10b,
  /** d ← global a, a vector */
  global_get_vector: 0x10c,
  /** global d ← a, a vector */
  global_set_vector: 0x10d,
} as const;
export type Operation = (typeof Operation)[keyof typeof Operation];

/** Bits of the word that says which operands have 64 bits. */
export const Wide = {
  /** Addresses in the memory, or in the one that is copied to. */
  address: 1,
  /** Addresses in the memory that is copied from. */
  source: 2,
  /** The length of what is copied. */
  length: 4,
} as const;

/**
 * Words after the operation `memory_access`: opcode, memory, `Wide`, lower and upper half of the offset,
 * lane.
 */
export const accessWords = 6;

/**
 * Words after the operation `memory_whole`: opcode, memory, `Wide`, segment or memory that is copied from.
 */
export const wholeWords = 4;

/** Operations that copy a value, by type; all other types are two words, or, as v128, twice that. */
const copies: ReadonlyMap<number, Operation> = new Map([
  [ValType.i32, Operation.copy32],
  [ValType.f32, Operation.copy32],
  [ValType.f64, Operation.copyF64],
]);

/**
 * The operation that copies two words of a value of a type. The processor stalls when one operation writes a
 * value in two pieces and the next reads it in one, or the other way round. So an f64 is always one piece,
 * and everything else is words.
 */
export function copyOperation(type: number): Operation {
  return copies.get(type) ?? Operation.copy64;
}

/** Words of an operation, without the further ones that some have. */
export const operationWords = 4;

/**
 * A comparison of i32s joined with the branch that depends on it: continues at word d if a and b compare so.
 * Its number is that of the comparison (i32.eq to i32.ge_u) plus this.
 */
export const branchingComparison = 0x80;

/** The same with the right operand itself in b. */
export const branchingConstantComparison = 0xac;

/**
 * A comparison of i32s with the right operand itself in b: its number is that of the comparison plus this.
 */
export const constantComparison = 0xba;

/**
 * An arithmetic operation on i32s with the right operand itself in b: the number of the plain one plus this.
 */
export const constantArithmetic = 0x79;

/** Instructions whose right operand is usually a constant. */
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
const takerCodes = new Set<number>(takers.map((mnemonic) => Opcode[mnemonic]));

/**
 * The operation of an instruction whose right operand is a constant; undefined if it has no such operation.
 */
export function withConstant(code: number): number | undefined {
  if (code >= Opcode['i32.eq'] && code <= Opcode['i32.ge_u']) return code + constantComparison;
  return takerCodes.has(code) ? code + constantArithmetic : undefined;
}

/** Number of the operation of sub-opcode 0, by prefix. */
const firstOperations: ReadonlyMap<number, number> = new Map([[Prefix.misc, 0xd0]]);

/**
 * The operation of each opcode that has one: the opcode itself if that is a byte. Opcodes with a prefix are
 * numbered where there is room, to keep the cases of the loop dense. Vector instructions are not among them:
 * `vector` and `vector_access` are all of them.
 */
export const operationOf = new Uint16Array(opcodeCount);
for (const { code, prefix, sub } of opcodes) {
  if (prefix === Prefix.vector) continue;
  operationOf[code] = prefix === undefined ? code : (firstOperations.get(prefix) ?? 0) + sub;
}

/** 1 for each numeric operator that leaves the words of its operand alone and so needs no operation. */
export const keepsWords = new Uint8Array(opcodeCount);
for (const name of [
  'i32.wrap_i64',
  'i32.reinterpret_f32',
  'i64.reinterpret_f64',
  'f32.reinterpret_i32',
  'f64.reinterpret_i64',
] as const) {
  keepsWords[Opcode[name]] = 1;
}
