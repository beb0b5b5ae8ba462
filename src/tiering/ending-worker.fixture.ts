import { parentPort, workerData } from 'node:worker_threads';
import { randomModuleArguments } from '../fast-jit/random-module.fixture.js';
import type { Func } from '../runtime/objects/func.js';
import { Runtime } from '../runtime/runtime.js';

/**
 * How a worker ends: by itself, by `process.exit`, by an exception, or by `worker.terminate()` from outside.
 */
export type End = 'return' | 'exit' | 'exception' | 'terminate';

export interface EndingWorkerData {
  readonly bytes: Uint8Array;
  readonly end: End;
  /** Milliseconds after which it ends. */
  readonly after: number;
}

/**
 * A worker that calls functions which get hot at once, so that its backend threads have something to do when
 * it ends.
 */
const { bytes, end, after } = workerData as EndingWorkerData;
const runtime = new Runtime({
  tier: 'multi',
  llvm: { threads: 2 },
  tuning: { warmUp: 0, heatThreshold: 5 },
});
const { exports } = runtime.instantiate(runtime.compile(bytes));
const functions = Object.values(exports) as Func[];
// Not while modules are evaluated: V8 (of Node 26) ends the process where that is terminated in one with
// `await`. So the message that lets others terminate this worker waits for the end of that too.
setImmediate(() => {
  parentPort?.postMessage('started');
  for (const stop = performance.now() + after; performance.now() < stop; ) {
    for (const callee of functions) callee(...randomModuleArguments[0]);
  }
  if (end === 'exit') process.exit(3);
  if (end === 'exception') throw new Error('the end of the worker');
});
