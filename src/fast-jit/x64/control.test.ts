import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { allMachines, assertAgreesWithV8, exportedFunctions, machines } from '../execution.fixture.js';

const runtimes = allMachines.map(({ make }) => make());
after(() => {
  for (const runtime of runtimes) runtime.dispose();
});

describe('tables of branches', () => {
  const indices = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 99, 100, 101, 0x7fffffff, -0x80000000, -1];

  /** Block k returns 10 + k; the table leads to `targets` and by default to the last of `count` blocks. */
  function table(count: number, targets: readonly number[]): string {
    let code = `(br_table ${targets.join(' ')} ${count - 1} (local.get 0))`;
    for (let k = 0; k < count; k++) code = `(block ${code}) (return (i32.const ${10 + k}))`;
    return `(module (func (export "f") (param i32) (result i32) ${code} (unreachable)))`;
  }

  for (const count of [1, 2, 3, 4, 5, 6, 9]) {
    test(`${count - 1} targets and a default`, () => {
      const targets = Array.from({ length: count - 1 }, (_, k) => (k * 5 + 2) % count);
      const text = table(count, targets);
      assertAgreesWithV8(runtimes, text, { f: indices.map((index) => [index]) });
      for (const runtime of runtimes) {
        const { f } = exportedFunctions(runtime, text);
        const expected = indices.map((index) => 10 + (targets[index >>> 0] ?? count - 1));
        assert.deepEqual(
          indices.map((index) => f(index)),
          expected,
        );
      }
    });
  }

  test('targets that occur often', () => {
    const targets = Array.from({ length: 100 }, (_, k) => (k % 7 === 0 ? 2 : k % 3 === 0 ? 1 : 0));
    assertAgreesWithV8(runtimes, table(4, targets), { f: indices.map((index) => [index]) });
  });

  test('a constant index', () => {
    for (const index of [0, 3, 4, -1]) {
      const text = table(6, [5, 4, 3, 2, 1]).replace('(local.get 0)', `(i32.const ${index})`);
      assertAgreesWithV8(runtimes, text, { f: [[0]] });
    }
  });

  test('an index that lives on', () => {
    for (const targets of ['0', '0 1 0 1 0 1']) {
      const text = `(module (func (export "f") (param i32) (result i32)
        (block (block (br_table ${targets} 1 (local.get 0))) (return (i32.mul (local.get 0) (i32.const 3))))
        (i32.sub (i32.const 1) (local.get 0))))`;
      assertAgreesWithV8(runtimes, text, { f: indices.map((index) => [index]) });
    }
  });

  test('values for the targets, which want them in different places', () => {
    const text = `(module (func (export "f") (param i32 i64) (result i64) (local i64 i64)
      (local.set 2 (i64.mul (local.get 1) (i64.const 3)))
      (block $a (result i64)
        (block $b (result i64)
          (block $c (result i64)
            (block $d (result i64)
              (br_table $a $b $c $d $a $b (i64.add (local.get 1) (local.get 2)) (local.get 0)))
            (local.set 3 (i64.const 1000)) (i64.sub (local.get 3)))
          (local.set 2 (i64.const 5)) (i64.xor (local.get 2)))
        (i64.add (local.get 1)))
      (i64.add (i64.mul (local.get 2) (i64.const 100000)))
      (i64.add (local.get 3))))`;
    const args = indices.flatMap((index) => [7n, -1n].map((value) => [index, value]));
    assertAgreesWithV8(runtimes, text, { f: args });
  });

  test('back to loops and out of them, as a state machine', () => {
    const text = `(module (func (export "f") (param $n i32) (result i32) (local $state i32) (local $sum i32)
      (block $done
        (loop $next
          (br_if $done (i32.eqz (local.get $n)))
          (local.set $n (i32.sub (local.get $n) (i32.const 1)))
          (block $3 (block $2 (block $1 (block $0
            (br_table $0 $1 $2 $3 $done (local.get $state)))
            (local.set $state (i32.const 2)) (local.set $sum (i32.add (local.get $sum) (i32.const 1))) (br $next))
            (local.set $state (i32.const 3)) (local.set $sum (i32.mul (local.get $sum) (i32.const 3))) (br $next))
            (local.set $state (i32.const 1)) (local.set $sum (i32.add (local.get $sum) (i32.const 5))) (br $next))
          (local.set $state (i32.rem_u (local.get $n) (i32.const 5)))
          (br $next)))
      (i32.add (local.get $sum) (i32.shl (local.get $state) (i32.const 24)))))`;
    assertAgreesWithV8(runtimes, text, { f: [0, 1, 2, 3, 4, 5, 10, 50, 51, 52, 53, 54].map((n) => [n]) });
  });
});

/**
 * Small functions whose ways meet with values in different registers; each is called with pairs of numbers.
 */
const meetings: readonly (readonly [name: string, code: string])[] = [
  [
    'one arm exchanges two locals',
    `(local $t i32) (if (i32.lt_s (local.get 0) (local.get 1))
      (then (local.set $t (local.get 0)) (local.set 0 (local.get 1)) (local.set 1 (local.get $t))))
      (i32.sub (local.get 0) (local.get 1))`,
  ],
  [
    'a loop rotates three locals',
    `(local $c i32) (local $t i32) (local $n i32) (local.set $c (i32.const 1000)) (local.set $n (i32.const 7))
      (loop (local.set $t (local.get 0)) (local.set 0 (local.get 1)) (local.set 1 (local.get $c))
        (local.set $c (local.get $t)) (br_if 0 (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
      (i32.add (i32.mul (local.get 0) (i32.const 10001)) (i32.sub (local.get 1) (local.get $c)))`,
  ],
  [
    'a loop exchanges its parameters',
    `(local $n i32) (local.set $n (i32.const 5)) (local.get 0) (local.get 1)
      (loop (param i32 i32) (result i32 i32)
        (local.set 0) (local.set 1) (local.get 0) (local.get 1)
        (br_if 0 (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
      i32.sub`,
  ],
  [
    'a value dies on one way only',
    `(local $x i32) (local.set $x (i32.mul (local.get 0) (i32.const 3)))
      (if (result i32) (local.get 1) (then (i32.add (local.get $x) (local.get 0))) (else (i32.const 5)))`,
  ],
  [
    'a local that only one arm sets',
    '(local $x i32) (if (local.get 0) (then (local.set $x (local.get 1)))) (local.get $x)',
  ],
  [
    'an early way out of a loop with a value that the loop makes',
    `(local $n i32) (block $out (result i32) (loop $l
        (br_if $out (i32.mul (local.get $n) (local.get 0)) (i32.ge_u (local.get $n) (i32.and (local.get 1) (i32.const 15))))
        drop (local.set $n (i32.add (local.get $n) (i32.const 1))) (br $l)) unreachable)`,
  ],
  [
    'a conditional branch back with a condition that is assigned on the way',
    `(local $n i32) (local.set $n (i32.and (local.get 0) (i32.const 31)))
      (loop (local.set 1 (i32.add (local.get 1) (local.get $n)))
        (br_if 0 (i32.ge_s (local.tee $n (i32.sub (local.get $n) (i32.const 3))) (i32.const 0))))
      (local.get 1)`,
  ],
  [
    'nested conditions with results on every level',
    `(if (result i32) (i32.lt_s (local.get 0) (i32.const 10))
      (then (if (result i32) (i32.lt_s (local.get 1) (i32.const 10))
        (then (i32.add (local.get 0) (local.get 1))) (else (i32.sub (local.get 0) (local.get 1)))))
      (else (if (result i32) (i32.eqz (local.get 1)) (then (i32.const -1))
        (else (i32.rem_s (local.get 0) (local.get 1))))))`,
  ],
  [
    'a call on one way only',
    `(local $a i32) (local $b i32) (local.set $a (i32.add (local.get 0) (i32.const 1)))
      (local.set $b (i32.add (local.get 1) (i32.const 2)))
      (if (i32.lt_u (local.get 0) (local.get 1)) (then (local.set $b (call $twice (local.get $b)))))
      (i32.sub (i32.mul (local.get $a) (i32.const 7)) (local.get $b))`,
  ],
  [
    'a call in a loop, with what is only used behind it',
    `(local $n i32) (local $keep i32) (local.set $keep (i32.xor (local.get 0) (local.get 1)))
      (loop (local.set 0 (call $twice (local.get 0))) (local.set $n (i32.add (local.get $n) (i32.const 1)))
        (br_if 0 (i32.lt_u (local.get $n) (i32.const 4))))
      (i32.add (local.get 0) (i32.mul (local.get $keep) (local.get 1)))`,
  ],
  [
    'an inner loop that uses what the outer one sets, behind a call',
    `(local $i i32) (local $j i32) (local $sum i32)
      (loop $outer
        (local.set $j (i32.const 0))
        (loop $inner
          (local.set $sum (i32.add (i32.mul (local.get $sum) (i32.const 3)) (i32.add (local.get $i) (local.get 0))))
          (br_if $inner (i32.lt_u (local.tee $j (i32.add (local.get $j) (i32.const 1))) (i32.const 3))))
        (local.set 0 (call $twice (local.get 0)))
        (br_if $outer (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 5))))
      (i32.add (local.get $sum) (local.get 1))`,
  ],
];

describe('ways that meet', () => {
  const numbers = [0, 1, 2, 5, 9, 10, 11, 1000, -1, -7, 0x7fffffff, -0x80000000];
  const pairs = numbers.flatMap((a) => numbers.map((b) => [a, b]));
  for (const [name, code] of meetings) {
    test(name, () => {
      const text = `(module (func $twice (param i32) (result i32) (i32.shl (local.get 0) (i32.const 1)))
        (func (export "f") (param i32 i32) (result i32) ${code}))`;
      assertAgreesWithV8(runtimes, text, { f: pairs });
    });
  }
});

describe('distances', () => {
  for (const instructions of [10, 30, 40, 100, 10_000, 20_000]) {
    test(`branches over ${instructions} instructions, forward and back`, () => {
      const long = '(local.set 0 (i32.add (i32.mul (local.get 0) (i32.const 5)) (local.get 1)))'.repeat(
        instructions,
      );
      const text = `(module (func (export "f") (param i32 i32) (result i32) (local $n i32)
        (block $over
          (br_if $over (i32.eqz (local.get 1)))
          (loop $again ${long} (br_if $again (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 1)))
            (i32.const 3)))))
        (local.get 0)))`;
      // LLVM takes long for the longest.
      const some = instructions > 1000 ? runtimes.slice(0, machines.length) : runtimes;
      assertAgreesWithV8(some, text, {
        f: [
          [3, 0],
          [3, 1],
          [-1, 77],
        ],
      });
    });
  }
});
