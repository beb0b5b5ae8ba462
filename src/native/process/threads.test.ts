import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { getPriority } from 'node:os';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { isMainThread, isThreadAlive, threadId } from './threads.js';

const threads = JSON.stringify(new URL('./threads.js', import.meta.url).href);

/** Runs a script in a worker, where `threads` is the module: the worker, and its first message. */
async function start(script: string): Promise<[Worker, unknown]> {
  const worker = new Worker(
    `const { parentPort, workerData } = require('node:worker_threads');
     import(${threads}).then((threads) => { ${script} });`,
    { eval: true },
  );
  const [message] = await once(worker, 'message');
  return [worker, message];
}

test('the main thread is the one with the id of the process', () => {
  assert.equal(isMainThread(), true);
  assert.equal(threadId(), process.pid);
});

test('a thread lives until it has ended', async () => {
  assert.equal(isThreadAlive(threadId()), true);
  const [worker, id] = await start(
    'parentPort.postMessage(threads.threadId()); parentPort.on("message", () => {});',
  );
  assert.ok(typeof id === 'number' && id > 0 && id !== process.pid);
  assert.equal(isThreadAlive(id), true);
  await worker.terminate();
  assert.equal(isThreadAlive(id), false);
});

test('a lower priority is that of the calling thread alone', async () => {
  const before = getPriority();
  const [worker, [id, main]] = (await start(`
    threads.lowerPriority(15);
    parentPort.postMessage([threads.threadId(), threads.isMainThread()]);
    parentPort.on('message', () => {});
  `)) as [Worker, [number, boolean]];
  assert.equal(main, false);
  assert.equal(getPriority(id), 15);
  assert.equal(getPriority(process.pid), before);
  await worker.terminate();
});

test('a priority that is not allowed is no error', () => {
  const script = `
    import { getPriority } from 'node:os';
    import { lowerPriority } from ${threads};
    if (process.getuid() === 0) process.setuid(65534);
    const before = getPriority();
    lowerPriority(before - 5);
    console.log(getPriority() - before);
  `;
  const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' });
  assert.equal(stdout, '0\n');
});
