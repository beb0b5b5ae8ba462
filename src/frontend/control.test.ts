import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { firstIr, irLines, loadModule } from '../fast-jit/modules.fixture.js';
import { Op } from '../ir/ops.js';
import { functionModule, leb } from '../wasm/module.fixture.js';
import { ValType } from '../wasm/types.js';

const i32ToI32 = (code: string): string => `(module (func (param i32) (result i32) ${code}))`;

type Case = readonly [name: string, module: string, lines: readonly string[]];

const blocks: readonly Case[] = [
  [
    'a block that nothing branches to leaves no trace',
    i32ToI32('(block (result i32) (i32.add (local.get 0) (i32.const 1)))'),
    ['v0:i32 = i32.add $0, 1', 'return (v0)'],
  ],
  [
    'all ways to the end assign the result to one register',
    i32ToI32('(block (result i32) (br_if 0 (i32.const 3) (local.get 0)) drop (i32.const 4))'),
    ['v0:i32 = mov 3', 'br_if $0, L0', 'v0:i32 = mov 4', 'L0:', 'return (v0)'],
  ],
  [
    'the last instruction on a way makes the result itself',
    i32ToI32('(block (result i32) (br_if 0 (i32.const 3) (local.get 0)) (i32.sub (local.get 0)))'),
    ['v0:i32 = mov 3', 'br_if $0, L0', 'v0:i32 = i32.sub 3, $0', 'L0:', 'return (v0)'],
  ],
  [
    'what lies below on the stack stays where it is',
    i32ToI32('local.get 0 (block (br_if 0 (local.get 0)) (local.set 0 (i32.const 2))) local.get 0 i32.sub'),
    ['v0:i32 = mov $0', 'br_if $0, L0', '$0:i32 = mov 2', 'L0:', 'v1:i32 = i32.sub v0, $0', 'return (v1)'],
  ],
  [
    'any local is copied away before the block, which may set it on one way only',
    `(module (func (param i32) (result i32) (local i32)
      local.get 1 (block (br_if 0 (local.get 0)) (local.set 1 (i32.const 2))) local.get 1 i32.sub))`,
    ['v0:i32 = mov $1', 'br_if $0, L0', '$1:i32 = mov 2', 'L0:', 'v1:i32 = i32.sub v0, $1', 'return (v1)'],
  ],
  [
    'parameters of a block are what was on the stack',
    i32ToI32('local.get 0 i32.const 2 (block (param i32 i32) (result i32) (br_if 1 (local.get 0)) i32.sub)'),
    // The branch takes the upper one of the two values to the end of the function.
    ['v0:i32 = mov $0', 'v1:i32 = mov 2', 'br_if $0, L0', 'v1:i32 = i32.sub v0, 2', 'L0:', 'return (v1)'],
  ],
  [
    'several results, each with a register of its class',
    `(module (func (param i32) (result f64 i32) (block (result i32 f64)
      (br_if 0 (i32.const 1) (f64.const 2) (local.get 0)) drop drop (i32.const 3) (f64.const 4))
      (local.set 0 (i32.const 0)) drop drop (f64.const 9) (local.get 0)))`,
    [
      'v0:i32 = mov 1',
      'v1:f64 = mov 2d',
      'br_if $0, L0',
      'v1:f64 = mov 4d',
      'v0:i32 = mov 3',
      'L0:',
      '$0:i32 = mov 0',
      'field.store32 v2, $0',
      'return (9d)',
    ],
  ],
  [
    'a branch to the function itself returns at once',
    i32ToI32('(block (br 1 (i32.const 5))) (i32.const 6)'),
    ['return (5)'],
  ],
  [
    'a conditional one goes by way of its end',
    i32ToI32('(br_if 0 (i32.const 1) (local.get 0)) drop (i32.const 2)'),
    ['v0:i32 = mov 1', 'br_if $0, L0', 'v0:i32 = mov 2', 'L0:', 'return (v0)'],
  ],
  [
    'return leaves blocks and loops, with the values on top',
    `(module (func (param i32) (result i32 i64 f32) i64.const 7 (loop
      (return (i32.const 1) (i64.const 2) (f32.const 3)))  unreachable))`,
    ['L0: loop', 'field.store64 v0, 2', 'field.store_f32 v0, 3f, +8', 'return (1)'],
  ],
];

const ifs: readonly Case[] = [
  [
    'without else',
    '(module (func (param i32) (if (local.get 0) (then (local.set 0 (i32.const 1))))))',
    ['br_if $0, L0 unless', '$0:i32 = mov 1', 'L0:', 'return ()'],
  ],
  [
    'with results',
    `(module (func (param i32) (result i32 i64)
      (if (result i32 i64) (local.get 0) (then i32.const 1 i64.const 2) (else i32.const 3 i64.const 4))))`,
    [
      'br_if $0, L0 unless',
      'v0:i64 = mov 2',
      'v1:i32 = mov 1',
      'br L1',
      'L0:',
      'v0:i64 = mov 4',
      'v1:i32 = mov 3',
      'L1:',
      'field.store64 v2, v0',
      'return (v1)',
    ],
  ],
  [
    'without else, parameters become results',
    i32ToI32('(local.get 0) (if (param i32) (result i32) (local.get 0) (then i32.const 1 i32.add))'),
    [
      'v0:i32 = mov $0',
      'br_if $0, L0 unless',
      'v1:i32 = i32.add v0, 1',
      'br L1',
      'L0:',
      'v1:i32 = mov v0',
      'L1:',
      'return (v1)',
    ],
  ],
  [
    'both arms start from the same parameters',
    i32ToI32(`i32.const 8 (local.get 0) (if (param i32) (result i32) (local.get 0)
      (then (i32.clz)) (else (i32.ctz))) i32.add`),
    [
      'v0:i32 = mov $0',
      'br_if $0, L0 unless',
      'v1:i32 = i32.clz v0',
      'br L1',
      'L0:',
      'v1:i32 = i32.ctz v0',
      'L1:',
      'v2:i32 = i32.add v1, 8',
      'return (v2)',
    ],
  ],
  [
    'the true arm ends in a return',
    i32ToI32('(if (result i32) (local.get 0) (then (return (i32.const 1))) (else i32.const 3))'),
    ['br_if $0, L0 unless', 'return (1)', 'L0:', 'return (3)'],
  ],
  [
    'the false arm ends in a return',
    i32ToI32('(if (result i32) (local.get 0) (then i32.const 3) (else (return (i32.const 1))))'),
    ['br_if $0, L0 unless', 'v0:i32 = mov 3', 'br L1', 'L0:', 'return (1)', 'L1:', 'return (v0)'],
  ],
  [
    'no way leads behind it',
    i32ToI32(
      '(if (result i32) (local.get 0) (then unreachable) (else (return (i32.const 1)))) (i32.add (i32.const 3))',
    ),
    ['br_if $0, L0 unless', 'trap trap 1', 'L0:', 'return (1)'],
  ],
  [
    'a branch out of the true arm',
    i32ToI32(
      '(if (local.get 0) (then (br_if 0 (i32.clz (local.get 0))) (local.set 0 (i32.const 1)))) local.get 0',
    ),
    [
      'br_if $0, L0 unless',
      'v0:i32 = i32.clz $0',
      'br_if v0, L1',
      '$0:i32 = mov 1',
      'L0:',
      'L1:',
      'return ($0)',
    ],
  ],
];

const loops: readonly Case[] = [
  [
    'without parameters',
    '(module (func (param i32) (loop (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))))',
    ['L0: loop', '$0:i32 = i32.sub $0, 1', 'br_if $0, L0', 'return ()'],
  ],
  ['endless', i32ToI32('(loop (result i32) (br 0))'), ['L0: loop', 'br L0']],
  [
    // The body works on v2 and v3, so that a branch may assign v0 and v1 in any order.
    'parameters are assigned on each way to the head and copied by the body',
    `(module (func (param i32) (result i32) i32.const 10 local.get 0
      (loop (param i32 i32) (result i32)
        i32.mul (local.tee 0 (i32.sub (local.get 0) (i32.const 1))) (br_if 0 (local.get 0)) drop)))`,
    [
      'v0:i32 = mov $0',
      'v1:i32 = mov v0',
      'v2:i32 = mov 10',
      'L0: loop',
      'v3:i32 = mov v2',
      'v4:i32 = mov v1',
      'v5:i32 = i32.mul v3, v4',
      '$0:i32 = i32.sub $0, 1',
      'v2:i32 = mov v5',
      'v1:i32 = mov $0',
      'br_if $0, L0',
      'return (v5)',
    ],
  ],
  [
    'a branch to an outer loop from an inner one',
    `(module (func (param i32) (loop $o (loop $i (br_if $i (i32.eqz (local.get 0)))
      (br_if $o (i32.clz (local.get 0)))))))`,
    [
      'L0: loop',
      'L1: loop',
      'v0:i32 = i32.eqz $0',
      'br_if v0, L1',
      'v1:i32 = i32.clz $0',
      'br_if v1, L0',
      'return ()',
    ],
  ],
];

const tables: readonly Case[] = [
  [
    'one label: always taken',
    '(module (func (param i32) (block (br_table 0 (local.get 0)))))',
    ['br_table $0, L0', 'L0:', 'return ()'],
  ],
  [
    'labels in order, the default one last',
    `(module (func (param i32) (result i32) (block $c (block $b (block $a (br_table $a $b $a $c (local.get 0)))
      (return (i32.const 10))) (return (i32.const 20))) (i32.const 30)))`,
    ['br_table $0, L0 L1 L0 L2', 'L0:', 'return (10)', 'L1:', 'return (20)', 'L2:', 'return (30)'],
  ],
  [
    'a value is assigned for each label once',
    `(module (func (param i32) (result i64) (block $a (result i64) (block $b (result i64)
      (br_table $a $b $a 2 (i64.const 9) (local.get 0))) drop i64.const 3)))`,
    [
      'v0:i64 = mov 9',
      'v1:i64 = mov 9',
      'v2:i64 = mov 9',
      'br_table $0, L0 L1 L0 L2',
      'L1:',
      'v0:i64 = mov 3',
      'L0:',
      'v2:i64 = mov v0',
      'L2:',
      'return (v2)',
    ],
  ],
  [
    'back to a loop and out of it',
    '(module (func (param i32) (block (loop (br_table 0 1 0 (local.get 0))))))',
    ['L0: loop', 'br_table $0, L0 L1 L0', 'L1:', 'return ()'],
  ],
];

for (const [name, cases] of Object.entries({ blocks, ifs, loops, 'tables of branches': tables })) {
  describe(`${name} in IR`, () => {
    for (const [what, module, lines] of cases) test(what, () => assert.deepEqual(irLines(module), lines));
  });
}

describe('labels', () => {
  test('a loop knows where it ends, also with loops inside', () => {
    const ir = firstIr(
      loadModule(`(module (func (param i32)
        (loop (br_if 0 (local.get 0)) (loop (br_if 0 (local.get 0))) (br_if 0 (local.get 0)))
        (local.set 0 (i32.const 1)) (loop)))`),
    );
    const text = Array.from({ length: ir.count }, (_, at) => ir.op[at]);
    // outer head, br_if, inner head, br_if, br_if | mov, empty loop's head | return
    const { label, br_if, mov } = Op;
    assert.deepEqual(text, [label, br_if, label, br_if, br_if, mov, label, Op.return]);
    const ends = [0, 2, 6].map((at) => ir.loopEnd[ir.imm[at]]);
    assert.deepEqual(ends, [5, 4, 7]);
  });

  test('a result is defined just before the label it is for, so that it lives nowhere else', () => {
    const ir = firstIr(
      loadModule(
        i32ToI32(
          '(block (result i32) (br_if 0 (i32.const 3) (local.get 0)) drop (loop (nop)) (i32.const 4))',
        ),
      ),
    );
    const at = ir.op.indexOf(Op.return);
    const result = ir.pool[ir.imm[at]];
    assert.equal(ir.tracked[result], -1);
    assert.equal(ir.firstDef[result], at - 2);
    assert.equal(ir.op[at - 1], Op.label);
  });
});

describe('deep nesting', () => {
  const { i32 } = ValType;
  const [block, loop, brIf, end, localGet, i32Const, add] = [0x02, 0x03, 0x0d, 0x0b, 0x20, 0x41, 0x6a];
  const many = <T>(count: number, ...items: T[]): T[] => Array.from({ length: count }, () => items).flat();

  test('a thousand blocks in each other, with a value on each level', () => {
    const open = many(1000, i32Const, 1, block, i32);
    const code = [...open, localGet, 0, ...many(1000, end, add)];
    const lines = irLines(functionModule({ params: [i32], results: [i32], code }));
    assert.equal(lines.length, 1001);
    assert.equal(lines[0], 'v0:i32 = i32.add $0, 1');
    assert.equal(lines[999], 'v999:i32 = i32.add v998, 1');
  });

  test('branches over a thousand levels', () => {
    const empty = 0x40;
    const open = many(500, loop, empty, block, empty);
    const code = [
      ...open,
      localGet,
      0,
      brIf,
      ...leb(999),
      localGet,
      0,
      brIf,
      ...leb(998),
      ...many(1000, end),
    ];
    const lines = irLines(functionModule({ params: [i32], code }));
    assert.deepEqual(lines.slice(-4), ['br_if $0, L0', 'br_if $0, L500', 'L500:', 'return ()']);
  });
});
