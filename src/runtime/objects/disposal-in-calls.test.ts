import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { describe, test } from 'node:test';
import { allMachines } from '../../fast-jit/execution.fixture.js';
import { withoutLlvm } from '../../llvm-jit/library.fixture.js';
import { ValType } from '../../wasm/types.js';
import { DisposedError } from '../errors.js';
import type { Instance } from '../instances/instance.js';
import { wat } from '../modules.fixture.js';
import { Runtime } from '../runtime.js';
import type { TierUpEvent } from '../tiers/tier-events.js';
import type { Func } from './func.js';
import type { Memory } from './memory.js';

/** Calls an import, then uses what the instance has. */
const text = wat(`(module
  (import "env" "f" (func $f))
  (memory (export "memory") 1)
  (table 1 funcref) (elem (i32.const 0) $seven)
  (func $seven (result i32) (i32.const 7))
  (func (export "call") (result i32)
    (call $f)
    (i32.store (i32.const 8) (call_indirect (result i32) (i32.const 0)))
    (i32.load (i32.const 8)))
  (func (export "trap") (call $f) unreachable))`);

const cannot = /a runtime cannot be disposed while its code is running/;

for (const { name, make } of allMachines) {
  describe(`disposal in the middle of calls: ${name}`, () => {
    /** An instance whose import does something with it. */
    function instantiate(runtime: Runtime, work: (instance: Instance) => void): Instance {
      const module = runtime.compile(text);
      const instance: Instance = runtime.instantiate(module, { env: { f: () => work(instance) } });
      return instance;
    }
    const func = (instance: Instance, of: string): Func => instance.exports[of] as Func;

    test('an instance goes on to the end of the call, and is gone then', () => {
      const runtime = make();
      const instance = instantiate(runtime, (self) => {
        self.dispose();
        assert.equal(self.freed, false);
      });
      const { memory } = instance.exports as { memory: Memory };
      const { buffer } = memory;
      const call = func(instance, 'call');
      assert.equal(call(), 7);
      // At once, and not in a later task.
      assert.throws(() => call(), DisposedError);
      assert.equal(instance.freed, true);
      assert.throws(() => memory.buffer, DisposedError);
      assert.equal(buffer.byteLength, 0);
      runtime.dispose();
    });

    test('whatever is used first of it, or nothing', async () => {
      const runtime = make();
      const disposed = (): Instance => {
        const instance = instantiate(runtime, (self) => self.dispose());
        assert.equal(func(instance, 'call')(), 7);
        return instance;
      };
      const first = disposed();
      assert.throws(() => (first.exports['memory'] as Memory).buffer, DisposedError);
      const second = disposed();
      assert.throws(() => func(second, 'call').callBits([]), DisposedError);
      const third = disposed();
      runtime.instantiate(runtime.compile(wat('(module)')));
      assert.equal(third.freed, true);
      const fourth = disposed();
      await Promise.resolve();
      assert.equal(fourth.freed, true);
      runtime.dispose();
    });

    test('inner calls leave what an outer call runs', () => {
      const runtime = make();
      const outer: Instance = instantiate(runtime, () => {
        const inner = instantiate(runtime, () => {
          outer.dispose();
          inner.dispose();
        });
        assert.equal(func(inner, 'call')(), 7);
        // Still in a call.
        assert.equal(func(inner, 'call')(), 7);
        assert.equal(func(outer, 'call') !== undefined, true);
        assert.deepEqual([outer.freed, inner.freed], [false, false]);
      });
      assert.equal(func(outer, 'call')(), 7);
      assert.throws(() => func(outer, 'call')(), DisposedError);
      runtime.dispose();
    });

    test('a trap after it has its frames, and what an import throws passes', () => {
      const runtime = make();
      const instance = instantiate(runtime, (self) => self.dispose());
      assert.throws(
        () => func(instance, 'trap')(),
        (error: Error) => /^unreachable$/.test(error.message) && /at trap \(func\[/.test(error.stack ?? ''),
      );
      assert.throws(() => func(instance, 'trap')(), DisposedError);
      const thrown = new Error('mine');
      const throwing = instantiate(runtime, (self) => {
        self.dispose();
        throw thrown;
      });
      assert.throws(() => func(throwing, 'call')(), thrown);
      assert.throws(() => func(throwing, 'call')(), DisposedError);
      runtime.dispose();
    });

    test('a module, a memory and a host function', () => {
      const runtime = make();
      const memory = runtime.memory({ limits: { min: 1, max: 1 } });
      const unused = runtime.memory({ limits: { min: 1, max: 1 } });
      const module = runtime.compile(
        wat(`(module (import "env" "f" (func $f)) (import "env" "m" (memory 1))
          (func (export "call") (result i32) (call $f) (i32.store (i32.const 8) (i32.const 7)) (i32.load (i32.const 8))))`),
      );
      const f = runtime.hostFunction({ params: [], results: [] }, () => {
        module.dispose();
        memory.dispose();
        unused.dispose();
        f.dispose();
      });
      const instance = runtime.instantiate(module, { env: { f, m: memory } });
      assert.equal(func(instance, 'call')(), 7);
      assert.throws(() => unused.buffer, DisposedError);
      assert.throws(() => runtime.instantiate(module), DisposedError);
      // The instance needs the others.
      assert.equal(func(instance, 'call')(), 7);
      assert.equal(new Uint8Array(memory.buffer)[8], 7);
      instance.dispose();
      assert.deepEqual([module.freed, memory.owner.freed, f.owner.freed], [true, true, true]);
      runtime.dispose();
    });

    test('a runtime refuses', () => {
      const runtime = make();
      const messages: string[] = [];
      const dispose = (): void => {
        try {
          runtime.dispose();
        } catch (error) {
          messages.push((error as Error).message);
        }
      };
      const instance = instantiate(runtime, dispose);
      assert.equal(func(instance, 'call')(), 7);
      const module = runtime.compile(text);
      const imports = {
        get f(): () => void {
          dispose();
          module.dispose();
          return () => {};
        },
      };
      const other = runtime.instantiate(module, { env: imports });
      assert.equal(func(other, 'call')(), 7);
      assert.equal(messages.length, 2);
      for (const message of messages) assert.match(message, cannot);
      runtime.dispose();
      assert.equal(other.freed, true);
    });
  });
}

test('instances that are disposed of in their own calls do not add up, with no task between', () => {
  const runtime = new Runtime();
  const freed: Instance[] = [];
  const module = runtime.compile(text);
  for (let k = 0; k < 50; k++) {
    const instance: Instance = runtime.instantiate(module, { env: { f: () => instance.dispose() } });
    (instance.exports['call'] as Func)();
    freed.push(instance);
  }
  assert.equal(freed.filter((instance) => !instance.freed).length, 1);
  runtime.dispose();
});

test('what the runtime calls back while it compiles all cannot dispose of it', {
  skip: withoutLlvm(),
}, () => {
  const runtime: Runtime = new Runtime({ tier: 'llvm', onProgress: () => runtime.dispose() });
  const module = runtime.compile(text);
  assert.throws(() => runtime.instantiate(module, { env: { f: () => {} } }), cannot);
  runtime.dispose();
});

test('what is told of new code cannot dispose of the runtime, but of instances', {
  skip: withoutLlvm(),
}, () => {
  const events: TierUpEvent[] = [];
  let instance: Instance | undefined;
  const runtime: Runtime = new Runtime({
    tier: 'llvm',
    onTierUp: (event) => {
      events.push(event);
      assert.throws(() => runtime.dispose(), cannot);
      instance?.dispose();
    },
  });
  instance = runtime.instantiate(runtime.compile(text), { env: { f: () => {} } });
  assert.ok(events.length > 0);
  assert.equal((instance.exports['call'] as Func)(), 7);
  assert.throws(
    () => runtime.global({ type: ValType.i32, mutable: true }, { valueOf: () => runtime.dispose() }),
    DisposedError,
  );
});

test('a process ends although an instance and its runtime are disposed of in one task', () => {
  const script = `
    import { Runtime } from ${JSON.stringify(new URL('../runtime.js', import.meta.url).href)};
    const runtime = new Runtime({ tier: 'fast' });
    const module = runtime.compile(Buffer.from(${JSON.stringify(Buffer.from(text).toString('base64'))}, 'base64'));
    const instance = runtime.instantiate(module, { env: { f: () => instance.dispose() } });
    console.log(instance.exports.call());
    runtime.dispose();`;
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
    encoding: 'utf8',
  });
  assert.deepEqual([status, stdout, stderr], [0, '7\n', '']);
});
