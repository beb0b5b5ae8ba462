import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { DisposedError } from '../errors.js';
import { wat } from '../modules.fixture.js';
import { Runtime } from '../runtime.js';
import type { CompileEvent } from '../runtime-options.js';
import type { Tier } from './tier.js';

const bytes = wat(`(module
  (memory (export "memory") 1) (table (export "t") 2 funcref) (elem (i32.const 0) $square $hidden)
  (func $square (export "square") (param i32) (result i32) (i32.mul (local.get 0) (local.get 0)))
  (func $hidden (param i64 f64) (result i64) (local.get 0))
  (func (export "pair") (param f32) (result f32 i32) (local.get 0) (call $square (i32.const 3)))
  (func (export "reference") (param externref funcref) (result externref) (local.get 0)))`);

interface Exports {
  square(x: number): number;
  pair(x: number): [number, number];
  reference(x: unknown, f: unknown): unknown;
}

const functionCount = 4;

for (const tier of ['interp', 'fast', 'multi'] satisfies Tier[]) {
  describe(`ahead of the first call: ${tier}`, () => {
    test('eager makes all code at once: nobody reads the bytes again', () => {
      const compiled: CompileEvent[] = [];
      using runtime = new Runtime({ tier, onCompile: (event) => compiled.push(event) });
      const source = Uint8Array.from(bytes);
      const module = runtime.compile(source, { copy: false, eager: true });
      assert.equal(compiled.length, tier === 'interp' ? 0 : functionCount);
      const { exports } = runtime.instantiate<Exports>(module);
      // But for the code section, which a module that decodes lazily would read.
      source.fill(0, source.indexOf(10, 8));
      assert.equal(exports.square(7), 49);
      assert.deepEqual(exports.pair(0.5), [0.5, 9]);
      assert.equal(exports.reference('x', null), 'x');
      assert.equal(compiled.length, tier === 'interp' ? 0 : functionCount);
    });

    test('an instance that is prepared makes nothing at its first calls', () => {
      const compiled: CompileEvent[] = [];
      using runtime = new Runtime({ tier, onCompile: (event) => compiled.push(event) });
      const source = Uint8Array.from(bytes);
      const instance = runtime.instantiate<Exports>(runtime.compile(source, { copy: false }));
      assert.equal(compiled.length, 0);
      instance.prepare();
      instance.prepare();
      assert.equal(compiled.length, tier === 'interp' ? 0 : functionCount);
      if (tier !== 'interp') for (let k = 0; k < functionCount; k++) assert.equal(instance.isLazy(k), false);
      source.fill(0, source.indexOf(10, 8));
      assert.equal(instance.exports.square(7), 49);
      assert.deepEqual(instance.exports.pair(0.5), [0.5, 9]);
      assert.equal(compiled.length, tier === 'interp' ? 0 : functionCount);
      instance.dispose();
      assert.throws(() => instance.prepare(), DisposedError);
    });
  });
}
