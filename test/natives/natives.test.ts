import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { Trap } from '../../src/code/traps.js';
import { withoutLlvm } from '../../src/llvm-jit/library.fixture.js';
import type { Instance } from '../../src/runtime/instances/instance.js';
import type { Imports } from '../../src/runtime/instances/linking.js';
import { wat } from '../../src/runtime/modules.fixture.js';
import type { NativeCaller, NativeDescription } from '../../src/runtime/natives/native.js';
import { Func } from '../../src/runtime/objects/func.js';
import { Runtime } from '../../src/runtime/runtime.js';
import type { RuntimeOptions } from '../../src/runtime/runtime-options.js';
import { trapOf } from '../../src/runtime/traps/trap.fixture.js';
import { testLibrary, withoutCompiler } from './library.fixture.js';

const configurations: readonly (readonly [string, RuntimeOptions])[] = [
  ['interp', { tier: 'interp' }],
  ['fast', { tier: 'fast' }],
  ['fast, checked memory', { tier: 'fast', memoryMode: 'checked' }],
  ['half of it interpreted', { tier: 'fast', tuning: { interpreted: (index) => index % 2 === 0 } }],
  ...(withoutLlvm() === false
    ? ([
        ['llvm', { tier: 'llvm' }],
        ['llvm, checked memory', { tier: 'llvm', memoryMode: 'checked' }],
        ['multi, changing at random', { tier: 'multi', tuning: { chaos: 1 } }],
      ] as const)
    : []),
];

/** A native function, and the wasm type it is imported with. */
type Row = NativeDescription & { readonly type: string };

/**
 * A module that imports functions, and exports each twice: under its name, called directly, and as `indirect
 * NAME`, called through a table.
 */
function forwarder(rows: readonly Row[], more: string): Uint8Array {
  const imports = rows.map(({ name, type }) => `(import "env" "${name}" (func $${name} ${type}))`);
  const table = `(table (export "table") 64 funcref) (elem (i32.const 32) ${rows.map(({ name }) => `$${name}`).join(' ')})`;
  const functions = rows.map(({ name, type }, index) => {
    const params = [...type.matchAll(/\(param ([^)]*)\)/g)].flatMap(([, list]) => list.split(' '));
    const args = params.map((_, k) => `(local.get ${k})`).join(' ');
    return `(func (export "${name}") ${type} (call $${name} ${args}))
      (func (export "indirect ${name}") ${type} (call_indirect ${type} ${args} (i32.const ${32 + index})))`;
  });
  return wat(`(module ${imports.join('\n')} ${table} ${functions.join('\n')} ${more})`);
}

interface Forwarder {
  readonly instance: Instance;
  call(name: string, ...args: unknown[]): unknown;
}

function forwarderOf(instance: Instance): Forwarder {
  return {
    instance,
    call: (name, ...args) => {
      const func = instance.exports[name];
      assert.ok(func instanceof Func, name);
      return func(...args);
    },
  };
}

/** Asserts that an argument does not lie in memory. */
function isOutside(work: () => unknown): void {
  const { trap, message } = trapOf(work);
  assert.deepEqual(
    { trap, message },
    { trap: Trap.memoryOutOfBounds, message: 'out of bounds memory access' },
  );
}

for (const [title, options] of configurations) {
  describe(`native functions in C: ${title}`, { skip: withoutCompiler }, () => {
    const runtimes: Runtime[] = [];
    after(() => {
      for (const runtime of runtimes) runtime.dispose();
    });

    function newRuntime(): Runtime {
      const runtime = new Runtime(options);
      runtimes.push(runtime);
      return runtime;
    }

    function forward(
      rows: readonly Row[],
      more = '(memory (export "memory") 1)',
      imports: Imports = {},
    ): Forwarder {
      const runtime = newRuntime();
      runtime.registerNatives('env', rows, { library: testLibrary() });
      const instance = runtime.instantiate(runtime.compile(forwarder(rows, more)), imports);
      return forwarderOf(instance);
    }

    function bytesOf({ instance }: Forwarder): Uint8Array {
      const memory = instance.exports['memory'];
      assert.ok(memory !== undefined && 'buffer' in memory);
      return new Uint8Array(memory.buffer);
    }

    const bytesRow: Row = { name: 'sum_bytes', signature: '(*~)i', type: '(param i32 i32) (result i32)' };
    const textRow: Row = { name: 'length_of', signature: '($)i', type: '(param i32) (result i32)' };
    const objectRow: Row = { name: 'increment', signature: '(*8)', type: '(param i32)' };

    test('bytes: base and length are checked to the byte', () => {
      const wasm = forward([bytesRow]);
      bytesOf(wasm).set([1, 2, 3], 65533);
      assert.equal(wasm.call('sum_bytes', 65533, 3), 6);
      assert.equal(wasm.call('indirect sum_bytes', 65534, 2), 5);
      assert.equal(wasm.call('sum_bytes', 65536, 0), 0);
      for (const [offset, length] of [
        [65533, 4],
        [65536, 1],
        [65537, 0],
        [1, 65536],
        [1, -1],
        [16, 0x7fffffff],
        // Offset and length that wrap around in 32 bits.
        [-1, 1],
        [-1, 2],
        [-16, 32],
        [0x80000000, 0x80000000],
        [0x80000000, 1],
      ]) {
        isOutside(() => wasm.call('sum_bytes', offset, length));
        isOutside(() => wasm.call('indirect sum_bytes', offset, length));
      }
    });

    test('a trap names the native function, and its caller', () => {
      const wasm = forward([bytesRow]);
      const { frames } = trapOf(() => wasm.call('sum_bytes', -1, 1));
      assert.deepEqual(
        frames.map(({ functionIndex, functionName }) => [functionIndex, functionName]),
        [
          [0, 'sum_bytes'],
          [1, 'sum_bytes'],
        ],
      );
      assert.equal(frames[0].wasmOffset, undefined);
      assert.notEqual(frames[1].wasmOffset, undefined);
    });

    test('offset 0 is NULL, with any length', () => {
      const wasm = forward([
        { name: 'is_null', signature: '(*)i', type: '(param i32) (result i32)' },
        { name: 'is_null_bytes', signature: '(*~)i', type: '(param i32 i32) (result i32)' },
        textRow,
      ]);
      assert.equal(wasm.call('is_null', 0), 1);
      assert.equal(wasm.call('is_null', 1), 0);
      for (const length of [0, 5, -1, 0x7fffffff])
        assert.equal(wasm.call('is_null_bytes', 0, length), length);
      assert.equal(wasm.call('length_of', 0), -1);
    });

    test('offset 0 traps where a pointer may not be NULL', () => {
      const wasm = forward([
        { name: 'is_null', signature: '(*!)i', type: '(param i32) (result i32)' },
        { name: 'is_null_bytes', signature: '(*~!)i', type: '(param i32 i32) (result i32)' },
        { ...textRow, signature: '($!)i' },
        { ...objectRow, signature: '(*8!)' },
        { name: 'strlen', signature: '($!)i', type: '(param i32) (result i32)' },
      ]);
      for (const way of ['', 'indirect ']) {
        isOutside(() => wasm.call(`${way}is_null`, 0));
        for (const length of [0, 5, -1, 0x7fffffff])
          isOutside(() => wasm.call(`${way}is_null_bytes`, 0, length));
        isOutside(() => wasm.call(`${way}length_of`, 0));
        isOutside(() => wasm.call(`${way}increment`, 0));
        isOutside(() => wasm.call(`${way}strlen`, 0));
        assert.equal(wasm.call(`${way}is_null`, 1), 0);
        assert.equal(wasm.call(`${way}is_null_bytes`, 1, 5), -1);
        assert.equal(wasm.call(`${way}is_null_bytes`, 65536, 0), -1);
        assert.equal(wasm.call(`${way}strlen`, 65535), 0);
        isOutside(() => wasm.call(`${way}is_null`, 65536));
        isOutside(() => wasm.call(`${way}is_null_bytes`, 65535, 2));
        isOutside(() => wasm.call(`${way}increment`, 65529));
        isOutside(() => wasm.call(`${way}length_of`, -1));
      }
      bytesOf(wasm).fill(65, 65000);
      isOutside(() => wasm.call('length_of', 65000));
    });

    test('an object of n bytes', () => {
      const wasm = forward([objectRow]);
      wasm.call('increment', 65528);
      assert.equal(bytesOf(wasm)[65528], 1);
      for (const offset of [65529, 65535, 65536, -8, -1]) {
        isOutside(() => wasm.call('increment', offset));
      }
      assert.equal(bytesOf(wasm).filter((byte) => byte !== 0).length, 1);
    });

    test('a string must end inside of memory', () => {
      const wasm = forward([textRow]);
      const bytes = bytesOf(wasm);
      bytes.fill(65, 65000);
      bytes[65535] = 0;
      assert.equal(wasm.call('length_of', 65000), 535);
      assert.equal(wasm.call('length_of', 65535), 0);
      bytes[65535] = 65;
      isOutside(() => wasm.call('length_of', 65000));
      isOutside(() => wasm.call('length_of', 65535));
      for (const offset of [65536, 0x7fffffff, 0x80000000, -1]) {
        isOutside(() => wasm.call('length_of', offset));
      }
    });

    test('strings, bytes and objects at 2 GiB and above', () => {
      const wasm = forward(
        [textRow, bytesRow, objectRow],
        `(memory (export "memory") 32770)
         (func (export "store") (param i32 i32) (i32.store8 (local.get 0) (local.get 1)))
         (func (export "load") (param i32) (result i32) (i32.load8_u (local.get 0)))`,
      );
      const twoGiB = 2 ** 31;
      for (const offset of [twoGiB, twoGiB + 65536]) {
        for (const [k, code] of [104, 101, 108, 108, 111, 0].entries()) wasm.call('store', offset + k, code);
        assert.equal(wasm.call('length_of', offset | 0), 5);
        assert.equal(wasm.call('sum_bytes', offset | 0, 5), 104 + 101 + 108 + 108 + 111);
        wasm.call('increment', (offset + 64) | 0);
        assert.equal(wasm.call('load', offset + 64), 1);
      }
      isOutside(() => wasm.call('length_of', (twoGiB + 131072) | 0));
      isOutside(() => wasm.call('sum_bytes', (twoGiB + 131071) | 0, 2));
    });

    test('without a signature, and where nothing is to be converted, values pass as they are', () => {
      const wasm = forward([
        { name: 'is_null', type: '(param i64) (result i32)' },
        { name: 'low_half', signature: '(I)i', type: '(param i64) (result i32)' },
        { name: 'half', type: '(param f32) (result f32)' },
      ]);
      assert.equal(wasm.call('is_null', 0n), 1);
      assert.equal(wasm.call('is_null', 1n << 40n), 0);
      assert.equal(wasm.call('low_half', -1n), -1);
      assert.equal(wasm.call('low_half', 0x1234_0000_0005n), 5);
      assert.equal(wasm.call('half', 5), 2.5);
    });

    test('more than five integers', () => {
      const wasm = forward([
        {
          name: 'many_integers',
          signature: '(iIiIiIiIi)I',
          type: '(param i32 i64 i32 i64 i32 i64 i32 i64 i32) (result i64)',
        },
      ]);
      const expected = (...values: bigint[]): bigint =>
        values.reduce((sum, v, k) => sum + BigInt(k + 1) * v, 0n);
      assert.equal(
        wasm.call('many_integers', -1, 1n << 40n, 3, -4n, 5, 6n, -7, 8n, -9),
        expected(-1n, 1n << 40n, 3n, -4n, 5n, 6n, -7n, 8n, -9n),
      );
      assert.equal(
        wasm.call('indirect many_integers', 9, 8n, 7, 6n, 5, 4n, 3, 2n, 1),
        expected(9n, 8n, 7n, 6n, 5n, 4n, 3n, 2n, 1n),
      );
    });

    test('vectors, in registers and on the stack', () => {
      const lanes = (low: bigint, high = 0n): Uint8Array =>
        new Uint8Array(BigInt64Array.of(low, high).buffer);
      const wasm = forward([
        {
          name: 'many_vectors',
          signature: '(IVViVVVVVIIIVIVFVIVV)V',
          type: `(param i64 v128 v128 i32 v128 v128 v128 v128 v128 i64 i64 i64 v128 i64 v128 f64 v128 i64 v128 v128)
            (result v128)`.replace(/\s+/g, ' '),
        },
        {
          name: 'on_stack',
          type: '(param f64 f64 f64 f64 f64 f64 f64 f64 i32 v128) (result v128)',
        },
        { name: 'swap_halves', signature: '(V)V', type: '(param v128) (result v128)', littleStack: true },
      ]);
      const v = (k: number): Uint8Array => lanes(10n ** BigInt(k), -BigInt(k));
      const args = [
        ...[1n, v(0), v(1), 2, v(2), v(3), v(4), v(5), v(6), 3n, 4n, 5n],
        ...[v(7), 6n, v(8), 9.5, v(9), 7n, v(10), v(11)],
      ];
      let low = 9n;
      let high = 1n + 2n * 2n + 3n * 3n + 4n * 4n + 5n * 5n + 6n * 6n + 7n * 7n;
      for (let k = 0; k < 12; k++) {
        low += BigInt(k + 1) * 10n ** BigInt(k);
        high -= BigInt((k + 1) * k);
      }
      for (const name of ['many_vectors', 'indirect many_vectors']) {
        assert.deepEqual(wasm.call(name, ...args), lanes(low, high));
        assert.deepEqual(
          wasm.call(name.replace('many_vectors', 'swap_halves'), lanes(1n, 2n)),
          lanes(2n, 1n),
        );
      }
      assert.deepEqual(wasm.call('on_stack', 1, 2, 3, 4, 5, 6, 7, 8, 9, lanes(100n, -1n)), lanes(145n, -1n));
    });

    test('vectors pass where C code calls', () => {
      const runtime = newRuntime();
      const row = { name: 'call_vectors', signature: '(V)V', execEnv: true };
      runtime.registerNatives('env', [row], { library: testLibrary() });
      const text = `(module (import "env" "call_vectors" (func $f (param v128) (result v128)))
        (func (export "f") (param v128) (result v128) (call $f (local.get 0)))
        (func (export "turn") (param i32 v128 f64) (result v128 i32 v128)
          (i64x2.add (local.get 1) (local.get 1)) (local.get 0)
          (f64x2.splat (f64.mul (local.get 2) (f64.const 8)))))`;
      const wasm = forwarderOf(runtime.instantiate(runtime.compile(wat(text))));
      const vector = new Uint8Array(BigInt64Array.of(5n, 1n << 40n).buffer);
      const four = 0x4010_0000_0000_0000n;
      assert.deepEqual(
        wasm.call('f', vector),
        new Uint8Array(BigInt64Array.of(10n + four, (1n << 41n) + four).buffer),
      );
    });

    test('many floats, and a function with any number of them', () => {
      const wasm = forward([
        {
          name: 'many_floats',
          signature: '(FfFfiFfFfFfIFf)F',
          type: '(param f64 f32 f64 f32 i32 f64 f32 f64 f32 f64 f32 i64 f64 f32) (result f64)',
        },
        { name: 'variadic', signature: '(iFFF)i', type: '(param i32 f64 f64 f64) (result i32)' },
      ]);
      const values = [1.5, 2.5, -3, 4, 5, 6.25, 7, 8, -9, 10, 11, 12n, 13, 14.5];
      const expected = values.reduce<number>((sum, value, k) => sum + (k + 1) * Number(value), 0);
      assert.equal(wasm.call('many_floats', ...values), expected);
      assert.equal(wasm.call('indirect many_floats', ...values), expected);
      assert.equal(wasm.call('variadic', 3, 1.5, 2, 3), 6);
    });

    test('references', () => {
      const wasm = forward([
        { name: 'same', signature: '(r)r', type: '(param externref) (result externref)' },
      ]);
      const object = { some: 'thing' };
      assert.equal(wasm.call('same', object), object);
      assert.equal(wasm.call('same', null), null);
      const functions = forward([{ name: 'same', type: '(param funcref) (result funcref)' }]);
      const func = functions.instance.exports['same'];
      assert.equal(functions.call('same', func), func);
      assert.equal(functions.call('same', null), null);
    });

    test('attachments, on every way to call', () => {
      const rows = [0x1234, 2n ** 40n, undefined].map(
        (attachment, k): Row => ({
          name: `attachment${k}`,
          symbol: 'attachment',
          signature: '()I',
          execEnv: true,
          attachment,
          type: '(result i64)',
        }),
      );
      const wasm = forward(rows);
      for (const [k, expected] of [0x1234n, 2n ** 40n, 0n].entries()) {
        assert.equal(wasm.call(`attachment${k}`), expected);
        assert.equal(wasm.call(`indirect attachment${k}`), expected);
      }
    });

    test('the calling instance and its memory', () => {
      const rows: readonly Row[] = [
        { name: 'instance', execEnv: true, type: '(result i64)' },
        { name: 'memory_length', execEnv: true, type: '(result i64)' },
        { name: 'byte_at', execEnv: true, type: '(param i32 i64) (result i32)' },
      ];
      const a = forward(
        rows,
        '(memory (export "memory") 1) (func (export "grow") (drop (memory.grow (i32.const 2))))',
      );
      const b = forward(rows, '');
      assert.notEqual(a.call('instance'), b.call('instance'));
      assert.equal(b.call('memory_length'), -1n);
      assert.equal(b.call('byte_at', 0, 0n), -1);
      assert.equal(a.call('memory_length'), 65536n);
      bytesOf(a)[65535] = 7;
      assert.equal(a.call('byte_at', 65535, 1n), 7);
      assert.equal(a.call('byte_at', 65535, 2n), -1);
      assert.equal(a.call('byte_at', 1, -1n), -1);
      assert.equal(a.call('byte_at', -1, 1n), -1);
      a.call('grow');
      assert.equal(a.call('memory_length'), 196608n);
      assert.equal(a.call('byte_at', 65535, 2n), 7);
    });

    test('checks follow a memory that grows', () => {
      const wasm = forward(
        [bytesRow, textRow],
        '(memory (export "memory") 1) (func (export "grow") (drop (memory.grow (i32.const 1))))',
      );
      isOutside(() => wasm.call('sum_bytes', 65536, 1));
      bytesOf(wasm)[65535] = 1;
      isOutside(() => wasm.call('length_of', 65535));
      wasm.call('grow');
      assert.equal(wasm.call('sum_bytes', 65535, 2), 1);
      assert.equal(wasm.call('length_of', 65535), 1);
      assert.equal(wasm.call('sum_bytes', 131072, 0), 0);
      isOutside(() => wasm.call('sum_bytes', 131072, 1));
    });

    test('a memory that is imported', () => {
      const runtime = newRuntime();
      runtime.registerNatives('env', [bytesRow, textRow], { library: testLibrary() });
      const memory = runtime.memory({ limits: { min: 1, max: 3 } });
      const module = runtime.compile(forwarder([bytesRow, textRow], ''));
      assert.throws(
        () => runtime.instantiate(module),
        /incompatible import type: "env" "sum_bytes" needs a memory/,
      );
      const imports = `(import "m" "memory" (memory 1 3))`;
      const importing =
        wat(`(module (import "env" "sum_bytes" (func $sum (param i32 i32) (result i32))) ${imports}
        (func (export "sum") (param i32 i32) (result i32) (call $sum (local.get 0) (local.get 1))))`);
      const { sum } = runtime.instantiate(runtime.compile(importing), { m: { memory } }).exports;
      assert.ok(sum instanceof Func);
      new Uint8Array(memory.buffer)[65535] = 9;
      assert.equal(sum(65535, 1), 9);
      isOutside(() => sum(65535, 2));
      memory.grow(1);
      assert.equal(sum(65535, 2), 9);
    });

    const raiseRow: Row = {
      name: 'raise',
      signature: '($)i',
      execEnv: true,
      type: '(param i32) (result i32)',
    };

    test('a native function raises a trap, with its message', () => {
      const wasm = forward(
        [raiseRow, { name: 'raise_long', execEnv: true, type: '' }],
        '(memory (export "memory") 1) (data (i32.const 8) "na\\c3\\afve input\\00")',
      );
      for (const name of ['raise', 'indirect raise', 'raise']) {
        const error = trapOf(() => wasm.call(name, 8));
        assert.equal(error.message, 'naïve input');
        assert.equal(error.trap, Trap.nativeException);
        assert.equal(error.frames[0].functionName, name);
      }
      assert.equal(trapOf(() => wasm.call('raise_long')).message, 'x'.repeat(8191));
      // None of the error is left.
      isOutside(() => wasm.call('raise', -1));
      assert.equal(trapOf(() => wasm.call('raise', 8)).message, 'naïve input');
    });

    const callbackRows: readonly Row[] = [
      { name: 'call_export', signature: '($i)i', execEnv: true, type: '(param i32 i32) (result i32)' },
      { name: 'call_table', signature: '(ii)i', execEnv: true, type: '(param i32 i32) (result i32)' },
      { name: 'call_reference', signature: '(ri)i', execEnv: true, type: '(param funcref i32) (result i32)' },
      { name: 'call_twice', signature: '(ii)i', execEnv: true, type: '(param i32 i32) (result i32)' },
      { name: 'call_again', signature: '(ii)i', execEnv: true, type: '(param i32 i32) (result i32)' },
      { name: 'call_many', execEnv: true, type: '(result i64)' },
    ];
    const callbackBody = `(memory (export "memory") 1)
      (global $count (export "count") (mut i32) (i32.const 0))
      (data (i32.const 16) "double\\00") (data (i32.const 32) "missing\\00") (data (i32.const 48) "memory\\00")
      (elem (i32.const 1) $double $fail $divide $nested $host $endless $grow $slow)
      (func $double (export "double") (param i32) (result i32) (i32.mul (local.get 0) (i32.const 2)))
      (func $fail (param i32) (result i32)
        (global.set $count (i32.add (global.get $count) (i32.const 1))) unreachable)
      (func $divide (param i32) (result i32) (i32.div_s (i32.const 100) (local.get 0)))
      (func $nested (param i32) (result i32)
        (if (result i32) (i32.eqz (local.get 0)) (then (i32.const 0))
          (else (i32.add (i32.const 1)
            (call $call_table (i32.const 4) (i32.sub (local.get 0) (i32.const 1)))))))
      (func $host (param i32) (result i32) (call $deed (local.get 0)))
      (func $endless (param i32) (result i32) (call $call_again (i32.const 6) (i32.const 2)))
      (func $slow (param i32) (result i32) (call $call_table (i32.const 8) (local.get 0)))
      (func $grow (param i32) (result i32)
        (drop (memory.grow (i32.const 20))) (i32.store (i32.const 100000) (local.get 0))
        (i32.load (i32.const 100000)))
      (func (export "grown") (param i32) (result i32)
        (i32.store (i32.const 1000) (i32.const 5))
        (i32.add (i32.load (i32.const 1000)) (i32.add
          (call $call_table (i32.const 7) (local.get 0)) (i32.add
          (i32.load (i32.const 1000)) (i32.load (i32.const 100000))))))
      (func (export "shuffle") (param i64 f32 f64 i32) (result f64 i32 i64)
        (f64.add (f64.promote_f32 (local.get 1)) (local.get 2)) (local.get 3) (i64.add (local.get 0) (i64.const 1)))`;

    /** An instance whose function at table index 5 calls `deed`. */
    function callbacks(deed: (value: number) => unknown = (value) => value): Forwarder {
      const host = '(import "host" "deed" (func $deed (param i32) (result i32)))';
      const runtime = newRuntime();
      runtime.registerNatives('env', callbackRows, { library: testLibrary() });
      const imports = [
        ...callbackRows.map(({ name, type }) => `(import "env" "${name}" (func $${name} ${type}))`),
        host,
      ];
      const functions = callbackRows.map(({ name, type }) => {
        const params = [...type.matchAll(/\(param ([^)]*)\)/g)].flatMap(([, list]) => list.split(' '));
        return `(func (export "${name}") ${type} (call $${name} ${params.map((_, k) => `(local.get ${k})`).join(' ')}))`;
      });
      const text = `(module ${imports.join('\n')} (table (export "table") 16 funcref) ${callbackBody} ${functions.join('\n')})`;
      const instance = runtime.instantiate(runtime.compile(wat(text)), { host: { deed } });
      return forwarderOf(instance);
    }

    test('C code calls exported functions, table elements, references, with values of all types', () => {
      const wasm = callbacks();
      assert.equal(wasm.call('call_export', 16, 21), 42);
      assert.equal(wasm.call('call_export', 32, 21), -1000);
      assert.equal(wasm.call('call_export', 48, 21), -1000);
      assert.equal(wasm.call('call_table', 1, -4), -8);
      for (const index of [0, 15, 16, -1]) assert.equal(wasm.call('call_table', index, 1), -1000);
      assert.equal(wasm.call('call_reference', wasm.instance.exports['double'], 7), 14);
      assert.equal(wasm.call('call_reference', null, 7), -1000);
      assert.equal(wasm.call('call_twice', 1, 3), 2);
      assert.equal(wasm.call('call_many'), 0x123456789abcdf0n);
    });

    test('wasm and C code nest', () => {
      const wasm = callbacks();
      for (const depth of [0, 1, 50]) assert.equal(wasm.call('call_table', 4, depth), depth);
    });

    test('a trap in a called function passes through C code, which may not call on', () => {
      const wasm = callbacks();
      assert.equal(trapOf(() => wasm.call('call_twice', 2, 0)).trap, Trap.unreachable);
      const count = wasm.instance.exports['count'];
      assert.ok(count !== undefined && 'value' in count);
      assert.equal(count.value, 1);
      const error = trapOf(() => wasm.call('call_table', 3, 0));
      assert.equal(error.trap, Trap.integerDivideByZero);
      assert.deepEqual(
        error.frames.map(({ functionName }) => functionName),
        ['divide', 'call_table'],
      );
      assert.equal(wasm.call('call_table', 3, 5), 20);
    });

    test('an exception of JavaScript passes through C code, unchanged', () => {
      const problem = new Error('of the user');
      const wasm = callbacks((value) => {
        if (value === 0) throw problem;
        return wasm.call('call_table', 1, value);
      });
      assert.throws(
        () => wasm.call('call_twice', 5, 0),
        (error) => error === problem,
      );
      assert.equal(wasm.call('call_table', 5, 11), 22);
    });

    test('endless recursion through C code is a trap', () => {
      const wasm = callbacks();
      const error = trapOf(() => wasm.call('call_again', 6, 1));
      assert.equal(error.trap, Trap.callStackExhausted);
      assert.equal(wasm.call('call_table', 1, 1), 2);
      // If every level has a JavaScript frame, V8 is the one to notice.
      assert.throws(() => wasm.call('call_table', 8, 1), /call stack/);
      assert.equal(wasm.call('call_table', 1, 1), 2);
    });

    test('memory that grows while C code is running', () => {
      assert.equal(callbacks().call('grown', 7), 24);
    });

    test('qsort of the C library, by a comparison in wasm', () => {
      const wasm = forward(
        [{ name: 'sort', signature: '(*~i)', execEnv: true, type: '(param i32 i32 i32)' }],
        `(memory (export "memory") 1) (elem (i32.const 3) $descending)
         (func $descending (param i32 i32) (result i32)
           (i32.sub (i32.gt_s (local.get 1) (local.get 0)) (i32.lt_s (local.get 1) (local.get 0))))`,
      );
      const numbers = new Int32Array(bytesOf(wasm).buffer, 1024, 1000);
      for (let k = 0; k < numbers.length; k++) numbers[k] = Math.imul(k, 0x9e3779b1);
      const expected = [...numbers].sort((a, b) => b - a);
      wasm.call('sort', 1024, 4000, 3);
      assert.deepEqual([...numbers], expected);
      assert.equal(trapOf(() => wasm.call('sort', 1024, 4000, 4)).message, 'there is no such function');
    });

    test('a function that needs little stack', () => {
      const rows: readonly Row[] = [
        { ...bytesRow, littleStack: true },
        {
          name: 'many_integers',
          littleStack: true,
          signature: '(iIiIiIiIi)I',
          type: '(param i32 i64 i32 i64 i32 i64 i32 i64 i32) (result i64)',
        },
      ];
      const wasm = forward(
        rows,
        `(memory (export "memory") 1)
         (func $deep (export "deep") (param i32) (result i32)
           (i32.add (call $sum_bytes (i32.const 8) (i32.const 1)) (call $deep (local.get 0))))`,
      );
      bytesOf(wasm).set([5, 6], 8);
      assert.equal(wasm.call('sum_bytes', 8, 2), 11);
      assert.equal(wasm.call('many_integers', 1, 1n, 1, 1n, 1, 1n, 1, 1n, 1), 45n);
      isOutside(() => wasm.call('sum_bytes', 65535, 2));
      assert.equal(trapOf(() => wasm.call('deep', 1)).trap, Trap.callStackExhausted);
      assert.equal(wasm.call('sum_bytes', 8, 2), 11);
    });

    test('what an instance imports it can export, to JavaScript and to other instances', () => {
      const runtime = newRuntime();
      runtime.registerNatives('env', [bytesRow], { library: testLibrary() });
      const first = runtime.instantiate(
        runtime.compile(
          wat(`(module (import "env" "sum_bytes" (func $sum (param i32 i32) (result i32)))
            (memory (export "memory") 1) (data (i32.const 8) "\\01\\02\\03") (export "sum" (func $sum)))`),
        ),
      );
      const { sum } = first.exports;
      assert.ok(sum instanceof Func);
      assert.equal(sum(8, 3), 6);
      isOutside(() => sum(65536, 1));
      const second = runtime.instantiate(
        runtime.compile(
          wat(`(module (import "first" "sum" (func $sum (param i32 i32) (result i32))) (memory 1)
            (table 1 funcref) (elem (i32.const 0) $sum)
            (func (export "direct") (result i32) (call $sum (i32.const 8) (i32.const 2)))
            (func (export "element") (result i32)
              (call_indirect (param i32 i32) (result i32) (i32.const 9) (i32.const 2) (i32.const 0))))`),
        ),
        { first: { sum } },
      );
      first.dispose();
      const { direct, element } = second.exports;
      assert.ok(direct instanceof Func && element instanceof Func);
      // Offsets refer to the memory of the instance that imported the native function.
      assert.equal(direct(), 3);
      assert.equal(element(), 5);
    });

    test('a library lists its functions itself', () => {
      const runtime = newRuntime();
      assert.equal(runtime.registerNativeLibrary(testLibrary()), 2);
      const { exports } = runtime.instantiate(
        runtime.compile(
          wat(`(module (import "library" "sum" (func $sum (param i32 i32) (result i32)))
            (import "library" "plain" (func $plain (param i32) (result i32)))
            (memory 1) (data (i32.const 8) "\\01\\02\\03")
            (func (export "sum") (param i32 i32) (result i32) (call $sum (local.get 0) (local.get 1)))
            (func (export "plain") (param i32) (result i32) (call $plain (local.get 0))))`),
        ),
      );
      const { sum, plain } = exports;
      assert.ok(sum instanceof Func && plain instanceof Func);
      assert.equal(sum(8, 3), 1006);
      isOutside(() => sum(-1, 3));
      assert.equal(plain(-1), -1);
    });
  });
}

for (const [title, options] of configurations) {
  test(`native functions in JavaScript: ${title}`, () => {
    const runtime = new Runtime(options);
    const calls: unknown[][] = [];
    let caller: NativeCaller | undefined;
    runtime.registerNatives('env', [
      {
        name: 'all',
        signature: '(i$*~**3IFr)i',
        attachment: 'attached',
        function(this: NativeCaller, ...args: unknown[]) {
          caller = this;
          calls.push(
            args.map((value) => (value instanceof Uint8Array ? [value.length, ...value.slice(0, 3)] : value)),
          );
          const bytes = args[2] as Uint8Array | null;
          if (bytes !== null) bytes[0] = 99;
          return calls.length;
        },
      },
    ]);
    const type = '(param i32 i32 i32 i32 i32 i32 i64 f64 externref) (result i32)';
    const instance = runtime.instantiate(
      runtime.compile(
        wat(`(module (import "env" "all" (func $all ${type})) (memory (export "memory") 1)
          (data (i32.const 8) "na\\c3\\afve\\00") (data (i32.const 32) "\\01\\02\\03\\04")
          (func (export "all") ${type} ${[0, 1, 2, 3, 4, 5, 6, 7, 8].map((k) => `(local.get ${k})`).join(' ')} (call $all)))`),
      ),
    );
    const { all, memory } = instance.exports;
    assert.ok(all instanceof Func && memory !== undefined && 'buffer' in memory);
    assert.equal(all(-1, 8, 32, 2, 65535, 65533, 1n << 40n, 1.5, 'r'), 1);
    assert.equal(all(1, 0, 0, -1, 0, 0, 0n, 0, null), 2);
    assert.deepEqual(calls, [
      [-1, 'naïve', [2, 1, 2], 2, [1, 0], [3, 0, 0, 0], 1n << 40n, 1.5, 'r'],
      [1, null, null, 2 ** 32 - 1, null, null, 0n, 0, null],
    ]);
    assert.equal(new Uint8Array(memory.buffer)[32], 99);
    assert.equal(caller?.attachment, 'attached');
    assert.equal(caller?.instance, instance);
    assert.equal(caller?.memory, memory);
    new Uint8Array(memory.buffer)[65535] = 1;
    const wrong: readonly (readonly number[])[] = [
      [65535, 32, 2, 65535, 65533],
      [8, 65535, 2, 65535, 65533],
      [8, 32, -1, 65535, 65533],
      [8, -1, 2, 65535, 65533],
      [8, 32, 2, 65536, 65533],
      [8, 32, 2, 65535, 65534],
    ];
    for (const [text, bytes, length, byte, object] of wrong) {
      const error = trapOf(() => all(0, text, bytes, length, byte, object, 0n, 0, null));
      assert.equal(error.message, 'out of bounds memory access');
      assert.equal(error.frames[0].functionIndex, 0);
      assert.equal(error.frames[1].functionName, 'all');
    }
    assert.equal(calls.length, 2);
    runtime.dispose();
  });
}

for (const [title, options] of configurations) {
  test(`JavaScript functions whose pointers may not be NULL: ${title}`, () => {
    const runtime = new Runtime(options);
    const calls: unknown[] = [];
    runtime.registerNatives('env', [
      { name: 'f', signature: '($!*~!*2!)', function: (...args: unknown[]) => void calls.push(args) },
    ]);
    const type = '(param i32 i32 i32 i32)';
    const { f } = runtime.instantiate(
      runtime.compile(
        wat(`(module (import "env" "f" (func $f ${type})) (memory 1) (data (i32.const 8) "text")
          (func (export "f") ${type} ${[0, 1, 2, 3].map((k) => `(local.get ${k})`).join(' ')} (call $f)))`),
      ),
    ).exports;
    assert.ok(f instanceof Func);
    for (const args of [
      [0, 8, 1, 8],
      [8, 0, 0, 8],
      [8, 8, 1, 0],
    ]) {
      isOutside(() => f(...args));
    }
    f(8, 9, 1, 10);
    assert.deepEqual(calls, [['text', Uint8Array.of(101), 1, Uint8Array.of(120, 116)]]);
    runtime.dispose();
  });
}
