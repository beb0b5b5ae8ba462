import { after, describe, test } from 'node:test';
import { assertAgreesWithV8, machines } from '../execution.fixture.js';

/*
 * Instructions that want their operands in registers of their own choice (divisions rax and rdx, shifts by a
 * variable count rcx) meet operands in every register, that live on or not, beside other values in all other
 * registers.
 */

const runtimes = machines.map(({ make }) => make());
after(() => {
  for (const runtime of runtimes) runtime.dispose();
});

const operators = ['div_s', 'div_u', 'rem_s', 'rem_u', 'shl', 'shr_s', 'rotl', 'rotr'];
const constants = ['div_s', 'div_u', 'rem_u', 'rem_s'];
const paramCount = 5;

type Type = 'i32' | 'i64';

/** Sum of some parameters and locals, each with its own weight. */
function mix(type: Type, values: readonly number[]): string {
  return values.reduce(
    (sum, value) => `(${type}.add (${type}.mul ${sum} (${type}.const 31)) (local.get ${value}))`,
    `(${type}.const 1)`,
  );
}

/**
 * Functions of five parameters that apply an operator to two of them and mix the result with others. `others`
 * locals live across the operator besides.
 */
function functions(type: Type, operator: string, others: number): string[] {
  const all: string[] = [];
  const locals = Array.from({ length: others }, (_, k) => paramCount + k);
  const sets = locals.map(
    (local) => `(local.set ${local} (${type}.xor (local.get ${local % 5}) (${type}.const ${local})))`,
  );
  const add = (operands: readonly number[], code: string): void => {
    for (let kept = 0; kept < 1 << operands.length; kept++) {
      const params = Array.from({ length: paramCount }, (_, k) => k);
      const survivors = params.filter((param) => {
        const at = operands.indexOf(param);
        return at < 0 || ((kept >> at) & 1) === 1;
      });
      all.push(`(func (export "${all.length}") (param ${`${type} `.repeat(paramCount)}) (result ${type})
        (local ${`${type} `.repeat(others)}) (local $r ${type}) ${sets.join(' ')}
        (local.set $r ${code}) (${type}.add (local.get $r) ${mix(type, [...survivors, ...locals])}))`);
    }
  };
  for (let a = 0; a < paramCount; a++) {
    for (let b = 0; b < paramCount; b++) {
      add(a === b ? [a] : [a, b], `(${type}.${operator} (local.get ${a}) (local.get ${b}))`);
    }
    if (!constants.includes(operator)) continue;
    for (const divisor of [7, 8, -1])
      add([a], `(${type}.${operator} (local.get ${a}) (${type}.const ${divisor}))`);
    add([a], `(${type}.${operator} (${type}.const 1000003) (local.get ${a}))`);
  }
  return all;
}

const calls: Readonly<Record<Type, readonly (readonly (number | bigint)[])[]>> = {
  i32: [
    [1000, 7, -13, 0x7fffffff, -5],
    [-0x80000000, 3, 1, -2, 12345],
  ],
  i64: [
    [1000n, 7n, -13n, 0x7fffffffffffffffn, -5n],
    [-0x8000000000000000n, 3n, 1n, -2n, 123456789123n],
  ],
};

describe('instructions with fixed registers', () => {
  for (const type of ['i32', 'i64'] as const) {
    for (const operator of operators) {
      test(`${type}.${operator}`, () => {
        for (const others of [0, 2, 5, 9]) {
          const all = functions(type, operator, others);
          const names = Object.fromEntries(all.map((_, k) => [`${k}`, calls[type]]));
          assertAgreesWithV8(runtimes, `(module ${all.join('\n')})`, names);
        }
      });
    }
  }
});
