import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspect } from 'node:util';
import { wat } from '../runtime/modules.fixture.js';
import { asyncOutcome, both, outcome, own } from './outcomes.fixture.js';
import { WebAssembly, type WebAssemblyNamespace } from './web-assembly.js';

/** Loosely typed: exports are of any kind. */
// biome-ignore lint/suspicious/noExplicitAny: see above
type Loose = any;

function instantiate(api: WebAssemblyNamespace, text: string, imports: object = {}): Loose {
  return new api.Instance(new api.Module(wat(text)), imports).exports;
}

const everything = `(module
  (import "m" "host" (func $host (param i32) (result i32)))
  (memory (export "memory") 1 4) (table (export "table") 4 funcref) (elem (i32.const 0) $host $add $hidden)
  (global (export "global") (mut i32) (i32.const 7)) (global (export "f") funcref (ref.func $hidden))
  (func $add (export "add") (export "also add") (param i32 i32) (result i32)
    (i32.add (local.get 0) (call $host (local.get 1))))
  (func $hidden (param i64) (result i64) (local.get 0))
  (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
  (func (export "get") (param i32) (result funcref) (table.get (local.get 0)))
  (export "host" (func $host)))`;

for (const [name, api] of both) {
  test(`${name}: the same thing is the same object wherever it is met`, () => {
    const host = (x: number): number => 2 * x;
    const exports = instantiate(api, everything, { m: { host } });
    assert.equal(exports.add, exports['also add']);
    assert.equal(exports.table.get(1), exports.add);
    assert.equal(exports.get(1), exports.add);
    assert.equal(exports.table.get(2), exports.f.value);
    assert.equal(exports.table.get(0), exports.host);
    assert.notEqual(exports.host, host);
    const again = instantiate(
      api,
      `(module (import "e" "memory" (memory 1)) (import "e" "table" (table 1 funcref))
        (import "e" "global" (global (mut i32))) (import "e" "add" (func $add (param i32 i32) (result i32)))
        (export "m" (memory 0)) (export "t" (table 0)) (export "g" (global 0)) (export "a" (func $add)))`,
      { e: exports },
    );
    assert.equal(again.m, exports.memory);
    assert.equal(again.t, exports.table);
    assert.equal(again.g, exports.global);
    assert.equal(again.a, exports.add);
    assert.equal(exports.add(1, 2), 5);
  });

  test(`${name}: exported functions look like functions of the language`, () => {
    const exports = instantiate(api, everything, { m: { host: (): number => 0 } });
    assert.equal(exports.add.name, '1');
    assert.equal(exports.add.length, 2);
    assert.equal(exports.host.name, '0');
    assert.equal(exports.table.get(2).name, '2');
    assert.equal(Object.getPrototypeOf(exports.add), Function.prototype);
    assert.ok(!Object.hasOwn(exports.add, 'prototype'));
    assert.throws(() => new exports.add(1, 2), TypeError);
    assert.deepEqual(Object.getOwnPropertyDescriptor(exports.add, 'name'), {
      value: '1',
      writable: false,
      enumerable: false,
      configurable: true,
    });
    assert.equal(exports.table.get(2)(2n ** 63n), -(2n ** 63n));
  });

  test(`${name}: exports are frozen, without a prototype`, () => {
    const exports = instantiate(api, everything, { m: { host: (): number => 0 } });
    assert.ok(Object.isFrozen(exports));
    assert.equal(Object.getPrototypeOf(exports), null);
    assert.deepEqual(Object.keys(exports), [
      'memory',
      'table',
      'global',
      'f',
      'add',
      'also add',
      'grow',
      'get',
      'host',
    ]);
  });

  test(`${name}: a buffer is the same until its memory grows`, () => {
    const { memory, grow } = instantiate(api, everything, { m: { host: (): number => 0 } });
    const first = memory.buffer;
    assert.equal(memory.buffer, first);
    assert.equal(first.resizable, false);
    new Uint8Array(first)[9] = 9;
    assert.equal(memory.grow(1), 1);
    assert.equal(first.byteLength, 0);
    const second = memory.buffer;
    assert.equal(second.byteLength, 2 * 65536);
    assert.equal(new Uint8Array(second)[9], 9);
    assert.equal(grow(0), 2);
    assert.equal(second.byteLength, 0);
    const third = memory.buffer;
    assert.equal(grow(5), -1);
    assert.throws(() => memory.grow(3), RangeError);
    assert.equal(memory.buffer, third);
    assert.equal(grow(2), 2);
    assert.equal(third.byteLength, 0);
    // Nobody takes the bytes away.
    outcome(() => structuredClone(memory.buffer, { transfer: [memory.buffer] }));
    assert.equal(memory.buffer.byteLength, 4 * 65536);
  });

  test(`${name}: functions cross the border as they are`, () => {
    const seen: unknown[] = [];
    const text = `(module (import "m" "f" (func $f (param funcref externref i32) (result funcref i64)))
      (func (export "g") (param funcref externref) (result funcref i64)
        (call $f (local.get 0) (local.get 1) (i32.const 3))))`;
    const exports = instantiate(api, text, {
      m: {
        f: (...args: unknown[]) => {
          seen.push(...args);
          return [args[0], 4n];
        },
      },
    });
    const value = { any: 'value' };
    assert.deepEqual(exports.g(exports.g, value), [exports.g, 4n]);
    assert.deepEqual(seen, [exports.g, value, 3]);
    assert.deepEqual(exports.g(null, undefined), [null, 4n]);
    assert.throws(() => exports.g(() => {}, 1), TypeError);
  });

  test(`${name}: imports get no receiver and exactly their arguments`, () => {
    const seen: unknown[] = [];
    for (let count = 0; count <= 6; count++) {
      const params = Array(count).fill('i32').join(' ');
      const args = Array.from({ length: count }, (_, k) => `(i32.const ${k})`).join(' ');
      const text = `(module (import "m" "f" (func $f (param ${params}))) (func (export "g") (call $f ${args})))`;
      const f = function (this: unknown, ...given: unknown[]): void {
        seen.push(this, given.length, ...given);
      };
      instantiate(api, text, { m: { f } }).g();
    }
    const rest = Array.from({ length: 7 }, (_, n) => [
      undefined,
      n,
      ...Array.from({ length: n }, (_, k) => k),
    ]);
    assert.deepEqual(seen, rest.flat());
  });

  test(`${name}: what imports throw passes, and traps are RuntimeErrors on the way through them`, () => {
    const thrown = { my: 'object' };
    let caught: unknown;
    const text = `(module (import "m" "f" (func $f))
      (func $recurse (export "recurse") (call $recurse) (call $recurse))
      (func (export "g") (call $f)) (func (export "trap") unreachable))`;
    const exports = instantiate(api, text, {
      m: {
        f: () => {
          try {
            exports.trap();
          } catch (error) {
            caught = error;
          }
          throw thrown;
        },
      },
    });
    assert.throws(
      () => exports.g(),
      (error) => error === thrown,
    );
    assert.ok(caught instanceof api.RuntimeError && caught.constructor === api.RuntimeError);
    assert.throws(() => exports.recurse(), RangeError);
  });

  test(`${name}: a start that fails`, () => {
    const table = new api.Table({ element: 'anyfunc', initial: 2 });
    const text = `(module (import "m" "t" (table 2 funcref)) (import "m" "f" (func $f (result i32)))
      (elem (i32.const 0) $g) (func $g (result i32) (call $f)) (func $start unreachable) (start $start))`;
    const start = (): Loose => instantiate(api, text, { m: { t: table, f: () => 5 } });
    assert.throws(start, (error) => error instanceof api.RuntimeError);
    // What it has written stays.
    const g: Loose = table.get(0);
    assert.equal(g(), 5);
    const outside = '(module (memory 1) (data (i32.const 65536) "x"))';
    assert.throws(
      () => instantiate(api, outside),
      (error) => error instanceof api.RuntimeError,
    );
  });

  test(`${name}: asynchronous functions`, async () => {
    const bytes = wat(everything);
    const imports = { m: { host: (x: number): number => x } };
    const module = await api.compile(bytes);
    assert.ok(module instanceof api.Module);
    const instance = await api.instantiate(module, imports);
    assert.ok(instance instanceof api.Instance);
    const source = await api.instantiate(bytes, imports);
    assert.deepEqual(Object.keys(source), ['module', 'instance']);
    assert.ok(source.module instanceof api.Module && source.instance instanceof api.Instance);
    // The bytes are copied before anything else happens.
    const copied = Uint8Array.from(bytes);
    const promise = api.compile(copied);
    copied.fill(0);
    assert.ok((await promise) instanceof api.Module);
    const endings = await Promise.all(
      [
        () => api.compile(new Uint8Array(3)),
        () => api.compile(undefined as never),
        () => api.instantiate(bytes),
        () => api.instantiate(bytes, null as never),
        () => api.instantiate(bytes, 3 as never),
        () => api.instantiate(bytes, { m: {} }),
        () => api.instantiate(module, { m: {} }),
        () => api.instantiate(module),
        () => api.instantiate(3 as never),
      ].map((run) => asyncOutcome(run as () => Promise<unknown>)),
    );
    assert.deepEqual(endings, [
      'rejects with CompileError',
      'rejects with TypeError',
      'rejects with TypeError',
      'rejects with TypeError',
      'rejects with TypeError',
      'rejects with LinkError',
      'rejects with LinkError',
      'rejects with TypeError',
      'rejects with TypeError',
    ]);
  });

  test(`${name}: streaming takes responses of the right type`, async () => {
    const bytes = wat(everything);
    const response = (type: string | undefined, status = 200): Response =>
      new Response(Uint8Array.from(bytes), {
        status,
        headers: type === undefined ? {} : { 'Content-Type': type },
      });
    const imports = { m: { host: (): number => 0 } };
    assert.ok((await api.compileStreaming(response('application/wasm'))) instanceof api.Module);
    const source = await api.instantiateStreaming(Promise.resolve(response('application/wasm')), imports);
    assert.deepEqual(Object.keys(source), ['module', 'instance']);
    const read = response('application/wasm');
    await read.text();
    const wrong: readonly unknown[] = [
      response(undefined),
      response('text/plain'),
      response('application/wasm; charset=utf-8'),
      response('application/wasm', 404),
      read,
      bytes,
      {},
      undefined,
      Promise.resolve(3),
    ];
    for (const each of wrong) {
      assert.equal(
        await asyncOutcome(() => api.compileStreaming(each as Response)),
        'rejects with TypeError',
      );
    }
    const mine = (): Promise<unknown> => api.compileStreaming(Promise.reject(new TypeError('mine')));
    assert.equal(await asyncOutcome(mine), 'rejects with TypeError');
    const bad = new Response(new Uint8Array(9), { headers: { 'Content-Type': 'application/wasm' } });
    assert.equal(await asyncOutcome(() => api.compileStreaming(bad)), 'rejects with CompileError');
  });

  test(`${name}: a module is an object without properties of its own`, () => {
    const module = new api.Module(wat(everything));
    // Node has shown them as 'Module [WebAssembly.Module] {}' and as 'WebAssembly.Module {}'.
    assert.equal(inspect(module), inspect(new own.Module(wat(everything))));
    assert.deepEqual(Reflect.ownKeys(module), []);
    assert.ok(module instanceof api.Module && !(module instanceof FinalizationRegistry));
    class Mine extends api.Module {}
    assert.ok(new Mine(wat(everything)) instanceof Mine);
    assert.equal(api.Module.exports(new Mine(wat(everything))).length, 9);
  });

  test(`${name}: what a module says of itself`, () => {
    const module = new api.Module(wat(everything));
    assert.deepEqual(api.Module.imports(module), [{ module: 'm', name: 'host', kind: 'function' }]);
    assert.deepEqual(
      api.Module.exports(module).map(({ kind }) => kind),
      ['memory', 'table', 'global', 'global', 'function', 'function', 'function', 'function', 'function'],
    );
    assert.equal(api.Module.customSections(module, 'name').length, 1);
    assert.deepEqual(
      outcome(() => api.Module.customSections(module, 'nothing')),
      '[]',
    );
  });
}

test('a RuntimeError shows the wasm frames', () => {
  const { outer } = instantiate(
    WebAssembly,
    '(module $m (func $inner unreachable) (func $outer (export "outer") (call $inner)))',
  );
  assert.throws(outer, (error) => {
    assert.ok(error instanceof WebAssembly.RuntimeError);
    assert.match(
      error.stack ?? '',
      /^RuntimeError: unreachable.*\n\s+at m\.inner .*\n\s+at m\.outer .*\n(.*\n)*.*objects\.test/,
    );
    assert.deepEqual(Object.keys(error), []);
    return true;
  });
});

test('a large module that the process refuses is validated in slices', async () => {
  const body = '(drop (i32.add (i32.const 1) (i32.const 2)))'.repeat(2000);
  const bytes = wat(`(module ${`(func ${body})`.repeat(450)} (func drop))`);
  let turns = 0;
  let isDone = false;
  const count = (): void => {
    turns++;
    if (!isDone) setImmediate(count);
  };
  count();
  await assert.rejects(WebAssembly.compile(bytes), WebAssembly.CompileError);
  isDone = true;
  assert.ok(turns > 3, `${turns} turns`);
});

test('a module cannot be cloned or posted', () => {
  const module = new WebAssembly.Module(wat(everything));
  const { port1 } = new MessageChannel();
  for (const clone of [
    () => structuredClone(module),
    () => structuredClone({ deep: [module] }),
    () => port1.postMessage(module),
  ]) {
    assert.throws(clone, { name: 'DataCloneError', message: '#<Module> could not be cloned.' });
  }
  port1.close();
});
