import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { firstIr, irLines, loadModule } from '../fast-jit/modules.fixture.js';
import { opcodes } from '../wasm/opcodes.js';
import { valTypeName } from '../wasm/types.js';

describe('vectors in IR', () => {
  test('constants are the bytes of the binary format', () => {
    assert.deepEqual(
      irLines('(module (func (result v128) (v128.const i8x16 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 255)))'),
      ['return (0x000102030405060708090a0b0c0d0eff)'],
    );
  });

  test('lanes are the immediates of their operators', () => {
    const operators = opcodes.filter(({ kind, immediates }) => kind === 'vector' && immediates[0] === 'lane');
    assert.equal(operators.length, 14);
    for (const { mnemonic, signature } of operators) {
      const params = (signature?.operands ?? []).map(valTypeName);
      const result = valTypeName(signature?.result ?? 0);
      const gets = params.map((_, k) => `(local.get ${k})`).join(' ');
      const lines = irLines(
        `(module (func (param ${params.join(' ')}) (result ${result}) (${mnemonic} 1 ${gets})))`,
      );
      const operands = params.map((_, k) => `$${k}`).join(', ');
      assert.deepEqual(lines, [`v0:${result} = ${mnemonic} ${operands}, +1`, 'return (v0)']);
    }
  });

  test('a shuffle has its lanes among the vectors of the function', () => {
    const lanes = [31, 0, 30, 1, 29, 2, 28, 3, 27, 4, 26, 5, 25, 6, 24, 7];
    const ir = firstIr(
      loadModule(`(module (func (param v128 v128) (result v128) (drop (v128.const i64x2 1 2))
        (i8x16.shuffle ${lanes.join(' ')} (local.get 0) (local.get 1))))`),
    );
    assert.deepEqual([ir.a[0], ir.b[0], ir.imm[0]], [0, 1, 1]);
    assert.deepEqual([...ir.vectors.subarray(16, 32)], lanes);
  });

  const own = (code: string): string => `(module (memory 1) ${code})`;
  const scalars: Readonly<Record<number, readonly [load: string, type: string, splat: string]>> = {
    8: ['i32.load8_u', 'i32', 'i8x16'],
    16: ['i32.load16_u', 'i32', 'i16x8'],
    32: ['f32.load', 'f32', 'f32x4'],
    64: ['f64.load', 'f64', 'f64x2'],
  };
  for (const [bits, [load, type, shape]] of Object.entries(scalars)) {
    test(`v128.load${bits}_splat is a load and a splat`, () => {
      assert.deepEqual(
        irLines(own(`(func (param i32) (result v128) (v128.load${bits}_splat offset=12 (local.get 0)))`)),
        [`v0:${type} = ${load} $0, memory, +12`, `v1:v128 = ${shape}.splat v0`, 'return (v1)'],
      );
    });
  }

  const lanes: Readonly<Record<number, readonly [load: string, type: string, shape: string, store: string]>> =
    {
      8: ['i32.load8_u', 'i32', 'i8x16', 'i32.store8'],
      16: ['i32.load16_u', 'i32', 'i16x8', 'i32.store16'],
      32: ['i32.load', 'i32', 'i32x4', 'i32.store'],
      64: ['i64.load', 'i64', 'i64x2', 'i64.store'],
    };
  for (const [bits, [load, type, shape, store]] of Object.entries(lanes)) {
    test(`v128.load${bits}_lane is a load and a replacement of a lane`, () => {
      const code = `(v128.load${bits}_lane offset=300 1 (local.get 0) (local.get 1))`;
      assert.deepEqual(irLines(own(`(func (param i32 v128) (result v128) ${code})`)), [
        `v0:${type} = ${load} $0, memory, +300`,
        `v1:v128 = ${shape}.replace_lane $1, v0, +1`,
        'return (v1)',
      ]);
    });

    test(`v128.store${bits}_lane is a lane and a store of it`, () => {
      const code = `(v128.store${bits}_lane offset=300 1 (local.get 0) (local.get 1))`;
      const extract = bits === '8' || bits === '16' ? 'extract_lane_u' : 'extract_lane';
      assert.deepEqual(irLines(own(`(func (param i32 v128) ${code} (nop))`)), [
        `v0:${type} = ${shape}.${extract} $1, +1`,
        `${store} $0, memory, v0, +300`,
        'return ()',
      ]);
    });
  }

  test('globals and further results are fields of 16 bytes', () => {
    const lines = irLines(`(module (global (mut v128) (v128.const i64x2 0 0))
      (func (param v128) (result i32 v128 i32) (global.set 0 (local.get 0)) (i32.const 1) (global.get 0) (i32.const 2)))`);
    assert.deepEqual(
      lines.map((line) => line.replace(/(instance.*), \+\d+/, '$1, +N')),
      [
        'field.store_v128 instance, $0, +N',
        'v0:v128 = field.load_v128 instance, +N',
        'field.store_v128 v1, v0',
        'field.store32 v1, 2, +16',
        'return (1)',
      ],
    );
  });
});
