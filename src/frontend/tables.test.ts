import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Trap } from '../code/traps.js';
import { irLines, loadModule } from '../fast-jit/modules.fixture.js';
import { builtinOffset } from '../layout/builtins.js';
import { moduleInstance, tableInstance } from '../layout/structs.js';

const { length, elements } = tableInstance.offsets;
const module = (code: string): string => `(module
  (import "env" "t" (table $imported 3 externref)) (table $first 3 externref) (table $second 3 funcref)
  (elem funcref (ref.null func)) (elem funcref (ref.null func)) ${code})`;
const { layout } = loadModule(module('(func)'));

/** An address: `register, +offset`, as it is printed. */
const field = (register: string, offset: number): string =>
  offset === 0 ? register : `${register}, +${offset}`;

describe('elements of tables in IR', () => {
  test('table.get checks the index against the length, then loads', () => {
    assert.deepEqual(
      irLines(module('(func (param i32) (result funcref) (table.get $second (local.get 0)))')),
      [
        `v0:i32 = field.load32 ${field('instance', layout.table(2) + length)}`,
        'v1:i32 = i32.ge_u $0, v0',
        `trap_if v1, trap ${Trap.tableOutOfBounds}`,
        `v2:i64 = field.load64 ${field('instance', layout.table(2) + elements)}`,
        'v3:i64 = element.load v2, $0',
        'return (v3)',
      ],
    );
  });

  test('table.set does the same and stores', () => {
    const code = '(func (param i32 externref) (table.set $first (local.get 0) (local.get 1)))';
    assert.deepEqual(irLines(module(code)), [
      `v0:i32 = field.load32 ${field('instance', layout.table(1) + length)}`,
      'v1:i32 = i32.ge_u $0, v0',
      `trap_if v1, trap ${Trap.tableOutOfBounds}`,
      `v2:i64 = field.load64 ${field('instance', layout.table(1) + elements)}`,
      'element.store v2, $0, $1',
      'return ()',
    ]);
  });

  test('an imported table is behind a pointer, which is loaded once', () => {
    assert.deepEqual(
      irLines(module('(func (param i32) (result externref) (table.get $imported (local.get 0)))')),
      [
        `v0:i64 = field.load64 ${field('instance', layout.table(0))}`,
        `v1:i32 = field.load32 ${field('v0', length)}`,
        'v2:i32 = i32.ge_u $0, v1',
        `trap_if v2, trap ${Trap.tableOutOfBounds}`,
        `v3:i64 = field.load64 ${field('v0', elements)}`,
        'v4:i64 = element.load v3, $0',
        'return (v4)',
      ],
    );
  });

  test('table.size reads the length', () => {
    assert.deepEqual(irLines(module('(func (result i32 i32) (table.size $imported) (table.size $second))')), [
      `v0:i64 = field.load64 ${field('instance', layout.table(0))}`,
      `v1:i32 = field.load32 ${field('v0', length)}`,
      `v2:i32 = field.load32 ${field('instance', layout.table(2) + length)}`,
      'field.store32 v3, v2',
      'return (v1)',
    ]);
  });
});

const bulk: readonly (readonly [code: string, call: string])[] = [
  [
    '(func (param i32 externref) (drop (table.grow $first (local.get 1) (local.get 0))))',
    `v1:i32 = call_builtin instance, +${builtinOffset('tableGrow')}, (v0, 1, $1, $0)`,
  ],
  [
    '(func (param i32 externref i32) (table.fill $first (local.get 0) (local.get 1) (local.get 2)))',
    `call_builtin instance, +${builtinOffset('tableFill')}, (v0, 1, $0, $1, $2)`,
  ],
  [
    '(func (param i32 i32 i32) (table.copy $first $imported (local.get 0) (local.get 1) (local.get 2)))',
    `call_builtin instance, +${builtinOffset('tableCopy')}, (v0, 1, 0, $0, $1, $2)`,
  ],
  [
    '(func (param i32 i32 i32) (table.init $second 1 (local.get 0) (local.get 1) (local.get 2)))',
    `call_builtin instance, +${builtinOffset('tableInit')}, (v0, 1, 2, $0, $1, $2)`,
  ],
  ['(func (elem.drop 1))', `call_builtin instance, +${builtinOffset('elemDrop')}, (v0, 1)`],
];

describe('bulk operations on tables in IR', () => {
  for (const [code, call] of bulk) {
    test(/(table|elem)\.\w+/.exec(code)?.[0], () => {
      const instanceNumber = `v0:i32 = field.load32 instance, +${moduleInstance.offsets.instanceNumber}`;
      assert.deepEqual(irLines(module(code)), [instanceNumber, call, 'return ()']);
    });
  }
});
