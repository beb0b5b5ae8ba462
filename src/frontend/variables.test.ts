import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { irLines, loadModule } from '../fast-jit/modules.fixture.js';
import { wat } from '../runtime/modules.fixture.js';

const i32ToI32 = (code: string): string => `(module (func (param i32) (result i32) ${code}))`;

const locals: readonly (readonly [name: string, module: string, lines: readonly string[]])[] = [
  ['local.get emits nothing', '(module (func (param i32 i32) (result i32) local.get 1))', ['return ($1)']],
  [
    'operators read locals themselves, in order',
    '(module (func (param i32 i32) (result i32) (i32.sub (local.get 1) (local.get 0))))',
    ['v0:i32 = i32.sub $1, $0', 'return (v0)'],
  ],
  [
    'a local on the stack is copied away before it is written',
    i32ToI32('local.get 0  (local.set 0 (i32.const 5))  local.get 0  i32.sub'),
    ['v0:i32 = mov $0', '$0:i32 = mov 5', 'v1:i32 = i32.sub v0, $0', 'return (v1)'],
  ],
  [
    'one copy serves all places where it is on the stack; other locals stay',
    '(module (func (param i32 i32) (result i32) local.get 0 local.get 1 local.get 0 (local.set 0 (i32.const 1)) i32.add i32.sub))',
    [
      'v0:i32 = mov $0',
      '$0:i32 = mov 1',
      'v1:i32 = i32.add $1, v0',
      'v2:i32 = i32.sub v0, v1',
      'return (v2)',
    ],
  ],
  [
    'the operator before local.set writes the local itself',
    i32ToI32('(local.set 0 (i32.mul (local.get 0) (i32.const 3)))  local.get 0'),
    ['$0:i32 = i32.mul $0, 3', 'return ($0)'],
  ],
  [
    'but not where the local has to be copied away in between',
    i32ToI32('local.get 0  (local.set 0 (i32.mul (local.get 0) (i32.const 3)))'),
    ['v0:i32 = i32.mul $0, 3', 'v1:i32 = mov $0', '$0:i32 = mov v0', 'return (v1)'],
  ],
  [
    'nor where the value is not what the last instruction made',
    '(module (func (param i32 i32) (result i32) (i32.clz (local.get 0)) (i32.ctz (local.get 1)) local.set 0 local.set 1 local.get 0))',
    ['v0:i32 = i32.clz $0', '$0:i32 = i32.ctz $1', '$1:i32 = mov v0', 'return ($0)'],
  ],
  [
    'setting a local to itself emits nothing',
    i32ToI32('(local.set 0 (local.get 0)) local.get 0'),
    ['return ($0)'],
  ],
  [
    'local.tee leaves the local on the stack',
    i32ToI32('(i32.add (local.tee 0 (i32.clz (local.get 0))) (local.get 0))'),
    ['$0:i32 = i32.clz $0', 'v0:i32 = i32.add $0, $0', 'return (v0)'],
  ],
  [
    'local.tee saves what is on the stack below',
    i32ToI32('(i32.mul (local.get 0) (local.tee 0 (i32.clz (local.get 0))))'),
    ['v0:i32 = i32.clz $0', 'v1:i32 = mov $0', '$0:i32 = mov v0', 'v2:i32 = i32.mul v1, $0', 'return (v2)'],
  ],
  [
    'local.tee of a constant leaves the constant on the stack',
    i32ToI32('(i32.add (local.tee 0 (i32.const 7)) (local.get 0))'),
    ['$0:i32 = mov 7', 'v0:i32 = i32.add $0, 7', 'return (v0)'],
  ],
  [
    'one local to another is a copy',
    '(module (func (param i32) (result i32) (local i32) (local.set 1 (local.get 0)) local.get 1))',
    ['$1:i32 = mov $0', 'return ($1)'],
  ],
  [
    'locals are copied away where a block begins',
    i32ToI32('local.get 0  block (local.set 0 (i32.const 1)) end'),
    ['v0:i32 = mov $0', '$0:i32 = mov 1', 'return (v0)'],
  ],
  ['what is dropped is not returned', i32ToI32('local.get 0  i32.const 3  drop'), ['return ($0)']],
];

const others: typeof locals = [
  [
    'select of each type',
    `(module (func (param i32 i64 f32 f64 externref) (result i64 f32 f64 externref)
      (select (local.get 1) (i64.const 5) (local.get 0))
      (select (f32.const 1) (local.get 2) (local.get 0))
      (select (result f64) (local.get 3) (f64.const -2) (local.get 0))
      (select (result externref) (local.get 4) (ref.null extern) (local.get 0))))`,
    [
      'v0:i64 = select $1, 5, $0',
      'v1:f32 = select 1f, $2, $0',
      'v2:f64 = select $3, -2d, $0',
      'v3:i64 = select $4, 0, $0',
      'field.store_f32 v4, v1',
      'field.store_f64 v4, v2, +8',
      'field.store64 v4, v3, +16',
      'return (v0)',
    ],
  ],
  [
    'constants of all types become operands',
    `(module (func (result i64 i32 f32 f64)
      i64.const -9223372036854775808 i32.const -2147483648 f32.const 0x1.8p127 f64.const -0x1p-1074))`,
    [
      'field.store32 v0, -2147483648',
      `field.store_f32 v0, ${1.5 * 2 ** 127}f, +8`,
      'field.store_f64 v0, -5e-324d, +16',
      'return (-9223372036854775808)',
    ],
  ],
];

describe('locals in IR', () => {
  for (const [name, module, lines] of locals) {
    test(name, () => assert.deepEqual(irLines(module), lines));
  }
});

describe('select and constants in IR', () => {
  for (const [name, module, lines] of others) {
    test(name, () => assert.deepEqual(irLines(module), lines));
  }
});

describe('globals in IR', () => {
  const text = `(module
    (import "env" "a" (global $a i64)) (import "env" "b" (global $b (mut f64)))
    (global $c (mut i32) (i32.const 0)) (global $d (mut f32) (f32.const 0)) (global $e (mut externref) (ref.null extern))
    (func (param i32 f32 f64 externref) (result i64)
      (global.set $c (local.get 0)) (global.set $d (local.get 1)) (global.set $b (local.get 2))
      (global.set $e (local.get 3)) (global.set $c (i32.clz (global.get $c))) (global.get $a)))`;

  test('those of the module lie in the instance, imported ones behind pointers', () => {
    const { layout } = loadModule(wat(text));
    assert.deepEqual(irLines(text), [
      `field.store32 instance, $0, +${layout.global(2)}`,
      `field.store_f32 instance, $1, +${layout.global(3)}`,
      `v0:i64 = field.load64 instance, +${layout.global(1)}`,
      'field.store_f64 v0, $2',
      `field.store64 instance, $3, +${layout.global(4)}`,
      `v1:i32 = field.load32 instance, +${layout.global(2)}`,
      'v2:i32 = i32.clz v1',
      `field.store32 instance, v2, +${layout.global(2)}`,
      `v3:i64 = field.load64 instance, +${layout.global(0)}`,
      'v4:i64 = field.load64 v3',
      'return (v4)',
    ]);
  });
});
