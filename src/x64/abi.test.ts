import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ValType } from '../wasm/types.js';
import {
  calleeSaved,
  callShape,
  floatArgumentCount,
  Gpr,
  instanceArgument,
  integerArguments,
  isFloat,
} from './abi.js';

const { i32, i64, f32, f64, funcref, externref } = ValType;

/** Places as text: a register's name or a stack slot. */
function places(
  params: readonly ValType[],
  results: readonly ValType[] = [],
): [string[], string | undefined, number] {
  const names = Object.fromEntries(Object.entries(Gpr).map(([name, number]) => [number, name]));
  const { params: all, resultArea, stackSlots } = callShape({ params, results });
  const text = (place: (typeof all)[number]): string => {
    if (place.kind === 'stack') return `stack ${place.slot}`;
    return place.kind === 'xmm' ? `xmm${place.register}` : names[place.register];
  };
  return [all.map(text), resultArea === undefined ? undefined : text(resultArea), stackSlots];
}

const cases: readonly (readonly [
  name: string,
  params: readonly ValType[],
  results: readonly ValType[],
  expected: ReturnType<typeof places>,
])[] = [
  ['nothing', [], [], [[], undefined, 0]],
  [
    'integers and references',
    [i32, i64, funcref, externref, i32],
    [i32],
    [['rsi', 'rdx', 'rcx', 'r8', 'r9'], undefined, 0],
  ],
  [
    'one integer too many',
    [i32, i32, i32, i32, i32, i64],
    [],
    [['rsi', 'rdx', 'rcx', 'r8', 'r9', 'stack 0'], undefined, 1],
  ],
  ['floats and integers apart', [f32, i32, f64, i64], [], [['xmm0', 'rsi', 'xmm1', 'rdx'], undefined, 0]],
  [
    'stack slots in the order of the parameters',
    [...Array<ValType>(8).fill(f64), f32, i32, i32, i32, i32, i32, i64, f64],
    [],
    [
      [
        ...Array.from({ length: 8 }, (_, k) => `xmm${k}`),
        'stack 0',
        'rsi',
        'rdx',
        'rcx',
        'r8',
        'r9',
        'stack 1',
        'stack 2',
      ],
      undefined,
      3,
    ],
  ],
  ['further results', [f32], [i32, i32], [['xmm0'], 'rsi', 0]],
  [
    'further results behind all integers',
    [i32, i32, i32, i32],
    [f64, f64, f64],
    [['rsi', 'rdx', 'rcx', 'r8'], 'r9', 0],
  ],
  [
    'further results on the stack',
    [i32, i32, i32, i32, i32],
    [f64, f64],
    [['rsi', 'rdx', 'rcx', 'r8', 'r9'], 'stack 0', 1],
  ],
];

describe('the calling convention', () => {
  for (const [name, params, results, expected] of cases) {
    test(name, () => assert.deepEqual(places(params, results), expected));
  }

  test('registers are numbered as in machine code, and each has one role', () => {
    assert.deepEqual(Object.values(Gpr), [...Array(16).keys()]);
    const roles = [instanceArgument, ...integerArguments, ...calleeSaved];
    assert.equal(new Set(roles).size, roles.length);
    assert.equal(floatArgumentCount, 8);
  });

  test('floats and vectors are passed in xmm registers', () => {
    const { v128 } = ValType;
    const types = [i32, i64, f32, f64, v128, funcref, externref];
    assert.deepEqual(types.filter(isFloat), [f32, f64, v128]);
  });

  test('a value that is wider than a slot takes several of the stack', () => {
    const { v128 } = ValType;
    const shape = callShape({ params: [...Array(8).fill(f64), v128, f64], results: [] });
    assert.deepEqual(shape.params.slice(8), [
      { kind: 'stack', slot: 0 },
      { kind: 'stack', slot: 2 },
    ]);
    assert.equal(shape.stackSlots, 3);
  });
});
