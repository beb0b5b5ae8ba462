import { Worker } from 'node:worker_threads';
import { randomModule } from '../fast-jit/random-module.fixture.js';
import type { End, EndingWorkerData } from './ending-worker.fixture.js';

/**
 * A process that starts workers, which end while their backend threads start, compile, or have nothing to do.
 * Its arguments: how they end, and after how many milliseconds each.
 */
const [end, ...moments] = process.argv.slice(2);
const bytes = randomModule(7, 24);
const codes: Record<End, number> = { return: 0, exit: 3, exception: 1, terminate: 1 };

for (const moment of moments.map(Number)) {
  const isTerminated = end === 'terminate';
  const after = isTerminated ? Number.POSITIVE_INFINITY : moment;
  const workerData: EndingWorkerData = { bytes, end: end as End, after };
  const worker = new Worker(new URL('./ending-worker.fixture.js', import.meta.url), { workerData });
  // An exception is one of the ways to end.
  worker.on('error', () => {});
  const exit = new Promise<number>((resolve) => worker.once('exit', resolve));
  await new Promise((resolve) => worker.once('message', resolve));
  if (isTerminated) {
    await new Promise((resolve) => setTimeout(resolve, moment));
    await worker.terminate();
  }
  const code = await exit;
  if (code !== codes[end as End]) throw new Error(`a worker ended with ${code}`);
}
console.log('done');
