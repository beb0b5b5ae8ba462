import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { exportedFunctions, v8Exports } from '../../fast-jit/execution.fixture.js';
import { wat } from '../../runtime/modules.fixture.js';
import { Global } from '../../runtime/objects/global.js';
import { Memory } from '../../runtime/objects/memory.js';
import { Table } from '../../runtime/objects/table.js';
import { ValType } from '../../wasm/types.js';
import { llvmMachines } from '../execution.fixture.js';
import { withoutLlvm } from '../library.fixture.js';

const machines = llvmMachines.map((machine) => ({ ...machine, runtime: machine.make() }));
after(() => {
  for (const { runtime } of machines) runtime.dispose();
});

const bulk = wat(`(module (memory (export "memory") 2) (data $d "0123456789abcdef")
  (func (export "copy") (param i32 i32 i32) (memory.copy (local.get 0) (local.get 1) (local.get 2)))
  (func (export "fill") (param i32 i32 i32) (memory.fill (local.get 0) (local.get 1) (local.get 2)))
  (func (export "init") (param i32 i32 i32) (memory.init $d (local.get 0) (local.get 1) (local.get 2)))
  (func (export "copy 16") (param i32 i32) (memory.copy (local.get 0) (local.get 1) (i32.const 16)))
  (func (export "copy 100") (param i32 i32) (memory.copy (local.get 0) (local.get 1) (i32.const 100)))
  (func (export "fill 13") (param i32 i32) (memory.fill (local.get 0) (local.get 1) (i32.const 13))))`);

type Call = readonly [name: string, ...args: readonly number[]];

const end = 0x20000;
const bulkCalls: readonly Call[] = [
  // Overlapping, forward and back, by less and more than what is moved at once.
  ...[1, 3, 8, 15, 16, 17, 31, 32, 33, 100].flatMap((distance): Call[] => [
    ['copy', 1000, 1000 + distance, 200],
    ['copy', 1000 + distance, 1000, 200],
    ['copy 16', 2000, 2000 + distance],
    ['copy 16', 2000 + distance, 2000],
    ['copy 100', 3000, 3000 + distance],
    ['copy 100', 3000 + distance, 3000],
  ]),
  ['copy', 500, 500, 64],
  // Up to the end, and nothing at the end.
  ['copy', end - 40, 0, 40],
  ['copy', 0, end - 40, 40],
  ['copy 16', end - 16, 0],
  ['fill', end - 9, 0xab, 9],
  ['fill 13', end - 13, 0x1ff],
  ...(['copy', 'fill', 'init'] as const).map((name): Call => [name, end, 0, 0]),
  ['copy', 0, end, 0],
  ['init', 0, 16, 0],
  // Beyond it: nothing is written.
  ['copy', end + 1, 0, 0],
  ['copy', 0, end + 1, 0],
  ['copy', end - 5, 0, 6],
  ['copy', 0, end - 5, 6],
  ['copy', -1, 0, 1],
  ['copy 16', end - 15, 0],
  ['copy 100', 0, end - 99],
  ['fill', end - 5, 1, 6],
  ['fill', -1, 1, -1],
  ['fill 13', end - 12, 1],
  ['init', end - 1, 0, 2],
  ['init', 0, 1, 16],
  ['init', 0, 17, 0],
  ['fill', 0, 0x123, end],
  ['init', 77, 3, 10],
];

describe('bulk operations agree with V8', { skip: withoutLlvm() }, () => {
  for (const { name, runtime } of machines) {
    test(name, () => {
      const reference = v8Exports(bulk);
      const { memory } = reference as unknown as { memory: { buffer: ArrayBuffer } };
      const instance = runtime.instantiate(runtime.compile(bulk));
      const own = instance.exports['memory'];
      assert.ok(own instanceof Memory);
      const functions = instance.exports as Readonly<Record<string, (...args: unknown[]) => unknown>>;
      const pattern = Uint8Array.from({ length: end }, (_, k) => (k * 7 + (k >> 8)) & 0xff);
      for (const [operation, ...args] of bulkCalls) {
        new Uint8Array(memory.buffer).set(pattern);
        new Uint8Array(own.buffer).set(pattern);
        const succeeds = (run: () => unknown): boolean => {
          try {
            run();
            return true;
          } catch {
            return false;
          }
        };
        const expected = succeeds(() => reference[operation](...args));
        const label = `${operation}(${args.join(', ')})`;
        assert.equal(
          succeeds(() => functions[operation](...args)),
          expected,
          label,
        );
        assert.equal(Buffer.compare(new Uint8Array(own.buffer), new Uint8Array(memory.buffer)), 0, label);
      }
      instance.dispose();
    });
  }
});

describe('what one access writes, the next one reads', { skip: withoutLlvm() }, () => {
  for (const { name, runtime } of machines) {
    test(`the same bytes in other widths: ${name}`, () => {
      const { f } = exportedFunctions(
        runtime,
        `(module (memory 1) (func (export "f") (param i32 i64) (result i32 f32 i64 f64 i32)
          (i64.store (local.get 0) (local.get 1))
          (i32.store8 offset=3 (local.get 0) (i32.const 0x11))
          (i32.load (local.get 0)) (f32.load (local.get 0))
          (f64.store offset=4 (local.get 0) (f64.const 1))
          (i64.load (local.get 0)) (f64.load offset=4 (local.get 0)) (i32.load16_s offset=10 (local.get 0))))`,
      );
      const bytes = new DataView(new ArrayBuffer(4));
      bytes.setUint32(0, 0x11abcdef, true);
      assert.deepEqual(f(24, 0x0123456789abcdefn), [
        0x11abcdef,
        bytes.getFloat32(0, true),
        0x11abcdefn,
        1,
        0x3ff0,
      ]);
    });

    test(`globals, imported globals and memory are told apart, and are known where they are the same: ${name}`, () => {
      const imported = runtime.global({ type: ValType.i32, mutable: true }, 1);
      // Both imports are the same global.
      const { f } = exportedFunctions(
        runtime,
        `(module (import "env" "a" (global $a (mut i32))) (import "env" "b" (global $b (mut i32)))
          (memory 1) (global $own (mut i32) (i32.const 5))
          (func (export "f") (param i32) (result i32 i32 i32 i32)
            (global.set $a (i32.const 10)) (global.set $own (i32.const 20))
            (i32.store (local.get 0) (i32.const 30))
            (global.set $b (i32.const 11))
            (global.get $a) (global.get $own) (i32.load (local.get 0)) (global.get $b)))`,
        { env: { a: imported, b: imported } },
      );
      assert.deepEqual(f(0), [11, 20, 30, 11]);
      assert.equal(imported.value, 11);
    });

    test(`calls may change everything: ${name}`, () => {
      const memory = runtime.memory({ limits: { min: 1, max: 4 } });
      const table = runtime.table({ element: ValType.funcref, limits: { min: 1, max: 9 } });
      const global = runtime.global({ type: ValType.i64, mutable: true }, 1n);
      const { f, size } = exportedFunctions(
        runtime,
        `(module (import "env" "change" (func $change)) (import "env" "memory" (memory 1 4))
          (import "env" "table" (table 1 9 funcref)) (import "env" "global" (global $g (mut i64)))
          (type $t (func (result i32)))
          (func $one (result i32) (i32.const 1))
          (func $first (type $t) (i32.const 100))
          (export "one" (func $one))
          (elem declare func $one)
          (func (export "f") (result i32 i32 i64 i32 i32)
            (i32.store (i32.const 0) (i32.const 1)) (global.set $g (i64.const 1)) (drop (memory.size))
            (call $change)
            (i32.load (i32.const 0)) (i32.load (i32.const 65536)) (global.get $g) (memory.size) (table.size 0))
          (func (export "size") (result i32) (memory.size)))`,
        {
          env: {
            memory,
            table,
            global,
            change: () => {
              memory.grow(1);
              const words = new Int32Array(memory.buffer);
              words[0] = 7;
              words[65536 / 4] = 8;
              global.value = 9n;
              table.grow(2);
            },
          },
        },
      );
      assert.equal(size(), 1);
      assert.deepEqual(f(), [7, 8, 9n, 2, 3]);
    });

    test(`memory.grow between accesses is seen: ${name}`, () => {
      const { f } = exportedFunctions(
        runtime,
        `(module (memory 1 5) (func (export "f") (param $pages i32) (result i32 i32 i32 i32) (local i32)
          (i32.store (i32.const 100) (i32.const 42))
          (memory.size)
          (local.set 1 (memory.grow (local.get $pages)))
          (i32.store (i32.const 65536) (i32.add (i32.load (i32.const 100)) (i32.const 1)))
          (local.get 1) (i32.load (i32.const 65536)) (memory.size)))`,
      );
      assert.deepEqual(f(2), [1, 1, 43, 3]);
    });

    test(`table.set, table.grow and table.fill between calls are seen: ${name}`, () => {
      const instance = runtime.instantiate(
        runtime.compile(
          wat(`(module (table (export "table") 2 20 funcref) (type $t (func (result i32)))
            (elem (i32.const 0) $one $one) (elem declare func $two)
            (func $one (result i32) (i32.const 1)) (func $two (result i32) (i32.const 2))
            (func (export "f") (result i32 i32 i32 i32)
              (call_indirect (type $t) (i32.const 0))
              (table.set (i32.const 0) (ref.func $two))
              (call_indirect (type $t) (i32.const 0))
              (drop (table.grow (ref.func $two) (i32.const 10)))
              (call_indirect (type $t) (i32.const 11))
              (table.fill (i32.const 1) (ref.func $two) (i32.const 1))
              (call_indirect (type $t) (i32.const 1))))`),
        ),
      );
      const { f, table } = instance.exports;
      assert.ok(table instanceof Table);
      assert.deepEqual((f as unknown as () => unknown)(), [1, 2, 2, 2]);
      assert.equal(table.length, 12);
    });

    test(`a global that is exported is written where the host sees it, before each call of it: ${name}`, () => {
      const seen: unknown[] = [];
      const instance = runtime.instantiate(
        runtime.compile(
          wat(`(module (import "env" "look" (func $look)) (global $g (export "g") (mut f64) (f64.const 0))
            (func (export "f") (param i32)
              (loop (global.set $g (f64.add (global.get $g) (f64.const 1))) (call $look)
                (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))))`),
        ),
        {
          env: {
            look: () => {
              const { g } = instance.exports;
              assert.ok(g instanceof Global);
              seen.push(g.value);
              if (g.value === 3) g.value = 10;
            },
          },
        },
      );
      (instance.exports['f'] as unknown as (n: number) => unknown)(5);
      assert.deepEqual(seen, [1, 2, 3, 11, 12]);
    });
  }
});
