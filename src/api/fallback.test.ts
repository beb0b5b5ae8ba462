import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isMainThread, Worker } from 'node:worker_threads';
import wabt from 'wabt';
import { configureWebAssembly, type FallbackEvent } from './agent.js';
import { own } from './outcomes.fixture.js';
import { WebAssembly } from './web-assembly.js';

/** Loosely typed, as modules are. */
// biome-ignore lint/suspicious/noExplicitAny: see above
type Loose = any;

const events: FallbackEvent[] = [];
configureWebAssembly({ onFallback: (event) => events.push(event) });

const toolkit = await wabt();

function wat(text: string): Uint8Array<ArrayBuffer> {
  const module = toolkit.parseWat('test.wat', text, { threads: true, exceptions: true });
  try {
    return new Uint8Array(module.toBinary({ write_debug_names: true }).buffer);
  } finally {
    module.destroy();
  }
}

/** A module that ours refuses, whatever else it has: it has an instruction of the threads proposal. */
function foreign(fields: string): Uint8Array<ArrayBuffer> {
  return wat(`(module $foreign ${fields} (func (atomic.fence)))`);
}

function instantiate(bytes: Uint8Array, imports?: object): Loose {
  return new WebAssembly.Instance(new WebAssembly.Module(bytes as never), imports as never).exports;
}

const answer = foreign(
  '(func (export "answer") (param i32) (result i32) (i32.add (local.get 0) (i32.const 2)))',
);

test('a module with what ours lacks runs, and it is told why', () => {
  events.length = 0;
  const module = new WebAssembly.Module(answer);
  assert.ok(module instanceof WebAssembly.Module);
  assert.deepEqual(WebAssembly.Module.exports(module), [{ name: 'answer', kind: 'function' }]);
  assert.deepEqual(WebAssembly.Module.imports(module), []);
  assert.equal(WebAssembly.Module.customSections(module, 'name').length, 1);
  const instance = new WebAssembly.Instance(module);
  assert.ok(instance instanceof WebAssembly.Instance);
  const { exports } = instance as Loose;
  assert.ok(Object.isFrozen(exports) && Object.getPrototypeOf(exports) === null);
  assert.equal(exports.answer(40), 42);
  assert.ok(WebAssembly.validate(answer));
  assert.equal(events.length, 1);
  assert.deepEqual({ ...events[0], reason: '' }, { name: 'foreign', wasmBytes: answer.length, reason: '' });
  assert.match(events[0].reason, /^unsupported feature: threads/);
});

test("functions of ours go into the tables and globals of modules on V8's engine, and come back as they were", () => {
  const { table, global, call } = instantiate(
    foreign(`(table (export "table") 2 funcref) (global (export "global") (mut funcref) (ref.null func))
      (type $t (func (param i32) (result i32)))
      (func (export "call") (param i32 i32) (result i32)
        (call_indirect (type $t) (local.get 1) (local.get 0)))`),
  );
  const helper = instantiate(
    wat(`(module (import "e" "f" (func $f (param i32) (result i32))) (export "f" (func $f))
      (func (export "g") (param i32) (result i32) (i32.mul (local.get 0) (i32.const 3))))`),
    { e: { f: (value: number) => value + 100 } },
  );
  table.set(0, helper.f);
  assert.equal(table.grow(1, helper.g), 2);
  global.value = helper.g;
  assert.deepEqual([call(0, 5), call(2, 5)], [105, 15]);
  assert.deepEqual(
    [table.get(0), table.get(1), table.get(2), global.value, global.valueOf()],
    [helper.f, null, helper.g, helper.g, helper.g],
  );
  // What has been there before is put back as it is.
  table.set(1, table.get(2));
  assert.equal(call(1, 7), 21);
  assert.throws(() => table.set(0, () => 0), TypeError);
  assert.equal(table.set.length, 1);
  assert.equal(table.set.name, 'set');
});

test('the asynchronous functions, too', async () => {
  const module = await WebAssembly.compile(answer);
  const again = (await WebAssembly.instantiate(module)) as Loose;
  assert.equal(again.exports.answer(1), 3);
  const { module: made, instance } = await WebAssembly.instantiate(answer);
  assert.ok(made instanceof WebAssembly.Module && instance instanceof WebAssembly.Instance);
  const response = new Response(answer, { headers: { 'Content-Type': 'application/wasm' } });
  const streamed = (await WebAssembly.instantiateStreaming(response)) as Loose;
  assert.equal(streamed.instance.exports.answer(2), 4);
});

test('what V8 refuses as well is refused by us, by name', () => {
  const text = wat('(module (func))');
  const broken = text.slice(0, -3);
  // (func i64.add128)
  const wide = Uint8Array.of(
    0,
    0x61,
    0x73,
    0x6d,
    1,
    0,
    0,
    0,
    1,
    4,
    1,
    0x60,
    0,
    0,
    3,
    2,
    1,
    0,
    10,
    6,
    1,
    4,
    0,
    0xfc,
    0x13,
    0x0b,
  );
  assert.ok(!WebAssembly.validate(wide));
  assert.throws(() => new WebAssembly.Module(wide), { name: 'CompileError', message: /wide arithmetic/ });
  assert.ok(!WebAssembly.validate(broken));
  assert.throws(() => new WebAssembly.Module(broken), WebAssembly.CompileError);
});

test('a module with garbage collection runs where V8 has it, and is refused by name elsewhere', () => {
  // (type (struct (field (mut i32)))) (type (func (param i32) (result i32)))
  // (func (export "f") (type 1) (struct.get 0 0 (struct.new 0 (local.get 0))))
  const bytes = Uint8Array.of(
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...[1, 10, 2, 0x5f, 1, 0x7f, 1, 0x60, 1, 0x7f, 1, 0x7f],
    ...[3, 2, 1, 1, 7, 5, 1, 1, 0x66, 0, 0],
    ...[10, 13, 1, 11, 0, 0x20, 0, 0xfb, 0, 0, 0xfb, 2, 0, 0, 0x0b],
  );
  if (own.validate(bytes)) {
    assert.equal(instantiate(bytes).f(42), 42);
    assert.match(events.at(-1)?.reason ?? '', /garbage collection/);
  } else {
    assert.throws(() => new WebAssembly.Module(bytes), /garbage collection/);
  }
});

test('functions pass in both directions, and stay the same', () => {
  const ours = instantiate(
    wat('(module (func (export "twice") (param i64) (result i64) (i64.mul (local.get 0) (i64.const 2))))'),
  );
  const theirs = instantiate(
    foreign(`(import "m" "twice" (func $twice (param i64) (result i64))) (import "m" "log" (func $log (param i32)))
      (func (export "four") (param i64) (result i64) (call $log (i32.const 7)) (call $twice (call $twice (local.get 0))))
      (export "twice" (func $twice))`),
    { m: { twice: ours.twice, log: (value: number) => logged.push(value) } },
  );
  const logged: number[] = [];
  assert.equal(theirs.four(5n), 20n);
  assert.deepEqual(logged, [7]);
  assert.equal(theirs.twice, ours.twice);
  const back = instantiate(
    wat(`(module (import "m" "four" (func $four (param i64) (result i64)))
      (func (export "f") (param i64) (result i64) (call $four (local.get 0))))`),
    { m: theirs },
  );
  assert.equal(back.f(3n), 12n);
});

test('the type of an exported function of ours is checked', () => {
  const ours = instantiate(wat('(module (func (export "f") (param i64)))'));
  const bytes = foreign('(import "m" "f" (func (param i32)))');
  assert.throws(() => instantiate(bytes, { m: ours }), WebAssembly.LinkError);
});

const memoryUser = `(import "m" "memory" (memory 1 8))
  (func (export "load") (param i32) (result i32) (i32.load (local.get 0)))
  (func (export "store") (param i32 i32) (i32.store (local.get 0) (local.get 1)))
  (func (export "size") (result i32) (memory.size))
  (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
  (func (export "fill") (param i32 i32) (memory.fill (local.get 0) (i32.const 5) (local.get 1)))`;

for (const origin of ['JavaScript', 'an instance of ours', 'an instance of V8s'] as const) {
  test(`a memory made by ${origin} is shared`, () => {
    const own = '(memory (export "memory") 1 8)';
    const memory =
      origin === 'JavaScript'
        ? new WebAssembly.Memory({ initial: 1, maximum: 8 })
        : instantiate(origin === 'an instance of ours' ? wat(`(module ${own})`) : foreign(own)).memory;
    assert.ok(memory instanceof WebAssembly.Memory);
    const theirs = instantiate(foreign(`${memoryUser} (export "again" (memory 0))`), { m: { memory } });
    const grow = (): number => theirs.grow(1);
    const ours = instantiate(
      wat(`(module (import "m" "call" (func $call (result i32))) ${memoryUser} (export "again" (memory 0))
        (func (export "during") (result i32) (drop (call $call)) (memory.size)))`),
      { m: { memory, call: grow } },
    );
    assert.equal(theirs.again, memory);
    assert.equal(ours.again, memory);
    theirs.store(8, 1234);
    assert.equal(ours.load(8), 1234);
    ours.store(12, 99);
    assert.equal(theirs.load(12), 99);
    assert.equal(new Int32Array(memory.buffer)[3], 99);
    // Growth by any of them is seen by all of them.
    assert.equal(theirs.grow(1), 1);
    assert.equal(ours.size(), 2);
    ours.store(65536 + 8, 7);
    ours.fill(2 * 65536 - 4, 4);
    assert.equal(theirs.load(65536 + 8), 7);
    assert.equal(memory.buffer.byteLength, 2 * 65536);
    assert.equal(ours.grow(1), 2);
    assert.equal(theirs.size(), 3);
    assert.equal(memory.grow(1), 3);
    assert.equal(theirs.size(), 4);
    assert.equal(ours.size(), 4);
    assert.equal(ours.during(), 5);
    assert.equal(theirs.grow(100), -1);
    assert.throws(() => ours.load(5 * 65536), WebAssembly.RuntimeError);
    assert.throws(() => theirs.load(5 * 65536), WebAssembly.RuntimeError);
  });
}

test('limits of a memory of V8s are checked', () => {
  const { memory } = instantiate(foreign('(memory (export "memory") 2 8)'));
  for (const [limits, isFine] of [
    ['1', true],
    ['2 8', true],
    ['1 9', true],
    ['1 7', false],
    ['3', false],
  ] as const) {
    const bytes = wat(`(module (import "m" "memory" (memory ${limits})))`);
    if (isFine) instantiate(bytes, { m: { memory } });
    else assert.throws(() => instantiate(bytes, { m: { memory } }), WebAssembly.LinkError, limits);
  }
  const unlimited = instantiate(foreign('(memory (export "memory") 1)'));
  instantiate(wat('(module (import "m" "memory" (memory 1)))'), { m: unlimited });
  const bounded = wat('(module (import "m" "memory" (memory 1 65536)))');
  assert.throws(() => instantiate(bounded, { m: unlimited }), WebAssembly.LinkError);
});

test('shared memories are of V8s engine, as modules with them are', () => {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 2, shared: true } as never) as Loose;
  assert.ok(memory instanceof WebAssembly.Memory);
  assert.ok(memory.buffer instanceof SharedArrayBuffer);
  const bytes = wat(`(module (import "m" "memory" (memory 1 2 shared))
    (func (export "add") (param i32) (result i32) (i32.atomic.rmw.add (i32.const 0) (local.get 0))))`);
  const { add } = instantiate(bytes, { m: { memory } });
  assert.equal(add(5), 0);
  assert.equal(add(1), 5);
  assert.equal(new Int32Array(memory.buffer)[0], 6);
  const plain = wat('(module (import "m" "memory" (memory 1)))');
  const expected = { name: 'LinkError', message: /"m" "memory" is a shared or 64-bit memory of V8's engine/ };
  assert.throws(() => instantiate(plain, { m: { memory } }), expected);
  // As in V8.
  assert.throws(() => new WebAssembly.Memory({ initial: 1, shared: true } as never), TypeError);
});

test('modules and shared memories go to other threads', async () => {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 2, shared: true } as never) as Loose;
  const module = new WebAssembly.Module(
    wat(`(module (import "m" "memory" (memory 1 2 shared))
      (func (export "add") (param i32) (result i32) (i32.atomic.rmw.add (i32.const 0) (local.get 0))))`),
  );
  const library = new URL('./web-assembly.js', import.meta.url);
  const script = `const { parentPort, workerData: { module, memory } } = require('node:worker_threads');
    import(${JSON.stringify(library.href)}).then(async ({ WebAssembly }) => {
      const { exports } = new WebAssembly.Instance(module, { m: { memory } });
      const { exports: again } = await WebAssembly.instantiate(module, { m: { memory } });
      parentPort.postMessage([
        exports.add(3), again.add(4), module instanceof WebAssembly.Module, memory instanceof WebAssembly.Memory,
      ]);
    });`;
  assert.ok(isMainThread);
  const worker = new Worker(script, { eval: true, workerData: { module, memory } });
  const found = await new Promise((resolve, reject) => worker.on('message', resolve).on('error', reject));
  assert.deepEqual(found, [0, 3, true, true]);
  assert.equal(new Int32Array(memory.buffer)[0], 7);
});

const tableUser = `(import "m" "table" (table 2 10 funcref)) (type $t (func (result i32)))
  (func (export "call") (param i32) (result i32) (call_indirect (type $t) (local.get 0)))`;

test('a table that JavaScript makes belongs to who uses it first', () => {
  const { one } = instantiate(wat('(module (func (export "one") (result i32) (i32.const 1)))'));
  const table = new WebAssembly.Table({ element: 'anyfunc', initial: 2, maximum: 10 });
  table.set(0, one);
  const theirs = instantiate(
    foreign(`${tableUser} (func $two (export "two") (result i32) (i32.const 2)) (elem (i32.const 1) $two)
      (export "again" (table 0))`),
    { m: { table } },
  );
  assert.equal(theirs.again, table);
  assert.equal(theirs.call(0), 1);
  assert.equal(table.get(0), one);
  assert.equal((table.get(1) as () => number)(), 2);
  assert.equal(table.get(1), theirs.two);
  table.set(1, one);
  assert.equal(theirs.call(1), 1);
  assert.equal(table.grow(1, theirs.two), 2);
  assert.equal(table.length, 3);
  assert.equal(theirs.call(2), 2);
  assert.throws(() => table.get(3), RangeError);
  const message = /"m" "table" is a table of V8's engine, .* this module runs on Upshift/;
  assert.throws(() => instantiate(wat(`(module ${tableUser})`), { m: { table } }), {
    name: 'LinkError',
    message,
  });
  // A second one of theirs has it, too.
  assert.equal(instantiate(foreign(tableUser), { m: { table } }).call(2), 2);
});

test('a table that our code uses is not shared', () => {
  const table = new WebAssembly.Table({ element: 'anyfunc', initial: 2, maximum: 10 });
  instantiate(wat(`(module ${tableUser})`), { m: { table } });
  const own = instantiate(wat('(module (table (export "table") 2 10 funcref))'));
  const message = /"m" "table" is a table that code of Upshift's uses, and this module runs on V8's engine/;
  for (const m of [{ table }, own]) {
    assert.throws(() => instantiate(foreign(tableUser), { m }), { name: 'LinkError', message });
  }
  const theirs = instantiate(foreign('(table (export "table") 2 10 funcref)'));
  assert.throws(() => instantiate(wat(`(module ${tableUser})`), { m: theirs }), WebAssembly.LinkError);
});

test('globals: immutable ones by value, mutable ones of JavaScript as tables', () => {
  const source = `(global (export "i") i32 (i32.const 5)) (global (export "l") i64 (i64.const 6))
    (global (export "f") f32 (f32.const 1.5)) (global (export "d") f64 (f64.const 2.5))
    (global (export "e") externref (ref.null extern)) (global (export "r") funcref (ref.null func))
    (global (export "m") (mut i32) (i32.const 1))`;
  const user = `(import "m" "i" (global $i i32)) (import "m" "l" (global $l i64)) (import "m" "f" (global $f f32))
    (import "m" "d" (global $d f64)) (import "m" "e" (global $e externref)) (import "m" "r" (global $r funcref))
    (func (export "sum") (result f64) (f64.add
      (f64.add (f64.convert_i32_s (global.get $i)) (f64.convert_i64_s (global.get $l)))
      (f64.add (f64.promote_f32 (global.get $f)) (global.get $d))))
    (export "again" (global $i))`;
  const ours = instantiate(wat(`(module ${source})`));
  const theirs = instantiate(foreign(source));
  for (const [bytes, m] of [
    [foreign(user), ours],
    [wat(`(module ${user})`), theirs],
  ] as const) {
    assert.equal(instantiate(bytes, { m }).sum(), 15);
  }
  assert.equal(instantiate(foreign(user), { m: ours }).again, ours.i);
  const mutable =
    '(import "m" "m" (global $m (mut i32))) (func (export "set") (param i32) (global.set $m (local.get 0)))';
  const wrongType = wat('(module (import "m" "i" (global f32)))');
  assert.throws(() => instantiate(wrongType, { m: theirs }), WebAssembly.LinkError);
  const messages = [
    [foreign(mutable), ours, /"m" "m" is a mutable global that code of Upshift's uses/],
    [wat(`(module ${mutable})`), theirs, /"m" "m" is a mutable global of V8's engine/],
  ] as const;
  for (const [bytes, m, message] of messages) {
    assert.throws(() => instantiate(bytes, { m }), { name: 'LinkError', message });
  }
  const global = new WebAssembly.Global({ value: 'i32', mutable: true }, 3);
  const { set } = instantiate(foreign(mutable), { m: { m: global } });
  set(8);
  assert.equal(global.value, 8);
  global.value = 9;
  assert.equal(global.valueOf(), 9);
  assert.throws(() => instantiate(wat(`(module ${mutable})`), { m: { m: global } }), {
    name: 'LinkError',
    message: /"m" "m" is a mutable global of V8's engine/,
  });
});

test('errors of V8s engine are of our classes', () => {
  const { trap } = instantiate(foreign('(func (export "trap") unreachable)'));
  assert.throws(trap, WebAssembly.RuntimeError);
  const caller = instantiate(
    wat('(module (import "m" "trap" (func $trap)) (func (export "f") (call $trap)))'),
    { m: { trap } },
  );
  assert.throws(() => caller.f(), WebAssembly.RuntimeError);
  assert.throws(() => instantiate(foreign('(import "m" "f" (func))')), TypeError);
  assert.throws(() => instantiate(foreign('(import "m" "f" (func))'), {}), TypeError);
  assert.throws(() => instantiate(foreign('(import "m" "f" (func))'), { m: {} }), WebAssembly.LinkError);
});
