import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { irLines } from '../fast-jit/modules.fixture.js';
import { isNumericKind } from '../wasm/opcode-row.js';
import { opcodes } from '../wasm/opcodes.js';
import { valTypeName } from '../wasm/types.js';

/** The numeric operators: all of the instructions without immediates that take operands and give a result. */
const operators = opcodes.flatMap(({ mnemonic, kind, signature, swapped, immediates }) => {
  if (signature?.result === undefined || !isNumericKind(kind) || immediates.length > 0) return [];
  const operands = signature.operands.map(valTypeName);
  return [{ mnemonic, operands, result: valTypeName(signature.result), swapped }];
});
const binary = operators.filter(({ operands }) => operands.length === 2);

/** A constant of each type, in wasm's text and in that of IR. */
const constants: Readonly<Record<string, readonly [wasm: string, ir: string]>> = {
  i32: ['(i32.const 3)', '3'],
  i64: ['(i64.const 3)', '3'],
  f32: ['(f32.const 3)', '3f'],
  f64: ['(f64.const 3)', '3d'],
  v128: ['(v128.const i32x4 3 2 1 -1)', '0x030000000200000001000000ffffffff'],
};

describe('numeric operators in IR', () => {
  test('there are all of them', () => assert.equal(operators.length, 136 + 218));

  test('each is its wasm opcode', () => {
    for (const { mnemonic, operands, result } of operators) {
      const gets = operands.map((_, k) => `(local.get ${k})`).join(' ');
      const lines = irLines(
        `(module (func (param ${operands.join(' ')}) (result ${result}) (${mnemonic} ${gets})))`,
      );
      const names = operands.map((_, k) => `$${k}`).join(', ');
      assert.deepEqual(lines, [`v0:${result} = ${mnemonic} ${names}`, 'return (v0)']);
    }
  });

  test('a constant on the right stays there', () => {
    for (const { mnemonic, operands, result } of binary) {
      const [text, printed] = constants[operands[1]];
      const lines = irLines(
        `(module (func (param ${operands[0]}) (result ${result}) (${mnemonic} (local.get 0) ${text})))`,
      );
      assert.deepEqual(lines[0], `v0:${result} = ${mnemonic} $0, ${printed}`);
    }
  });

  test('a constant on the left goes to the right where that means the same', () => {
    for (const { mnemonic, operands, result, swapped } of binary) {
      const [text, printed] = constants[operands[0]];
      const lines = irLines(
        `(module (func (param ${operands[1]}) (result ${result}) (${mnemonic} ${text} (local.get 0))))`,
      );
      const expected = swapped === undefined ? `${mnemonic} ${printed}, $0` : `${swapped} $0, ${printed}`;
      assert.deepEqual(lines[0], `v0:${result} = ${expected}`);
    }
  });

  test('two constants stay where they are', () => {
    assert.deepEqual(irLines('(module (func (result i32) (i32.lt_s (i32.const 1) (i32.const 2))))'), [
      'v0:i32 = i32.lt_s 1, 2',
      'return (v0)',
    ]);
  });
});
