/**
 * Relaxed vector instructions in the deterministic profile (spec 3.0, sections 4.6.9 and A.5): other
 * instructions take their places. Elsewhere they are operators like all others.
 */
import { Op, VType } from '../ir/ops.js';
import type { Mnemonic } from '../wasm/opcodes.js';
import { plainOf } from '../wasm/relaxed.js';
import type { Translator } from './translator.js';

type Handler = (t: Translator, opcode: number) => void;

function operator(t: Translator, name: Mnemonic, a: number, b = -1): number {
  return t.define(Op[name], VType.v128, a, b, -1, 0);
}

/** a × b + c, rounded twice. */
function multiplyAdd(multiply: Mnemonic, add: Mnemonic): Handler {
  return (t) => {
    const c = t.pop();
    const b = t.pop();
    const a = t.pop();
    t.push(operator(t, add, operator(t, multiply, a, b), c));
  };
}

/** -(a × b) + c, which is c - a × b. */
function multiplySubtract(multiply: Mnemonic, subtract: Mnemonic): Handler {
  return (t) => {
    const c = t.pop();
    const b = t.pop();
    const a = t.pop();
    t.push(operator(t, subtract, c, operator(t, multiply, a, b)));
  };
}

/** Sums of the products of two neighbours each, all signed. The sums saturate. */
function dotProduct(t: Translator, a: number, b: number): number {
  const low = operator(t, 'i16x8.extmul_low_i8x16_s', a, b);
  const high = operator(t, 'i16x8.extmul_high_i8x16_s', a, b);
  const lowSums = operator(t, 'i32x4.extadd_pairwise_i16x8_s', low);
  const highSums = operator(t, 'i32x4.extadd_pairwise_i16x8_s', high);
  return operator(t, 'i16x8.narrow_i32x4_s', lowSums, highSums);
}

function dot(t: Translator): void {
  const b = t.pop();
  const a = t.pop();
  t.push(dotProduct(t, a, b));
}

function dotAdd(t: Translator): void {
  const c = t.pop();
  const b = t.pop();
  const a = t.pop();
  const sums = operator(t, 'i32x4.extadd_pairwise_i16x8_s', dotProduct(t, a, b));
  t.push(operator(t, 'i32x4.add', sums, c));
}

const sequences: Readonly<Partial<Record<Mnemonic, Handler>>> = {
  'f32x4.relaxed_madd': multiplyAdd('f32x4.mul', 'f32x4.add'),
  'f32x4.relaxed_nmadd': multiplySubtract('f32x4.mul', 'f32x4.sub'),
  'f64x2.relaxed_madd': multiplyAdd('f64x2.mul', 'f64x2.add'),
  'f64x2.relaxed_nmadd': multiplySubtract('f64x2.mul', 'f64x2.sub'),
  'i16x8.relaxed_dot_i8x16_i7x16_s': dot,
  'i32x4.relaxed_dot_i8x16_i7x16_add_s': dotAdd,
};

/**
 * The handler of a relaxed instruction, given how an operator is handled that stays what it is.
 *
 * @param handlerOf the handler of an operator by its opcode
 */
export function relaxedHandler(mnemonic: Mnemonic, handlerOf: (opcode: number) => Handler): Handler {
  const relaxed = handlerOf(Op[mnemonic]);
  const name = plainOf[mnemonic];
  const plain = name === undefined ? undefined : Op[name];
  const fixed =
    plain === undefined
      ? sequences[mnemonic]
      : (t: Translator) => {
          handlerOf(plain)(t, plain);
        };
  if (fixed === undefined) throw new Error(`internal error: ${mnemonic} has no deterministic form`);
  return (t, opcode) => {
    if (t.deterministic) fixed(t, opcode);
    else relaxed(t, opcode);
  };
}
