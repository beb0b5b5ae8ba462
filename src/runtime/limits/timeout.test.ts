import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import vm from 'node:vm';
import { Worker } from 'node:worker_threads';
import { WebAssembly } from '../../api/web-assembly.js';
import { Trap } from '../../code/traps.js';
import { withoutLlvm } from '../../llvm-jit/library.fixture.js';
import type { Imports } from '../instances/linking.js';
import { wat } from '../modules.fixture.js';
import { Func } from '../objects/func.js';
import { Runtime } from '../runtime.js';
import type { RuntimeOptions } from '../runtime-options.js';
import { TrapError } from '../traps/trap-error.js';
import { withTimeout } from './timeout.js';

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

function thrown(work: () => unknown): unknown {
  try {
    work();
  } catch (error) {
    return error;
  }
  return assert.fail('nothing was thrown');
}

/**
 * Interrupts work after longer and longer times, from some milliseconds on, until it had come as far as it
 * should: a busy machine may take long for the way there.
 */
function interruptedAt(
  milliseconds: number,
  work: () => unknown,
  isThere: (error: TrapError) => boolean,
): TrapError {
  for (let limit = milliseconds; ; limit *= 2) {
    const error = interruption(() => withTimeout(limit, work));
    if (isThere(error)) return error;
  }
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
        const goesOn = (): void => {
          assert.equal(exports['seven'](), 7);
          assert.equal(exports['fib'](12), 144);
        };
        // At 0 it does not even begin.
        for (const limit of [0, 1]) {
          const start = performance.now();
          interruption(() => withTimeout(limit, () => exports[what]()));
          assert(performance.now() - start >= limit);
          goesOn();
        }
        const depth = what === 'deep' ? 60 : 1;
        const { frames } = interruptedAt(
          60,
          () => exports[what](),
          ({ frames }) => frames.length >= depth,
        );
        assert.equal(frames.at(-1)?.functionName, what);
        goesOn();
      });
    }

    test('does not touch what ends in time', () => {
      const { count, seven } = functions(runtime());
      assert.equal(
        withTimeout(60_000, () => count(1000)),
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
      assert.equal(seven(), 7);
    });

    test('passes through JavaScript between two calls, which can clean up', () => {
      let steps: string[] = [];
      const inner = functions(runtime());
      const outer = functions(runtime(), () => {
        steps.push('in');
        try {
          inner['spin']();
        } finally {
          // Nothing of wasm is entered any more.
          interruption(() => inner['seven']());
          steps.push('finally');
        }
      });
      const work = (): void => {
        steps = [];
        outer['out']();
      };
      interruptedAt(30, work, ({ frames }) => frames[0]?.functionName === 'spin');
      assert.deepEqual(steps, ['in', 'finally']);
      assert.equal(inner['seven'](), 7);
    });

    test('ends code also where JavaScript in between keeps the error to itself', () => {
      const inner = functions(runtime());
      let isInside = false;
      const outer = functions(runtime(), () => {
        const { frames } = interruption(() => inner['spin']());
        isInside = frames.length > 0;
      });
      const work = (): void => {
        isInside = false;
        outer['out']();
      };
      const { frames } = interruptedAt(30, work, () => isInside);
      assert.equal(frames.length, 1);
    });

    test('within another one is over for itself; the earlier one counts', () => {
      const { spin, seven } = functions(runtime());
      withTimeout(60_000, () => {
        interruption(() => withTimeout(20, () => spin()));
        assert.equal(seven(), 7);
        assert.equal(
          withTimeout(60_000, () => seven()),
          7,
        );
      });
      let reached = false;
      interruption(() =>
        withTimeout(20, () => {
          interruption(() => withTimeout(60_000, () => spin()));
          reached = true;
          seven();
        }),
      );
      assert(reached);
      assert.equal(seven(), 7);
    });

    test('that is a signal ends code when a function of the host aborts it, by the reason', () => {
      const controller = new AbortController();
      const reason = new Error('the user is gone');
      const { out, seven } = functions(runtime(), () => controller.abort(reason));
      const { nested } = runtime().instantiate(
        runtime().compile(
          wat(
            '(module (import "host" "out" (func $out)) (func (export "nested") (loop (call $out) (br 0))))',
          ),
        ),
        { host: { out } },
      ).exports as Record<string, Func>;
      let refused: unknown;
      const run = (): void => {
        try {
          nested();
        } finally {
          try {
            seven();
          } catch (error) {
            refused = error;
          }
        }
      };
      assert.equal(
        thrown(() => withTimeout(controller.signal, run)),
        reason,
      );
      assert.equal(refused, reason);
      assert.equal(seven(), 7);
      // It is not even tried a second time.
      const never = (): void => assert.fail('called');
      assert.equal(
        thrown(() => withTimeout(controller.signal, never)),
        reason,
      );
      assert.equal(
        thrown(() => withTimeout({ milliseconds: 1e6, signal: controller.signal }, never)),
        reason,
      );
    });

    test('stays for asynchronous work, and is its alone', async () => {
      const { spin, seven } = functions(runtime());
      const steps: unknown[] = [];
      const limited = withTimeout(100, async () => {
        assert.equal(seven(), 7);
        await sleep(1);
        interruption(() => spin());
        interruption(() => seven());
        await sleep(1);
        steps.push('cleaned up');
        seven();
      });
      const other = withTimeout(1e6, async () => {
        for (let k = 0; k < 20; k++) {
          await sleep(k % 2);
          assert.equal(seven(), 7);
        }
        return 'other';
      });
      const [first, second] = await Promise.allSettled([limited, other]);
      assert(first.status === 'rejected');
      interruption(() => {
        throw first.reason;
      });
      assert.deepEqual(steps, ['cleaned up']);
      assert.deepEqual(second, { status: 'fulfilled', value: 'other' });
      assert.equal(seven(), 7);
    });

    test('counts while code runs: many short calls reach it', async () => {
      const { count } = functions(runtime());
      const work = async (): Promise<never> => {
        for (;;) {
          count(10_000);
          await null;
        }
      };
      const error = await withTimeout(50, work).catch((error: unknown) => error);
      interruption(() => {
        throw error;
      });
    });

    test('within another one of asynchronous work: both count', async () => {
      const { spin, seven } = functions(runtime());
      await withTimeout(1e6, async () => {
        await assert.rejects(
          withTimeout(20, async () => {
            await null;
            spin();
          }),
          { trap: Trap.interrupted },
        );
        assert.equal(seven(), 7);
      });
      let wentOn = false;
      await assert.rejects(
        withTimeout(20, async () => {
          await withTimeout(1e6, async () => {
            await null;
            interruption(() => spin());
          });
          wentOn = true;
          await null;
          seven();
        }),
        { trap: Trap.interrupted },
      );
      assert(wentOn);
    });

    test('that is a signal rejects at once, and the work may call no more', async () => {
      const { seven } = functions(runtime());
      const controller = new AbortController();
      const reason = { why: 'no more' };
      let refused: Promise<unknown> | undefined;
      const limited = withTimeout({ milliseconds: 1e6, signal: controller.signal }, () => {
        refused = (async () => {
          seven();
          await once(controller.signal, 'abort');
          return thrown(() => seven());
        })();
        return refused;
      });
      setImmediate(() => controller.abort(reason));
      assert.equal(await limited.catch((error: unknown) => error), reason);
      assert.equal(seven(), 7);
      assert.equal(await refused, reason);
    });

    test('that ends at any moment leaves everything in order', () => {
      let random = 1;
      const { count, cheap, fib, seven, load } = functions(runtime());
      for (let round = 0; round < 300; round++) {
        random = (Math.imul(random, 1103515245) + 12345) >>> 0;
        const work = [() => count(1e9), () => cheap(), () => fib(45), () => load()][round % 4];
        interruption(() => withTimeout(random / 2 ** 32, work));
        assert.equal(seven(), 7);
      }
      // What comes after a limit is not hit by it.
      for (let round = 0; round < 300; round++) {
        try {
          withTimeout(0.02, () => count(1));
        } catch (error) {
          assert(error instanceof TrapError && error.trap === Trap.interrupted);
        }
        assert.equal(count(2000), 2000n);
      }
    });
  });
}

test('a time limit counts for all runtimes of the thread, and for code that first calls are made of', () => {
  const [a, b] = [new Runtime({ tier: 'fast' }), new Runtime({ tier: 'interp' })];
  const inner = functions(a);
  const outer = functions(b, () => inner['spin']());
  interruption(() => withTimeout(20, () => outer['out']()));
  // A runtime that has its first machine code only after the limit has begun.
  interruption(() =>
    withTimeout(50, () => {
      const c = new Runtime({ tier: 'fast' });
      functions(c)['spin']();
    }),
  );
  assert.equal(inner['seven'](), 7);
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

test('what is no limit is refused, with what it is and what is expected', () => {
  const work = (): void => assert.fail('called');
  const refusal = (limit: unknown): string => {
    const error = thrown(() => withTimeout(limit as number, work));
    assert(error instanceof TypeError || error instanceof RangeError);
    return `${error.name}: ${error.message}`;
  };
  const expected =
    'a number of milliseconds, an AbortSignal, or an object { milliseconds, signal } with one of them at least';
  const first = `TypeError: withTimeout: the first argument must be ${expected}, not`;
  assert.equal(refusal('5'), `${first} "5"`);
  assert.equal(refusal(undefined), `${first} undefined`);
  assert.equal(refusal(null), `${first} null`);
  assert.equal(refusal(5n), `${first} 5n`);
  assert.equal(refusal([5]), `${first} an array`);
  assert.equal(
    refusal(() => 5),
    `${first} a function`,
  );
  assert.equal(refusal({}), `TypeError: withTimeout: the first argument must be ${expected}: it has neither`);
  assert.equal(refusal({ ms: 5 }), 'TypeError: withTimeout: the first argument: there is no option ms');
  assert.equal(
    refusal({ milliseconds: '5' }),
    'TypeError: withTimeout: the first argument.milliseconds must be a number of milliseconds, from 0 to 2147483648000, not "5"',
  );
  assert.equal(
    refusal({ milliseconds: 5, signal: true }),
    'TypeError: withTimeout: the first argument.signal must be an AbortSignal, not true',
  );
  assert.match(
    refusal({ milliseconds: -1 }),
    /^RangeError: withTimeout: the first argument.milliseconds must be .* not -1$/,
  );
  assert.throws(() => withTimeout(5, 7 as never), {
    name: 'TypeError',
    message: 'withTimeout: the second argument must be a function, not 7',
  });
});

test('a promise is waited for without limit, and so is what goes on behind it', async () => {
  const { seven } = functions(new Runtime({ tier: 'fast' }));
  const milliseconds = 300;
  const waited = withTimeout(milliseconds, async () => {
    await sleep(milliseconds + 50);
    return 'waited';
  });
  assert.equal(await waited, 'waited');
  let open = (): void => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  let later: Promise<unknown> | undefined;
  await withTimeout(0, async () => {
    later = opened.then(() => seven());
    interruption(() => seven());
  });
  open();
  assert.equal(await later, 7);
  const foreign = vm.runInNewContext('Promise.resolve("of another realm")') as Promise<string>;
  assert.equal(await withTimeout(1e6, () => foreign), 'of another realm');
  await assert.rejects(
    withTimeout(1e6, () => Promise.reject(new Error('own'))),
    /own/,
  );
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
      try { withTimeout(5, () => spin()); } catch (error) { messages.push(error.message); }
      messages.push(seven());
    }
    parentPort.postMessage(messages);
    if (workerData.stays) withTimeout(1, () => { for (;;); });
  });
`;

test('threads have limits of their own', async () => {
  const { spin, seven } = functions(new Runtime({ tier: 'fast' }));
  const start = (stays: boolean): Promise<unknown> =>
    new Promise((resolve, reject) => {
      const [runtime, timeout] = ['../runtime.js', './timeout.js'].map(
        (file) => new URL(file, import.meta.url).href,
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
    interruption(() => withTimeout(5, () => spin()));
    assert.equal(seven(), 7);
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
  const interrupted = (milliseconds: number): string =>
    interruption(() => withTimeout(milliseconds, () => go()))
      .frames.map(({ functionName }) => functionName)
      .join(' < ');
  // Until all is compiled.
  while (interrupted(10) !== 'stay < go');
  // Some of these are between the call and the first instruction that makes a frame. Where the time is over
  // before the call, there are none.
  let rounds = 0;
  for (; rounds < 300 || (seen.get('stay < go') ?? 0) < 150; rounds++) {
    const names = interrupted(1 + (rounds % 7) / 10);
    seen.set(names, (seen.get(names) ?? 0) + 1);
  }
  const expected = seen.get('stay < go') ?? 0;
  assert.equal(expected + (seen.get('') ?? 0), rounds, JSON.stringify([...seen]));
  runtime.dispose();
});
