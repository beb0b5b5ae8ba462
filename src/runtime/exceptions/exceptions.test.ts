import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Trap } from '../../code/traps.js';
import { withoutLlvm } from '../../llvm-jit/library.fixture.js';
import { ProcExit } from '../../wasi/proc-exit.js';
import { ValType } from '../../wasm/types.js';
import { LinkError } from '../errors.js';
import type { Imports } from '../instances/linking.js';
import { withTimeout } from '../limits/timeout.js';
import { wat } from '../modules.fixture.js';
import type { Func } from '../objects/func.js';
import type { Table } from '../objects/table.js';
import { Tag } from '../objects/tag.js';
import { Runtime } from '../runtime.js';
import type { Tier } from '../tiers/tier.js';
import { TrapError } from '../traps/trap-error.js';
import { WasmException } from './wasm-exception.js';

/** Calls `host` where everything is caught, in both ways, and throws again what was caught by exnref. */
const catching = `(module
  (import "e" "host" (func $host))
  (tag $int (export "int") (param i32))
  (tag $all (export "all") (param i32 i64 f32 f64 v128 funcref externref))
  (func (export "catchAll") (result i32)
    (block $caught (try_table (catch_all $caught) (call $host) (return (i32.const 0))))
    (i32.const 1))
  (func (export "legacy") (result i32)
    (try (result i32) (do (call $host) (i32.const 0)) (catch $int) (catch_all (i32.const -1))))
  (func (export "again")
    (block $caught (result exnref)
      (try_table (catch_all_ref $caught) (call $host) (return))
      (unreachable))
    (throw_ref))
  (func (export "throwInt") (param i32) (throw $int (local.get 0)))
  (func $f (export "f"))
  (elem declare func $f)
  (func (export "throwAll") (param externref)
    (throw $all (i32.const -1) (i64.const -2) (f32.const 0.5) (f64.const -0.25) (v128.const i32x4 1 2 3 4)
      (ref.func $f) (local.get 0)))
  (func (export "catchAllKinds") (result i32 i64 f32 f64 v128 funcref externref)
    (block $caught (result i32 i64 f32 f64 v128 funcref externref)
      (try_table (catch $all $caught) (call $host))
      (unreachable)))
  (func (export "trap") (result i32)
    (try (result i32) (do (unreachable)) (catch_all (i32.const 1))))
  (func $deep (export "deep") (result i32)
    (try (result i32) (do (call $deep)) (catch_all (i32.const 1))))
  (func (export "loop") (try (do (loop $l (br $l))) (catch_all)))
  (func (export "throwNull") (throw_ref (ref.null exn)))
  (func (export "throwNullInTry") (try (do (throw_ref (ref.null exn))) (catch_all))))`;

const bytes = wat(catching);

type Exports = Readonly<Record<string, Func>> & { readonly int: Tag; readonly all: Tag };

function instantiate(tier: Tier, host: () => unknown): { runtime: Runtime; exports: Exports } {
  const runtime = new Runtime({ tier, verifyIr: true, tuning: { collectsExceptions: true } });
  const instance = runtime.instantiate(runtime.compile(bytes), { e: { host } } as Imports);
  return { runtime, exports: instance.exports as unknown as Exports };
}

function thrownBy(run: () => unknown): unknown {
  try {
    run();
  } catch (error) {
    return error;
  }
  return assert.fail('nothing was thrown');
}

for (const tier of ['interp', 'fast', 'llvm'] as const) {
  describe(`exceptions, tier ${tier}`, { skip: tier === 'llvm' ? withoutLlvm() : false }, () => {
    const values: readonly unknown[] = [
      new Error('js'),
      null,
      undefined,
      0,
      -0,
      Number.NaN,
      'text',
      { x: 1 },
    ];
    for (const value of values) {
      test(`JavaScript's ${String(value)} is caught, and thrown again as it was`, () => {
        const { exports } = instantiate(tier, () => {
          throw value;
        });
        assert.equal(exports['catchAll'](), 1);
        assert.equal(exports['legacy'](), -1);
        assert.ok(Object.is(thrownBy(exports['again']), value));
      });
    }

    test('an exception is the same object wherever JavaScript meets it', () => {
      let inner: unknown;
      const { exports } = instantiate(tier, () => {
        inner = thrownBy(() => exports['throwInt'](42));
        throw inner;
      });
      const outer = thrownBy(exports['again']);
      assert.ok(outer instanceof WasmException);
      assert.equal(outer, inner);
      assert.equal(outer.tag, exports.int);
      // What it carries goes with it.
      assert.equal(exports['legacy'](), 42);
    });

    test('what an exception carries comes through, of all kinds', () => {
      const value = { some: 'object' };
      const { exports } = instantiate(tier, () => exports['throwAll'](value));
      const vector = Uint8Array.from([1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 4, 0, 0, 0]);
      assert.deepEqual(exports['catchAllKinds'](), [-1, -2n, 0.5, -0.25, vector, exports['f'], value]);
    });

    test('traps are not caught', () => {
      const { exports } = instantiate(tier, () => exports['trap']());
      for (const name of ['trap', 'catchAll', 'legacy', 'again']) {
        const error = thrownBy(exports[name]);
        assert.ok(error instanceof TrapError && error.trap === Trap.unreachable, name);
      }
      for (const name of ['throwNull', 'throwNullInTry']) {
        const error = thrownBy(exports[name]);
        assert.ok(error instanceof TrapError && error.trap === Trap.nullException, name);
      }
    });

    test('an exhausted stack of JavaScript is not caught', () => {
      // V8 lets no wasm code of its own catch it either.
      const recurse = (): number => 1 + recurse();
      const { exports } = instantiate(tier, recurse);
      for (const name of ['catchAll', 'legacy', 'again']) {
        const error = thrownBy(exports[name]);
        assert.ok(error instanceof RangeError && error.message === 'Maximum call stack size exceeded', name);
      }
      // Every turn has a frame of JavaScript, and one of wasm that would catch.
      const endless = instantiate(tier, () => endless.exports['catchAll']());
      assert.match(String(thrownBy(endless.exports['catchAll'])), /call stack/);
    });

    test('an exhausted stack is not caught', () => {
      const { exports } = instantiate(tier, () => exports['deep']());
      for (const name of ['deep', 'catchAll']) {
        const error = thrownBy(exports[name]);
        assert.ok(error instanceof TrapError && error.trap === Trap.callStackExhausted, name);
      }
    });

    test('the end of the time is not caught, in a try or thrown through one', () => {
      const { exports } = instantiate(tier, () => exports['loop']());
      for (const name of ['loop', 'catchAll', 'legacy']) {
        const error = thrownBy(() => withTimeout(20, () => exports[name]()));
        assert.ok(error instanceof TrapError && error.trap === Trap.interrupted, name);
      }
    });

    test('what ends a program is not caught', () => {
      const exit = new ProcExit(3);
      const { exports } = instantiate(tier, () => {
        throw exit;
      });
      for (const name of ['catchAll', 'legacy', 'again']) assert.equal(thrownBy(exports[name]), exit);
    });

    test('a disposed instance is no exception of the program', () => {
      const { exports, runtime } = instantiate(tier, () => gone());
      const other = runtime.instantiate(runtime.compile(wat('(module (func (export "g")))')), {});
      const gone = other.exports['g'] as Func;
      other.dispose();
      assert.equal(thrownBy(exports['catchAll']) instanceof Error, true);
      assert.match(String(thrownBy(exports['catchAll'])), /disposed/);
    });

    test('tags are linked by identity, their types by their ids', () => {
      const { runtime, exports } = instantiate(tier, () => exports['throwInt'](7));
      const importing = (type: string): Uint8Array =>
        wat(`(module (import "e" "tag" (tag $t ${type})) (import "e" "run" (func $run))
          (tag $own ${type}) (export "same" (tag $t))
          (func (export "catch") (result i32)
            (block $h (result i32)
              (block $o (result i32) (try_table (catch $own $o) (catch $t $h) (call $run)) (unreachable))
              (drop) (i32.const -1))))`);
      const module = runtime.compile(importing('(param i32)'));
      const run = (): unknown => exports['throwInt'](7);
      const { exports: found } = runtime.instantiate(module, { e: { tag: exports.int, run } });
      assert.equal((found['catch'] as Func)(), 7);
      assert.equal(found['same'], exports.int);
      assert.ok(found['same'] instanceof Tag);
      assert.deepEqual(found['same'].type.params, [ValType.i32]);
      assert.throws(() => runtime.instantiate(module, { e: { tag: exports.all, run } }), LinkError);
      assert.throws(() => runtime.instantiate(module, { e: { tag: exports['f'], run } }), LinkError);
      const other = new Runtime({ tier });
      assert.throws(
        () => other.instantiate(other.compile(importing('(param i32)')), { e: { tag: exports.int, run } }),
        /another Runtime/,
      );
    });

    test('exnrefs in tables and globals are kept, all others go', () => {
      const runtime = new Runtime({ tier, tuning: { collectsExceptions: true } });
      const module = runtime.compile(
        wat(`(module (tag $e (param i32)) (table $t 4 exnref) (global $g (mut exnref) (ref.null exn))
          (func $caught (param i32) (result exnref)
            (block $h (result exnref) (try_table (catch_all_ref $h) (throw $e (local.get 0))) (unreachable)))
          (func (export "keep") (param i32)
            (table.set $t (i32.const 2) (call $caught (local.get 0)))
            (global.set $g (call $caught (i32.add (local.get 0) (i32.const 1)))))
          (func (export "waste") (param i32)
            (loop $l (drop (call $caught (i32.const 9)))
              (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))))
          (func (export "value") (param i32) (result i32)
            (block $h (result i32)
              (try_table (catch $e $h)
                (throw_ref (if (result exnref) (local.get 0)
                  (then (table.get $t (i32.const 2))) (else (global.get $g)))))
              (unreachable))))`),
      );
      const exports = runtime.instantiate(module).exports as Readonly<Record<string, Func>>;
      exports['keep'](40);
      exports['waste'](5000);
      assert.deepEqual([exports['value'](1), exports['value'](0)], [40, 41]);
      assert.ok(
        runtime.store.exceptions.table.count < 50,
        `${runtime.store.exceptions.table.count} are left`,
      );
      runtime.dispose();
    });

    test('elements of a table of exceptions are TypeErrors in JavaScript, but for null', () => {
      const runtime = new Runtime({ tier });
      const module = runtime.compile(
        wat(`(module (tag $e) (table (export "table") 2 exnref)
          (func (export "fill")
            (table.set 0 (i32.const 0)
              (block $h (result exnref) (try_table (catch_all_ref $h) (throw $e)) (unreachable)))))`),
      );
      const { table, fill } = runtime.instantiate<{ table: Table; fill(): void }>(module).exports;
      fill();
      assert.throws(() => table.get(0), { name: 'TypeError', message: /no form in JavaScript/ });
      assert.equal(table.get(1), null);
      table.set(0, null);
      assert.equal(table.get(0), null);
      runtime.dispose();
    });
  });
}
