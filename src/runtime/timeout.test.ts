import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { WebAssembly } from '../api/web-assembly.js';
import { Trap } from '../code/traps.js';
import { withoutLlvm } from '../llvm-jit/test-library.js';
import { Func } from './func.js';
import type { Imports } from './linking.js';
import { Runtime } from './runtime.js';
import type { RuntimeOptions } from './store.js';
import { wat } from './test-modules.js';
import { withTimeout } from './timeout.js';
import { TrapError } from './trap-error.js';

const bytes = wat(`(module
  (import "host" "cheap" (func $cheap))
  (import "host" "slow" (func $slow (param i32)))
  (import "host" "back" (func $back))
  (memory (export "memory") 1 1000)
  (global $sum (mut i64) (i64.const 0))
  (table 1 funcref) (elem (i32.const 0) $step)
  (func (export "spin") (loop (br 0)))
  (func (export "count") (param i32) (result i64)
    (global.set $sum (i64.const 0))
    (loop
      (call_indirect (i32.const 0))
      (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
    (global.get $sum))
  (func $step (global.set $sum (i64.add (global.get $sum) (i64.const 1))))
  (func (export "load") (loop (drop (i32.load (i32.const 0))) (i32.store (i32.const 4) (i32.const 1)) (br 0)))
  (func (export "cheap") (loop (call $cheap) (br 0)))
  (func (export "slow") (loop (call $slow (i32.const 30)) (br 0)))
  (func (export "fill") (drop (memory.grow (i32.const 900)))
    (loop (memory.fill (i32.const 0) (i32.const 1) (i32.const 50000000)) (br 0)))
  (func $deep (param i32) (result i32)
    (if (i32.eqz (local.get 0)) (then (loop (br 0))))
    (i32.add (call $deep (i32.sub (local.get 0) (i32.const 1))) (call $cheap) (i32.const 1)))
  (func (export "deep") (result i32) (call $deep (i32.const 500)))
  (func (export "out") (call $back))
  (func $fib (export "fib") (param i32) (result i32)
    (if (result i32) (i32.lt_u (local.get 0) (i32.const 2)) (then (local.get 0))
      (else (i32.add (call $fib (i32.sub (local.get 0) (i32.const 1))) (call $fib (i32.sub (local.get 0) (i32.const 2)))))))
  (func (export "seven") (result i32) (i32.const 7)))`);

const waitCell = new Int32Array(new SharedArrayBuffer(4));

function host(back: () => void = () => {}): Imports {
  return {
    host: {
      cheap: () => {},
      slow: (milliseconds: number) => void Atomics.wait(waitCell, 0, 0, milliseconds),
      back,
    },
  };
}

function functions(runtime: Runtime, back?: () => void): Readonly<Record<string, Func>> {
  return runtime.instantiate(runtime.compile(bytes), host(back)).exports as Record<string, Func>;
}

function interruption(work: () => unknown): TrapError {
  try {
    work();
  } catch (error) {
    assert(error instanceof TrapError, String(error));
    assert.equal(error.trap, Trap.interrupted);
    assert.match(error.message, /^interrupted: /);
    return error;
  }
  return assert.fail('it was not interrupted');
}

const skip = withoutLlvm();
const tuning = { warmUp: 0 };
const configurations: readonly (RuntimeOptions & { readonly name: string; readonly skip: string | false })[] =
  [
    { name: 'interp', tier: 'interp', skip: false },
    { name: 'fast', tier: 'fast', skip: false },
    { name: 'fast, checked memory', tier: 'fast', memoryMode: 'checked', skip: false },
    { name: 'llvm', tier: 'llvm', skip },
    { name: 'multi', tier: 'multi', tuning, skip },
    {
      name: 'every second function interpreted',
      tier: 'fast',
      tuning: { interpreted: (index) => index % 2 === 0 },
      skip: false,
    },
  ];

for (const { name, skip, ...options } of configurations) {
  describe(`a time limit: ${name}`, { skip }, () => {
    let made: Runtime | undefined;
    const runtime = (): Runtime => {
      made ??= new Runtime(options);
      return made;
    };
    after(() => made?.dispose());

    for (const what of ['spin', 'load', 'cheap', 'slow', 'fill', 'deep']) {
      test(`ends ${what}, and the instance goes on`, () => {
        const exports = functions(runtime());
        for (const limit of [0, 1, 60]) {
          const start = performance.now();
          const { frames } = interruption(() => withTimeout(limit, () => exports[what].call()));
          assert(performance.now() - start >= limit);
          // At 0 it does not even begin.
          if (limit === 60) assert.equal(frames.at(-1)?.functionName, what);
          if (limit === 60 && what === 'deep') assert(frames.length >= 60);
          assert.equal(exports['seven'].call(), 7);
          assert.equal(exports['fib'].call(12), 144);
        }
      });
    }

    test('does not touch what ends in time', () => {
      const { count, seven } = functions(runtime());
      assert.equal(
        withTimeout(60_000, () => count.call(1000)),
        1000n,
      );
      assert.equal(
        withTimeout(60_000, () => 'value'),
        'value',
      );
      assert.throws(
        () =>
          withTimeout(60_000, () => {
            throw new Error('own');
          }),
        /own/,
      );
      assert.equal(seven.call(), 7);
    });

    test('passes through JavaScript between two calls, which can clean up', () => {
      const steps: string[] = [];
      const inner = functions(runtime());
      const outer = functions(runtime(), () => {
        steps.push('in');
        try {
          inner['spin'].call();
        } finally {
          // Nothing of wasm is entered any more.
          interruption(() => inner['seven'].call());
          steps.push('finally');
        }
      });
      const { frames } = interruption(() => withTimeout(30, () => outer['out'].call()));
      assert.deepEqual(steps, ['in', 'finally']);
      assert.equal(frames[0]?.functionName, 'spin');
      assert.equal(inner['seven'].call(), 7);
    });

    test('ends code also where JavaScript in between keeps the error to itself', () => {
      const inner = functions(runtime());
      const outer = functions(runtime(), () => void interruption(() => inner['spin'].call()));
      assert.equal(interruption(() => withTimeout(30, () => outer['out'].call())).frames.length, 1);
    });

    test('within another one is over for itself; the earlier one counts', () => {
      const { spin, seven } = functions(runtime());
      withTimeout(60_000, () => {
        interruption(() => withTimeout(20, () => spin.call()));
        assert.equal(seven.call(), 7);
        assert.equal(
          withTimeout(60_000, () => seven.call()),
          7,
        );
      });
      let reached = false;
      interruption(() =>
        withTimeout(20, () => {
          interruption(() => withTimeout(60_000, () => spin.call()));
          reached = true;
          seven.call();
        }),
      );
      assert(reached);
      assert.equal(seven.call(), 7);
    });

    test('that ends at any moment leaves everything in order', () => {
      let random = 1;
      const { count, cheap, fib, seven, load } = functions(runtime());
      for (let round = 0; round < 300; round++) {
        random = (Math.imul(random, 1103515245) + 12345) >>> 0;
        const work = [() => count.call(1e9), () => cheap.call(), () => fib.call(45), () => load.call()][
          round % 4
        ];
        interruption(() => withTimeout(random / 2 ** 32, work));
        assert.equal(seven.call(), 7);
      }
      // What comes after a limit is not hit by it.
      for (let round = 0; round < 300; round++) {
        try {
          withTimeout(0.02, () => count.call(1));
        } catch (error) {
          assert(error instanceof TrapError && error.trap === Trap.interrupted);
        }
        assert.equal(count.call(2000), 2000n);
      }
    });
  });
}

test('a time limit counts for all runtimes of the thread, and for code that first calls are made of', () => {
  const [a, b] = [new Runtime({ tier: 'fast' }), new Runtime({ tier: 'interp' })];
  const inner = functions(a);
  const outer = functions(b, () => inner['spin'].call());
  interruption(() => withTimeout(20, () => outer['out'].call()));
  // A runtime that has its first machine code only after the limit has begun.
  interruption(() =>
    withTimeout(50, () => {
      const c = new Runtime({ tier: 'fast' });
      functions(c)['spin'].call();
    }),
  );
  assert.equal(inner['seven'].call(), 7);
  a.dispose();
  b.dispose();
});

test('a start function is interrupted, too', () => {
  const source = '(module (func $f (loop (br 0))) (start $f))';
  for (const tier of ['interp', 'fast'] as const) {
    const runtime = new Runtime({ tier });
    const module = runtime.compile(wat(source));
    interruption(() => withTimeout(20, () => runtime.instantiate(module)));
    runtime.dispose();
  }
});

test('the WebAssembly JavaScript API throws a RuntimeError', () => {
  const { Module, Instance, RuntimeError } = WebAssembly;
  const { exports } = new Instance(new Module(bytes), host() as never);
  assert.throws(
    () => withTimeout(20, () => (exports as Record<string, () => void>)['spin']()),
    (error) => error instanceof RuntimeError && /^interrupted: /.test((error as Error).message),
  );
});

test('limits that are no times are refused', () => {
  for (const limit of [-1, Number.NaN, Number.POSITIVE_INFINITY, 1e15]) {
    assert.throws(() => withTimeout(limit, () => assert.fail('called')), RangeError);
  }
});

const worker = `
  const { parentPort, workerData } = require('node:worker_threads');
  import(workerData.runtime).then(async ({ Runtime }) => {
    const { withTimeout } = await import(workerData.timeout);
    const runtime = new Runtime({ tier: 'fast' });
    const host = { cheap() {}, slow() {}, back() {} };
    const { spin, seven } = runtime.instantiate(runtime.compile(workerData.bytes), { host }).exports;
    const messages = [];
    for (let round = 0; round < 10; round++) {
      try { withTimeout(5, () => spin.call()); } catch (error) { messages.push(error.message); }
      messages.push(seven.call());
    }
    parentPort.postMessage(messages);
    if (workerData.stays) withTimeout(1, () => { for (;;); });
  });
`;

test('threads have limits of their own', async () => {
  const { spin, seven } = functions(new Runtime({ tier: 'fast' }));
  const start = (stays: boolean): Promise<unknown> =>
    new Promise((resolve, reject) => {
      const [runtime, timeout] = ['runtime', 'timeout'].map(
        (name) => new URL(`./${name}.js`, import.meta.url).href,
      );
      const thread = new Worker(worker, { eval: true, workerData: { runtime, timeout, bytes, stays } });
      thread.on('error', reject);
      thread.on('message', async (message) => {
        // In the middle of a limit that has passed: its timer ends with it.
        if (stays) await thread.terminate();
        resolve(message);
      });
    });
  const expected = Array.from({ length: 20 }, (_, k) =>
    k % 2 ? 7 : 'interrupted: the time limit is reached',
  );
  const threads = [start(false), start(true), start(true)];
  for (let round = 0; round < 20; round++) {
    interruption(() => withTimeout(5, () => spin.call()));
    assert.equal(seven.call(), 7);
  }
  for (const thread of threads) assert.deepEqual(await thread, expected);
});

test('an interrupt on the way to a host function is one of its caller', () => {
  const runtime = new Runtime({ tier: 'fast' });
  const module = runtime.compile(
    wat(`(module (import "env" "next" (func $next (param i32) (result i32)))
      (func $stay (param i32) (loop $again (local.set 0 (call $next (local.get 0))) (br $again)))
      (func (export "go") (call $stay (i32.const 1)) (call $stay (i32.const 2))))`),
  );
  const { go } = runtime.instantiate(module, { env: { next: (x: number) => x + 1 } }).exports;
  assert.ok(go instanceof Func);
  const seen = new Map<string, number>();
  // Some of these are between the call and the first instruction that makes a frame.
  for (let round = 0; round < 300; round++) {
    const { frames } = interruption(() => withTimeout(1 + (round % 7) / 10, () => go.call()));
    const names = frames.map(({ functionName }) => functionName).join(' < ');
    seen.set(names, (seen.get(names) ?? 0) + 1);
  }
  // Where the time was over before the call, there are none.
  const expected = seen.get('stay < go') ?? 0;
  assert.equal(expected + (seen.get('') ?? 0), 300, JSON.stringify([...seen]));
  assert.ok(expected > 150);
  runtime.dispose();
});
