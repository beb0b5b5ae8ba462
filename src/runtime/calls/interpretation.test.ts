import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Trap } from '../../code/traps.js';
import type { WasmValue } from '../../index.js';
import type { Imports } from '../instances/linking.js';
import { wat } from '../modules.fixture.js';
import { Func } from '../objects/func.js';
import { Memory } from '../objects/memory.js';
import { Runtime } from '../runtime.js';
import type { Tier } from '../tiers/tier.js';
import { trapOf } from '../traps/trap.fixture.js';

type Call = (name: string, ...args: WasmValue[]) => WasmValue;

function callsOf(exports: Readonly<Record<string, unknown>>): Call {
  return (name, ...args) => {
    const func = exports[name];
    assert.ok(func instanceof Func);
    return func(...args);
  };
}

/** One instance with the functions of these indices interpreted, the others compiled. */
function mixed(text: string, interpreted: readonly number[], imports: Imports = {}): Call {
  const runtime = new Runtime({
    tier: 'fast',
    tuning: { interpreted: (index) => interpreted.includes(index) },
  });
  return callsOf(runtime.instantiate(runtime.compile(wat(text)), imports).exports);
}

/** Each function calls the next one; the last one does `deed`. */
function chain(deed: string): string {
  return `(module (import "env" "host" (func $host (param i32) (result i32))) (memory 1)
    (table 8 funcref) (elem (i32.const 0) $f1 $f2 $f3 $f4)
    (type $unary (func (param i32) (result i32)))
    (func $f1 (export "f1") (param i32) (result i32) (i32.add (i32.const 1) (call $f2 (local.get 0))))
    (func $f2 (param i32) (result i32) (i32.add (i32.const 10) (call_indirect (type $unary) (local.get 0) (i32.const 2))))
    (func $f3 (param i32) (result i32) (i32.add (i32.const 100) (call $f4 (local.get 0))))
    (func $f4 (param i32) (result i32) ${deed}))`;
}

const names = ['f4', 'f3', 'f2', 'f1'];
/** All ways to choose functions 1 to 4. */
const choices = Array.from({ length: 16 }, (_, bits) => [1, 2, 3, 4].filter((k) => (bits >> (k - 1)) & 1));

describe('interpreted and compiled functions call each other', () => {
  for (const interpreted of choices) {
    const title = interpreted.length === 0 ? 'none' : interpreted.map((k) => `f${k}`).join(', ');
    test(`interpreted: ${title}`, () => {
      const host = (value: number): number => value * 2;
      const call = mixed(chain('(call $host (local.get 0))'), interpreted, { env: { host } });
      assert.equal(call('f1', 21), 153);

      const trapping = mixed(chain('(i32.load (i32.const -1))'), interpreted, { env: { host } });
      const error = trapOf(() => trapping('f1', 0));
      assert.equal(error.trap, Trap.memoryOutOfBounds);
      const frames = error.frames.map(({ functionName }) => functionName);
      assert.deepEqual(frames, names);
      // The places are those that compiled code alone gives.
      const compiled = mixed(chain('(i32.load (i32.const -1))'), [], { env: { host } });
      assert.deepEqual(error.frames, trapOf(() => compiled('f1', 0)).frames);

      const thrown = new RangeError('mine');
      const throws = (): never => {
        throw thrown;
      };
      const throwing = mixed(chain('(call $host (local.get 0))'), interpreted, { env: { host: throws } });
      assert.throws(
        () => throwing('f1', 0),
        (caught) => caught === thrown,
      );

      const endless = mixed(chain('(call $f1 (local.get 0))'), interpreted, { env: { host } });
      assert.equal(trapOf(() => endless('f1', 0)).trap, Trap.callStackExhausted);
      assert.equal(trapOf(() => endless('f1', 0)).trap, Trap.callStackExhausted);
    });
  }

  test('an import calls back, at each level in another way', () => {
    let call: Call = () => undefined;
    const host = (value: number): number => (value === 0 ? 5 : (call('f1', value - 1) as number));
    call = mixed(chain('(call $host (local.get 0))'), [1, 3], { env: { host } });
    assert.equal(call('f1', 20), 5 + 21 * 111);
  });
});

const shared = `(module (import "env" "m" (memory 1 4)) (import "env" "t" (table 4 funcref))
  (import "env" "g" (global $g (mut i64)))
  (func $id (export "id") (param f64 i64 f32) (result f32 f64 i64) (local.get 2) (local.get 0) (local.get 1))
  (func (export "grow") (result i32) (memory.grow (i32.const 1)))
  (func (export "size") (result i32) (memory.size))
  (func (export "store") (param i32 i32) (i32.store (local.get 0) (local.get 1)))
  (func (export "load") (param i32) (result i32) (i32.load (local.get 0)))
  (func (export "put") (param i32) (table.set (local.get 0) (ref.func $id)))
  (func (export "count") (global.set $g (i64.add (global.get $g) (i64.const 0x100000001))))
  (func (export "through") (param i32 f64 i64 f32) (result f32 f64 i64)
    (call_indirect (param f64 i64 f32) (result f32 f64 i64)
      (local.get 1) (local.get 2) (local.get 3) (local.get 0))))`;

describe('instances of different tiers share', () => {
  const tiers: readonly Tier[] = ['interp', 'fast'];
  for (const first of tiers) {
    for (const second of tiers) {
      test(`a memory, a table and a global: ${first} and ${second}`, () => {
        const runtime = new Runtime({ tier: 'interp' });
        const m = runtime.memory({ limits: { min: 1, max: 4 } });
        const t = runtime.table({ element: 0x70, limits: { min: 4, max: undefined } });
        const g = runtime.global({ type: 0x7e, mutable: true }, 1n);
        const module = runtime.compile(wat(shared));
        const [a, b] = [first, second].map((tier) =>
          callsOf(runtime.instantiate(module, { env: { m, t, g } }, { tier }).exports),
        );
        a('store', 65532, 7);
        assert.equal(b('load', 65532), 7);
        assert.equal(trapOf(() => b('load', 65533)).trap, Trap.memoryOutOfBounds);
        assert.equal(a('grow'), 1);
        b('store', 131068, 8);
        assert.equal(a('load', 131068), 8);
        assert.equal(m.grow(1), 2);
        assert.deepEqual([a('size'), b('size')], [3, 3]);
        b('store', 196604, 9);
        assert.equal(a('load', 196604), 9);
        a('count');
        b('count');
        assert.equal(g.value, 1n + 2n * 0x100000001n);
        a('put', 1);
        b('put', 2);
        for (const call of [a, b]) {
          for (const index of [1, 2])
            assert.deepEqual(call('through', index, 1.5, -2n, 0.25), [0.25, 1.5, -2n]);
          assert.equal(trapOf(() => call('through', 3, 0, 0n, 0)).trap, Trap.uninitializedElement);
        }
        runtime.dispose();
      });
    }
  }

  test('functions of disposed instances are not called when their places are used again', () => {
    const runtime = new Runtime({ tier: 'interp' });
    for (let value = 0; value < 50; value++) {
      const text = `(module (table 1 funcref) (elem (i32.const 0) $f) (func $f (result i32) (i32.const ${value}))
        (func (export "f") (result i32) (call_indirect (result i32) (i32.const 0))))`;
      const instance = runtime.instantiate(runtime.compile(wat(text)));
      assert.equal(callsOf(instance.exports)('f'), value);
      instance.dispose();
    }
  });

  test('a memory that grows by 0, which detaches its buffer, keeps its bytes', () => {
    const runtime = new Runtime({ tier: 'fast' });
    const text = '(module (memory (export "m") 1) (func (export "f") (result i32) (i32.load (i32.const 0))))';
    const { exports } = runtime.instantiate(runtime.compile(wat(text)), {}, { tier: 'interp' });
    const { m } = exports;
    assert.ok(m instanceof Memory);
    const call = callsOf(exports);
    new Uint8Array(m.buffer)[0] = 3;
    assert.equal(call('f'), 3);
    assert.equal(m.buffer.byteLength, 65536);
    m.grow(0);
    assert.equal(call('f'), 3);
  });
});

describe('a null of a defined type', () => {
  /** A module of 130 types, whose function has a null of the type with an index, and returns 7. */
  function module(index: readonly number[]): Uint8Array {
    const section = (id: number, content: readonly number[]): number[] => [
      id,
      (content.length & 0x7f) | 0x80,
      content.length >> 7,
      ...content,
    ];
    const body = [0x00, 0x41, 0x07, 0xd0, ...index, 0x1a, 0x0b];
    return Uint8Array.of(
      ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
      ...section(1, [0x82, 0x01, ...Array.from({ length: 130 }, () => [0x60, 0, 1, 0x7f]).flat()]),
      ...section(3, [0x01, 0x00]),
      ...section(7, [0x01, 0x01, 0x66, 0x00, 0x00]),
      ...section(10, [0x01, body.length, ...body]),
    );
  }

  for (const tier of ['interp', 'fast'] as const) {
    for (const [index, bytes] of [
      [1, [0x01]],
      [0x81, [0x81, 0x01]],
    ] as const) {
      test(`with index ${index} is one value: ${tier}`, () => {
        const runtime = new Runtime({ tier });
        const { exports } = runtime.instantiate(runtime.compile(module(bytes)));
        assert.equal(callsOf(exports)('f'), 7);
      });
    }
  }
});
