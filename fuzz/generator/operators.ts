/** Instructions whose operands and results the opcode table knows and that need no immediates but lanes. */
import { Opcode, type OpcodeRow, opcodes } from '../../src/wasm/opcodes.js';
import { ValType, valTypes } from '../../src/wasm/types.js';
import type { Body } from './body.js';
import { edgeBits } from './constants.js';
import { exact, i32, isFloat, type Shape, type Slot } from './shape.js';
import { laneImmediates, vectorOperands, vectorResult } from './vectors.js';

type Operator = OpcodeRow & { readonly signature: NonNullable<OpcodeRow['signature']> };

/** All of them except `nop`. */
const operators = opcodes.filter((opcode): opcode is Operator => {
  const hasOnlyLanes = opcode.immediates.every((kind) => kind === 'lane' || kind === 'lanes');
  return hasOnlyLanes && opcode.signature?.result !== undefined;
});

/** Operators to choose from: all, and those with a result of each type. */
interface Selection {
  readonly all: readonly Operator[];
  readonly withResult: Readonly<Record<number, readonly Operator[]>>;
}

function selection(allows: (operator: Operator) => boolean): Selection {
  const all = operators.filter(allows);
  const withResult = valTypes.map((type) => [type, all.filter(({ signature }) => signature.result === type)]);
  return { all, withResult: Object.fromEntries(withResult) as Selection['withResult'] };
}

const scalar = selection(({ kind }) => kind !== 'vector');
const plain = selection(({ feature }) => feature !== 'relaxed-simd');
const relaxed = selection(() => true);

function selectionOf({ hasVectors, hasRelaxed }: Shape): Selection {
  if (!hasVectors) return scalar;
  return hasRelaxed ? relaxed : plain;
}

/** Whether the result of an operator has the same bits in every engine, NaNs included. */
function resultIsExact({ mnemonic, signature }: Operator, operands: readonly Slot[]): boolean {
  if (signature.result === undefined || !isFloat(signature.result)) return true;
  if (/\.(neg|abs|copysign)$/.test(mnemonic)) return operands.every((operand) => operand.exact);
  return /\.(reinterpret|convert)_/.test(mnemonic);
}

/** The operands of an operator. They must be exact if the sign or the bits of a float decide the result. */
function operandSlots(operator: Operator): Slot[] {
  const { mnemonic, kind, signature } = operator;
  if (kind === 'vector') return vectorOperands(operator, signature.operands);
  return signature.operands.map((type, k) => {
    const seen = mnemonic.includes('reinterpret') || (mnemonic.endsWith('copysign') && k === 1);
    return { type, exact: seen || !isFloat(type) };
  });
}

/** Percentage of divisions and conversions that may trap. */
function trapPercentage(body: Body): number {
  return body.wild ? 40 : 4;
}

/** Writes an operator with its operands. */
function operate(body: Body, operator: Operator): void {
  const { code, kind, traps, signature } = operator;
  const { result, operands } = signature;
  if (result === undefined) return;
  const mustNotTrap = !body.random.chance(trapPercentage(body)) && traps;
  // Conversions to integers trap, and divisions.
  if (mustNotTrap && kind === 'cvtop') {
    smallFloat(body, operands[0]);
    body.emit(code);
    body.pop(1);
    body.push(exact(result));
    return;
  }
  const slots = operandSlots(operator);
  if (mustNotTrap) divisor(body, slots);
  else body.want(slots);
  const found = body.stack.slice(-slots.length);
  body.emit(code, ...laneImmediates(operator, body.random));
  body.pop(slots.length);
  body.push(
    kind === 'vector'
      ? vectorResult(operator, result, found)
      : { type: result, exact: resultIsExact(operator, found) },
  );
}

/**
 * Leaves a dividend and a divisor other than 0 on the stack. The divisor is often a constant, which compilers
 * turn into a multiplication.
 */
function divisor(body: Body, slots: readonly Slot[]): void {
  const [{ type }] = slots;
  const isWide = type === ValType.i64;
  if (body.random.chance(50)) {
    body.want(slots.slice(1));
    const bits = edgeBits(type, body.random) || 7n;
    if (isWide) body.emit(Opcode['i64.const'], BigInt.asIntN(64, bits));
    else body.emit(Opcode['i32.const'], Number(BigInt.asIntN(32, bits)));
    body.push(exact(type));
    return;
  }
  body.want(slots);
  if (isWide) body.emit(Opcode['i64.const'], 1n);
  else body.emit(Opcode['i32.const'], 1);
  body.emit(isWide ? Opcode['i64.or'] : Opcode['i32.or']);
}

/** A float with a fraction that every conversion to an integer accepts. */
function smallFloat(body: Body, type: ValType): void {
  const isSingle = type === ValType.f32;
  body.want([i32]);
  body.emit(Opcode['i32.const'], 0xffff);
  body.emit(Opcode['i32.and']);
  body.emit(isSingle ? Opcode['f32.convert_i32_s'] : Opcode['f64.convert_i32_s']);
  if (body.random.chance(50)) body.emit(isSingle ? Opcode['f32.sqrt'] : Opcode['f64.sqrt']);
  body.pop(1);
  body.push(exact(type));
}

/** Writes an operator with a result of this type. */
export function operatorOf(body: Body, type: ValType): void {
  operate(body, body.random.pick(selectionOf(body.shape).withResult[type]));
}

/** Writes an operator, preferably one that takes what is on top of the stack. */
export function anyOperator(body: Body): void {
  const top = body.available > 0 ? body.stack[body.stack.length - 1].type : undefined;
  const { all } = selectionOf(body.shape);
  for (let tries = 0; tries < 4; tries++) {
    const operator = body.random.pick(all);
    if (top === undefined || operator.signature.operands.at(-1) === top) {
      operate(body, operator);
      return;
    }
  }
  operate(body, body.random.pick(all));
}
