import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Trap } from '../../src/code/traps.js';
import { withoutLlvm } from '../../src/llvm-jit/library.fixture.js';
import { WasmException } from '../../src/runtime/exceptions/wasm-exception.js';
import { wat } from '../../src/runtime/modules.fixture.js';
import { Func } from '../../src/runtime/objects/func.js';
import { Tag } from '../../src/runtime/objects/tag.js';
import { Runtime } from '../../src/runtime/runtime.js';
import type { RuntimeOptions } from '../../src/runtime/runtime-options.js';
import { trapOf } from '../../src/runtime/traps/trap.fixture.js';
import { testLibrary, withoutCompiler } from './library.fixture.js';

const configurations: readonly (readonly [string, RuntimeOptions])[] = [
  ['interp', { tier: 'interp' }],
  ['fast', { tier: 'fast' }],
  ['fast, checked memory', { tier: 'fast', memoryMode: 'checked' }],
  ['even functions interpreted', { tier: 'fast', tuning: { interpreted: (index) => index % 2 === 0 } }],
  ['odd functions interpreted', { tier: 'fast', tuning: { interpreted: (index) => index % 2 === 1 } }],
  ...(withoutLlvm() === false
    ? ([
        ['llvm', { tier: 'llvm' }],
        ['multi, changing at random', { tier: 'multi', tuning: { chaos: 1 } }],
      ] as const)
    : []),
];

/**
 * `catch_…` call a function of the table by way of C code, and give what they have caught with a sum of their
 * locals, which lie in registers that frames in between save. `call_export` has pointers, so it has a
 * wrapper.
 */
const text = `(module
  (import "env" "call_table" (func $call_table (param i32 i32) (result i32)))
  (import "env" "call_export" (func $call_export (param i32 i32) (result i32)))
  (import "env" "call_twice" (func $call_twice (param i32 i32) (result i32)))
  (import "env" "call_or_raise" (func $call_or_raise (param i32 i32) (result i32)))
  (import "env" "call_and_look" (func $call_and_look (param i32 i32) (result i32)))
  (import "host" "deed" (func $deed (param i32) (result i32)))
  (memory 1)
  (data (i32.const 16) "throw\\00")
  (global $count (export "count") (mut i32) (i32.const 0))
  (tag $t (export "tag") (param i32 i64 externref))
  (tag $other)
  (table 16 funcref)
  (elem (i32.const 1) $throw $host $nested $trap $double)
  (func $throw (export "throw") (param i32) (result i32)
    (global.set $count (i32.add (global.get $count) (i32.const 1)))
    (throw $t (local.get 0) (i64.const -5) (ref.null extern)))
  (func $host (param i32) (result i32) (i32.add (call $deed (local.get 0)) (i32.const 1)))
  (func $nested (param i32) (result i32)
    (if (result i32) (i32.eqz (local.get 0)) (then (call $throw (i32.const 77)))
      (else (i32.add (call $call_table (i32.const 3) (i32.sub (local.get 0) (i32.const 1))) (i32.const 1)))))
  (func $trap (param i32) (result i32) (unreachable))
  (func $double (param i32) (result i32) (i32.mul (local.get 0) (i32.const 2)))
  ${['table', 'export', 'twice', 'or_raise', 'and_look']
    .map(
      (
        name,
      ) => `(func (export "${name}") (param i32 i32) (result i32) (call $call_${name} (local.get 0) (local.get 1)))
  (func (export "catch_${name}") (param i32 i32) (result i32 i64 i32)
    (local $a i32) (local $b i32) (local $c i32)
    (local.set $a (i32.add (local.get 0) (i32.const 100)))
    (local.set $b (i32.mul (local.get 0) (i32.const 3)))
    (local.set $c (i32.add (local.get 0) (local.get 1)))
    (block $caught (result i32 i64 externref)
      (block $all
        (try_table (catch $other $all) (catch $t $caught) (catch_all $all)
          (return (call $call_${name} (local.get 0) (local.get 1)) (i64.const 0) (i32.const 0))))
      (return (i32.const -1) (i64.const -1) (i32.add (local.get $a) (i32.add (local.get $b) (local.get $c)))))
    (drop) (i32.add (local.get $a) (i32.add (local.get $b) (local.get $c)))
  )`,
    )
    .join('\n')}
  (func (export "again") (param i32 i32) (result i32)
    (block $caught (result exnref)
      (try_table (catch_all_ref $caught) (return (call $call_table (local.get 0) (local.get 1))))
      (unreachable))
    (throw_ref)))`;

function sum(a: number, b: number): number {
  return a + 100 + a * 3 + a + b;
}

for (const [title, options] of configurations) {
  test(`exceptions go on to the caller of C code when it has returned: ${title}`, {
    skip: withoutCompiler,
  }, () => {
    const runtime = new Runtime({ ...options, tuning: { ...options.tuning, collectsExceptions: true } });
    const names = ['call_table', 'call_export', 'call_twice', 'call_or_raise', 'call_and_look'];
    runtime.registerNatives(
      'env',
      names.map((name) => ({
        name,
        signature: name === 'call_export' ? '($i)i' : '(ii)i',
        execEnv: true,
      })),
      { library: testLibrary() },
    );
    let deed: (value: number) => number = (value) => value;
    const { exports } = runtime.instantiate(runtime.compile(wat(text)), {
      host: { deed: (value: number) => deed(value) },
    });
    const { tag, count } = exports;
    assert.ok(tag instanceof Tag && count !== undefined && 'value' in count);
    const call = (name: string, ...args: unknown[]): unknown => {
      const func = exports[name];
      assert.ok(func instanceof Func, name);
      return func(...args);
    };
    const thrownBy = (work: () => unknown): unknown => {
      try {
        work();
      } catch (error) {
        return error;
      }
      return assert.fail('nothing was thrown');
    };

    for (let round = 0; round < 20; round++) {
      // One of wasm's own, with all that it carries, and not more than once.
      assert.deepEqual(call('catch_table', 1, 9), [9, -5n, sum(1, 9)]);
      assert.deepEqual(call('catch_export', 16, 10), [10, -5n, sum(16, 10)]);
      count.value = 0;
      assert.deepEqual(call('catch_twice', 1, 11), [11, -5n, sum(1, 11)]);
      assert.equal(count.value, 1);
      assert.deepEqual(call('catch_table', 3, 6), [77, -5n, sum(3, 6)]);
      for (const name of ['table', 'again']) {
        const error = thrownBy(() => call(name, 1, 12));
        assert.ok(error instanceof WasmException);
        assert.equal(error.tag, tag);
        assert.deepEqual(error.payload, [12, -5n, null]);
      }
      // One that JavaScript throws: a value, and an exception with the tag.
      const problem = new Error('of the user');
      deed = () => {
        throw problem;
      };
      assert.deepEqual(call('catch_table', 2, 1), [-1, -1n, sum(2, 1)]);
      assert.equal(
        thrownBy(() => call('again', 2, 1)),
        problem,
      );
      assert.equal(
        thrownBy(() => call('twice', 2, 1)),
        problem,
      );
      deed = () => {
        throw undefined;
      };
      assert.deepEqual(call('catch_table', 2, 1), [-1, -1n, sum(2, 1)]);
      assert.equal(
        thrownBy(() => call('again', 2, 1)),
        undefined,
      );
      deed = (value) => {
        throw runtime.exception(tag, [value, 1n, 'x']);
      };
      assert.deepEqual(call('catch_table', 2, 13), [13, 1n, sum(2, 13)]);
      // Traps go on as ever, and nothing catches them.
      for (const name of ['table', 'catch_table', 'catch_twice', 'again']) {
        assert.equal(trapOf(() => call(name, 4, 0)).trap, Trap.unreachable);
      }
      // C code may make a trap of an exception.
      for (const name of ['or_raise', 'catch_or_raise']) {
        const error = trapOf(() => call(name, 1, 0));
        assert.deepEqual([error.trap, error.message], [Trap.nativeException, 'the function failed']);
      }
      // What it looks up meanwhile does not make it forget that the call has failed.
      assert.deepEqual(call('catch_and_look', 1, 9), [9, -5n, sum(1, 9)]);
      assert.equal(trapOf(() => call('and_look', 4, 0)).trap, Trap.unreachable);
      assert.equal(call('and_look', 5, 4), 8);
      deed = (value) => {
        throw runtime.exception(tag, [call('table', 5, value) as number, 1n, 'x']);
      };
      assert.deepEqual(call('catch_table', 2, 13), [26, 1n, sum(2, 13)]);
      deed = (value) => value;
      assert.equal(call('table', 2, 5), 6);
      assert.deepEqual(call('catch_table', 5, 21), [42, 0n, 0]);
    }
    runtime.dispose();
  });
}
