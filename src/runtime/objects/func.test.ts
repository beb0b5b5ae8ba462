import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { slotCount } from '../../layout/exec-env.js';
import { ValType } from '../../wasm/types.js';
import { DisposedError } from '../errors.js';
import { wat } from '../modules.fixture.js';
import { Runtime } from '../runtime.js';
import { Func } from './func.js';
import type { Global } from './global.js';
import type { Memory } from './memory.js';
import type { Table } from './table.js';

const { i32 } = ValType;
const runtime = new Runtime({ tier: 'fast' });
after(() => runtime.dispose());

const module = runtime.compile(
  wat(`(module (import "m" "host" (func $host (param i32) (result i32)))
    (memory (export "memory") 1) (global (export "g") (mut i64) (i64.const 5))
    (table (export "t") 3 funcref) (elem (i32.const 0) $add $hidden)
    (func $add (export "add") (export "plus") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
    (func $hidden (param f64) (result f64) (f64.neg (local.get 0)))
    (func (export "host") (param i32) (result i32) (call $host (local.get 0))))`),
);

interface Exports {
  add(a: number, b: number): number;
  readonly plus: Func<(a: number, b: number) => number>;
  readonly host: (x: number) => number;
  readonly memory: Memory;
  readonly g: Global<bigint>;
  readonly t: Table<Func | null>;
}

const instantiate = () => runtime.instantiate<Exports>(module, { m: { host: (x: number) => 2 * x } });

test('an exported function is a JavaScript function, and a Func', () => {
  const { add, plus, t } = instantiate().exports;
  const sum: number = add(1, 2);
  assert.equal(sum, 3);
  assert.ok(typeof add === 'function' && add instanceof Func && add instanceof Function);
  assert.equal(add, plus);
  assert.equal(t.get(0), add);
  assert.deepEqual(add.type, { params: [i32, i32], results: [i32] });
  assert.deepEqual([add.name, add.length], ['1', 2]);
  assert.ok(!Object.hasOwn(add, 'prototype'));
});

test('what JavaScript does with functions works on exports: call, apply and bind take a receiver first', () => {
  const { add } = instantiate().exports;
  assert.equal(add.call(undefined, 1, 2), 3);
  assert.equal(add.apply(null, [3, 4]), 7);
  assert.equal(add.bind(null, 5)(6), 11);
  assert.deepEqual([1, 2, 3].map(add), [1, 3, 5]);
});

test('functions that are met in tables and globals can be called, and given back', () => {
  const { t, add } = instantiate().exports;
  assert.equal(t.get(1)?.(2.5), -2.5);
  t.set(2, add);
  assert.equal(t.get(2)?.(7, 8), 15);
  assert.throws(() => t.set(2, () => 1), TypeError);
});

test('exports of one instance are imports of another, without JavaScript in between', () => {
  const { add, memory, g } = instantiate().exports;
  const importer = runtime.compile(
    wat(`(module (import "e" "add" (func $add (param i32 i32) (result i32))) (import "e" "memory" (memory 1))
      (import "e" "g" (global (mut i64)))
      (func (export "sum") (param i32) (result i32) (call $add (local.get 0) (i32.const 1)))
      (export "add" (func $add)))`),
  );
  const { exports } = runtime.instantiate<{ sum(x: number): number; add: Func }>(importer, {
    e: { add, memory, g },
  });
  assert.equal(exports.sum(4), 5);
  assert.equal(exports.add, add);
  assert.equal(exports.add.record, add.record);
});

test('functions of the host can be called from JavaScript too', () => {
  const host = runtime.hostFunction({ params: [i32], results: [i32] }, (x: number) => x + 1);
  assert.equal(host(41), 42);
  host.dispose();
  assert.throws(() => host(1), DisposedError);
});

test('more parameters than can be passed are refused when the function is made', () => {
  for (const [type, most] of [
    [i32, slotCount],
    [ValType.v128, slotCount / 2],
  ] as const) {
    const make = (count: number): Func =>
      runtime.hostFunction({ params: new Array<ValType>(count).fill(type), results: [] }, () => {});
    make(most).dispose();
    assert.throws(() => make(most + 1), RangeError);
  }
});
