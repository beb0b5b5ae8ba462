import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { exportedFunctions, machines } from '../execution.fixture.js';

/*
 * Divisions by constants, which are not made with division instructions: for many divisors the dividends at
 * which quotients change, where an inexact reciprocal shows.
 */

const runtime = machines[0].make();
after(() => runtime.dispose());

const bitsOf = { i32: 32, i64: 64 } as const;

/** A reproducible sequence of numbers of so many bits. */
function* randomNumbers(bits: number): Generator<bigint> {
  let state = 0x9e3779b97f4a7c15n;
  for (;;) {
    state = BigInt.asUintN(64, state * 0xd1342543de82ef95n + 1n);
    yield state >> BigInt(64 - bits);
  }
}

function take(source: Iterator<bigint>, count: number): bigint[] {
  return Array.from({ length: count }, () => source.next().value as bigint);
}

/** Divisors as bit patterns: small ones, powers of two and their neighbours, and others of every size. */
function divisors(bits: number): bigint[] {
  const all = new Set<bigint>();
  const add = (value: bigint): void => {
    all.add(BigInt.asUintN(bits, value));
    all.add(BigInt.asUintN(bits, -value));
  };
  for (let value = 1n; value <= 40n; value++) add(value);
  for (const value of [60n, 100n, 365n, 641n, 1000n, 3600n, 10007n, 65535n, 1000000n, 1000000007n])
    add(value);
  for (let bit = 6n; bit < bits; bit++) for (const near of [-1n, 0n, 1n]) add((1n << bit) + near);
  const random = randomNumbers(bits);
  for (let bit = 8n; bit < bits; bit += 4n) add(take(random, 1)[0] >> (BigInt(bits) - bit));
  all.delete(0n);
  return [...all];
}

/** Dividends as bit patterns: around multiples of the divisor, small and large, and around the limits. */
function dividends(bits: number, divisor: bigint, random: Iterator<bigint>): bigint[] {
  const limit = 1n << BigInt(bits);
  const magnitude = divisor > limit / 2n ? limit - divisor : divisor;
  const multiples = [0n, divisor, 2n * divisor, 7n * divisor];
  for (const size of [divisor, magnitude]) {
    for (const end of [limit, limit / 2n]) multiples.push((end / size) * size, (end / size - 1n) * size);
  }
  for (const value of take(random, 3)) multiples.push((value / magnitude) * magnitude);
  const all = [...multiples, limit / 2n, limit - 1n].flatMap((value) => [value - 1n, value, value + 1n]);
  return [...new Set(all.flatMap((value) => [value, -value]).map((value) => BigInt.asUintN(bits, value)))];
}

const operations = {
  div_s: { signed: true, compute: (a: bigint, b: bigint) => a / b },
  rem_s: { signed: true, compute: (a: bigint, b: bigint) => a % b },
  div_u: { signed: false, compute: (a: bigint, b: bigint) => a / b },
  rem_u: { signed: false, compute: (a: bigint, b: bigint) => a % b },
} as const;

describe('division by constants', () => {
  for (const type of ['i32', 'i64'] as const) {
    const bits = bitsOf[type];
    for (const [name, { signed, compute }] of Object.entries(operations)) {
      test(`${type}.${name}`, () => {
        const all = divisors(bits);
        const random = randomNumbers(bits);
        const functions = exportedFunctions(
          runtime,
          `(module ${all
            .map(
              (divisor, k) => `(func (export "${k}") (param ${type}) (result ${type})
                (${type}.${name} (local.get 0) (${type}.const ${divisor})))`,
            )
            .join('\n')})`,
        );
        const number = (pattern: bigint): bigint => (signed ? BigInt.asIntN(bits, pattern) : pattern);
        let checked = 0;
        for (const [k, divisor] of all.entries()) {
          const divide = functions[k];
          for (const dividend of dividends(bits, divisor, random)) {
            const [a, b] = [number(dividend), number(divisor)];
            const result = compute(a, b);
            // The one quotient that does not fit traps.
            if (result !== BigInt.asIntN(bits, result) && signed) continue;
            const actual = bits === 32 ? divide(Number(dividend)) : divide(dividend);
            const expected = BigInt.asIntN(bits, result);
            if (BigInt(actual as number | bigint) !== expected) {
              assert.fail(`${a} ${name} ${b} is ${actual}, not ${expected}`);
            }
            checked++;
          }
        }
        assert.ok(checked > 40 * all.length);
      });
    }
  }

  const trapping: readonly (readonly [
    type: keyof typeof bitsOf,
    name: string,
    divisor: number,
    message: RegExp,
  ])[] = (['i32', 'i64'] as const).flatMap((type) => [
    ...Object.keys(operations).map((name) => [type, name, 0, /^integer divide by zero$/] as const),
    [type, 'div_s', -1, /^integer overflow$/] as const,
  ]);
  for (const [type, name, divisor, message] of trapping) {
    test(`${type}.${name} by ${divisor} traps`, () => {
      const { f } = exportedFunctions(
        runtime,
        `(module (func (export "f") (param ${type}) (result ${type})
          (${type}.${name} (local.get 0) (${type}.const ${divisor}))))`,
      );
      const least = type === 'i32' ? -(2 ** 31) : -(2n ** 63n);
      assert.throws(() => f(least), { message });
      if (divisor === -1) assert.equal(f(type === 'i32' ? 5 : 5n), type === 'i32' ? -5 : -5n);
    });
  }

  test('the remainder by -1 is 0, also of the least number', () => {
    const { f, g } = exportedFunctions(
      runtime,
      `(module (func (export "f") (param i32) (result i32) (i32.rem_s (local.get 0) (i32.const -1)))
        (func (export "g") (param i64) (result i64) (i64.rem_s (local.get 0) (i64.const -1))))`,
    );
    assert.deepEqual([f(-(2 ** 31)), f(7)], [0, 0]);
    assert.deepEqual([g(-(2n ** 63n)), g(7n)], [0n, 0n]);
  });
});
