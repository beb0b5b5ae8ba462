import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { withoutLlvm } from '../../llvm-jit/library.fixture.js';
import { LinkError, MemoryLimitError } from '../errors.js';
import { wat } from '../modules.fixture.js';
import { Runtime } from '../runtime.js';
import type { RuntimeOptions } from '../runtime-options.js';
import type { Func } from './func.js';
import type { Memory } from './memory.js';

const pageSize = 65536;

const own = wat(`(module (memory (export "memory") 2 1000)
  (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
  (func (export "size") (result i32) (memory.size)))`);
const imported = wat(`(module (import "m" "memory" (memory 1))
  (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0))))`);

const skip = withoutLlvm();
const configurations: readonly (RuntimeOptions & { readonly name: string; readonly skip: string | false })[] =
  [
    { name: 'interp', tier: 'interp', skip: false },
    { name: 'fast', tier: 'fast', skip: false },
    { name: 'fast, checked memory', tier: 'fast', memoryMode: 'checked', skip: false },
    { name: 'llvm', tier: 'llvm', skip },
    { name: 'multi', tier: 'multi', skip },
  ];

for (const { name, skip, ...options } of configurations) {
  describe(`a limit of memory: ${name}`, { skip }, () => {
    const instance = (runtime: Runtime, maxMemory?: number): { grow: Func; size: Func; memory: Memory } =>
      runtime.instantiate(runtime.compile(own), {}, { maxMemory }).exports as {
        grow: Func;
        size: Func;
        memory: Memory;
      };

    test('memory.grow beyond it gives -1, as does JavaScript an error', () => {
      // Half a page more is no page more.
      const runtime = new Runtime({ ...options, maxMemory: 4.5 * pageSize });
      const { grow, size, memory } = instance(runtime);
      assert.equal(grow(3), -1);
      assert.equal(grow(1), 2);
      assert.throws(() => memory.grow(2), RangeError);
      assert.equal(memory.grow(1), 3);
      assert.equal(grow(1), -1);
      assert.equal(grow(0), 4);
      assert.equal(size(), 4);
      runtime.dispose();
    });

    test("an instance's own limit takes the place of the runtime's", () => {
      const runtime = new Runtime({ ...options, maxMemory: 3 * pageSize });
      assert.equal(instance(runtime, 10 * pageSize).grow(8), 2);
      assert.equal(instance(runtime, 2 * pageSize).grow(1), -1);
      assert.equal(instance(runtime).grow(1), 2);
      runtime.dispose();
    });

    test('a module that needs more from the start is refused, and nothing is left of it', () => {
      const runtime = new Runtime({ ...options, maxMemory: 2 * pageSize - 1 });
      assert.throws(
        () => instance(runtime),
        (error) =>
          error instanceof MemoryLimitError && /131072 bytes.*limit of 131071 bytes/.test(error.message),
      );
      assert.equal(instance(runtime, 2 * pageSize).size(), 2);
      assert.throws(() => runtime.memory({ limits: { min: 2, max: undefined } }), MemoryLimitError);
      runtime.dispose();
    });

    test('an imported memory has the limit of where it was made', () => {
      const runtime = new Runtime({ ...options, maxMemory: 3 * pageSize });
      const memory = runtime.memory({ limits: { min: 1, max: undefined } });
      const module = runtime.compile(imported);
      const of = (exported: Memory, maxMemory?: number): Func =>
        runtime.instantiate(module, { m: { memory: exported } }, { maxMemory }).exports['grow'] as Func;
      assert.equal(of(memory, 100 * pageSize)(3), -1);
      assert.equal(of(memory, 0)(2), 1);
      const { memory: larger } = instance(runtime, 6 * pageSize);
      assert.equal(of(larger, pageSize)(4), 2);
      assert.equal(of(larger)(1), -1);
      // Its type is what it was: whoever imports it asks for no less.
      assert.throws(
        () =>
          runtime.instantiate(runtime.compile(wat('(module (import "m" "memory" (memory 1 10)))')), {
            m: { memory: larger },
          }),
        LinkError,
      );
      runtime.dispose();
    });
  });
}

test('limits that are no number of bytes are refused', () => {
  for (const maxMemory of [-1, Number.NaN]) {
    assert.throws(() => new Runtime({ maxMemory }), RangeError);
    const runtime = new Runtime({ tier: 'interp' });
    assert.throws(() => runtime.instantiate(runtime.compile(own), {}, { maxMemory }), RangeError);
  }
});
