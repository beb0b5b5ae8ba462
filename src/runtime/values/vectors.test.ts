import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { withoutLlvm } from '../../llvm-jit/library.fixture.js';
import { type FuncType, ValType } from '../../wasm/types.js';
import { wat } from '../modules.fixture.js';
import { Func } from '../objects/func.js';
import { Global } from '../objects/global.js';
import { Runtime } from '../runtime.js';
import type { RuntimeOptions } from '../runtime-options.js';

/* A v128 is 16 bytes in the library: as argument and result of functions on both sides, and in globals. */

const { v128, i32, f64 } = ValType;

const configurations: readonly (readonly [string, RuntimeOptions])[] = [
  ['interp', { tier: 'interp' }],
  ['fast', { tier: 'fast' }],
  ['half of it interpreted', { tier: 'fast', tuning: { interpreted: (index) => index % 2 === 0 } }],
  ...(withoutLlvm() === false
    ? ([
        ['llvm', { tier: 'llvm' }],
        ['multi, changing at random', { tier: 'multi', tuning: { chaos: 3 } }],
      ] as const)
    : []),
];

const ints = (...lanes: number[]): Uint8Array => new Uint8Array(Int32Array.from(lanes).buffer);

const module = wat(`(module
  (import "host" "mix" (func $mix (param i32 v128 f64 v128) (result v128)))
  (import "host" "several" (func $several (param v128) (result i32 v128 f64 v128)))
  (import "host" "global" (global $imported (mut v128)))
  (import "host" "constant" (global $constant v128))
  (global (export "own") (mut v128) (v128.const i32x4 1 -2 3 -4))
  (global (export "copy") v128 (global.get $constant))
  (type $binary (func (param v128 v128) (result v128)))
  (table (export "table") 2 funcref) (elem (i32.const 0) $add $sub)
  (func $add (export "add") (type $binary) (i32x4.add (local.get 0) (local.get 1)))
  (func $sub (type $binary) (i32x4.sub (local.get 0) (local.get 1)))
  (func (export "choose") (param i32 v128 v128) (result v128)
    (call_indirect (type $binary) (local.get 1) (local.get 2) (local.get 0)))
  (func (export "mix") (param i32 v128 f64 v128) (result v128)
    (call $mix (local.get 0) (local.get 1) (local.get 2) (local.get 3)))
  (func (export "several") (param v128) (result i32 v128 f64 v128) (call $several (local.get 0)))
  (func (export "global") (result v128)
    (global.set $imported (i32x4.add (global.get $imported) (global.get $constant)))
    (global.get $imported))
  (func (export "block") (param i32 v128) (result v128 v128)
    (local.get 1) (local.get 1)
    (block (param v128 v128) (result v128 v128)
      (if (param v128) (result v128) (local.get 0)
        (then (i32x4.splat (local.get 0)) (i32x4.add)) (else (i32x4.neg))))))`);

/** A function of 20 vectors, an i32 in between, whose first and last are returned. */
const many = wat(`(module (func (export "f") (param ${'v128 i32 '.repeat(20)}) (result v128 i32 v128)
  (local.get 0) (local.get 39) (local.get 38)))`);

for (const [title, options] of configurations) {
  describe(`vectors as 16 bytes: ${title}`, () => {
    const runtimes: Runtime[] = [];
    after(() => {
      for (const runtime of runtimes) runtime.dispose();
    });

    function newRuntime(): Runtime {
      const runtime = new Runtime({ ...options, cache: 'none' });
      runtimes.push(runtime);
      return runtime;
    }

    function start(host: Readonly<Record<string, (...args: never[]) => unknown>> = {}): {
      exports: Readonly<Record<'add' | 'choose' | 'mix' | 'several' | 'global' | 'block', Func>>;
      global: Global;
      constant: Global;
      runtime: Runtime;
      table: { get(index: number): unknown };
      own: Global;
      copy: Global;
    } {
      const runtime = newRuntime();
      const global = runtime.global({ type: v128, mutable: true }, ints(1, 2, 3, 4));
      const constant = runtime.global({ type: v128, mutable: false }, ints(10, 20, 30, 40));
      const imports = { mix: () => ints(), several: () => [], ...host, global, constant };
      const { exports } = runtime.instantiate(runtime.compile(module), { host: imports });
      const { table, own, copy } = exports;
      assert.ok(own instanceof Global && copy instanceof Global && table !== undefined && 'get' in table);
      return { runtime, exports: exports as never, global, constant, table, own, copy };
    }

    test('arguments and results', () => {
      const { exports, table } = start();
      const sum = exports.add(ints(1, 2, 3, 4), ints(10, 20, 30, -40));
      assert.ok(sum instanceof Uint8Array);
      assert.deepEqual(sum, ints(11, 22, 33, -36));
      assert.deepEqual(exports.choose(0, ints(5, 5, 5, 5), ints(1, 2, 3, 4)), ints(6, 7, 8, 9));
      assert.deepEqual(exports.choose(1, ints(5, 5, 5, 5), ints(1, 2, 3, 4)), ints(4, 3, 2, 1));
      const sub = table.get(1);
      assert.ok(sub instanceof Func);
      assert.deepEqual(sub(ints(5, 5, 5, 5), ints(1, 2, 3, 4)), ints(4, 3, 2, 1));
      assert.deepEqual(exports.block(2, ints(1, 2, 3, 4)), [ints(1, 2, 3, 4), ints(3, 4, 5, 6)]);
      assert.deepEqual(exports.block(0, ints(1, 2, 3, 4)), [ints(1, 2, 3, 4), ints(-1, -2, -3, -4)]);
    });

    test('arguments may be any view of 16 bytes, and nothing else', () => {
      const { exports } = start();
      const zero = ints(0, 0, 0, 0);
      const bytes = Uint8Array.from({ length: 40 }, (_, k) => k);
      for (const view of [
        Float32Array.of(1, 2, 3, 4),
        BigInt64Array.of(1n, -1n),
        bytes.subarray(3, 19),
        new DataView(bytes.buffer, 20, 16),
        Buffer.from(bytes.subarray(1, 17)),
      ]) {
        const expected = new Uint8Array(view.buffer, view.byteOffset, 16).slice();
        assert.deepEqual(exports.add(view, zero), expected);
      }
      for (const wrong of [undefined, null, 0, 1n, 'x', [], {}, new ArrayBuffer(16), bytes, ints(1, 2, 3)]) {
        assert.throws(() => exports.add(wrong, zero), { name: 'TypeError', message: /16 bytes/ });
      }
      const gone = new ArrayBuffer(16);
      const goneViews = [new Uint8Array(gone), new DataView(gone)];
      structuredClone(gone, { transfer: [gone] });
      for (const wrong of [...goneViews, new Uint8Array(15), new DataView(new ArrayBuffer(17))]) {
        const message = /16 bytes, or another view, not a (Uint8Array|DataView) of (0|15|17)$/;
        assert.throws(() => exports.add(zero, wrong), { name: 'TypeError', message });
      }
    });

    test('bytes are copied before later arguments are converted', () => {
      const { exports } = start({ mix: (_: number, vector: Uint8Array) => vector });
      const vector = ints(1, 2, 3, 4);
      const number = {
        valueOf: () => {
          vector.fill(9);
          return 1;
        },
      };
      assert.deepEqual(exports.mix(0, vector, number, vector), ints(1, 2, 3, 4));
    });

    test('functions of the host take and return bytes of their own', () => {
      const seen: unknown[] = [];
      let kept = ints();
      const { exports } = start({
        mix: (...args: unknown[]) => {
          seen.push(...args);
          kept = args[1] as Uint8Array;
          return args[3];
        },
        several: (vector: Uint8Array) => [7, vector.toReversed(), 0.5, vector],
      });
      assert.deepEqual(exports.mix(-1, ints(1, 2, 3, 4), 2.5, ints(5, 6, 7, 8)), ints(5, 6, 7, 8));
      assert.deepEqual(seen, [-1, ints(1, 2, 3, 4), 2.5, ints(5, 6, 7, 8)]);
      exports.mix(1, ints(0, 0, 0, 0), 0, ints(0, 0, 0, 0));
      const before = kept;
      exports.mix(1, ints(9, 9, 9, 9), 0, ints(0, 0, 0, 0));
      assert.deepEqual(before, ints(0, 0, 0, 0));
      const bytes = Uint8Array.from({ length: 16 }, (_, k) => k);
      assert.deepEqual(exports.several(bytes), [7, bytes.toReversed(), 0.5, bytes]);
    });

    test('a host function that returns something else throws a TypeError', () => {
      for (const wrong of [undefined, 1, ints(1, 2, 3)]) {
        const { exports } = start({ mix: () => wrong, several: () => [1, wrong, 2, ints(1, 2, 3, 4)] });
        const expected = { name: 'TypeError', message: /16 bytes/ };
        assert.throws(() => exports.mix(0, ints(1, 2, 3, 4), 0, ints(1, 2, 3, 4)), expected);
        assert.throws(() => exports.several(ints(1, 2, 3, 4)), expected);
      }
    });

    test('a function of the host is called as what it is', () => {
      const { runtime } = start();
      const type: FuncType = { params: [v128, i32], results: [v128, f64] };
      const swap = runtime.hostFunction(type, (vector: Uint8Array, number: number) => [vector, number]);
      assert.deepEqual(swap(ints(1, 2, 3, 4), 5), [ints(1, 2, 3, 4), 5]);
      swap.dispose();
    });

    test('globals', () => {
      const { exports, global, constant, own, copy } = start();
      assert.deepEqual(own.value, ints(1, -2, 3, -4));
      assert.deepEqual(copy.value, ints(10, 20, 30, 40));
      assert.deepEqual(exports.global(), ints(11, 22, 33, 44));
      assert.deepEqual(global.value, ints(11, 22, 33, 44));
      (global.value as Uint8Array).fill(0);
      assert.deepEqual(global.value, ints(11, 22, 33, 44));
      global.value = Int32Array.of(-1, -2, -3, -4);
      assert.deepEqual(exports.global(), ints(9, 18, 27, 36));
      assert.equal(own.bits, 0xfffffffc_00000003_fffffffe_00000001n);
      own.bits = 1n << 127n;
      assert.deepEqual(own.value, ints(0, 0, 0, -(2 ** 31)));
      assert.throws(
        () => {
          constant.value = ints(1, 2, 3, 4);
        },
        { name: 'TypeError', message: /immutable/ },
      );
      assert.throws(
        () => {
          global.value = 1;
        },
        { name: 'TypeError', message: /16 bytes/ },
      );
    });

    test('bits are one number, lane 0 the lowest', () => {
      const { exports } = start({ several: (vector: Uint8Array) => [-1, vector, -0, vector.toReversed()] });
      assert.deepEqual(exports.add.callBits([(1n << 96n) + 1n, (5n << 64n) + 2n]), [
        (1n << 96n) + (5n << 64n) + 3n,
      ]);
      const byte = 0xabn;
      assert.deepEqual(exports.several.callBits([byte]), [2n ** 32n - 1n, byte, 1n << 63n, byte << 120n]);
    });

    test('instances are prepared whose functions take them', () => {
      const { runtime } = start();
      const text = `(module (global (export "calls") (mut i32) (i32.const 0))
        (func (export "f") (param v128 i32) (result v128) (global.set 0 (i32.const 1)) (local.get 0)))`;
      const instance = runtime.instantiate(runtime.compile(wat(text)));
      instance.prepare();
      const { f, calls } = instance.exports;
      assert.ok(f instanceof Func && calls instanceof Global);
      assert.equal(calls.value, 0);
      assert.deepEqual(f(ints(1, 2, 3, 4), 5), ints(1, 2, 3, 4));
    });

    test('many of them, on the stack', () => {
      const runtime = newRuntime();
      const { f } = runtime.instantiate(runtime.compile(many)).exports;
      assert.ok(f instanceof Func);
      const args = Array.from({ length: 40 }, (_, k) => (k % 2 === 0 ? ints(k, k, k, k) : k));
      assert.deepEqual(f(...args), [ints(0, 0, 0, 0), 39, ints(38, 38, 38, 38)]);
    });
  });
}
