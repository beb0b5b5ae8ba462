import { opOfWasm, vtypeOf } from '../ir/ops.js';
import { opcodeIndex, opcodeIndexCount, operandCount, resultType, Op as WasmOp } from '../wasm/opcodes.js';
import type { Translator } from './translator.js';

/**
 * For operators whose operands may change places: the operator that then means the same; 0 for the others. By opcode
 * index. It lets a constant always stand on the right.
 */
const swapped = new Uint8Array(opcodeIndexCount);
for (const type of ['i32', 'i64'] as const) {
  for (const name of ['add', 'mul', 'and', 'or', 'xor', 'eq', 'ne'] as const) {
    swapped[WasmOp[`${type}.${name}`]] = WasmOp[`${type}.${name}`];
  }
  for (const sign of ['s', 'u'] as const) {
    swapped[WasmOp[`${type}.lt_${sign}`]] = WasmOp[`${type}.gt_${sign}`];
    swapped[WasmOp[`${type}.gt_${sign}`]] = WasmOp[`${type}.lt_${sign}`];
    swapped[WasmOp[`${type}.le_${sign}`]] = WasmOp[`${type}.ge_${sign}`];
    swapped[WasmOp[`${type}.ge_${sign}`]] = WasmOp[`${type}.le_${sign}`];
  }
}

/** An operator with one operand. */
function unary(t: Translator, code: number): void {
  const value = t.pop();
  t.push(t.define(opOfWasm(code), vtypeOf(resultType[opcodeIndex(code)]), value, -1, -1, 0));
}

/** An operator with two operands. */
function binary(t: Translator, code: number): void {
  const right = t.pop();
  const left = t.pop();
  const result = vtypeOf(resultType[opcodeIndex(code)]);
  if (t.ir.isConstant[left] === 1 && swapped[code] !== 0 && t.ir.isConstant[right] === 0) {
    t.push(t.define(swapped[code], result, right, left, -1, 0));
  } else {
    t.push(t.define(opOfWasm(code), result, left, right, -1, 0));
  }
}

/** Handler of a numeric operator, by the number of its operands. */
export function numericHandler(code: number): (t: Translator, code: number) => void {
  return operandCount[opcodeIndex(code)] === 1 ? unary : binary;
}
