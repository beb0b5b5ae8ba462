import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { wat } from './modules.fixture.js';
import type { Func } from './objects/func.js';
import { Runtime } from './runtime.js';
import { TrapError } from './traps/trap-error.js';

const bytes = wat(`(module (memory 1)
  (func $fib (export "fib") (param i32) (result i32)
    (if (result i32) (i32.lt_u (local.get 0) (i32.const 2)) (then (local.get 0))
      (else (i32.add (call $fib (i32.sub (local.get 0) (i32.const 1))) (call $fib (i32.sub (local.get 0) (i32.const 2)))))))
  (func (export "load") (param i32) (result i32) (i32.load (local.get 0)))
  (func $deep (export "deep") (param i32) (result i32) (i32.add (call $deep (local.get 0)) (i32.const 1))))`);

const worker = `
  const { parentPort, workerData } = require('node:worker_threads');
  import(workerData.url).then(({ Runtime }) => {
    const runtime = new Runtime();
    const { fib, load, deep } = runtime.instantiate(runtime.compile(workerData.bytes)).exports;
    const messages = [];
    for (let k = 0; k < workerData.rounds; k++) {
      try { load(-1); } catch (error) { messages[0] = error.message; }
      if (k % 50 === 0) try { deep(0); } catch (error) { messages[1] = error.message; }
    }
    parentPort.postMessage([fib(20), ...messages]);
    if (workerData.dispose) runtime.dispose();
  });
`;

function start(data: { readonly rounds: number; readonly dispose: boolean }): Promise<unknown> {
  const url = new URL('./runtime.js', import.meta.url).href;
  return new Promise((resolve, reject) => {
    const thread = new Worker(worker, { eval: true, workerData: { url, bytes, ...data } });
    let message: unknown;
    thread.on('message', (value) => {
      message = value;
    });
    thread.on('error', reject);
    thread.on('exit', () => resolve(message));
  });
}

test('several threads run and trap at once, and leave the others alone when they end', async () => {
  const runtime = new Runtime();
  const { fib, load } = runtime.instantiate(runtime.compile(bytes)).exports as Record<string, Func>;
  const expected = [6765, 'out of bounds memory access', 'call stack exhausted'];
  for (let round = 0; round < 3; round++) {
    const threads = [1, 2, 3].map((k) => start({ rounds: 300, dispose: k !== 2 }));
    for (let k = 0; k < 300; k++) assert.throws(() => load(65536), TrapError);
    for (const thread of threads) assert.deepEqual(await thread, expected);
    assert.equal(fib(15), 610);
    assert.throws(() => load(-4), TrapError);
  }
  runtime.dispose();
});
