import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Trap } from '../../code/traps.js';
import type { WasmValue } from '../../index.js';
import type { Imports } from '../instances/linking.js';
import { wat } from '../modules.fixture.js';
import { Func } from '../objects/func.js';
import { Runtime } from '../runtime.js';
import { trapOf } from '../traps/trap.fixture.js';

type Call = (name: string, ...args: WasmValue[]) => WasmValue;

/** An instance with the functions of these indices interpreted, the others compiled; or all interpreted. */
function callsOf(text: string, imports: Imports = {}, interpreted?: readonly number[]): Call {
  const runtime = new Runtime(
    interpreted === undefined
      ? { tier: 'interp' }
      : { tier: 'fast', tuning: { interpreted: (index) => interpreted.includes(index) } },
  );
  const exports: Record<string, unknown> = runtime.instantiate(runtime.compile(wat(text)), imports).exports;
  return (name, ...args) => {
    const func = exports[name];
    assert.ok(func instanceof Func);
    return func(...args);
  };
}

/** Mutually recursive functions, with as many parameters each as are given; n turns. */
function mutual(evenParams: number, oddParams: number): string {
  const params = (count: number): string => '(param i64) '.repeat(count);
  const list = (count: number, from: number): string =>
    Array.from({ length: count }, (_, k) =>
      k < from ? `(i64.add (local.get ${k + 1}) (i64.const ${k + 1}))` : `(i64.const ${k})`,
    ).join(' ');
  const both = Math.min(evenParams, oddParams);
  return `(module
    (type $even (func (param i32) ${params(evenParams)} (result i64)))
    (type $odd (func (param i32) ${params(oddParams)} (result i64)))
    (table 2 funcref) (elem (i32.const 0) $even $odd)
    (func $even (type $even)
      (if (i32.eqz (local.get 0)) (then (return (i64.add (i64.const 1000) (local.get ${evenParams})))))
      (return_call $odd (i32.sub (local.get 0) (i32.const 1)) ${list(oddParams, both)}))
    (func $odd (type $odd)
      (if (i32.eqz (local.get 0)) (then (return (i64.add (i64.const 2000) (local.get ${oddParams})))))
      (return_call_indirect (type $even) (i32.sub (local.get 0) (i32.const 1)) ${list(evenParams, both)}
        (i32.const 0)))
    (func (export "run") (param i32) (result i64) (return_call $even (local.get 0) ${list(evenParams, 0)}))
    (func (export "twice") (param i32) (result i64)
      (i64.add (call $even (local.get 0) ${list(evenParams, 0)}) (call $even (local.get 0) ${list(evenParams, 0)}))))`;
}

/** What `run` gives. */
function expected(evenParams: number, oddParams: number, turns: number): bigint {
  const both = Math.min(evenParams, oddParams);
  let values = Array.from({ length: evenParams }, (_, k) => BigInt(k));
  for (let turn = 1; turn <= turns; turn++) {
    const count = turn % 2 === 1 ? oddParams : evenParams;
    const previous = values;
    values = Array.from({ length: count }, (_, k) => (k < both ? previous[k] + BigInt(k + 1) : BigInt(k)));
  }
  return (turns % 2 === 0 ? 1000n : 2000n) + (values.at(-1) ?? 0n);
}

describe('tail calls of interpreted functions', () => {
  const shapes = [
    [1, 1],
    [3, 9],
    [12, 2],
  ] as const;
  for (const [even, odd] of shapes) {
    test(`need no stack: ${even} and ${odd} parameters`, () => {
      const call = callsOf(mutual(even, odd));
      const turns = even === 1 ? 10_000_000 : 300_001;
      assert.equal(call('run', turns), expected(even, odd, turns));
      assert.equal(call('twice', 999), 2n * expected(even, odd, 999));
    });
    for (const interpreted of [[0], [1], [0, 1], [2], [0, 2], [3], [1, 3]]) {
      test(`${even} and ${odd} parameters, interpreted: ${interpreted.join()}`, () => {
        const call = callsOf(mutual(even, odd), {}, interpreted);
        assert.equal(call('run', 100_001), expected(even, odd, 100_001));
        assert.equal(call('twice', 100_000), 2n * expected(even, odd, 100_000));
      });
    }
  }

  const host = `(import "m" "host" (func $host (param i32 i32) (result i32)))`;

  test('call functions of the host in place of the outermost function, and of others', () => {
    const call = callsOf(
      `(module ${host} (table 1 funcref) (elem (i32.const 0) $host)
        (type $binary (func (param i32 i32) (result i32)))
        (func $direct (export "direct") (param i32) (result i32)
          (return_call $host (local.get 0) (i32.const 3)))
        (func $indirect (export "indirect") (param i32) (result i32)
          (return_call_indirect (type $binary) (local.get 0) (i32.const 4) (i32.const 0)))
        (func (export "both") (param i32) (result i32)
          (i32.mul (call $direct (local.get 0)) (call $indirect (local.get 0)))))`,
      { m: { host: (a: number, b: number) => a * 10 + b } },
    );
    assert.equal(call('direct', 2), 23);
    assert.equal(call('indirect', 2), 24);
    assert.equal(call('both', 2), 23 * 24);
  });

  test('leave the function, so what is thrown is not caught there', () => {
    const mine = new Error('mine');
    const throws = (): never => {
      throw mine;
    };
    for (const interpreted of [undefined, [1, 2], [1], [2]]) {
      const call = callsOf(
        `(module ${host}
          (func $inner (param i32) (result i32)
            (block $out (try_table (catch_all $out) (return_call $host (local.get 0) (i32.const 0)))
              (unreachable))
            (i32.const 1))
          (func (export "outer") (param i32) (result i32)
            (block $out (try_table (catch_all $out) (return (call $inner (local.get 0))))) (i32.const 2))
          (func (export "inner") (param i32) (result i32) (return_call $inner (local.get 0))))`,
        { m: { host: throws } },
        interpreted,
      );
      assert.equal(call('outer', 0), 2);
      assert.throws(
        () => call('inner', 0),
        (error) => error === mine,
      );
    }
  });

  test('trap as calls do', () => {
    const call = callsOf(`(module (table 2 funcref) (elem (i32.const 0) $f)
      (func $f (param i64)) (func (export "f") (param i32) (return_call_indirect (local.get 0)))
      (func $grow (param i32) (result i32) (local i64 i64 i64 i64 i64 i64 i64 i64)
        (i32.add (i32.const 1) (call $again (local.get 0))))
      (func $again (export "endless") (param i32) (result i32) (return_call $grow (local.get 0))))`);
    assert.equal(trapOf(() => call('f', 0)).trap, Trap.indirectCallTypeMismatch);
    assert.equal(trapOf(() => call('f', 1)).trap, Trap.uninitializedElement);
    assert.equal(trapOf(() => call('f', 2)).trap, Trap.undefinedElement);
    assert.equal(trapOf(() => call('endless', 0)).trap, Trap.callStackExhausted);
  });

  test('are not on the stack that a trap reports', () => {
    const call = callsOf(`(module (func $last (unreachable)) (func $middle (return_call $last))
      (func (export "f") (call $middle)))`);
    const frames = trapOf(() => call('f')).frames.map(({ functionName }) => functionName);
    assert.deepEqual(frames, ['last', 'f']);
  });
});
