import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { randomModule, randomModuleArguments } from '../../fast-jit/random-module.fixture.js';
import { functionRecord } from '../../layout/structs.js';
import { withoutLlvm } from '../../llvm-jit/library.fixture.js';
import type { Instance } from '../instances/instance.js';
import { wat } from '../modules.fixture.js';
import { Func } from '../objects/func.js';
import { Runtime } from '../runtime.js';
import type { RuntimeOptions } from '../runtime-options.js';
import type { TierUpEvent } from './tier-events.js';

/*
 * Functions are switched from the Fast JIT's code to LLVM's while the main thread is in wasm code, without
 * its event loop; and what is disposed of meanwhile is not touched any more.
 */

type Exports = Readonly<Record<string, Func>>;

const skip = withoutLlvm();
const threshold = 100;
const hotAtOnce: RuntimeOptions = { tier: 'multi', tuning: { warmUp: 0, heatThreshold: threshold } };

/** Where calls of a function of an instance go. */
function codeOf(instance: Instance, functionIndex: number): number {
  const { offsets } = functionRecord;
  const at = instance.byteOffset + instance.module.layout.function(functionIndex) + offsets.code;
  return Number(instance.cells.i64[at >> 3]);
}

/** How often a function of an instance has been counted. */
function counted({ module, cells, byteOffset }: Instance, functionIndex: number): number {
  return (threshold - cells.u32[(byteOffset + module.layout.heat(functionIndex)) >> 2]) >>> 0;
}

/** Does something, and takes note of what backend threads have done, until a condition is met. */
function until(condition: () => boolean, work: () => unknown): void {
  while (!condition()) work();
}

describe('functions are switched while they run', { skip }, () => {
  const events: TierUpEvent[] = [];
  const runtime = new Runtime({ ...hotAtOnce, onTierUp: (event) => events.push(event) });
  after(() => runtime.dispose());
  const square = wat(`(module (table (export "table") funcref (elem $square))
    (func $square (export "square") (param i32) (result i32) (i32.mul (local.get 0) (local.get 0))))`);
  const callers = wat(`(module (type $t (func (param i32) (result i32)))
    (import "a" "square" (func $square (type $t))) (import "a" "table" (table 1 funcref))
    (import "env" "goesOn" (func $goesOn (result i32)))
    (func (export "through import") (param i32) (result i32) (call $square (local.get 0)))
    (func (export "through table") (param i32) (result i32) (call_indirect (type $t) (local.get 0) (i32.const 0)))
    (func (export "in a loop") (param i32) (result i32) (local i32 i32)
      (loop $again
        (local.set 1 (i32.const 50))
        (loop (local.set 2 (i32.add (local.get 2) (call $square (local.get 0))))
          (br_if 0 (local.tee 1 (i32.sub (local.get 1) (i32.const 1)))))
        (br_if $again (call $goesOn)))
      (local.get 2)))`);

  test('in a loop that the main thread does not leave, for all who call them', () => {
    const module = runtime.compile(square);
    const instance = runtime.instantiate(module);
    const held = (instance.exports as Exports)['square'];
    const llvm = (): number => module.code.entries(instance.memoryMode, 'llvm')[0];
    let turns = 0;
    const { exports } = runtime.instantiate(runtime.compile(callers), {
      a: instance.exports,
      env: {
        goesOn: () => {
          turns++;
          // Takes note of what backend threads have said: no event loop does.
          void runtime.llvm;
          return llvm() === 0 ? 1 : 0;
        },
      },
    });
    assert.equal((exports as Exports)['in a loop'](3), (turns * 50 * 9) | 0);
    assert.ok(turns > 2);
    assert.notEqual(llvm(), 0);
    // The thread tells of the code just before it switches.
    until(
      () => codeOf(instance, 0) === llvm(),
      () => {},
    );

    const event = events.find((event) => event.module === module);
    assert.ok(event?.kind === 'compiled');
    const { hotAt = 0, startedAt, compiledAt, switchedAt, heat, codeBytes, batchSize } = event;
    assert.ok(hotAt <= startedAt && startedAt < compiledAt && compiledAt <= switchedAt);
    assert.ok(heat >= threshold && codeBytes > 0 && batchSize === 1);

    // LLVM's code does not count: whoever calls the function now runs that.
    const before = counted(instance, 0);
    const { table } = instance.exports;
    const routes: Readonly<Record<string, (x: number) => unknown>> = {
      'an export held since before': (x) => held(x),
      'an export looked up now': (x) => (instance.exports as Exports)['square'](x),
      'a call by apply': (x) => Reflect.apply(held, undefined, [x]),
      'an import': (x) => (exports as Exports)['through import'](x),
      'a table': (x) => (exports as Exports)['through table'](x),
      'an element of the table': (x) => (table as unknown as { get(index: number): Func }).get(0)(x),
    };
    for (const [name, call] of Object.entries(routes)) {
      for (let k = 0; k < 2 * threshold; k++) assert.equal(call(k), k * k, name);
      assert.equal(counted(instance, 0), before, name);
    }
  });

  test('in all instances of the module at once; new ones start with the new code', () => {
    const module = runtime.compile(square);
    const instances = [0, 1, 2].map(() => runtime.instantiate(module));
    const fast = runtime.instantiate(module, {}, { tier: 'fast' });
    const [first, ...others] = instances;
    const call = (instance: Instance, x: number): unknown => (instance.exports as Exports)['square'](x);
    call(others[0], 1);
    assert.equal(call(fast, 5), 25);
    const fastCode = codeOf(fast, 0);
    until(
      () => runtime.llvm !== undefined && module.code.entries(first.memoryMode, 'llvm')[0] !== 0,
      () => call(first, 7),
    );
    const [llvm] = module.code.entries(first.memoryMode, 'llvm');
    until(
      () => instances.every((instance) => codeOf(instance, 0) === llvm),
      () => {},
    );
    // Also one that was never called, and that had the stub which compiles.
    assert.equal(counted(others[1], 0), 0);
    const late = runtime.instantiate(module);
    assert.equal(codeOf(late, 0), llvm);
    assert.equal(call(late, 9), 81);
    assert.equal(counted(late, 0), 0);

    // A fast one stays what it was, and so does one that comes later.
    assert.equal(codeOf(fast, 0), fastCode);
    assert.notEqual(fastCode, llvm);
    const lateFast = runtime.instantiate(module, {}, { tier: 'fast' });
    for (let k = 0; k < 3 * threshold; k++) assert.equal(call(lateFast, k), k * k);
    assert.equal(codeOf(lateFast, 0), fastCode);

    // And one that is to have LLVM's code from its start takes what is there.
    const eager = runtime.instantiate(module, {}, { tier: 'llvm' });
    assert.equal(codeOf(eager, 0), llvm);
  });

  test('and no instance is passed over, however soon threads are done', () => {
    for (let round = 0; round < 60; round++) {
      const module = runtime.compile(square);
      const instances = [0, 1].map(() => runtime.instantiate(module));
      const llvm = (): number => module.code.entries(instances[0].memoryMode, 'llvm')[0];
      const hot = (instances[0].exports as Exports)['square'];
      until(
        () => runtime.llvm !== undefined && llvm() !== 0,
        () => hot(round),
      );
      until(
        () => instances.every((instance) => codeOf(instance, 0) === llvm()),
        () => {},
      );
      for (const instance of instances) instance.dispose();
      module.dispose();
    }
  });

  test('for each kind of memory on its own', () => {
    const module = runtime.compile(
      wat('(module (memory 1) (func (export "f") (result i32) (i32.load (i32.const 0))))'),
    );
    const checked = new Runtime({ ...hotAtOnce, memoryMode: 'checked' });
    const other = checked.compile(module.wasm.bytes);
    const [a, b] = [runtime.instantiate(module), checked.instantiate(other)];
    until(
      () => module.code.entries('guarded', 'llvm')[0] !== 0 && other.code.entries('checked', 'llvm')[0] !== 0,
      () => {
        for (const { exports } of [a, b]) (exports as Exports)['f']();
        void runtime.llvm;
        void checked.llvm;
      },
    );
    assert.equal(module.code.entries('checked', 'llvm')[0], 0);
    assert.equal(other.code.entries('guarded', 'llvm')[0], 0);
    checked.dispose();
  });
});

describe('what LLVM refuses stays in the Fast JIT', { skip }, () => {
  // A body above the limit, and a small function.
  const terms = Array.from(
    { length: 70_000 },
    (_, k) => `i32.const ${k % 50} i32.add i32.const 3 i32.mul`,
  ).join(' ');
  const bytes = wat(`(module (func (export "large") (param i32) (result i32) (local.get 0) ${terms})
    (func (export "small") (param i32) (result i32) (i32.add (local.get 0) (i32.const 1))))`);

  for (const tier of ['multi', 'llvm'] as const) {
    test(`tier ${tier}`, () => {
      const events: TierUpEvent[] = [];
      const runtime = new Runtime({ ...hotAtOnce, tier, onTierUp: (event) => events.push(event) });
      const module = runtime.compile(bytes);
      const reference = runtime.instantiate(module, {}, { tier: 'fast' });
      const expected = (reference.exports as Exports)['large'](5);
      const { exports, memoryMode } = runtime.instantiate(module);
      const { large, small } = exports as Exports;
      until(
        () => events.length === 2,
        () => {
          assert.equal(large(5), expected);
          assert.equal(small(5), 6);
          void runtime.llvm;
        },
      );
      const refusal = events.find(({ kind }) => kind === 'refused');
      assert.ok(refusal?.kind === 'refused');
      assert.equal(refusal.functionIndex, 0);
      assert.match(refusal.reason, /too large for LLVM: \d+ bytes/);
      assert.equal(module.code.entries(memoryMode, 'llvm')[0], 0);
      assert.notEqual(module.code.entries(memoryMode, 'llvm')[1], 0);
      assert.equal(large(5), expected);
      assert.equal(small(5), 6);
      runtime.dispose();
    });
  }
});

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

describe('what is disposed of while threads compile', { skip }, () => {
  const functionCount = 6;
  const modules = [1, 2, 3, 4].map((seed) => randomModule(seed, functionCount));
  const options: RuntimeOptions = { ...hotAtOnce, llvm: { level: 1 } };

  function heat({ exports }: Instance, calls: number): void {
    for (let k = 0; k < calls; k++) {
      const args = randomModuleArguments[k % randomModuleArguments.length];
      for (const callee of Object.values(exports)) if (callee instanceof Func) callee(...args);
    }
  }

  function residentBytes(): number {
    collectGarbage();
    return process.memoryUsage.rss();
  }

  test('instances and modules: their code is given back, and nothing grows', () => {
    let compiled = 0;
    const runtime = new Runtime({ ...options, onTierUp: () => compiled++ });
    // One that stays, and whose code must not change under it.
    const kept = runtime.instantiate(runtime.compile(modules[0]));
    heat(kept, 5);
    const { codeRegion } = kept.module.store.env;
    const round = (k: number): void => {
      const module = runtime.compile(modules[k % modules.length]);
      const [a, b] = [runtime.instantiate(module), runtime.instantiate(module)];
      heat(a, 1 + (k % 3));
      a.dispose();
      if (k % 2 === 0) module.dispose();
      heat(b, k % 4);
      b.dispose();
      module.dispose();
    };
    for (let k = 0; k < 60; k++) round(k);
    const [used, resident] = [codeRegion.usedBytes, residentBytes()];
    for (let k = 0; k < 200; k++) round(k);
    heat(kept, 3);
    // What threads place for modules that are gone already is not taken at all; some of it may be under way.
    assert.ok(codeRegion.usedBytes <= used + 2 ** 20, `${used} → ${codeRegion.usedBytes} bytes of code`);
    assert.ok(residentBytes() < resident + 100 * 2 ** 20, `${resident} → ${residentBytes()} bytes`);
    until(
      () => compiled > 0,
      () => heat(kept, 1),
    );
    runtime.dispose();
  });

  test('whole runtimes', () => {
    const round = (k: number): void => {
      const runtime = new Runtime(options);
      const instance = runtime.instantiate(runtime.compile(modules[k % modules.length]));
      heat(instance, 1 + (k % 5));
      if (k % 3 === 0) instance.dispose();
      runtime.dispose();
    };
    for (let k = 0; k < 20; k++) round(k);
    const resident = residentBytes();
    for (let k = 0; k < 100; k++) round(k);
    assert.ok(residentBytes() < resident + 100 * 2 ** 20, `${resident} → ${residentBytes()} bytes`);
  });
});
