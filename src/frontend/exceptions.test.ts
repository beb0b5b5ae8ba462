import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Trap } from '../code/traps.js';
import { irLines, loadModule } from '../fast-jit/modules.fixture.js';
import { type Builtin, builtinOffset } from '../layout/builtins.js';
import { execEnv, slotsOffset } from '../layout/exec-env.js';
import { moduleInstance } from '../layout/structs.js';

const { exception, exceptionTag } = execEnv.offsets;
const number = `field.load32 instance, +${moduleInstance.offsets.instanceNumber}`;
const environment = 'field.load64 instance';
const unreachable = `trap trap ${Trap.unreachable}`;
const builtin = (name: Builtin, args: string): string =>
  `call_builtin instance, +${builtinOffset(name)}, (${args})`;

describe('exceptions in IR', () => {
  test('what an exception carries is stored in the slots', () => {
    const text = '(module (tag (param i64 f32)) (func (param i64) (throw 0 (local.get 0) (f32.const 1))))';
    assert.deepEqual(irLines(text), [
      `v0:i64 = ${environment}`,
      `field.store64 v0, $0, +${slotsOffset}`,
      `field.store_f32 v0, 1f, +${slotsOffset + 8}`,
      `v1:i32 = ${number}`,
      builtin('throw', 'v1, 0'),
      unreachable,
    ]);
  });

  test('null is not thrown', () => {
    assert.deepEqual(irLines('(module (func (param exnref) (throw_ref (local.get 0))))'), [
      'v0:i32 = i64.eqz $0',
      `trap_if v0, trap ${Trap.nullException}`,
      `v1:i32 = ${number}`,
      builtin('throwRef', 'v1, $0'),
      unreachable,
    ]);
  });

  test('a pad follows the body; a local that a call writes keeps its value on the way there', () => {
    const text = `(module (tag $e (param i32)) (func (param i32) (result i32)
      (block $h (result i32)
        (try_table (catch $e $h) (local.set 0 (call 0 (local.get 0))))
        (local.get 0))))`;
    const { layout } = loadModule(text);
    assert.deepEqual(irLines(text), [
      `v0:i32 = try_call instance, +${layout.function(0)}, ($0), pad L0`,
      '$0:i32 = mov v0',
      'br L1',
      'L0:',
      `v1:i64 = ${environment}`,
      `v2:i64 = field.load64 v1, +${exceptionTag}`,
      `v3:i64 = field.address instance, +${layout.tag(0)}`,
      'v4:i32 = i64.ne v2, v3',
      'br_if v4, L2',
      `v5:i32 = field.load32 v1, +${slotsOffset}`,
      'br L3',
      'L2:',
      `v6:i32 = ${number}`,
      builtin('rethrow', 'v6'),
      unreachable,
      'L1:',
      'v5:i32 = mov $0',
      'L3:',
      'return (v5)',
    ]);
  });

  test('a body that cannot throw has no pad', () => {
    const inBlock = '(block $h (try_table (catch_all $h) (local.set 0 (i32.const 1)))) (local.get 0)';
    const legacy = `(try (do (local.set 0 (i32.const 1))) (catch $e (local.set 0 (i32.const 2)))
      (catch_all (local.set 0 (i32.const 3)))) (local.get 0)`;
    for (const body of [inBlock, legacy]) {
      const lines = irLines(`(module (tag $e) (func (param i32) (result i32) ${body}))`);
      assert.equal(lines[0], '$0:i32 = mov 1');
      assert.ok(!lines.some((line) => /pad|field|call|mov [23]/.test(line)), lines.join('\n'));
    }
  });

  test('each arm asks again which exception it is; an imported tag is found through its pointer', () => {
    const text = `(module (import "e" "t" (tag $e)) (func (param i32) (result i32)
      (try (result i32) (do (call 0 (i32.const 1))) (catch $e (rethrow 0)) (catch_all (i32.const 3)))))`;
    const { layout } = loadModule(text);
    assert.deepEqual(irLines(text), [
      `v0:i32 = try_call instance, +${layout.function(0)}, (1), pad L0`,
      'v1:i32 = mov v0',
      'br L1',
      'L0:',
      `v2:i64 = ${environment}`,
      `v3:i64 = field.load64 v2, +${exception}`,
      `v4:i64 = ${environment}`,
      `v5:i64 = field.load64 v4, +${exceptionTag}`,
      `v6:i64 = field.load64 instance, +${layout.tag(0)}`,
      'v7:i32 = i64.ne v5, v6',
      'br_if v7, L2',
      `v8:i32 = ${number}`,
      builtin('throwRef', 'v8, v3'),
      unreachable,
      'L2:',
      'v1:i32 = mov 3',
      'L1:',
      'return (v1)',
    ]);
  });

  test('a pad without clauses that fit leads to the one around it, or out of the function', () => {
    const text = '(module (tag $e) (func (try $t (do (try (do (call 0)) (delegate $t))) (catch_all))))';
    const { layout } = loadModule(text);
    assert.deepEqual(irLines(text).slice(0, 6), [
      `try_call instance, +${layout.function(0)}, (), pad L0`,
      'br L1',
      'L0:',
      'br L2',
      'L1:',
      'br L3',
    ]);
    const out = irLines('(module (func (try (do (call 0)) (delegate 0))))');
    assert.deepEqual(out.slice(2), [
      'L0:',
      `v0:i32 = ${number}`,
      builtin('rethrow', 'v0'),
      unreachable,
      'L1:',
      'return ()',
    ]);
  });

  test('in an arm calls have the pad of what is around the try', () => {
    const text = `(module (func (try $a (do
      (try $b (do (call 0)) (catch_all (call 0)))) (catch_all))))`;
    const pads = irLines(text).flatMap((line) => /pad (L\d+)/.exec(line)?.slice(1) ?? []);
    assert.equal(pads.length, 2);
    assert.notEqual(pads[0], pads[1]);
  });
});
