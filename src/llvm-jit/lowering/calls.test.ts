import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { wat } from '../../runtime/modules.fixture.js';
import type { Func } from '../../runtime/objects/func.js';
import { Runtime } from '../../runtime/runtime.js';
import type { Tier } from '../../runtime/tiers/tier.js';
import { withoutLlvm } from '../library.fixture.js';

/*
 * What code of one tier passes to code of another, in both directions: a caller and a callee in different
 * instances, each with a tier of its own. Calls within LLVM's code are in `src/fast-jit/x64/calls.test.ts`,
 * which runs in all tiers.
 */

type Exports = Readonly<Record<string, Func>>;
type Type = 'i32' | 'i64' | 'f32' | 'f64' | 'v128';

const runtime = new Runtime({
  onTierUp: (event) => {
    if (event.kind === 'refused') throw new Error(event.reason);
  },
});
after(() => runtime.dispose());

const pairs: readonly (readonly [caller: Tier, callee: Tier])[] = [
  ['llvm', 'llvm'],
  ['llvm', 'fast'],
  ['fast', 'llvm'],
];

/** Instances of two modules, of which the second imports from the first, by `a`. */
function linked(first: string, second: string, [caller, callee]: (typeof pairs)[number]): Exports {
  const a = runtime.instantiate(runtime.compile(wat(first)), {}, { tier: callee });
  const imports = { a: a.exports };
  return runtime.instantiate(runtime.compile(wat(second)), imports, { tier: caller }).exports as Exports;
}

/** Value k of a type: with all bytes in use. */
function argument(type: Type, k: number): number | bigint | Uint8Array {
  if (type === 'v128') return Uint8Array.from({ length: 16 }, (_, n) => Math.imul(k + 1, 0x53) + 11 * n);
  if (type === 'i64') return BigInt.asIntN(64, BigInt(k + 1) * 0x9e3779b97f4a7c15n);
  if (type === 'i32') return Math.imul(k + 1, 0x9e3779b1);
  return type === 'f32' ? Math.fround((k + 1) * 1.37) : (k + 1) * Math.E;
}

for (const pair of pairs) {
  describe(`${pair[0]} calls ${pair[1]}`, { skip: withoutLlvm() }, () => {
    for (const [name, types] of Object.entries({
      'in registers': ['i32', 'f64', 'i64', 'f32'],
      'more integers than registers': Array.from({ length: 14 }, (_, k) => (k % 3 === 0 ? 'i64' : 'i32')),
      'more floats than registers': Array.from({ length: 17 }, (_, k) => (k % 3 === 0 ? 'f32' : 'f64')),
      'vectors in registers': ['v128', 'i32', 'f32', 'v128'],
      'more vectors than registers': Array.from({ length: 12 }, () => 'v128'),
      'vectors on the stack, between others': Array.from(
        { length: 43 },
        (_, k) => (['i64', 'v128', 'i32', 'f64', 'i64'] as const)[k % 5],
      ),
      'many of each': Array.from({ length: 60 }, (_, k) => (['i32', 'f64', 'i64', 'f32'] as const)[k % 4]),
    } satisfies Readonly<Record<string, readonly Type[]>>)) {
      const list = types.join(' ');
      const gets = (order: (k: number) => number): string =>
        types.map((_, k) => `(local.get ${order(k)})`).join(' ');

      test(`parameters and results: ${name}`, () => {
        const { direct, indirect } = linked(
          `(module (type $t (func (param ${list}) (result ${list})))
            (table (export "table") funcref (elem $f))
            (func $f (export "f") (type $t) ${gets((k) => k)}))`,
          `(module (type $t (func (param ${list}) (result ${list})))
            (import "a" "f" (func $f (type $t))) (import "a" "table" (table 1 funcref))
            (func (export "direct") (type $t) (call $f ${gets((k) => k)}))
            (func (export "indirect") (type $t) (call_indirect (type $t) ${gets((k) => k)} (i32.const 0))))`,
          pair,
        );
        const args = types.map(argument);
        assert.deepEqual(direct(...args), args);
        assert.deepEqual(indirect(...args), args);
      });
    }

    test('the upper half of an i32 parameter is zero', () => {
      // Each use relies on it: an address, a 64-bit operand, an index of a table of branches, a conversion.
      const { run } = linked(
        `(module (memory 1) (data (i32.const 8) "\\2a")
          (func (export "load") (param i32 i32 i32 i32 i32 i32 i32 i32) (result i32)
            (i32.add (i32.load (local.get 0)) (i32.load (local.get 7))))
          (func (export "widen") (param i32 i32 i32 i32 i32 i32 i32 i32) (result i64)
            (i64.add (i64.extend_i32_u (local.get 1)) (i64.extend_i32_u (local.get 6))))
          (func (export "index") (param i32) (result i32)
            (block $b (block $a (br_table $b $b $b $b $b $b $b $b $a $b (local.get 0))) (return (i32.const 1)))
            (i32.const 2))
          (func (export "convert") (param i32) (result f64) (f64.convert_i32_u (local.get 0))))`,
        `(module
          (import "a" "load" (func $load (param i32 i32 i32 i32 i32 i32 i32 i32) (result i32)))
          (import "a" "widen" (func $widen (param i32 i32 i32 i32 i32 i32 i32 i32) (result i64)))
          (import "a" "index" (func $index (param i32) (result i32)))
          (import "a" "convert" (func $convert (param i32) (result f64)))
          (func (export "run") (param $dirty i64) (result i32 i64 i32 f64) (local $x i32)
            (local.set $x (i32.wrap_i64 (local.get $dirty)))
            (call $load (local.get $x) (local.get $x) (local.get $x) (local.get $x)
              (local.get $x) (local.get $x) (local.get $x) (local.get $x))
            (call $widen (local.get $x) (local.get $x) (local.get $x) (local.get $x)
              (local.get $x) (local.get $x) (local.get $x) (local.get $x))
            (call $index (local.get $x))
            (call $convert (i32.sub (local.get $x) (i32.const 9)))))`,
        pair,
      );
      assert.deepEqual(run(-0x0123_4567_ffff_fff8n), [84, 16n, 1, 2 ** 32 - 1]);
    });

    test('the upper half of an i32 result is zero', () => {
      const { run } = linked(
        `(module
          (func (export "wrap") (param i64) (result i32) (i32.wrap_i64 (local.get 0)))
          (func (export "several") (param i64) (result i32 i32)
            (i32.wrap_i64 (local.get 0)) (i32.wrap_i64 (i64.shr_s (local.get 0) (i64.const 1))))
          (func (export "compare") (param i64) (result i32) (i64.lt_s (local.get 0) (i64.const 0)))
          (func (export "narrow") (param i64) (result i32) (i32.extend8_s (i32.wrap_i64 (local.get 0)))))`,
        `(module
          (import "a" "wrap" (func $wrap (param i64) (result i32)))
          (import "a" "several" (func $several (param i64) (result i32 i32)))
          (import "a" "compare" (func $compare (param i64) (result i32)))
          (import "a" "narrow" (func $narrow (param i64) (result i32)))
          (memory 1) (data (i32.const 8) "\\2a")
          (func (export "run") (param i64) (result i32 i64 i64 i64 i64) (local $second i32)
            (i32.load (call $wrap (local.get 0)))
            (call $several (local.get 0)) (local.set $second) (i64.extend_i32_u)
            (i64.extend_i32_u (local.get $second))
            (i64.extend_i32_u (call $compare (i64.const -1)))
            (i64.extend_i32_u (call $narrow (i64.const -1)))))`,
        pair,
      );
      assert.deepEqual(run(-0x0123_4567_ffff_fff8n), [42, 8n, 4n, 1n, 0xffffffffn]);
    });

    test('what a caller keeps lives through a call', () => {
      const types = Array.from({ length: 36 }, (_, k) => (['i64', 'f64', 'v128'] as const)[k % 3]);
      const list = types.join(' ');
      const changed = {
        i64: (get: string) => `(i64.mul ${get} (i64.const 3))`,
        f64: (get: string) => `(f64.add ${get} (f64.const 3))`,
        v128: (get: string) => `(v128.not ${get})`,
      };
      const gets = types.map((_, k) => `(local.get ${k})`).join(' ');
      const { keep } = linked(
        `(module (func (export "clobber") (param ${list}) (result i64)
          ${types.map((type, k) => `(local.set ${k} ${changed[type](`(local.get ${k})`)})`).join(' ')} (i64.add (local.get 0) (i64.trunc_sat_f64_s (local.get 1)))))`,
        `(module (import "a" "clobber" (func $clobber (param ${list}) (result i64)))
          (func (export "keep") (param ${list}) (result ${list})
            (drop (call $clobber ${gets})) (drop (call $clobber ${gets})) ${gets}))`,
        pair,
      );
      const args = types.map(argument);
      assert.deepEqual(keep(...args), args);
    });

    test('functions call each other across instances, many deep', () => {
      const a = runtime.instantiate(
        runtime.compile(
          wat(`(module (type $t (func (param i32) (result i32))) (table (export "table") 2 funcref)
            (func (export "down") (param i32) (result i32)
              (if (result i32) (local.get 0)
                (then (i32.add (call_indirect (type $t) (i32.sub (local.get 0) (i32.const 1)) (i32.const 0)) (i32.const 2)))
                (else (i32.const 0)))))`),
        ),
        {},
        { tier: pair[1] },
      );
      const b = runtime.instantiate(
        runtime.compile(
          wat(`(module (import "a" "down" (func $down (param i32) (result i32))) (import "a" "table" (table 2 funcref))
            (elem (i32.const 0) $back)
            (func $back (export "back") (param i32) (result i32) (i32.add (call $down (local.get 0)) (i32.const 1))))`),
        ),
        { a: a.exports },
        { tier: pair[0] },
      );
      assert.equal((b.exports as Exports)['back'](2000), 6001);
    });
  });
}

test('host functions get what LLVM code passes, and give results of all types', {
  skip: withoutLlvm(),
}, () => {
  const seen: unknown[][] = [];
  const host = runtime.instantiate(
    runtime.compile(
      wat(`(module
        (import "env" "f" (func $f (param i32 i64 f32 f64 i32 i32 i32 i32 i32 f64) (result i32 i64 f32 f64)))
        (func (export "run") (param $dirty i64) (result i32 i64 f32 f64)
          (call $f (i32.wrap_i64 (local.get 0)) (local.get 0) (f32.const 1.5) (f64.const -0)
            (i32.const 1) (i32.const 2) (i32.const 3) (i32.const 4) (i32.wrap_i64 (local.get 0)) (f64.const 9))))`),
    ),
    {
      env: {
        f: (...args: unknown[]) => {
          seen.push(args);
          return [-1, -2n, 0.5, Number.NaN];
        },
      },
    },
    { tier: 'llvm' },
  );
  assert.deepEqual((host.exports as Exports)['run'](-5n), [-1, -2n, 0.5, Number.NaN]);
  assert.deepEqual(seen, [[-5, -5n, 1.5, -0, 1, 2, 3, 4, -5, 9]]);
});
