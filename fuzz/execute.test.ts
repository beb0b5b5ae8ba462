import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Trap } from '../src/code/traps.js';
import { wat } from '../src/runtime/modules.fixture.js';
import type { Case } from './case.js';
import { compareOutcomes } from './compare.js';
import { configurationNamed, reference } from './configurations.js';
import { execute } from './execute.js';
import type { Outcome } from './outcome.js';
import { caseOf, generatedCase } from './subjects.js';

const fast = configurationNamed('fast');

function bothOutcomes(subject: Case): [v8: Outcome, fast: Outcome] {
  return [execute(subject, reference, { seed: 1 }), execute(subject, fast, { seed: 1 })];
}

function inBoth(text: string): [v8: Outcome, fast: Outcome] {
  return bothOutcomes(caseOf(wat(text), 1, false));
}

function traps(outcome: Outcome): (readonly Trap[])[] {
  return outcome.steps.flatMap(({ ending }) => (ending.kind === 'trapped' ? [ending.traps] : []));
}

test('modules of the generator do the same in V8 and the Fast JIT', () => {
  let steps = 0;
  for (let seed = 1; seed <= 25; seed++) {
    const [v8, ours] = bothOutcomes(generatedCase(seed));
    assert.equal(compareOutcomes(v8, ours, false), undefined, `seed ${seed}`);
    steps += v8.steps.length;
  }
  assert.ok(steps > 250, `${steps}`);
});

test('every trap is known by its kind, in both engines', () => {
  const bodies: Readonly<Record<string, Trap>> = {
    '(unreachable)': Trap.unreachable,
    '(drop (i32.load (i32.const -1)))': Trap.memoryOutOfBounds,
    '(memory.init 0 (i32.const 0) (i32.const 0) (i32.const 9))': Trap.memoryOutOfBounds,
    '(memory.fill (i32.const 65535) (i32.const 0) (i32.const 9))': Trap.memoryOutOfBounds,
    '(drop (table.get 0 (i32.const 100)))': Trap.tableOutOfBounds,
    '(table.fill 0 (i32.const 100) (ref.null func) (i32.const 1))': Trap.tableOutOfBounds,
    '(table.init 0 0 (i32.const 0) (i32.const 0) (i32.const 9))': Trap.tableOutOfBounds,
    '(call_indirect (i32.const 100))': Trap.undefinedElement,
    '(call_indirect (i32.const 1))': Trap.uninitializedElement,
    '(call_indirect (param i32) (i32.const 5) (i32.const 0))': Trap.indirectCallTypeMismatch,
    '(drop (i32.div_s (i32.const 1) (i32.const 0)))': Trap.integerDivideByZero,
    '(drop (i64.rem_u (i64.const 1) (i64.const 0)))': Trap.integerDivideByZero,
    '(drop (i32.div_s (i32.const 0x80000000) (i32.const -1)))': Trap.integerOverflow,
    '(drop (i32.trunc_f32_s (f32.const 1e30)))': Trap.integerOverflow,
    '(drop (i64.trunc_f64_u (f64.const nan)))': Trap.invalidConversionToInteger,
    '(call $f)': Trap.callStackExhausted,
  };
  for (const [body, trap] of Object.entries(bodies)) {
    const [v8, ours] =
      inBoth(`(module (memory 1) (data "x") (table 2 funcref) (elem (table 0) (i32.const 0) func $f)
      (func $f (export "runaway") ${body}))`);
    assert.deepEqual(traps(ours).at(0), [trap], body);
    assert.ok(traps(v8).at(0)?.includes(trap), body);
    assert.equal(compareOutcomes(v8, ours, false), undefined, body);
  }
  for (const text of [
    '(module (memory 1) (data (i32.const 65536) "x"))',
    '(module (table 1 funcref) (func $f) (elem (i32.const 1) $f))',
  ]) {
    const [v8, ours] = inBoth(text);
    assert.equal(traps(ours).length, 1);
    assert.equal(compareOutcomes(v8, ours, false), undefined, text);
  }
});

describe('what a module does can be seen', () => {
  test('calls of imports, with arguments, exceptions and calls back', () => {
    const [v8, ours] = inBoth(`(module
      (import "host" "log" (func $log (param i32 f64 externref funcref) (result i64)))
      (import "host" "throw" (func $throw))
      (import "host" "call" (func $call))
      (global $count (export "count") (mut i32) (i32.const 0))
      (func (export "reenter") (param i32) (result i32)
        (global.set $count (i32.add (global.get $count) (i32.const 1))) (call $call) (local.get 0))
      (func (export "f") (param externref) (result i64)
        (call $log (i32.const -1) (f64.const nan) (local.get 0) (ref.func 3)))
      (func (export "g") (call $call) (call $throw) (call $throw)))`);
    assert.equal(compareOutcomes(v8, ours, false), undefined);
    const log = ours.steps.flatMap((step) => step.log);
    assert.ok(
      log.some((line) => line.startsWith('log(i32:-1, f64:nan, extern:') && line.endsWith('func:3)')),
      log.join(),
    );
    assert.ok(ours.steps.some(({ ending }) => ending.kind === 'threw'));
    assert.ok(Number(ours.state['export "count"'].slice(4)) > 5, ours.state['export "count"']);
  });

  test('an exception of the start function, which comes before there are exports', () => {
    const [v8, ours] = inBoth(`(module (tag $t (export "t") (param i32))
      (func $start (throw $t (i32.const 1))) (start $start))`);
    assert.equal(ours.steps[0].ending.kind, 'threw');
    assert.equal(compareOutcomes(v8, ours, false), undefined);
  });

  test('memory, globals and tables at the end', () => {
    const text = (
      byte: number,
    ): string => `(module (import "host" "t" (table 2 3 funcref)) (memory (export "m") 2)
      (global (export "g") f32 (f32.const ${byte})) (table (export "e") 1 externref)
      (data (i32.const 70000) "${String.fromCharCode(byte)}")
      (func $f (export "f") (table.set 0 (i32.const 1) (ref.func $f)) (drop (table.grow 0 (ref.null func) (i32.const 1)))))`;
    const [v8, ours] = inBoth(text(65));
    assert.equal(compareOutcomes(v8, ours, false), undefined);
    assert.equal(ours.state['imported "host" "t"[1]'], 'func:0');
    assert.equal(ours.state['imported "host" "t", length'], '3');
    assert.equal(ours.state['export "g"'], 'f32:0x42820000');
    const [other] = inBoth(text(66));
    assert.equal(
      compareOutcomes(
        v8,
        { ...other, state: { ...other.state, 'export "g"': v8.state['export "g"'] } },
        false,
      )?.where,
      'at the end, export "m", page 1',
    );
  });
});
