/**
 * The operations of the IR, which the Fast JIT and the LLVM JIT lower. Wasm's plain operators (numeric ones,
 * loads and stores) are IR operations as they stand: an opcode is the number of its operation. So the
 * frontend takes them over by their rows in the opcode table, and a new one costs a lowering line only.
 * Listed here is what wasm has no opcode for at this level. These operations are numbered after the opcodes.
 */
import { names, OpFact, opFacts } from './op-tables.js';

export {
  Op,
  OpFact,
  opCount,
  opDefines,
  opEnds,
  opFacts,
  opOperandTypes,
  opPad,
  opReads,
  opResultType,
  opSwapped,
  ReadsA,
  ReadsArgs,
  ReadsB,
  ReadsC,
} from './op-tables.js';
export { noVType, VType, vtypeNames, vtypeOf } from './vtypes.js';

export function isLoad(op: number): boolean {
  return (opFacts[op] & OpFact.load) !== 0;
}

/** Numeric and vector operators, constants aside (spec 2.0, sections 5.4.7 and 5.4.8). */
export function isNumeric(op: number): boolean {
  return (opFacts[op] & OpFact.numeric) !== 0;
}

export function isStore(op: number): boolean {
  return (opFacts[op] & OpFact.store) !== 0;
}

/** Name of an IR operation; empty where there is none. */
export function opName(op: number): string {
  return names[op] ?? '';
}
