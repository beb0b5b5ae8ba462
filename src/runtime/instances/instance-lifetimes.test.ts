import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { whereNothingCanBeWatched } from '../../native/threads/unwound.fixture.js';
import { ValType } from '../../wasm/types.js';
import { DisposedError } from '../errors.js';
import { wat } from '../modules.fixture.js';
import type { Func } from '../objects/func.js';
import type { Global } from '../objects/global.js';
import type { Memory } from '../objects/memory.js';
import type { Table } from '../objects/table.js';
import { Runtime } from '../runtime.js';
import type { Instance } from './instance.js';
import type { Imports } from './linking.js';

const { i32, funcref, externref } = ValType;
const runtime = new Runtime();
after(() => runtime.dispose());

function instantiate(text: string, imports?: Imports): Instance {
  const module = runtime.compile(wat(text));
  const instance = runtime.instantiate(module, imports);
  module.dispose();
  return instance;
}

test('what a disposed instance exported cannot be used', () => {
  const instance = instantiate(`(module (func (export "f") (result i32) (i32.const 1)) (memory (export "m") 1)
    (table (export "t") 1 funcref) (global (export "g") i32 (i32.const 1)))`);
  const { f, m, t, g } = instance.exports as { f: Func; m: Memory; t: Table; g: Global };
  const { buffer } = m;
  assert.equal(f(), 1);
  instance.dispose();
  instance.dispose();
  const unused = instantiate('(module (func (export "f")))');
  unused.dispose();
  assert.throws(() => unused.exports, DisposedError);
  assert.equal(instance.freed, true);
  assert.equal(instance.module.freed, true);
  assert.throws(() => f(), DisposedError);
  assert.throws(() => f.callBits([]), DisposedError);
  assert.throws(() => m.buffer, DisposedError);
  assert.throws(() => m.grow(0), DisposedError);
  assert.throws(() => t.get(0), DisposedError);
  assert.throws(() => t.grow(1), DisposedError);
  assert.throws(() => g.value, DisposedError);
  assert.equal(buffer.byteLength, 0);
  assert.throws(
    () => instantiate('(module (import "env" "f" (func (result i32))))', { env: { f } }),
    /belongs to an instance that has been disposed/,
  );
});

for (const tier of ['fast', 'interp'] as const) {
  test(`instances can be given back after there was no room on the stack to make or call one: ${tier}`, async () => {
    const runtime = new Runtime({ tier });
    const module = runtime.compile(wat('(module (func (export "f")))'));
    const instance = runtime.instantiate<{ f(): void }>(module);
    const { f } = instance.exports;
    f();
    await whereNothingCanBeWatched(() => assert.throws(() => runtime.instantiate(module), RangeError));
    if (tier === 'interp') await whereNothingCanBeWatched(() => assert.throws(f));
    instance.dispose();
    assert.equal(instance.freed, true);
    runtime.dispose();
  });
}

test('an instance lives as long as others import from it', () => {
  const owner = instantiate(
    '(module (memory (export "m") 1) (func (export "f") (param i32) (i32.store (local.get 0) (i32.const 7))))',
  );
  const user = instantiate(
    `(module (import "x" "m" (memory 1)) (import "x" "f" (func $f (param i32)))
      (func (export "run") (result i32) (call $f (i32.const 100)) (i32.load (i32.const 100))))`,
    { x: owner.exports },
  );
  owner.dispose();
  assert.equal(owner.freed, false);
  assert.equal((user.exports['run'] as Func)(), 7);
  user.dispose();
  assert.deepEqual([owner.freed, user.freed], [true, true]);
});

test('a function in a shared table keeps its instance', () => {
  const table = runtime.table({ element: funcref, limits: { min: 1, max: undefined } });
  const owner = instantiate(
    '(module (import "x" "t" (table 1 funcref)) (global $g (mut i32) (i32.const 40)) (elem (i32.const 0) $f) ' +
      '(func $f (result i32) (global.set $g (i32.add (global.get $g) (i32.const 1))) (global.get $g)))',
    { x: { t: table } },
  );
  const caller = instantiate(
    '(module (import "x" "t" (table 1 funcref)) (type $fn (func (result i32))) ' +
      '(func (export "run") (result i32) (call_indirect (type $fn) (i32.const 0))))',
    { x: { t: table } },
  );
  owner.dispose();
  assert.equal(owner.freed, false);
  const run = caller.exports['run'] as Func;
  assert.equal(run(), 41);
  assert.equal((table.get(0) as Func)(), 42);
  table.set(0, null);
  caller.dispose();
  assert.deepEqual([owner.freed, caller.freed], [true, true]);
  table.dispose();
  assert.throws(() => table.get(0), DisposedError);
});

test('a function that wasm code stored in a global keeps its instance', () => {
  const global = runtime.global({ type: funcref, mutable: true }, null);
  const owner = instantiate(
    '(module (import "x" "g" (global $g (mut funcref))) (func $f (export "f") (result i32) (i32.const 9)) ' +
      '(func $start (global.set $g (ref.func $f))) (start $start))',
    { x: { g: global } },
  );
  owner.dispose();
  assert.equal(owner.freed, false);
  assert.equal((global.value as Func)(), 9);
  global.value = null;
  global.dispose();
  assert.equal(owner.freed, true);
});

test('a function set by the host keeps its instance', () => {
  const holder = instantiate('(module (table (export "t") 1 funcref))');
  const owner = instantiate('(module (func (export "f") (result i32) (i32.const 3)))');
  (holder.exports['t'] as Table).set(0, owner.exports['f']);
  owner.dispose();
  assert.equal(((holder.exports['t'] as Table).get(0) as Func)(), 3);
  holder.dispose();
  assert.equal(owner.freed, true);
});

test('functions written by an instantiation that failed stay callable', () => {
  const table = runtime.table({ element: funcref, limits: { min: 1, max: undefined } });
  assert.throws(
    () =>
      instantiate(
        '(module (import "x" "t" (table 1 funcref)) (memory 1) (func $f (result i32) (i32.const 5)) ' +
          '(elem (i32.const 0) $f) (data (i32.const 65536) "x"))',
        { x: { t: table } },
      ),
    /out of bounds memory access/,
  );
  assert.equal((table.get(0) as Func)(), 5);
  table.dispose();
});

test('disposing while the code runs waits until it has returned', async () => {
  const instance: Instance = instantiate(
    '(module (import "env" "dispose" (func $dispose)) (memory 1) ' +
      '(func (export "f") (result i32) (call $dispose) (i32.load (i32.const 0)) (i32.const 6) (i32.add)))',
    {
      env: {
        dispose: () => {
          instance.dispose();
          assert.equal(instance.freed, false);
        },
      },
    },
  );
  assert.equal((instance.exports['f'] as Func)(), 6);
  await turn();
  assert.equal(instance.freed, true);
});

test('disposing while an argument is converted does not call into what is gone', () => {
  const instance = instantiate(
    '(module (func (export "a") (param i32)) (func (export "b") (param i32 f64)) (func (export "c") (param f64)) ' +
      '(global (export "g") (mut i32) (i32.const 0)) (table (export "t") 1 funcref))',
  );
  const { a, b, c, g } = instance.exports as unknown as Record<'a' | 'b' | 'c', Func> & { g: Global };
  const disposing = (): number => {
    instance.dispose();
    return 1;
  };
  const value = { valueOf: disposing };
  assert.throws(() => a(value), DisposedError);
  assert.throws(() => b(1, value), DisposedError);
  assert.throws(() => c(value), DisposedError);
  assert.throws(() => {
    g.value = value;
  }, DisposedError);
});

test('externrefs that nothing holds any more are let go', () => {
  const held = {};
  const { t, pass } = instantiate(
    '(module (table (export "t") 1 externref) (func (export "pass") (param externref) (result externref) (local.get 0)))',
  ).exports as { t: Table; pass: Func };
  t.set(0, held);
  for (let k = 0; k < 50_000; k++) {
    const value = { k };
    assert.equal(pass(value), value);
  }
  assert.ok(t.store.externrefs.count < 10_000, `${t.store.externrefs.count} handles`);
  assert.equal(t.get(0), held);
});

setFlagsFromString('--expose-gc');
const collectGarbage: () => void = runInNewContext('gc');

/** Lets the event loop turn: what waits for it is freed then. */
async function turn(): Promise<void> {
  for (let k = 0; k < 2; k++) await new Promise((resolve) => setImmediate(resolve));
}

/** Resident bytes of the process outside of JavaScript's heap, which grows as it likes. */
async function residentBytes(): Promise<number> {
  collectGarbage();
  await turn();
  collectGarbage();
  const { rss, heapTotal } = process.memoryUsage();
  return rss - heapTotal;
}

/** By how many bytes the process grows when `round` runs `count` times, after it had run as often before. */
async function growth(count: number, round: (k: number) => void): Promise<number> {
  for (let k = 0; k < count; k++) round(k);
  const before = await residentBytes();
  for (let k = 0; k < count; k++) round(k);
  return (await residentBytes()) - before;
}

test('ten thousand instances made and disposed of one after the other do not add up', async () => {
  const module = runtime.compile(
    wat(`(module (import "env" "f" (func $f (param i32) (result i32))) (memory (export "m") 2)
      (table (export "t") 100 funcref) (table 10 externref) (global (mut i32) (i32.const 5))
      (elem (i32.const 0) $f $run) (data (i32.const 1000) "some data") (elem declare func $run)
      (func $run (export "run") (param i32) (result i32)
        (i32.store (i32.const 70000) (local.get 0)) (call $f (i32.load (i32.const 70000)))))`),
  );
  const round = (k: number): void => {
    const instance = runtime.instantiate(module, { env: { f: (x: number) => x + 1 } });
    assert.equal((instance.exports['run'] as Func)(k), k + 1);
    instance.dispose();
    assert.equal(instance.freed, true);
  };
  // Each has touched a page of its memory: 40 MB if nothing but that were left behind. V8's own memory varies
  // by some 12 MiB, once; what is left behind is so each time.
  const limit = 8 * 2 ** 20;
  let grown = Number.POSITIVE_INFINITY;
  for (let time = 0; time < 3 && grown >= limit; time++) grown = Math.min(grown, await growth(10_000, round));
  assert.ok(grown < limit, `${(grown / 2 ** 20).toFixed(1)} MiB more`);
  module.dispose();
});

test('modules give their machine code back', () => {
  const bytes = wat(
    `(module (func $a (param i32) (result i32) (i32.mul (local.get 0) (i32.const 3)))
      (func (export "f") (param i32) (result i32) (call $a (local.get 0))))`,
  );
  const round = (k: number): number => {
    const module = runtime.compile(bytes);
    const instance = runtime.instantiate(module);
    const { codeRegion } = module.store.env;
    assert.equal((instance.exports['f'] as Func)(k), 3 * k);
    const used = codeRegion.usedBytes;
    instance.dispose();
    assert.equal(codeRegion.usedBytes, used);
    module.dispose();
    assert.ok(codeRegion.usedBytes < used);
    return codeRegion.usedBytes;
  };
  const before = round(0);
  for (let k = 1; k < 200; k++) assert.equal(round(k), before);
});

test('disposing of a runtime frees all that it made', () => {
  const own = new Runtime();
  const table = own.table({ element: externref, limits: { min: 1, max: undefined } });
  const memory = own.memory({ limits: { min: 1, max: undefined } });
  const func = own.hostFunction({ params: [i32], results: [i32] }, (x: number) => x);
  const module = own.compile(
    wat('(module (import "e" "f" (func (param i32) (result i32))) (export "f" (func 0)))'),
  );
  const instance = own.instantiate(module, { e: { f: func } });
  assert.equal((instance.exports['f'] as Func)(1), 1);
  own.dispose();
  own.dispose();
  assert.deepEqual(
    [instance, table.owner, memory.owner, module].map(({ freed }) => freed),
    [true, true, true, true],
  );
  assert.throws(() => own.compile(new Uint8Array()), DisposedError);
  assert.throws(() => func(1), DisposedError);
});
