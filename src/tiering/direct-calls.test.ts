import assert from 'node:assert/strict';
import { test } from 'node:test';
import { layoutInstance } from '../layout/instance-layout.js';
import { wat } from '../runtime/modules.fixture.js';
import { decodeModule } from '../wasm/decode.js';
import { DirectCalls } from './direct-calls.js';

function callsOf(text: string): DirectCalls {
  const wasm = decodeModule(wat(text));
  return new DirectCalls(wasm, layoutInstance(wasm));
}

test('callees are those of call instructions to functions of the module, each once, in their order', () => {
  const calls = callsOf(`(module
    (import "env" "a" (func $a)) (import "env" "b" (func $b))
    (type $t (func)) (table funcref (elem $e))
    (func $c (call $e) (call $a) (call $d) (call $e) (call_indirect (type $t) (i32.const 0)))
    (func $d (call $d))
    (func $e (drop (ref.func $c)))
    (elem declare func $c))`);
  assert.deepEqual(calls.of(2), Int32Array.of(4, 3));
  assert.deepEqual(calls.of(3), Int32Array.of(3));
  assert.deepEqual(calls.of(4), Int32Array.of());
});

test('calls that control does not reach are none', () => {
  const calls = callsOf('(module (func $a (return) (call $b)) (func $b (unreachable) (call $a)))');
  assert.deepEqual([...calls.of(0), ...calls.of(1)], []);
});

test('the size of a body is that in the module, with its locals', () => {
  const calls = callsOf(
    '(module (import "env" "f" (func)) (func) (func (local i32) (drop (i32.const 300))))',
  );
  // A count of groups of locals, and end.
  assert.equal(calls.bodySize(1), 2);
  assert.equal(calls.bodySize(2), 1 + 2 + 3 + 1 + 1);
  assert.deepEqual(calls.of(2), Int32Array.of());
});
