import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { withoutLlvm } from '../../llvm-jit/library.fixture.js';
import type { Instance } from '../instances/instance.js';
import type { Module } from '../modules/module.js';
import { wat } from '../modules.fixture.js';
import { Runtime } from '../runtime.js';
import type { TierUpEvent } from './tier-events.js';

interface Exports {
  square(value: number): number;
}

const text = wat(`(module (import "env" "f" (func)) (memory 1)
  (func (export "other"))
  (func (export "square") (param i32) (result i32) (i32.mul (local.get 0) (local.get 0))))`);
const imports = { env: { f: () => {} } };
const threshold = 1000;
/** Index of `square`. */
const square = 2;

/** How often a function has still to be counted in an instance until it is hot. */
function left({ module, cells, byteOffset }: Instance<Exports>, functionIndex: number): number {
  return cells.u32[(byteOffset + module.layout.heat(functionIndex)) >> 2];
}

describe('instances that live for a moment', () => {
  const make = (runtime: Runtime, module: Module): Instance<Exports> =>
    runtime.instantiate<Exports>(module, imports);

  test('go on counting where the one before has stopped', () => {
    const runtime = new Runtime({ tier: 'multi', tuning: { heatThreshold: threshold } });
    const module = runtime.compile(text);
    for (let round = 0; round < 5; round++) {
      const instance = make(runtime, module);
      assert.equal(left(instance, square), threshold - 3 * round);
      assert.equal(left(instance, square - 1), threshold);
      for (let call = 0; call < 3; call++) instance.exports.square(call);
      instance.dispose();
    }
    // Another module counts for itself.
    assert.equal(left(make(runtime, runtime.compile(text)), square), threshold);
    runtime.dispose();
  });

  test('but not where the user counts', () => {
    const hot: number[] = [];
    const onHot = (_: unknown, functionIndex: number): void => void hot.push(functionIndex);
    const runtime = new Runtime({ tier: 'multi', heat: { threshold: 4, onHot } });
    const module = runtime.compile(text);
    for (let round = 0; round < 5; round++) {
      const instance = make(runtime, module);
      assert.equal(left(instance, square), 4);
      for (let call = 0; call < 3; call++) instance.exports.square(call);
      instance.dispose();
    }
    assert.deepEqual(hot, []);
    runtime.dispose();
  });

  test('get code of LLVM', { skip: withoutLlvm() }, () => {
    const compiled: number[] = [];
    const runtime = new Runtime({
      tier: 'multi',
      tuning: { heatThreshold: threshold, warmUp: 0 },
      memoryPool: { memories: 1 },
      onTierUp: ({ kind, functionIndex }: TierUpEvent) => {
        if (kind === 'compiled') compiled.push(functionIndex);
      },
    });
    const module = runtime.compile(text);
    while (compiled.length === 0) {
      const instance = make(runtime, module);
      for (let call = 0; call < 10; call++) assert.equal(instance.exports.square(call), call * call);
      instance.dispose();
    }
    // A thread that has nothing else to do compiles the rest of a small module.
    assert.equal(compiled[0], square);
    const [llvm] = module.code.entries('guarded', 'llvm').subarray(square - 1);
    const instance = make(runtime, module);
    const at = instance.byteOffset + module.layout.function(square);
    assert.equal(Number(instance.cells.i64[at >> 3]), llvm);
    assert.equal(instance.exports.square(12), 144);
    runtime.dispose();
  });
});
