import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { withoutLlvm } from '../../src/llvm-jit/library.fixture.js';
import type { Instance } from '../../src/runtime/instances/instance.js';
import { Func } from '../../src/runtime/objects/func.js';
import { Runtime } from '../../src/runtime/runtime.js';
import type { RuntimeOptions } from '../../src/runtime/runtime-options.js';
import { suiteBinaryOf } from '../spec/suite-parser.js';

/**
 * Tail calls, one after the other. The wasm stack has 1 MiB: if each left four bytes behind, 300,000 would
 * overflow it. Interpreted functions take longer, and more stack. `UPSHIFT_TAIL_CALLS=10000000` makes others.
 */
const asked = process.env['UPSHIFT_TAIL_CALLS'];

const configurations: readonly (readonly [string, RuntimeOptions])[] = [
  ['interp', { tier: 'interp' }],
  ['fast', { tier: 'fast' }],
  ['fast, few interpreted', { tier: 'fast', tuning: { interpreted: (index: number) => index % 2 === 0 } }],
  ['fast, many interpreted', { tier: 'fast', tuning: { interpreted: (index: number) => index % 2 === 1 } }],
  ...(withoutLlvm() === false
    ? ([
        ['llvm', { tier: 'llvm' }],
        [
          'llvm, few interpreted',
          { tier: 'llvm', tuning: { interpreted: (index: number) => index % 2 === 0 } },
        ],
        ['multi', { tier: 'multi' }],
        ['multi, changing at random', { tier: 'multi', tuning: { chaos: 7 } }],
      ] as const)
    : []),
];

const range = (count: number): number[] => Array.from({ length: count }, (_, k) => k);

/** Arguments of `many` beside the two of `few`: more than there are registers for, of both kinds. */
const integers = range(8);
const floats = range(11);
const fewType = '(param $left i64) (param $sum i64) (result i64)';
const manyType = `(param $left i64) (param $sum i64)
  ${integers.map((k) => `(param $i${k} i64) (param $f${k} f64)`).join(' ')}
  ${floats
    .slice(integers.length)
    .map((k) => `(param $f${k} f64)`)
    .join(' ')} (result i64)`;
const types = `(rec (type $few (func ${fewType})) (type $many (func ${manyType})))`;
/** What `few` passes: each argument is another number. */
const passed = `(i64.sub (local.get $left) (i64.const 1)) (local.get $sum)
  ${integers
    .map(
      (k) =>
        `(i64.add (local.get $left) (i64.const ${k})) (f64.convert_i64_s (i64.mul (local.get $left) (i64.const ${k + 2})))`,
    )
    .join(' ')}
  ${floats
    .slice(integers.length)
    .map((k) => `(f64.convert_i64_s (i64.mul (local.get $left) (i64.const ${k + 2})))`)
    .join(' ')}`;
/** What `many` passes: the sum gets all arguments, each times another number. */
const returned = `(i64.sub (local.get $left) (i64.const 1))
  ${[
    ...integers.map((k) => `(i64.mul (local.get $i${k}) (i64.const ${2 * k + 1}))`),
    ...floats.map((k) => `(i64.mul (i64.trunc_f64_s (local.get $f${k})) (i64.const ${2 * k + 3}))`),
  ].reduce((sum, term) => `(i64.add ${sum} ${term})`, '(local.get $sum)')}`;
const done = '(if (i64.le_s (local.get $left) (i64.const 0)) (then (return (local.get $sum))))';

/** What `few` is to give after so many calls. */
function expected(count: number): bigint {
  let perTurn = 0n;
  let constant = 0n;
  for (const k of integers) {
    perTurn += BigInt(2 * k + 1);
    constant += BigInt(k * (2 * k + 1));
  }
  for (const k of floats) perTurn += BigInt((k + 2) * (2 * k + 3));
  let sum = 0n;
  // `few` runs with these numbers of calls left, and `many` adds what it was passed if any are left to it.
  for (let left = count; left > 1; left -= 2) sum += perTurn * BigInt(left) + constant;
  return BigInt.asIntN(64, sum);
}

/** How a function calls the other of its module, by name, type and index in a table. */
const ways: Readonly<Record<string, (name: string, args: string) => string>> = {
  return_call: (name, args) => `(return_call $${name} ${args})`,
  return_call_indirect: (name, args) =>
    `(return_call_indirect $table (type $${name}) ${args} (i32.const ${name === 'few' ? 0 : 1}))`,
  return_call_ref: (name, args) => `(return_call_ref $${name} ${args} (ref.func $${name}))`,
};

/** `few` and `many`, which call each other. Function 0 is `few`, 1 is `many`. */
function mutual(fromFew: string, fromMany: string): string {
  return `(module ${types}
    (table $table 2 funcref) (elem (table $table) (i32.const 0) func $few $many)
    (func $few (export "few") (type $few) ${fewType} ${done} ${ways[fromFew]('many', passed)})
    (func $many (type $many) ${manyType} ${done} ${ways[fromMany]('few', returned)}))`;
}

/** `few` of one instance, which finds `many` of the other in its table. */
function first(fromFew: string): string {
  return `(module ${types}
    (table $table (export "table") 2 funcref)
    (table $typed (export "typed") 1 (ref null $many))
    (elem (table $table) (i32.const 0) func $few)
    (func $few (export "few") (type $few) ${fewType} ${done}
      ${
        fromFew === 'return_call_ref'
          ? `(return_call_ref $many ${passed} (table.get $typed (i32.const 0)))`
          : ways[fromFew]('many', passed)
      }))`;
}

/** `many`, which calls `few` of the first instance by its import. Function 0 is `few`, 1 is `many`. */
function second(fromMany: string): string {
  return `(module ${types}
    (import "first" "few" (func $few (type $few)))
    (import "first" "table" (table $table 2 funcref))
    (import "first" "typed" (table $typed 1 (ref null $many)))
    (elem (table $table) (i32.const 1) func $many)
    (elem (table $typed) (i32.const 0) (ref null $many) (ref.func $many))
    (elem declare func $few)
    (func $many (type $many) ${manyType} ${done} ${ways[fromMany]('few', returned)}))`;
}

async function binaryOf(text: string): Promise<Uint8Array> {
  return await suiteBinaryOf({ form: 'text', text });
}

/** Whether `few` gives what it should, after numbers of calls that end in either function. */
function checkFew({ exports: { few } }: Instance, turns: number): void {
  assert.ok(few instanceof Func);
  for (const count of [0n, 1n, 2n, 7n, 1001n, BigInt(turns)]) {
    assert.equal(few(count, 0n), expected(Number(count)), `${count} calls`);
  }
}

const callWays = Object.keys(ways);
for (const [title, options] of configurations) {
  const turns = Number(
    asked ?? (options.tuning?.interpreted || options.tier === 'interp' ? 60_000 : 300_000),
  );
  describe(`${turns} tail calls need no stack: ${title}`, () => {
    for (const [k, fromFew] of callWays.entries()) {
      for (const fromMany of asked === undefined ? callWays : [callWays[(k + 1) % 3]]) {
        test(`${fromFew} and ${fromMany}`, async () => {
          const runtime = new Runtime(options);
          checkFew(runtime.instantiate(runtime.compile(await binaryOf(mutual(fromFew, fromMany)))), turns);
          runtime.dispose();
        });

        if (fromFew === 'return_call') continue;
        test(`${fromFew} and ${fromMany} between two instances`, async () => {
          const runtime = new Runtime(options);
          const instance = runtime.instantiate(runtime.compile(await binaryOf(first(fromFew))));
          runtime.instantiate(runtime.compile(await binaryOf(second(fromMany))), { first: instance.exports });
          checkFew(instance, turns);
          runtime.dispose();
        });
      }
    }
  });
}
