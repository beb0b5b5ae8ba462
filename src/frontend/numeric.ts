import { opResultType, opSwapped, type VType } from '../ir/ops.js';
import { Immediate, immediateKinds, immediatesFrom, operandCount } from '../wasm/opcodes.js';
import type { Translator } from './translator.js';
import { laneOperator, laneSizes, shuffle, splat } from './vectors.js';

/** An operator with one operand. */
function unary(t: Translator, opcode: number): void {
  const { stack } = t;
  const top = t.height - 1;
  stack[top] = t.define(opcode, opResultType[opcode] as VType, stack[top], -1, -1, 0);
}

/** An operator with two operands. A constant goes to the right where that means the same. */
function binary(t: Translator, opcode: number): void {
  const { ir, stack } = t;
  const height = t.height - 2;
  const right = stack[height + 1];
  const left = stack[height];
  const { isConstant } = ir;
  const result = ir.newRegister(opResultType[opcode] as VType);
  if (isConstant[left] === 1 && opSwapped[opcode] !== 0 && isConstant[right] === 0) {
    ir.emit(opSwapped[opcode], result, right, left, -1, 0);
  } else {
    ir.emit(opcode, result, left, right, -1, 0);
  }
  stack[height] = result;
  t.height = height + 1;
}

/** An operator with three operands. */
function ternary(t: Translator, opcode: number): void {
  const { stack } = t;
  const height = t.height - 3;
  const [a, b, c] = [stack[height], stack[height + 1], stack[height + 2]];
  stack[height] = t.define(opcode, opResultType[opcode] as VType, a, b, c, 0);
  t.height = height + 1;
}

const handlers = [undefined, unary, binary, ternary];

/** Handler of a numeric or vector operator, by its immediates and by the number of its operands. */
export function numericHandler(opcode: number): (t: Translator, opcode: number) => void {
  const immediate = immediateKinds[immediatesFrom[opcode]];
  if (immediatesFrom[opcode] < immediatesFrom[opcode + 1]) {
    return immediate === Immediate.lanes ? shuffle : laneOperator;
  }
  if (laneSizes.has(opcode)) return splat;
  const handler = handlers[operandCount[opcode]];
  if (handler === undefined) throw new Error(`internal error: ${operandCount[opcode]} operands`);
  return handler;
}
