import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { after, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import vm from 'node:vm';
import { Worker } from 'node:worker_threads';
import { withoutLlvm } from '../../llvm-jit/library.fixture.js';
import { wat } from '../modules.fixture.js';
import type { Func } from '../objects/func.js';
import { Runtime } from '../runtime.js';
import type { Tier } from '../tiers/tier.js';
import { type EndlessTask, type EndlessWork, State } from './terminating.fixture.js';
import { withTimeout } from './timeout.js';

/** Functions that call each other once, so that there is always one to be compiled. */
const chain = Array.from(
  { length: 40 },
  (_, k) =>
    `(func $chain${k} (param i32) (result i32) (i32.add (local.get 0) (call $chain${k + 1} (i32.const ${k}))))`,
).join('\n');

const module = wat(`(module
  (import "host" "begin" (func $begin))
  (import "host" "cheap" (func $cheap))
  (import "host" "back" (func $back))
  (import "host" "wait" (func $wait))
  (memory 1 1000)
  (func (export "spin") (call $begin) (loop (br 0)))
  (func (export "fill") (drop (memory.grow (i32.const 900)))
    (call $begin)
    (loop (memory.fill (i32.const 0) (i32.const 1) (i32.const 50000000)) (br 0)))
  (func $deep (param i32) (result i32)
    (if (i32.eqz (local.get 0)) (then (call $begin) (loop (br 0))))
    (i32.add (call $deep (i32.sub (local.get 0) (i32.const 1))) (i32.const 1)))
  (func (export "deep") (result i32) (call $deep (i32.const 500)))
  (func (export "calls") (call $begin) (loop (call $cheap) (br 0)))
  (func (export "nested") (loop (call $back) (br 0)))
  (func (export "waits") (call $begin) (loop (call $wait) (br 0)))
  ${chain}
  (func $chain40 (param i32) (result i32) (local.get 0))
  (func (export "once") (result i32) (call $begin) (call $chain0 (i32.const 1)))
  (func (export "seven") (result i32) (i32.const 7)))`);

interface Endless {
  readonly worker: Worker;
  readonly state: Int32Array;
}

/** Starts a worker that runs for ever; returns when it does. */
async function startEndless(tier: Tier, work: EndlessWork): Promise<Endless> {
  const state = new Int32Array(new SharedArrayBuffer(64));
  const workerData: EndlessTask = { tier, work, module, state: state.buffer as SharedArrayBuffer };
  const worker = new Worker(new URL('./termination.fixture.js', import.meta.url), {
    execArgv: [],
    workerData,
  });
  worker.on('error', (error) => assert.fail(error));
  while (Atomics.load(state, State.begun) === 0) await sleep(1);
  return { worker, state };
}

const works: readonly EndlessWork[] = [
  'spin',
  'fill',
  'deep',
  'calls',
  'nested',
  'waits',
  'limited',
  'firstCalls',
];
const tiers: readonly Tier[] = ['interp', 'fast', 'llvm', 'multi'];

for (const tier of tiers) {
  const skip = tier === 'llvm' || tier === 'multi' ? withoutLlvm() : false;

  describe(`what runs for ever in a worker can be terminated: ${tier}`, { skip }, () => {
    for (const work of works) {
      test(work, async () => {
        const { worker, state } = await startEndless(tier, work);
        assert.equal(await worker.terminate(), 1);
        assert.equal(state[State.wentOn], 0);
      });
    }

    test('several at once, at any moment', async () => {
      let random = 1;
      const one = async (work: EndlessWork): Promise<void> => {
        const { worker, state } = await startEndless(tier, work);
        random = (Math.imul(random, 1103515245) + 12345) >>> 0;
        await sleep((random / 2 ** 32) * 50);
        assert.equal(await worker.terminate(), 1);
        assert.equal(state[State.wentOn], 0);
      };
      for (let round = 0; round < 2; round++) {
        await Promise.all((['firstCalls', 'deep', 'firstCalls', 'nested', 'firstCalls'] as const).map(one));
      }
    });
  });

  test(`a worker tells its heap while its wasm code runs, which then goes on: ${tier}`, {
    skip,
  }, async () => {
    const { worker, state } = await startEndless(tier, 'spin');
    const snapshot = await worker.getHeapSnapshot();
    snapshot.resume();
    await once(snapshot, 'end');
    assert.equal(state[State.wentOn], 0);
    assert.equal(await worker.terminate(), 1);
  });

  describe(`the timeout of node:vm ends wasm code, and the instance goes on: ${tier}`, { skip }, () => {
    let made: Runtime | undefined;
    const runtime = (): Runtime => {
      made ??= new Runtime({ tier, tuning: { warmUp: 0 } });
      return made;
    };
    after(() => {
      // It does not take the code for running.
      made?.dispose();
    });
    const cases: Readonly<Record<string, (functions: Readonly<Record<string, Func>>) => void>> = {
      'a loop': ({ spin }) => void spin(),
      'a loop deep in recursion': ({ deep }) => void deep(),
      'calls of JavaScript': ({ calls }) => void calls(),
      'calls of wasm code from JavaScript from wasm code': ({ nested }) => void nested(),
      'a loop that has a limit': ({ spin }) => withTimeout(2 ** 40, () => void spin()),
      'loops within a limit that is over': ({ spin }) =>
        withTimeout(1, () => {
          for (;;) {
            try {
              spin();
            } catch {
              // Once more.
            }
          }
        }),
      'a loop of an asynchronous function that has a limit': ({ spin }) =>
        void withTimeout(2 ** 40, async () => spin()),
    };
    for (const [name, work] of Object.entries(cases)) {
      test(name, async () => {
        let depth = 0;
        let went = '';
        const functions: Record<string, Func> = runtime().instantiate(runtime().compile(module), {
          host: {
            begin: () => {},
            cheap: () => {},
            wait: () => {},
            back: () => {
              try {
                functions[depth++ < 5 ? 'nested' : 'spin']();
              } catch {
                went = 'catch';
              } finally {
                went += 'finally';
              }
            },
          },
        }).exports as Record<string, Func>;
        // The interpreter's stack has no room for 70 of the deep ones that have ended without being undone.
        const rounds = tier === 'interp' && name.includes('recursion') ? 70 : 3;
        for (let round = 0; round < rounds; round++) {
          depth = 0;
          assert.throws(() => vm.runInNewContext('work()', { work: () => work(functions) }, { timeout: 5 }), {
            code: 'ERR_SCRIPT_EXECUTION_TIMEOUT',
          });
          await null;
          assert.equal(functions['seven'](), 7);
          assert.equal(
            withTimeout(2 ** 40, () => functions['seven']()),
            7,
          );
        }
        assert.equal(went, '');
      });
    }
  });

  for (const [end, status] of [
    ['process.exit(3)', 3],
    ['process.exitCode = 4; for (const worker of workers) worker.unref()', 4],
  ] as const) {
    test(`a process ends while workers run wasm code: ${tier}, ${end}`, { skip }, () => {
      const script = `
        import { Worker } from 'node:worker_threads';
        const bytes = new Uint8Array([${module}]);
        const url = new URL(${JSON.stringify(new URL('./termination.fixture.js', import.meta.url).href)});
        const workers = ['spin', 'nested', 'firstCalls'].map((work) => {
          const state = new SharedArrayBuffer(64);
          const workerData = { tier: '${tier}', work, module: bytes, state };
          return Object.assign(new Worker(url, { execArgv: [], workerData }), { words: new Int32Array(state) });
        });
        const timer = setInterval(() => {
          if (!workers.every(({ words }) => Atomics.load(words, 0))) return;
          clearInterval(timer);
          ${end};
        }, 1);
      `;
      const result = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' });
      assert.deepEqual([result.status, result.signal, result.stderr], [status, null, '']);
    });
  }
}
