/** Instructions whose operands and results the opcode table knows and that need no immediates. */
import { Immediate, Op, type Opcode, opcodes } from '../../src/wasm/opcodes.js';
import { ValType } from '../../src/wasm/types.js';
import type { Body } from './body.js';
import { edgeBits } from './constants.js';
import { exact, i32, isFloat, type Slot } from './shape.js';

type Operator = Opcode & { readonly signature: NonNullable<Opcode['signature']> };

/** All of them, `nop` excepted. */
const operators = opcodes.filter((opcode): opcode is Operator => {
  return opcode.immediates === Immediate.none && opcode.signature?.result !== undefined;
});

const operatorsOf: Readonly<Record<number, readonly Operator[]>> = Object.fromEntries(
  [ValType.i32, ValType.i64, ValType.f32, ValType.f64].map((type) => [
    type,
    operators.filter(({ signature }) => signature.result === type),
  ]),
);

/** How an operator treats the bits of NaNs. */
function resultIsExact({ mnemonic, signature }: Operator, operands: readonly Slot[]): boolean {
  if (signature.result === undefined || !isFloat(signature.result)) return true;
  if (/\.(neg|abs|copysign)$/.test(mnemonic)) return operands.every((operand) => operand.exact);
  return /\.(reinterpret|convert)_/.test(mnemonic);
}

/** What an operator needs: where the sign or the bits of a float decide the result, they have to be exact. */
function operandSlots({ mnemonic, signature }: Operator): Slot[] {
  return signature.operands.map((type, k) => {
    const seen = mnemonic.includes('reinterpret') || (mnemonic.endsWith('copysign') && k === 1);
    return { type, exact: seen || !isFloat(type) };
  });
}

const divisions = /\.(div|rem)_[su]$/;
const truncations = /\.trunc_f(32|64)_[su]$/;

/** How many of 100 divisions and conversions may trap. */
function trapPercentage(body: Body): number {
  return body.wild ? 40 : 4;
}

/** Writes an operator with its operands. */
function operate(body: Body, operator: Operator): void {
  const { code, mnemonic, signature } = operator;
  const { result, operands } = signature;
  if (result === undefined) return;
  const mayTrap = body.random.chance(trapPercentage(body));
  if (truncations.test(mnemonic) && !mayTrap) {
    smallFloat(body, operands[0]);
    body.emit(code);
    body.pop(1);
    body.push(exact(result));
    return;
  }
  const slots = operandSlots(operator);
  if (divisions.test(mnemonic) && !mayTrap) divisor(body, slots);
  else body.want(slots);
  const found = body.stack.slice(-slots.length);
  body.emit(code);
  body.pop(slots.length);
  body.push({ type: result, exact: resultIsExact(operator, found) });
}

/** Has a dividend and a divisor that is not 0 on the stack; the divisor is often a constant, which compilers multiply by. */
function divisor(body: Body, slots: readonly Slot[]): void {
  const [{ type }] = slots;
  const isWide = type === ValType.i64;
  if (body.random.chance(50)) {
    body.want(slots.slice(1));
    const bits = edgeBits(type, body.random) || 7n;
    if (isWide) body.emit(Op['i64.const'], BigInt.asIntN(64, bits));
    else body.emit(Op['i32.const'], Number(BigInt.asIntN(32, bits)));
    body.push(exact(type));
    return;
  }
  body.want(slots);
  if (isWide) body.emit(Op['i64.const'], 1n);
  else body.emit(Op['i32.const'], 1);
  body.emit(isWide ? Op['i64.or'] : Op['i32.or']);
}

/** A float that any conversion to an integer can take, with a fraction. */
function smallFloat(body: Body, type: ValType): void {
  const isSingle = type === ValType.f32;
  body.want([i32]);
  body.emit(Op['i32.const'], 0xffff);
  body.emit(Op['i32.and']);
  body.emit(isSingle ? Op['f32.convert_i32_s'] : Op['f64.convert_i32_s']);
  if (body.random.chance(50)) body.emit(isSingle ? Op['f32.sqrt'] : Op['f64.sqrt']);
  body.pop(1);
  body.push(exact(type));
}

/** Writes an operator that has a result of this type. */
export function operatorOf(body: Body, type: ValType): void {
  operate(body, body.random.pick(operatorsOf[type]));
}

/** Writes any operator, rather one that takes what is on top of the stack. */
export function anyOperator(body: Body): void {
  const top = body.available > 0 ? body.stack[body.stack.length - 1].type : undefined;
  for (let tries = 0; tries < 4; tries++) {
    const operator = body.random.pick(operators);
    if (top === undefined || operator.signature.operands.at(-1) === top) {
      operate(body, operator);
      return;
    }
  }
  operate(body, body.random.pick(operators));
}
