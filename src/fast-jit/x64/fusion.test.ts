import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { printInstruction } from '../../ir/print.js';
import { allMachines, assertAgreesWithV8 } from '../execution.fixture.js';
import { firstIr, fullCpu, loadModule } from '../modules.fixture.js';
import { Flow } from '../regalloc/flow.js';
import { isFusible } from './fusion.js';

/** Function "f" of a module, with parameters `i32 i32 i64 i64 f64` and what the code needs. */
const module = (
  result: string,
  code: string,
): string => `(module (memory 1) (global $g (mut i32) (i32.const 77))
  (global $h (mut i64) (i64.const -5)) (global $d (mut f64) (f64.const 2.5)) (global $s (mut f32) (f32.const 2.5))
  (data (i32.const 0) "\\01\\02\\03\\04\\05\\06\\07\\08\\f9\\fa\\fb\\fc\\fd\\fe\\ff\\40")
  (func (export "f") (param i32 i32 i64 i64 f64) (result ${result}) ${code}))`;

/** Code, the type of its result, and the operations that the instruction behind them takes over. */
const cases: readonly (readonly [name: string, result: string, code: string, fused: readonly string[]])[] = [
  [
    'a comparison and its branch',
    'i32',
    '(block (br_if 0 (i32.lt_s (local.get 0) (local.get 1))) (return (i32.const 2))) (i32.const 1)',
    ['i32.lt_s'],
  ],
  [
    'a comparison of floats and its branch',
    'i32',
    '(if (result i32) (f64.le (local.get 4) (f64.const 2)) (then (i32.const 2)) (else (i32.const 1)))',
    ['f64.le'],
  ],
  [
    'a comparison, two tests for zero, and a branch',
    'i32',
    `(if (result i32) (i32.eqz (i32.eqz (i64.gt_u (local.get 2) (local.get 3))))
      (then (i32.const 2)) (else (i32.const 1)))`,
    ['i64.gt_u', 'i32.eqz', 'i32.eqz'],
  ],
  [
    'a test of bits and its branch',
    'i32',
    '(if (result i32) (i32.and (local.get 0) (i32.const 4)) (then (i32.const 2)) (else (i32.const 1)))',
    ['i32.and'],
  ],
  [
    'a test of bits, a test for zero, and a branch',
    'i32',
    '(if (result i32) (i64.eqz (i64.and (local.get 2) (local.get 3))) (then (i32.const 2)) (else (i32.const 1)))',
    ['i64.and', 'i64.eqz'],
  ],
  [
    'not a test of bits by a test for zero whose result is wanted as a number',
    'i32',
    '(i32.eqz (i32.and (local.get 0) (local.get 1)))',
    [],
  ],
  [
    'a comparison and the select that it decides',
    'i64',
    '(select (local.get 2) (local.get 3) (i32.lt_u (local.get 0) (local.get 1)))',
    ['i32.lt_u'],
  ],
  [
    'not a comparison that select chooses',
    'i32',
    '(select (local.get 0) (i32.lt_u (local.get 0) (local.get 1)) (local.get 1))',
    [],
  ],
  [
    'not a comparison that is wanted twice',
    'i32',
    `(local $c i32) (local.set $c (i32.lt_u (local.get 0) (local.get 1)))
      (if (local.get $c) (then (return (i32.const 5)))) (local.get $c)`,
    [],
  ],
  [
    'not a comparison that something stands behind',
    'i32',
    `(i32.lt_u (local.get 0) (local.get 1)) (local.set 0 (i32.mul (local.get 0) (local.get 0)))
      (if (result i32) (then (local.get 0)) (else (i32.const 5)))`,
    [],
  ],
  [
    'a load on the right',
    'i32',
    '(i32.sub (local.get 0) (i32.load offset=4 (i32.and (local.get 1) (i32.const 7))))',
    ['i32.load'],
  ],
  ['not a load on the left of a subtraction', 'i32', '(i32.sub (i32.load (i32.const 4)) (local.get 0))', []],
  [
    'a load on the left of an addition',
    'i32',
    '(i32.add (i32.load (i32.const 4)) (local.get 0))',
    ['i32.load'],
  ],
  ['a global on the right', 'i64', '(i64.xor (local.get 2) (global.get $h))', ['field.load64']],
  ['a float on the left', 'f64', '(f64.mul (f64.load (i32.const 8)) (local.get 4))', ['f64.load']],
  [
    'a float global on the right of a division',
    'f64',
    '(f64.div (local.get 4) (global.get $d))',
    ['field.load_f64'],
  ],
  ['a load of fewer bytes is not', 'i32', '(i32.add (local.get 0) (i32.load8_u (i32.const 4)))', []],
  [
    'a load, a comparison and a branch',
    'i32',
    `(if (result i32) (i32.lt_u (local.get 0) (i32.load (i32.const 4)))
      (then (i32.const 2)) (else (i32.const 1)))`,
    ['i32.load', 'i32.lt_u'],
  ],
  [
    'a global, a comparison, a test for zero and a branch',
    'i32',
    `(if (result i32) (i32.eqz (i64.ne (local.get 2) (global.get $h)))
      (then (i32.const 2)) (else (i32.const 1)))`,
    ['field.load64', 'i64.ne', 'i32.eqz'],
  ],
  [
    'a load on the left of a comparison of floats that is made the other way round',
    'i32',
    '(f64.lt (f64.load (i32.const 0)) (local.get 4))',
    ['f64.load'],
  ],
  ['not one on the right', 'i32', '(f64.lt (local.get 4) (f64.load (i32.const 0)))', []],
  [
    'a load as a mask',
    'i32',
    '(if (result i32) (i32.and (local.get 0) (i32.load (i32.const 0))) (then (i32.const 2)) (else (i32.const 1)))',
    ['i32.load', 'i32.and'],
  ],
  [
    'a load whose address is the other operand',
    'i32',
    '(local.set 0 (i32.and (local.get 0) (i32.const 8))) (i32.add (local.get 0) (i32.load (local.get 0)))',
    ['i32.load'],
  ],
  [
    'a load that is added to itself',
    'i32',
    '(local $x i32) (local.set $x (i32.load (i32.const 0))) (i32.add (local.get $x) (local.get $x))',
    [],
  ],
  [
    'a shift by 3 before an addition',
    'i32',
    '(i32.add (local.get 0) (i32.shl (local.get 1) (i32.const 3)))',
    ['i32.shl'],
  ],
  [
    'a shift by 1 on the left',
    'i64',
    '(i64.add (i64.shl (local.get 2) (i64.const 1)) (local.get 3))',
    ['i64.shl'],
  ],
  [
    'a shift before the addition of a constant',
    'i32',
    '(i32.add (i32.shl (local.get 1) (i32.const 2)) (i32.const 0x12345678))',
    ['i32.shl'],
  ],
  ['not a shift by 4', 'i32', '(i32.add (local.get 0) (i32.shl (local.get 1) (i32.const 4)))', []],
  ['not a shift by 0', 'i32', '(i32.add (local.get 0) (i32.shl (local.get 1) (i32.const 0)))', []],
  ['nor by 32', 'i32', '(i32.add (local.get 0) (i32.shl (local.get 1) (i32.const 32)))', []],
  [
    'not a shift before a subtraction',
    'i32',
    '(i32.sub (local.get 0) (i32.shl (local.get 1) (i32.const 2)))',
    [],
  ],
  [
    'a shift of what is added to',
    'i32',
    '(i32.add (local.get 0) (i32.shl (local.get 0) (i32.const 3)))',
    ['i32.shl'],
  ],
];

const values32 = [0, 1, 4, 7, 8, 0x04030201, 0x7fffffff, -0x80000000, -1, -6];
const values64 = [0n, 1n, -5n, 0x7fffffffffffffffn, -0x8000000000000000n];
const floats = [0, -0, 1, 2.5, -3, Number.NaN, Number.POSITIVE_INFINITY, 4.778e-299];

/** Arguments in which every value of each parameter occurs beside many of the others. */
const calls = Array.from({ length: 200 }, (_, k) => [
  values32[k % values32.length],
  values32[(k * 7 + (k >> 3)) % values32.length],
  values64[k % values64.length],
  values64[(k * 3 + (k >> 2)) % values64.length],
  floats[k % floats.length],
]);

describe('instructions that are taken over by the next one', () => {
  const runtimes = allMachines.map(({ make }) => make());
  after(() => {
    for (const runtime of runtimes) runtime.dispose();
  });

  for (const [name, result, code, fused] of cases) {
    test(name, () => {
      const ir = firstIr(loadModule(module(result, code)));
      new Flow().analyse(ir, 1 << 22);
      const taken: string[] = [];
      for (let at = 0; at < ir.count; at++) {
        if (isFusible(ir, at, fullCpu)) taken.push(/= (\S+)/.exec(printInstruction(ir, at))?.[1] ?? '');
      }
      assert.deepEqual(taken, fused);
      assertAgreesWithV8(runtimes, module(result, code), { f: calls });
    });
  }
});
