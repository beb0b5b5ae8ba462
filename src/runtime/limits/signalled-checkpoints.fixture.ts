import { Worker } from 'node:worker_threads';
import { makeCheckpoint } from '../../native/interrupts/checkpoints.js';
import { ThreadTimer, TimerClock } from '../../native/interrupts/thread-timer.js';
import { processBlock } from '../../native/process/process-block.js';
import { wat } from '../modules.fixture.js';
import type { Func } from '../objects/func.js';
import { Runtime } from '../runtime.js';

/**
 * A program that runs wasm code, with checkpoints as often as possible, while another thread sends signals
 * without a pause: a signal may come at each instruction of a checkpoint's handler. Prints whether the result
 * is right.
 */

const checkpoints = 1500;
const turns = 30_000;

const bytes = wat(`(module (func (export "sum") (param i32) (result i32) (local i32)
  (loop (local.set 1 (i32.add (local.get 1) (local.get 0)))
    (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
  (local.get 1)))`);

const runtime = new Runtime({ tier: 'fast' });
const sum = runtime.instantiate(runtime.compile(bytes)).exports['sum'] as Func;
const expected = sum(turns);

process.on('SIGUSR2', () => {});
const stopped = new Int32Array(new SharedArrayBuffer(4));
const sender = new Worker(
  `const stopped = require('node:worker_threads').workerData;
  require('node:worker_threads').parentPort.postMessage('');
  while (Atomics.load(stopped, 0) === 0) process.kill(process.pid, 'SIGUSR2');`,
  { eval: true, execArgv: [], workerData: stopped },
);

sender.once('message', () => {
  let count = 0;
  let isRight = true;
  const timer: ThreadTimer = new ThreadTimer({
    clock: TimerClock.monotonic,
    handler: processBlock().checkpointHandler,
    value: makeCheckpoint(() => {
      count++;
    }),
    repetition: 0.1,
    restartsCalls: true,
    blocksSignals: true,
    isOwned: true,
  });
  timer.start(0.1);
  while (count < checkpoints) isRight &&= sum(turns) === expected;
  timer.stop();
  timer.dispose();
  Atomics.store(stopped, 0, 1);
  console.log(isRight);
  sender.once('exit', () => process.exit());
});
