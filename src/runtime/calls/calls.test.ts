import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import type { MemoryMode } from '../../code/code-object.js';
import { baselineCpu } from '../../x64/cpu-features.js';
import type { Imports } from '../instances/linking.js';
import { wat } from '../modules.fixture.js';
import type { Func } from '../objects/func.js';
import type { Global } from '../objects/global.js';
import type { Table } from '../objects/table.js';
import { Runtime } from '../runtime.js';
import type { RuntimeOptions } from '../runtime-options.js';

type Exports = Readonly<Record<string, Func>>;

const configurations: readonly (readonly [string, RuntimeOptions])[] = [
  ['guarded memory, all extensions', {}],
  ['checked memory, plain x86-64', { memoryMode: 'checked' satisfies MemoryMode, cpu: baselineCpu }],
];

for (const [name, options] of configurations) describe(name, () => calls(options));

function calls(options: RuntimeOptions): void {
  const runtime = new Runtime(options);
  after(() => runtime.dispose());

  function instantiate(text: string, imports?: Imports): Exports {
    return runtime.instantiate(runtime.compile(wat(text)), imports).exports as Exports;
  }

  test('arguments and results of every number type', () => {
    const exports = instantiate(`(module
      (func (export "i32") (param i32 i32) (result i32) (i32.sub (local.get 0) (local.get 1)))
      (func (export "i64") (param i64 i64) (result i64) (i64.sub (local.get 0) (local.get 1)))
      (func (export "f32") (param f32 f32) (result f32) (f32.sub (local.get 0) (local.get 1)))
      (func (export "f64") (param f64 f64) (result f64) (f64.sub (local.get 0) (local.get 1)))
      (func (export "none")))`);
    assert.equal(exports['i32'](1, 3), -2);
    assert.equal(exports['i64'](1n, 3n), -2n);
    assert.equal(exports['f32'](0.5, 0.1), Math.fround(0.5 - Math.fround(0.1)));
    assert.equal(exports['f64'](0.5, 0.1), 0.4);
    assert.equal(exports['none'](), undefined);
  });

  test('i32 functions of each arity', () => {
    for (let arity = 0; arity <= 7; arity++) {
      const params = Array.from({ length: arity }, () => 'i32').join(' ');
      let body = '(i32.const 1)';
      for (let k = 0; k < arity; k++) body = `(i32.add (i32.mul ${body} (i32.const 10)) (local.get ${k}))`;
      const exports = instantiate(
        `(module (func (export "f") ${arity > 0 ? `(param ${params})` : ''} (result i32) ${body}))`,
      );
      const digits = Array.from({ length: arity }, (_, k) => k + 2);
      assert.equal(exports['f'](...digits), Number(`1${digits.join('')}`));
    }
  });

  test('more parameters than registers, of mixed types', () => {
    const types = Array.from({ length: 40 }, (_, k) => ['i32', 'f64', 'i64', 'f32'][k % 4]);
    const convert: Readonly<Record<string, string>> = {
      i32: 'f64.convert_i32_s',
      i64: 'f64.convert_i64_s',
      f32: 'f64.promote_f32',
      f64: '',
    };
    let sum = '(f64.const 0)';
    for (const [k, type] of types.entries()) {
      const value = convert[type] === '' ? `(local.get ${k})` : `(${convert[type]} (local.get ${k}))`;
      sum = `(f64.add ${sum} (f64.mul ${value} (f64.const ${k + 1})))`;
    }
    const signature = `(param ${types.join(' ')}) (result f64)`;
    const args = types.map((type, k) => (type === 'i64' ? BigInt(k * k) : k * k));
    const expected = types.reduce((total, _, k) => total + k * k * (k + 1), 0);
    const received: unknown[][] = [];
    const exports = instantiate(
      `(module (import "env" "host" (func $host ${signature}))
        (func (export "sum") ${signature} ${sum})
        (func (export "pass") ${signature} (call $host ${types.map((_, k) => `(local.get ${k})`).join(' ')})))`,
      {
        env: {
          host: (...values: unknown[]) => {
            received.push(values);
            return 7.5;
          },
        },
      },
    );
    assert.equal(exports['sum'](...args), expected);
    assert.equal(exports['pass'](...args), 7.5);
    assert.deepEqual(received, [args]);
  });

  test('several results come as an array, from wasm and from the host', () => {
    const exports = instantiate(
      `(module (import "env" "three" (func $three (param i32) (result i64 f32 i32)))
        (func (export "swap") (param i32 f64) (result f64 i32) (local.get 1) (local.get 0))
        (func (export "three") (param i32) (result i64 f32 i32) (call $three (local.get 0))))`,
      { env: { three: (x: number) => new Set([BigInt(x), x / 2, -x]) } },
    );
    assert.deepEqual(exports['swap'](3, 0.25), [0.25, 3]);
    assert.deepEqual(exports['three'](5), [5n, 2.5, -5]);
    assert.deepEqual(exports['three'].callBits([5n]), [5n, 0x4020_0000n, 0xffff_fffbn]);
  });

  test('arguments are converted as the JavaScript API does it', () => {
    const { i32, i64, f64 } = instantiate(`(module
      (func (export "i32") (param i32) (result i32) (local.get 0))
      (func (export "i64") (param i64) (result i64) (local.get 0))
      (func (export "f64") (param f64) (result f64) (local.get 0)))`);
    assert.equal(i32(2 ** 32 + 1.9), 1);
    assert.equal(i32('12'), 12);
    assert.equal(i32(), 0);
    assert.equal(i32(Number.NaN), 0);
    assert.equal(i64(-1n), -1n);
    assert.equal(i64(2n ** 64n + 5n), 5n);
    assert.ok(Number.isNaN(f64()));
    assert.throws(() => i64(1), TypeError);
    assert.throws(() => i32(1n), TypeError);
    assert.throws(() => f64(Symbol('x')), TypeError);
  });

  test('conversion of an argument may call wasm itself', () => {
    const { sub } = instantiate(
      '(module (func (export "sub") (param i32 i32) (result i32) (i32.sub (local.get 0) (local.get 1))))',
    );
    const nested = { valueOf: () => sub(1000, 1) };
    assert.equal(sub(5, nested), 5 - 999);
    assert.equal(sub(nested, 5), 999 - 5);
  });

  test('bit patterns pass unchanged', () => {
    const { f32, f64 } = instantiate(`(module
      (func (export "f32") (param f32) (result f32) (local.get 0))
      (func (export "f64") (param f64) (result f64) (local.get 0)))`);
    assert.deepEqual(f32.callBits([0x7fa0_0001n]), [0x7fa0_0001n]);
    assert.deepEqual(f64.callBits([0xfff4_0000_0000_0001n]), [0xfff4_0000_0000_0001n]);
    assert.throws(() => f64.callBits([]), TypeError);
  });

  test('references pass through calls', () => {
    const seen: unknown[] = [];
    const { ext, fun, callHost } = instantiate(
      `(module (import "env" "host" (func $host (param externref funcref) (result externref)))
        (func (export "ext") (param externref) (result externref) (local.get 0))
        (func (export "fun") (param funcref) (result funcref) (local.get 0))
        (func (export "callHost") (param externref funcref) (result externref)
          (call $host (local.get 0) (local.get 1))))`,
      {
        env: {
          host: (value: unknown, func: unknown) => {
            seen.push(value, func);
            return value;
          },
        },
      },
    );
    const object = {};
    assert.equal(ext(object), object);
    assert.equal(ext(undefined), undefined);
    assert.equal(ext(null), null);
    assert.equal(fun(ext), ext);
    assert.equal(fun(null), null);
    assert.throws(() => fun(() => 1), TypeError);
    assert.throws(() => fun.callBits([0x1234n]), TypeError);
    assert.equal(callHost(object, fun), object);
    assert.deepEqual(seen, [object, fun]);
  });

  test('host functions called from JavaScript', () => {
    const exports = instantiate(
      '(module (import "env" "f" (func (param i32) (result i32))) (export "f" (func 0)))',
      {
        env: { f: (x: number) => x + 1 },
      },
    );
    assert.equal(exports['f'](41), 42);
  });

  test('host functions: i32 arguments are signed, results are converted', () => {
    const exports = instantiate(
      `(module
        (import "env" "a" (func $a (param i32 i32) (result i32)))
        (import "env" "b" (func $b (result i64)))
        (func (export "a") (param i32 i32) (result i64) (i64.extend_i32_u (call $a (local.get 0) (local.get 1))))
        (func (export "b") (result i64) (call $b)))`,
      { env: { a: (x: number, y: number) => x + y, b: () => 3 } },
    );
    assert.equal(exports['a'](-3, 1), 0xffff_fffen);
    assert.throws(() => exports['b'](), TypeError);
  });

  test('the start function runs, with what it calls', () => {
    const log: number[] = [];
    const exports = instantiate(
      `(module (import "env" "log" (func $log (param i32))) (global $g (export "g") (mut i32) (i32.const 1))
        (func $start (global.set $g (i32.const 2)) (call $log (global.get $g))) (start $start))`,
      { env: { log: (x: number) => log.push(x) } },
    ) as unknown as Readonly<Record<string, Global>>;
    assert.deepEqual(log, [2]);
    assert.equal(exports['g'].value, 2);
  });

  test('calls between instances, direct and through a shared table', () => {
    const library = instantiate(`(module
      (global $count (mut i32) (i32.const 0)) (table (export "t") 2 funcref)
      (func $next (export "next") (result i32)
        (global.set $count (i32.add (global.get $count) (i32.const 1))) (global.get $count))
      (elem (i32.const 0) $next))`);
    const user = instantiate(
      `(module (type $fn (func (result i32)))
        (import "lib" "next" (func $next (result i32))) (import "lib" "t" (table 2 funcref))
        (func $hundred (result i32) (i32.const 100)) (elem (i32.const 1) $hundred)
        (func (export "direct") (result i32) (call $next))
        (func (export "indirect") (param i32) (result i32) (call_indirect (type $fn) (local.get 0))))`,
      { lib: library as Imports[string] },
    );
    assert.equal(user['direct'](), 1);
    assert.equal(user['indirect'](0), 2);
    assert.equal(user['indirect'](1), 100);
    const table = library['t'] as unknown as Table;
    assert.equal((table.get(1) as Func)(), 100);
    const host = runtime.hostFunction({ params: [], results: [0x7f] }, () => 55);
    table.set(1, host);
    assert.equal(user['indirect'](1), 55);
  });

  test('instances of one module have state of their own and share code', () => {
    let compiled = 0;
    const counting = new Runtime({ ...options, onCompile: () => compiled++ });
    const module = counting.compile(
      wat(`(module (global $g (mut i32) (i32.const 0)) (func (export "next") (result i32)
        (global.set $g (i32.add (global.get $g) (i32.const 1))) (global.get $g)))`),
    );
    const early = counting.instantiate(module).exports as Exports;
    const first = counting.instantiate(module).exports as Exports;
    assert.equal(first['next'](), 1);
    assert.equal(first['next'](), 2);
    const second = counting.instantiate(module).exports as Exports;
    assert.equal(second['next'](), 1);
    assert.equal(early['next'](), 1);
    assert.equal(compiled, 1);
    counting.dispose();
  });

  test('memory and table instructions of the runtime', () => {
    const exports = instantiate(`(module
      (memory (export "m") 1 3) (table $t (export "t") 2 5 externref) (table $f 4 funcref)
      (data $d "hello") (elem $e func $one $two) (type $fn (func (result i32)))
      (func $one (result i32) (i32.const 1)) (func $two (result i32) (i32.const 2))
      (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
      (func (export "size") (result i32) (memory.size))
      (func (export "init") (param i32 i32 i32) (memory.init $d (local.get 0) (local.get 1) (local.get 2)))
      (func (export "drop") (data.drop $d))
      (func (export "copy") (param i32 i32 i32) (memory.copy (local.get 0) (local.get 1) (local.get 2)))
      (func (export "fill") (param i32 i32 i32) (memory.fill (local.get 0) (local.get 1) (local.get 2)))
      (func (export "load") (param i32) (result i32) (i32.load8_u (local.get 0)))
      (func (export "tgrow") (param externref i32) (result i32) (table.grow $t (local.get 0) (local.get 1)))
      (func (export "tfill") (param i32 externref i32) (table.fill $t (local.get 0) (local.get 1) (local.get 2)))
      (func (export "tcopy") (param i32 i32 i32) (table.copy $t $t (local.get 0) (local.get 1) (local.get 2)))
      (func (export "tinit") (param i32 i32 i32) (table.init $f $e (local.get 0) (local.get 1) (local.get 2)))
      (func (export "edrop") (elem.drop $e))
      (func (export "call") (param i32) (result i32) (call_indirect $f (type $fn) (local.get 0))))`);
    const run = (name: string, ...args: unknown[]): unknown => exports[name](...args);
    assert.equal(run('grow', 1), 1);
    assert.equal(run('size'), 2);
    assert.equal(run('grow', 2), -1);
    assert.equal(run('grow', -1), -1);
    run('init', 65536, 1, 4);
    assert.equal(run('load', 65536), 'e'.charCodeAt(0));
    assert.throws(() => run('init', 0, 3, 3), /out of bounds memory access/);
    assert.throws(() => run('init', 131071, 0, 2), /out of bounds memory access/);
    run('drop');
    assert.throws(() => run('init', 0, 0, 1), /out of bounds memory access/);
    run('init', 0, 0, 0);
    run('copy', 65537, 65536, 4);
    assert.equal(run('load', 65537), 'e'.charCodeAt(0));
    assert.equal(run('load', 65540), 'o'.charCodeAt(0));
    run('fill', 10, 0x141, 5);
    assert.equal(run('load', 14), 0x41);
    assert.equal(run('load', 15), 0);
    assert.throws(() => run('fill', 131070, 0, 3), /out of bounds memory access/);
    const object = { o: 1 };
    assert.equal(run('tgrow', object, 2), 2);
    assert.equal(run('tgrow', object, 2), -1);
    const table = exports['t'] as unknown as Table;
    assert.equal(table.get(3), object);
    run('tfill', 0, 'x', 2);
    run('tcopy', 1, 0, 3);
    assert.deepEqual(
      [0, 1, 2, 3].map((index) => table.get(index)),
      ['x', 'x', 'x', object],
    );
    assert.throws(() => run('tfill', 3, null, 2), /out of bounds table access/);
    assert.throws(() => run('tcopy', 0, 3, 2), /out of bounds table access/);
    run('tinit', 1, 0, 2);
    assert.deepEqual([run('call', 1), run('call', 2)], [1, 2]);
    assert.throws(() => run('tinit', 0, 1, 2), /out of bounds table access/);
    run('edrop');
    assert.throws(() => run('tinit', 0, 0, 1), /out of bounds table access/);
  });

  test('a thousand parameters and results', () => {
    const types = (count: number): string => Array.from({ length: count }, () => 'i32').join(' ');
    const gets = Array.from({ length: 1000 }, (_, k) => `(local.get ${k})`).join(' ');
    const { f } = instantiate(
      `(module (func (export "f") (param ${types(1000)}) (result ${types(1000)}) ${gets}))`,
    );
    const args = Array.from({ length: 1000 }, (_, k) => k * 3);
    assert.deepEqual(f(...args), args);
  });
}
