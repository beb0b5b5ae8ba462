import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { irLines } from '../fast-jit/modules.fixture.js';
import { isNumericKind } from '../wasm/opcode-row.js';
import { opcodes } from '../wasm/opcodes.js';
import { valTypeName } from '../wasm/types.js';

/** The numeric operators, which are all of the instructions that only take operands and give a result. */
const operators = opcodes.flatMap(({ mnemonic, kind, signature }) =>
  signature?.result === undefined || !isNumericKind(kind)
    ? []
    : [{ mnemonic, operands: signature.operands.map(valTypeName), result: valTypeName(signature.result) }],
);
const binary = operators.filter(({ operands }) => operands.length === 2);

/** What a constant on the left becomes: an operator that means the same with its operands swapped. */
const mirrored: Readonly<Record<string, string>> = {
  ...Object.fromEntries(['add', 'mul', 'and', 'or', 'xor', 'eq', 'ne'].map((name) => [name, name])),
  ...{ lt_s: 'gt_s', lt_u: 'gt_u', gt_s: 'lt_s', gt_u: 'lt_u' },
  ...{ le_s: 'ge_s', le_u: 'ge_u', ge_s: 'le_s', ge_u: 'le_u' },
};

const printed: Readonly<Record<string, string>> = { i32: '3', i64: '3', f32: '3f', f64: '3d' };

describe('numeric operators in IR', () => {
  test('there are all of them', () => assert.equal(operators.length, 136));

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
      const [type] = operands;
      const lines = irLines(
        `(module (func (param ${type}) (result ${result}) (${mnemonic} (local.get 0) (${type}.const 3))))`,
      );
      assert.deepEqual(lines[0], `v0:${result} = ${mnemonic} $0, ${printed[type]}`);
    }
  });

  test('a constant on the left goes to the right where that means the same', () => {
    for (const { mnemonic, operands, result } of binary) {
      const [type] = operands;
      const lines = irLines(
        `(module (func (param ${type}) (result ${result}) (${mnemonic} (${type}.const 3) (local.get 0))))`,
      );
      const other = type.startsWith('i') ? mirrored[mnemonic.slice(4)] : undefined;
      const expected =
        other === undefined ? `${mnemonic} ${printed[type]}, $0` : `${type}.${other} $0, ${printed[type]}`;
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
