import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { functionRecord } from '../layout/structs.js';
import { wat } from '../runtime/modules.fixture.js';
import { Runtime } from '../runtime/runtime.js';
import { FunctionState, largestLoopCount, type SharedModule } from './protocol.js';
import { ThreadModules } from './thread-modules.js';

/** What a backend thread knows, without a thread: the messages are handed to it here. */

const runtime = new Runtime({ tier: 'fast' });
after(() => runtime.dispose());

const module = runtime.compile(
  wat(`(module (import "env" "host" (func $host)) (memory 1)
    (func (export "a") (result i32) (i32.const 1))
    (func (export "b") (param i32) (result i32) (loop (br_if 0 (local.get 0))) (i32.const 2))
    (func (export "c") (result i32) (call $host) (i32.const 3)))`),
);
const region = module.store.env.codeRegion.share();

function shared(id: number, chaos?: number): SharedModule {
  const { bytes } = module.wasm;
  const copy = new SharedArrayBuffer(bytes.length);
  new Uint8Array(copy).set(bytes);
  return {
    id,
    region,
    bytes: copy,
    checkedBodies: module.wasm.checkedBodies,
    memoryMode: 'guarded',
    states: new SharedArrayBuffer(3),
    loopClaims: new SharedArrayBuffer(largestLoopCount),
    loopTimes: new SharedArrayBuffer(8 * largestLoopCount),
    heatThreshold: 100,
    chaos,
    onlyWanted: false,
  };
}

function newInstance() {
  return runtime.instantiate(module, { env: { host: () => {} } });
}

function opened(modules: ThreadModules, id: number) {
  const found = [...modules].find((known) => known.id === id);
  assert.ok(found !== undefined);
  found.open();
  return found;
}

describe('modules and instances', () => {
  test('come and go with messages', () => {
    const modules = new ThreadModules();
    assert.deepEqual([...modules], []);
    modules.handle({ kind: 'module', module: shared(1) });
    modules.handle({ kind: 'module', module: shared(2) });
    const [first, second] = [1, 2].map((id) => opened(modules, id));
    const instance = newInstance();
    modules.handle({ kind: 'instance', module: 1, address: instance.address });
    assert.equal(first.instances.length, 1);
    assert.equal(second.instances.length, 0);
    modules.handle({ kind: 'drop-instance', module: 1, address: instance.address });
    assert.equal(first.instances.length, 0);
    modules.handle({ kind: 'drop-module', module: 1 });
    assert.equal(modules.has(first), false);
    assert.equal(modules.has(second), true);
    // What comes late for a module that is gone is of no interest.
    modules.handle({ kind: 'instance', module: 1, address: instance.address });
    modules.handle({ kind: 'drop-module', module: 1 });
    modules.handle({ kind: 'drop-instance', module: 2, address: 4096 });
    assert.deepEqual([...modules], [second]);
  });

  test('chaos is on for those modules that ask for it, as long as there are any', () => {
    const modules = new ThreadModules();
    modules.handle({ kind: 'module', module: shared(1) });
    assert.equal(modules.isChaotic, false);
    modules.handle({ kind: 'module', module: shared(2, 7) });
    assert.equal(modules.isChaotic, true);
    assert.equal(modules.chaosOf(opened(modules, 1)), undefined);
    assert.notEqual(modules.chaosOf(opened(modules, 2)), undefined);
    modules.handle({ kind: 'drop-module', module: 2 });
    assert.equal(modules.isChaotic, false);
  });
});

describe('functions', () => {
  test('are claimed by one thread only', () => {
    const data = shared(1);
    const threads = [0, 1].map(() => {
      const modules = new ThreadModules();
      modules.handle({ kind: 'module', module: data });
      return opened(modules, 1);
    });
    assert.equal(threads[0].claim(1, FunctionState.wanted), false);
    assert.equal(threads[0].claim(1, FunctionState.cold), true);
    assert.equal(threads[1].claim(1, FunctionState.cold), false);
    assert.equal(new Uint8Array(data.states)[0], FunctionState.claimed);
    threads[0].setState(1, FunctionState.done);
    assert.deepEqual(
      [...new Uint8Array(data.states)],
      [FunctionState.done, FunctionState.cold, FunctionState.cold],
    );
    assert.deepEqual(
      threads[1].functionsIn(FunctionState.cold).map(({ index }) => index),
      [2, 3],
    );
  });

  test('are as hot as all instances together have counted, hottest first', () => {
    const modules = new ThreadModules();
    modules.handle({ kind: 'module', module: shared(1) });
    const known = opened(modules, 1);
    const instances = [newInstance(), newInstance()];
    for (const { address } of instances) modules.handle({ kind: 'instance', module: 1, address });
    const setCounter = (k: number, index: number, left: number): void =>
      instances[k].setHeatCounter(index, left);
    for (const k of [0, 1]) for (const index of [1, 2, 3]) setCounter(k, index, 100);
    assert.deepEqual(
      [1, 2, 3].map((index) => known.heatOf(index)),
      [0, 0, 0],
    );
    setCounter(0, 2, 40);
    setCounter(1, 2, 90);
    // Counters run on through 0.
    setCounter(1, 3, 0xffff_fff0);
    assert.deepEqual(known.functionsIn(FunctionState.cold), [
      { index: 3, heat: 116 },
      { index: 2, heat: 70 },
      { index: 1, heat: 0 },
    ]);
  });

  test('are published in all instances by a store to each record, and exchanged in one', () => {
    const modules = new ThreadModules();
    modules.handle({ kind: 'module', module: shared(1) });
    const known = opened(modules, 1);
    const instances = [newInstance(), newInstance(), newInstance()];
    for (const { address } of instances.slice(0, 2)) {
      modules.handle({ kind: 'instance', module: 1, address });
    }
    const codeOf = (k: number, index: number): number => {
      const { cells, byteOffset } = instances[k];
      const at = byteOffset + module.layout.function(index) + functionRecord.offsets.code;
      return Number(cells.i64[at >> 3]);
    };
    const before = [1, 2, 3].map((index) => codeOf(0, index));
    const code = region.start + 0x1230;
    known.publish(2, code);
    assert.deepEqual(
      [1, 2, 3].map((index) => codeOf(0, index)),
      [before[0], code, before[2]],
    );
    assert.equal(codeOf(1, 2), code);
    // One that the thread does not know.
    assert.equal(codeOf(2, 2), before[1]);
    const [first] = known.instances;
    assert.equal(known.exchange(first, 2, BigInt(before[1])), BigInt(code));
    assert.equal(codeOf(0, 2), before[1]);
    assert.equal(codeOf(1, 2), code);
    known.publish(2, before[1]);
    const { a } = instances[0].exports;
    assert.equal((a as unknown as () => unknown)(), 1);
  });
});
