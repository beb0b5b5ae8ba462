import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withoutLlvm } from '../../llvm-jit/library.fixture.js';
import { wat } from '../modules.fixture.js';
import { Func } from '../objects/func.js';
import { Runtime } from '../runtime.js';

/** Native functions that are called in the place of wasm functions, by import and by table. */
const text = `(module
  (import "env" "abs" (func $abs (param i32) (result i32)))
  (import "env" "fma" (func $fma (param f64 f64 f64) (result f64)))
  (import "env" "sum" (func $sum (param i32 i32 i32 i32 i32 i32 i32 i32 f64) (result f64)))
  (import "env" "strlen" (func $strlen (param i32) (result i32)))
  (memory 1)
  (data (i32.const 16) "12345\\00")
  (table funcref (elem $abs))
  (func (export "abs") (param i32) (result i32) (return_call $abs (local.get 0)))
  (func (export "by_table") (param i32) (result i32)
    (return_call_indirect (param i32) (result i32) (local.get 0) (i32.const 0)))
  (func (export "fma") (param f64) (result f64) (return_call $fma (f64.const 3) (f64.const 4) (local.get 0)))
  (func $sums (param i32) (result f64)
    (return_call $sum (local.get 0) (i32.const 1) (i32.const 2) (i32.const 3) (i32.const 4) (i32.const 5) (i32.const 6)
      (i32.const 7) (f64.const 0.5)))
  (func (export "sum") (param i32) (result f64) (f64.add (call $sums (local.get 0)) (call $sums (i32.const 1000))))
  (func $length (param i32) (result i32) (return_call $strlen (local.get 0)))
  (func (export "strlen") (param i32) (result i32) (i32.mul (call $length (local.get 0)) (i32.const 2))))`;

for (const tier of ['fast', 'llvm'] as const) {
  test(`native functions in the place of others, tier ${tier}`, {
    skip: tier === 'llvm' && withoutLlvm(),
  }, () => {
    const runtime = new Runtime({ tier });
    runtime.registerNatives('env', [
      { name: 'abs', symbol: 'abs', signature: '(i)i' },
      { name: 'sum', function: (...args: number[]) => args.reduce((a, b) => a + b) },
      { name: 'strlen', symbol: 'strlen', signature: '($)i' },
    ]);
    runtime.registerNatives('env', [{ name: 'fma', symbol: 'fma', signature: '(FFF)F' }], {
      library: 'libm.so.6',
    });
    const { exports } = runtime.instantiate(runtime.compile(wat(text)));
    const call = (name: string, ...args: number[]): unknown => {
      const func = exports[name];
      assert.ok(func instanceof Func);
      return func(...args);
    };
    assert.equal(call('abs', -5), 5);
    assert.equal(call('by_table', -6), 6);
    assert.equal(call('fma', 0.25), 12.25);
    assert.equal(call('sum', 10), 10 + 1000 + 2 * 28.5);
    assert.equal(call('strlen', 16), 10);
    // The string would end beyond the memory.
    assert.throws(() => call('strlen', 70000), { name: 'TrapError' });
    runtime.dispose();
  });
}
