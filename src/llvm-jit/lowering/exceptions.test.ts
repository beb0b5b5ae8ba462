import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { exportedFunctions } from '../../fast-jit/execution.fixture.js';
import { wat } from '../../runtime/modules.fixture.js';
import { Runtime } from '../../runtime/runtime.js';
import { llvmMachines } from '../execution.fixture.js';
import { withoutLlvm } from '../library.fixture.js';

/** Pads in LLVM's code: what is particular to it. Random modules run in all tiers elsewhere. */

const machines = llvmMachines.map((machine) => ({ ...machine, runtime: machine.make() }));
after(() => {
  for (const { runtime } of machines) runtime.dispose();
});

/** Calls with arguments on the stack, of integers, floats and vectors in turn, and results in memory. */
const wide = `(module
  (import "host" "fail" (func $fail (param i64)))
  (tag $e (param i64 f64))
  (type $wide (func (param i64 i64 i64 i64 i64 i64 i64 i64 f64) (result i64 f64 i64)))
  (table funcref (elem $callee))
  (func $callee (type $wide)
    (if (i64.eq (local.get 7) (i64.const 1)) (then (throw $e (local.get 6) (local.get 8))))
    (if (i64.eq (local.get 7) (i64.const 2)) (then (call $fail (local.get 6))))
    (i64.add (local.get 0) (local.get 5)) (local.get 8) (local.get 7))
  (func (export "f") (param $x i64) (param $how i64) (result i64) (local $kept i64) (local $sum f64)
    (local.set $kept (i64.mul (local.get $x) (i64.const 3)))
    (try
      (do
        (call $callee (local.get $x) (local.get $x) (i64.const 3) (i64.const 4) (i64.const 5) (i64.const 6)
          (i64.add (local.get $x) (local.get $kept)) (local.get $how) (f64.const 2.5))
        (local.set $kept) (local.set $sum)
        (local.set $kept (i64.add (local.get $kept))))
      (catch $e (local.set $sum) (local.set $kept (i64.add (local.get $kept))))
      (catch_all (local.set $kept (i64.sub (local.get $kept) (local.get $x)))))
    (i64.add (local.get $kept) (i64.trunc_f64_s (f64.mul (local.get $sum) (f64.const 2)))))
  (func (export "g") (param $x i64) (param $how i64) (result i64) (local $kept i64)
    (local.set $kept (i64.mul (local.get $x) (i64.const 3)))
    (block $all
      (block $caught (result i64 f64)
        (try_table (catch $e $caught) (catch_all $all)
          (call_indirect (type $wide) (local.get $x) (local.get $x) (i64.const 3) (i64.const 4) (i64.const 5)
            (i64.const 6) (i64.add (local.get $x) (local.get $kept)) (local.get $how) (f64.const 2.5)
            (i32.const 0))
          (local.set $kept) (drop) (local.set $kept (i64.add (local.get $kept)))
          (return (i64.add (local.get $kept) (i64.const 5))))
        (unreachable))
      (drop) (return (i64.add (i64.add (local.get $kept)) (i64.const 5))))
    (i64.sub (local.get $kept) (local.get $x))))`;

/**
 * A loop that runs for long, in which some calls throw; and another one in what catches the last exception.
 */
const loops = `(module
  (tag $odd (param i32))
  (func $check (param i32) (result i32)
    (if (i32.eqz (i32.rem_u (local.get 0) (i32.const 7))) (then (throw $odd (local.get 0))))
    (i32.mul (local.get 0) (i32.const 3)))
  (func (export "inside") (param $n i32) (result i32) (local $sum i32)
    (loop $again
      (try
        (do (local.set $sum (i32.add (local.get $sum) (call $check (local.get $n)))))
        (catch $odd (local.set $sum (i32.xor (local.get $sum)))))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $sum))
  (func (export "around") (param $n i32) (result i32) (local $sum i32)
    (try (result i32)
      (do
        (loop $again
          (local.set $sum (i32.add (local.get $sum) (i32.const 5)))
          (local.set $n (i32.sub (local.get $n) (i32.const 1)))
          (if (i32.eqz (local.get $n)) (then (local.set $sum (i32.add (local.get $sum) (call $check (local.get $n))))))
          (br $again))
        (unreachable))
      (catch $odd (i32.add (local.get $sum)))))
  (func (export "behind") (param $n i32) (result i32) (local $sum i32)
    (try (result i32)
      (do (call $check (i32.const 14)))
      (catch $odd
        (local.set $sum)
        (loop $again
          (local.set $sum (i32.add (i32.rotl (local.get $sum) (i32.const 1)) (local.get $n)))
          (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
        (try (do (rethrow 1)) (catch $odd (local.set $n)))
        (i32.add (local.get $sum) (local.get $n))))))`;

const turns = 20_000;

/** What the functions of `loops` return. */
function expectedOfLoops(): readonly number[] {
  let inside = 0;
  for (let n = turns; n > 0; n--) inside = n % 7 === 0 ? inside ^ n : (inside + 3 * n) | 0;
  let behind = 14;
  for (let n = turns; n > 0; n--) behind = (((behind << 1) | (behind >>> 31)) + n) | 0;
  return [inside, 5 * turns, (behind + 14) | 0];
}

const functionsOfLoops = ['inside', 'around', 'behind'] as const;

describe('exceptions', { skip: withoutLlvm() }, () => {
  for (const { name, runtime } of machines) {
    test(`leave calls with arguments on the stack and results in memory: ${name}`, () => {
      const fail = (): never => {
        throw new Error('of the host');
      };
      const { f, g } = exportedFunctions(runtime, wide, { host: { fail } });
      for (const x of [10n, -4n]) {
        for (const [how, expected] of [x + 6n + 5n, 4n * x + 3n * x + 5n, 3n * x - x].entries()) {
          assert.equal(f(x, BigInt(how)), expected, `f(${x}, ${how})`);
          assert.equal(g(x, BigInt(how)), expected, `g(${x}, ${how})`);
        }
      }
    });

    test(`in, around and behind loops: ${name}`, () => {
      const functions = exportedFunctions(runtime, loops);
      assert.deepEqual(
        functionsOfLoops.map((name) => functions[name](turns)),
        expectedOfLoops(),
      );
    });
  }

  test('loops around, in and behind pads are entered while they run', () => {
    const entered: number[] = [];
    const runtime = new Runtime({
      tier: 'multi',
      tuning: { warmUp: 0, heatThreshold: 50, waitForLoops: true },
      onTierUp: ({ kind, functionIndex }) => {
        assert.notEqual(kind, 'refused');
        if (kind === 'entered') entered.push(functionIndex);
      },
    });
    const functions = exportedFunctions(runtime, loops);
    assert.deepEqual(
      functionsOfLoops.map((name) => functions[name](turns)),
      expectedOfLoops(),
    );
    assert.deepEqual(entered, [1, 2, 3]);
    runtime.dispose();
  });

  for (const code of ['fast', 'llvm'] as const) {
    test(`go to the pads of code from files: ${code}`, () => {
      const tier = code === 'llvm' ? 'llvm' : 'multi';
      const making = new Runtime({ tier });
      const file = making.compile(wat(loops)).serialize({ code });
      making.dispose();
      const compiled: number[] = [];
      const runtime = new Runtime({
        tier,
        onCompile: ({ functionIndex }) => compiled.push(functionIndex),
      });
      const { exports } = runtime.instantiate<Record<string, (n: number) => number>>(runtime.load(file));
      assert.deepEqual(
        functionsOfLoops.map((name) => exports[name](turns)),
        expectedOfLoops(),
      );
      assert.deepEqual(compiled, []);
      runtime.dispose();
    });
  }
});
