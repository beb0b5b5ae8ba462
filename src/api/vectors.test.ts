import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { wat } from '../runtime/modules.fixture.js';
import { both, outcome } from './outcomes.fixture.js';

/*
 * JavaScript has no form for v128: whatever would make one pass between JavaScript and wasm throws a
 * TypeError, and runs nothing. Between instances vectors pass like all values.
 */

/** Loosely typed: what the tests pass is often wrong. */
// biome-ignore lint/suspicious/noExplicitAny: see above
type Loose = any;

/** How each step ends, with ours and with V8's, which must be the same; the last one counts. */
function outcomes(steps: (api: Loose) => readonly (() => unknown)[]): string[] {
  const [ours, theirs] = both.map(([, api]) => steps(api).map(outcome));
  assert.deepEqual(ours, theirs);
  return ours;
}

const typeError = 'throws TypeError';

const vectors = wat(`(module
  (global (export "constant") v128 (v128.const i32x4 1 2 3 4))
  (global $variable (export "variable") (mut v128) (v128.const i32x4 5 6 7 8))
  (func (export "takes") (param v128))
  (func (export "mixed") (param i32 v128) (result i32) (local.get 0))
  (func (export "returns") (result v128) (v128.const i32x4 1 2 3 4))
  (func (export "several") (result i32 v128) (i32.const 1) (v128.const i32x4 1 2 3 4))
  (func (export "traps") (result v128) (unreachable))
  (func (export "add") (param v128 v128) (result v128) (i32x4.add (local.get 0) (local.get 1)))
  (func (export "swap") (param i32 v128 f64 v128) (result v128 f64 v128 i32)
    (local.get 3) (local.get 2) (local.get 1) (local.get 0))
  (table (export "table") funcref (elem 5 6))
  (func (export "sum") (result i32)
    (i32.add (i32x4.extract_lane 0 (global.get $variable)) (i32x4.extract_lane 3 (global.get $variable)))))`);

describe('values of type v128 in JavaScript', () => {
  test('are no arguments and no results of exported functions', () => {
    const seen = outcomes((api) => {
      const { exports } = new api.Instance(new api.Module(vectors));
      const names = ['takes', 'mixed', 'returns', 'several', 'traps', 'add', 'swap'];
      return names.flatMap((name) => [() => exports[name](), () => exports[name](0, 1, 2, 3)]);
    });
    assert.deepEqual([...new Set(seen)], [typeError]);
  });

  test('are refused before anything is converted', () => {
    const [seen] = outcomes((api) => {
      const { exports } = new api.Instance(new api.Module(vectors));
      let converted = 0;
      const value = { valueOf: () => ++converted };
      return [() => [outcome(() => exports.mixed(value, value)), converted]];
    });
    assert.equal(seen, `["${typeError}", 0]`);
  });

  test('leave functions as they are otherwise', () => {
    outcomes((api) => {
      const { exports } = new api.Instance(new api.Module(vectors));
      return [
        () => [exports.takes, exports.mixed, exports.table.get(0), exports.table.get(1)],
        () => exports.table.get(0) === exports.add,
        () => exports.sum(),
      ];
    });
  });

  test('are no arguments and no results of imported functions, which are not called', () => {
    const types = ['(param v128)', '(result v128)', '(param i32 v128 f32)', '(result i32 v128)'];
    const seen = outcomes((api) =>
      types.flatMap((type) => {
        const constants: Record<string, string> = { i32: 'i32.const 1', f32: 'f32.const 1' };
        const params = /param ([^)]*)/.exec(type)?.[1].split(' ') ?? [];
        const results = /result ([^)]*)/.exec(type)?.[1].split(' ') ?? [];
        const args = params.map((param) => `(${constants[param] ?? 'v128.const i64x2 1 2'})`).join(' ');
        const module = wat(`(module (import "m" "f" (func $f ${type}))
          (func (export "go") (call $f ${args}) ${results.map(() => 'drop').join(' ')})
          (export "f" (func $f)))`);
        let calls = 0;
        const imports = { m: { f: () => calls++ } };
        const { exports } = new api.Instance(new api.Module(module), imports);
        return [() => exports.go(), () => exports.f(1, 2, 3), () => calls];
      }),
    );
    assert.deepEqual(
      seen,
      types.flatMap(() => [typeError, typeError, '0']),
    );
  });

  test('end a start function', () => {
    const module = wat(`(module (import "m" "f" (func $f (param v128)))
      (func $start (call $f (v128.const i64x2 1 2))) (start $start))`);
    outcomes((api) => [() => new api.Instance(new api.Module(module), { m: { f: () => 1 } })]);
  });

  test('are not seen through globals, nor made by them', () => {
    const seen = outcomes((api) => {
      const { constant, variable } = new api.Instance(new api.Module(vectors)).exports as Loose;
      return [
        ...[constant, variable].flatMap((global) => [
          () => global.value,
          () => global.valueOf(),
          () => global + 1,
          () => {
            global.value = 0;
          },
          () => {
            global.value = undefined;
          },
        ]),
        () => new api.Global({ value: 'v128' }),
        () => new api.Global({ value: 'v128', mutable: true }, undefined),
        () => new api.Global({ value: 'v128' }, 0),
        () => new api.Global({ value: 'v128' }, 1n),
        () => new api.Table({ element: 'v128', initial: 1 }),
      ];
    });
    assert.deepEqual([...new Set(seen)], [typeError]);
  });

  test('are no imported globals: only globals of instances are', () => {
    const immutable = wat('(module (import "m" "g" (global v128)) (export "g" (global 0)))');
    const mutable = wat('(module (import "m" "g" (global (mut v128))) (export "g" (global 0)))');
    outcomes((api) => {
      const { constant, variable } = new api.Instance(new api.Module(vectors)).exports as Loose;
      const values = [
        0,
        1n,
        undefined,
        null,
        'x',
        {},
        new Uint8Array(16),
        new api.Global({ value: 'i64' }, 1n),
      ];
      return [immutable, mutable].flatMap((module) => {
        const link = (g: unknown): Loose => new api.Instance(new api.Module(module), { m: { g } }).exports.g;
        return [
          ...values.map((value) => () => link(value)),
          () => link(constant) === constant,
          () => link(variable) === variable,
        ];
      });
    });
  });
});

const user = wat(`(module
  (import "m" "add" (func $add (param v128 v128) (result v128)))
  (import "m" "swap" (func $swap (param i32 v128 f64 v128) (result v128 f64 v128 i32)))
  (import "m" "variable" (global $variable (mut v128)))
  (import "m" "constant" (global $constant v128))
  (import "m" "table" (table 2 funcref))
  (type $binary (func (param v128 v128) (result v128)))
  (global $copy v128 (global.get $constant))
  (func (export "go") (result i32)
    (global.set $variable (call $add (global.get $variable) (global.get $constant)))
    (global.set $variable (call_indirect (type $binary) (global.get $variable) (global.get $copy) (i32.const 0)))
    (i32x4.extract_lane 2 (global.get $variable)))
  (func (export "turn") (result i64)
    (local $a v128) (local $b v128)
    (call $swap (i32.const 1) (v128.const i64x2 2 3) (f64.const 4) (v128.const i64x2 5 6))
    (drop) (local.set $a) (drop) (local.set $b)
    (i64.add
      (i64.mul (i64.const 1000) (i64x2.extract_lane 0 (local.get $a)))
      (i64x2.extract_lane 1 (local.get $b))))
  (func (export "wrong") (drop (call_indirect (param v128 i32) (result v128)
    (global.get $variable) (i32.const 0) (i32.const 0)))))`);

describe('values of type v128 between instances', () => {
  test('pass through functions, globals and tables', () => {
    const seen = outcomes((api) => {
      const { exports } = new api.Instance(new api.Module(vectors));
      const { go, turn, wrong } = new api.Instance(new api.Module(user), { m: exports }).exports as Loose;
      return [() => go(), () => exports.sum(), () => turn(), () => wrong(), () => go()];
    });
    assert.deepEqual(seen, ['13', String(7 + 16), '2006n', 'throws RuntimeError', '19']);
  });
});
