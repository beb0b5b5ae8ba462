import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Trap } from '../../code/traps.js';
import type { WasmValue } from '../../index.js';
import { WasmException } from '../exceptions/wasm-exception.js';
import type { Imports } from '../instances/linking.js';
import { withTimeout } from '../limits/timeout.js';
import { wat } from '../modules.fixture.js';
import { Func } from '../objects/func.js';
import { Runtime } from '../runtime.js';
import type { RuntimeOptions } from '../runtime-options.js';
import { trapOf } from '../traps/trap.fixture.js';

type Call = (name: string, ...args: WasmValue[]) => WasmValue;

function callsOf(text: string, imports: Imports = {}, options: RuntimeOptions = { tier: 'interp' }): Call {
  const runtime = new Runtime(options);
  const { exports } = runtime.instantiate(runtime.compile(wat(text)), imports) as {
    exports: Record<string, unknown>;
  };
  return (name, ...args) => {
    const func = exports[name];
    assert.ok(func instanceof Func);
    return func(...args);
  };
}

function thrownBy(work: () => unknown): unknown {
  try {
    work();
  } catch (error) {
    return error;
  }
  assert.fail('nothing was thrown');
}

const isException = (error: unknown): boolean => error instanceof WasmException;

describe('the interpreter', () => {
  /** What function f gives for an argument; it may use the import, the tags and functions beside it. */
  const examples: readonly (readonly [
    what: string,
    text: string,
    results: readonly [number, WasmValue][],
  ])[] = [
    [
      'takes the payload from the innermost handler',
      `(func $deep (param i32) (if (local.get 0) (then (throw $pair (local.get 0) (i64.const 7))))
         (throw $none))
       (func (export "f") (param i32) (result i32)
         (block $other
           (block $pair (result i32 i64)
             (try_table (catch $pair $pair) (catch_all $other) (call $deep (local.get 0)))
             (return (i32.const -1)))
           (return (i32.add (i32.wrap_i64))))
         (i32.const 99))`,
      [
        [5, 12],
        [0, 99],
      ],
    ],
    [
      'passes what no clause takes to the try around it',
      `(func (export "f") (param i32) (result i32)
         (block $out (result i32)
           (try_table (result i32) (catch $one $out)
             (block $in (try_table (catch $none $in) (throw $one (local.get 0))))
             (i32.const -1))))`,
      [[8, 8]],
    ],
    [
      'sees in a handler what the body has written to locals',
      `(func $thrower (param i32) (throw $none))
       (func (export "f") (param i32) (result i32) (local $x i32)
         (local.set $x (i32.const 1))
         (block $out
           (try_table (catch_all $out)
             (local.set $x (i32.add (local.get $x) (local.get 0)))
             (call $thrower (local.tee $x (i32.mul (local.get $x) (i32.const 2))))
             (local.set $x (i32.const 1000))))
         (local.get $x))`,
      [[4, 10]],
    ],
    [
      'keeps what is below the try on the stack',
      `(func (export "f") (param i32) (result i32) (local $x i32)
         (local.get 0) (i32.const 100) (local.set $x (local.get 0))
         (block $out (result i32)
           (try_table (result i32) (catch $one $out)
             (local.set $x (i32.const 1)) (local.set 0 (i32.const 3))
             (throw $one (i32.add (local.get $x) (local.get 0)))))
         (i32.add) (i32.add))`,
      [[20, 124]],
    ],
    [
      'catches in each turn of a loop',
      `(func (export "f") (param i32) (result i32) (local $sum i32)
         (loop $again
           (block $out (result i32)
             (try_table (result i32) (catch $one $out) (throw $one (local.get 0))))
           (local.set $sum (i32.add (local.get $sum)))
           (br_if $again (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
         (local.get $sum))`,
      [[1000, 500500]],
    ],
    [
      'throws an exception again by its reference, with the same payload',
      `(global $kept (mut exnref) (ref.null exn))
       (func (export "f") (param i32) (result i32)
         (block $first (result exnref)
           (try_table (result exnref) (catch_all_ref $first) (throw $one (local.get 0))))
         (global.set $kept)
         (block $second (result i32 exnref)
           (try_table (catch_ref $one $second) (throw_ref (global.get $kept)))
           (unreachable))
         (drop))`,
      [[6, 6]],
    ],
    [
      'branches out of a try without leaving its handler behind',
      `(func (export "f") (param i32) (result i32)
         (block $caught (result i32)
           (block $left
             (try_table (catch $one $caught) (br $left)))
           (try_table (result i32) (catch $one $caught) (throw $one (i32.const 3)))
           (drop) (i32.const 4)))`,
      [[0, 3]],
    ],
    [
      'takes a vector out of an exception',
      `(func (export "f") (param i32) (result i32)
         (block $out (result i32 v128)
           (try_table (catch $vector $out)
             (throw $vector (local.get 0) (i32x4.splat (i32.add (local.get 0) (i32.const 1)))))
           (unreachable))
         (i32x4.extract_lane 3) (i32.add))`,
      [[5, 11]],
    ],
    [
      'returns from handlers',
      `(func (export "f") (param i32) (result i32)
         (try_table (catch $one 0) (throw $one (local.get 0))) (i32.const -1))`,
      [[9, 9]],
    ],
    [
      'throws a legacy exception again, from inside of other arms',
      `(func (export "f") (param i32) (result i32)
         (try (result i32)
           (do (try (result i32)
             (do (throw $one (local.get 0)))
             (catch $one
               (drop)
               (try (result i32) (do (throw $none)) (catch $none (rethrow 1))))))
           (catch $one (i32.add (i32.const 1)))))`,
      [[4, 5]],
    ],
    [
      'goes from arm to arm of a legacy try',
      `(func $thrower (param i32)
         (if (i32.eq (local.get 0) (i32.const 1)) (then (throw $one (i32.const 11))))
         (if (i32.eq (local.get 0) (i32.const 2)) (then (throw $none)))
         (if (i32.eq (local.get 0) (i32.const 3)) (then (throw $pair (i32.const 1) (i64.const 2)))))
       (func (export "f") (param i32) (result i32)
         (i32.const 100)
         (try (result i32) (do (call $thrower (local.get 0)) (i32.const 10))
           (catch $one) (catch $none (i32.const 12)) (catch_all (i32.const 13)))
         (i32.add))`,
      [
        [0, 110],
        [1, 111],
        [2, 112],
        [3, 113],
      ],
    ],
    [
      'delegates over tries that begin at the same place',
      `(func (export "f") (param i32) (result i32)
         (try $outer (result i32)
           (do (try $middle (result i32)
             (do (try (result i32) (do (throw $one (local.get 0))) (delegate $outer)))
             (catch_all (i32.const -1))))
           (catch $one (i32.add (i32.const 2)))))`,
      [[7, 9]],
    ],
    [
      'delegates from inside of an arm to what is around its try',
      `(func (export "f") (param i32) (result i32)
         (try (result i32)
           (do (try $middle (result i32)
             (do (throw $none))
             (catch_all (try (result i32) (do (throw $one (local.get 0))) (delegate $middle)))))
           (catch $one)))`,
      [[7, 7]],
    ],
    [
      'delegates to the caller',
      `(func $inner (param i32) (result i32)
         (try (result i32)
           (do (try (result i32) (do (throw $one (local.get 0))) (delegate 1)))
           (catch_all (i32.const -1))))
       (func (export "f") (param i32) (result i32)
         (try (result i32) (do (call $inner (local.get 0))) (catch $one)))`,
      [[3, 3]],
    ],
  ];
  const tags = `(tag $none) (tag $one (param i32)) (tag $pair (param i32 i64)) (tag $vector (param i32 v128))`;
  for (const [what, text, results] of examples) {
    test(what, () => {
      const call = callsOf(`(module ${tags} ${text})`);
      for (const [argument, result] of results) assert.equal(call('f', argument), result);
    });
  }

  test('lets nobody catch traps', () => {
    const catching = (body: string): string =>
      `(module (memory 1) (func (export "f") (param i32) (result i32)
        (block $out (try_table (catch_all $out) ${body})) (i32.const 1))
       (func $endless (call $endless))
       (func (export "g") (param i32) (result i32) (try (result i32) (do ${body} (i32.const 0))
         (catch_all (i32.const 1)))))`;
    for (const [body, trap] of [
      ['(unreachable)', Trap.unreachable],
      ['(drop (i32.load (i32.const -1)))', Trap.memoryOutOfBounds],
      ['(call $endless)', Trap.callStackExhausted],
      ['(throw_ref (ref.null exn))', Trap.nullException],
    ] as const) {
      const call = callsOf(catching(body));
      for (const name of ['f', 'g']) assert.equal(trapOf(() => call(name, 0)).trap, trap, body);
    }
  });

  test('lets nobody catch the end of the time', () => {
    const call = callsOf(`(module (tag $t)
      (func (export "spin") (loop $again
        (block $out (try_table (catch_all $out) (loop $spin (br $spin)))) (br $again)))
      (func (export "throw") (loop $again
        (block $out (try_table (catch_all $out) (throw $t))) (br $again)))
      (func (export "legacy") (loop $again (try (do (throw $t)) (catch_all)) (br $again))))`);
    for (const name of ['spin', 'throw', 'legacy']) {
      assert.equal(trapOf(() => withTimeout(20, () => call(name))).trap, Trap.interrupted, name);
    }
  });

  test('hands an exception that nobody catches to JavaScript, and takes it back', () => {
    const thrower = callsOf(
      `(module (tag $t (param i32)) (func (export "f") (param i32) (throw $t (local.get 0))))`,
    );
    const error = thrownBy(() => thrower('f', 3));
    assert.ok(isException(error));
    const passing = callsOf(
      `(module (import "m" "f" (func $f))
        (func (export "all") (result i32) (block $out (try_table (catch_all $out) (call $f))
          (return (i32.const 0))) (i32.const 1))
        (func (export "through") (try_table (call $f))))`,
      {
        m: {
          f: () => {
            throw error;
          },
        },
      },
    );
    assert.equal(passing('all'), 1);
    assert.equal(
      thrownBy(() => passing('through')),
      error,
    );
  });

  test('catches what JavaScript throws, and throws the very value again', () => {
    for (const value of [new Error('mine'), 5, undefined, null]) {
      const call = callsOf(
        `(module (import "m" "f" (func $f)) (tag $t)
          (func (export "all") (result i32) (block $out (try_table (catch $t $out) (catch_all $out) (call $f))
            (return (i32.const 0))) (i32.const 1))
          (func (export "again") (block $out (result exnref)
            (try_table (result exnref) (catch_all_ref $out) (call $f) (unreachable))) (throw_ref))
          (func (export "legacy") (try (do (call $f)) (catch $t) (catch_all (rethrow 0)))))`,
        {
          m: {
            f: () => {
              throw value;
            },
          },
        },
      );
      assert.equal(call('all'), 1);
      for (const name of ['again', 'legacy']) {
        assert.equal(
          thrownBy(() => call(name)),
          value,
        );
      }
    }
  });

  test('keeps the exceptions that its stack, globals and tables refer to, and no others', () => {
    const text = `(module (tag $t (param i32)) (table $table 2 exnref) (global $global (mut exnref) (ref.null exn))
      (func $make (param i32) (result exnref)
        (block $out (result exnref)
          (try_table (result exnref) (catch_all_ref $out) (throw $t (local.get 0)))))
      (func $value (param exnref) (result i32)
        (block $out (result i32) (try_table (result i32) (catch $t $out) (throw_ref (local.get 0)))))
      (func $churn (param i32)
        (loop $again (drop (call $make (local.get 0)))
          (br_if $again (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))))
      (func (export "f") (param i32) (result i32) (local $kept exnref)
        (local.set $kept (call $make (i32.const 1)))
        (table.set $table (i32.const 1) (call $make (i32.const 20)))
        (global.set $global (call $make (i32.const 300)))
        (call $make (i32.const 4000))
        (call $churn (local.get 0))
        (call $value)
        (i32.add (call $value (global.get $global)))
        (i32.add (call $value (table.get $table (i32.const 1))))
        (i32.add (call $value (local.get $kept)))))`;
    const call = callsOf(text, {}, { tier: 'interp', tuning: { collectsExceptions: true } });
    assert.equal(call('f', 200), 4321);
    assert.equal(callsOf(text)('f', 5000), 4321);
  });
});

/** Each function calls the next one; the last one throws; the first one catches. */
const chain = `(module (import "m" "host" (func $host (param i32))) (tag $t (param i32 f64)) (tag $other)
  (table 8 funcref) (elem (i32.const 0) $f1 $f2 $f3 $f4) (type $unary (func (param i32) (result i32)))
  (func $f1 (export "f1") (param i32) (result i32)
    (block $out (result i32 f64)
      (try_table (catch $t $out) (return (call $f2 (local.get 0)))) (unreachable))
    (i32.trunc_f64_s) (i32.add))
  (func $f2 (param i32) (result i32)
    (block $out (try_table (catch $other $out)
      (return (call_indirect (type $unary) (local.get 0) (i32.const 2)))))
    (i32.const -1))
  (func $f3 (param i32) (result i32)
    (block $out (result exnref)
      (try_table (catch_all_ref $out) (return (call $f4 (local.get 0)))) (unreachable))
    (throw_ref))
  (func $f4 (param i32) (result i32)
    (if (i32.eq (local.get 0) (i32.const 1)) (then (throw $t (i32.const 40) (f64.const 2))))
    (call $host (local.get 0)) (i32.const 7)))`;

describe('exceptions pass interpreted and compiled functions', () => {
  for (let bits = 0; bits < 16; bits++) {
    const interpreted = [1, 2, 3, 4].filter((k) => (bits >> (k - 1)) & 1);
    test(`interpreted: ${interpreted.map((k) => `f${k}`).join(', ') || 'none'}`, () => {
      const mine = new Error('mine');
      const host = (value: number): void => {
        if (value === 2) throw mine;
      };
      const call = callsOf(
        chain,
        { m: { host } },
        {
          tier: 'fast',
          tuning: { interpreted: (index) => interpreted.includes(index) },
        },
      );
      for (let turn = 0; turn < 3; turn++) {
        assert.equal(call('f1', 1), 42);
        assert.equal(call('f1', 0), 7);
        assert.equal(
          thrownBy(() => call('f1', 2)),
          mine,
        );
      }
    });
  }
});
