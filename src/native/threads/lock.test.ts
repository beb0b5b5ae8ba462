import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import type { LockWork } from './lock.fixture.js';
import { Lock } from './lock.js';
import { whereNothingCanBeWatched } from './unwound.fixture.js';

const words = (): Int32Array => new Int32Array(new SharedArrayBuffer(64));

async function start(work: LockWork): Promise<Worker> {
  const worker = new Worker(new URL('./lock.fixture.js', import.meta.url), { workerData: work });
  await once(worker, 'message');
  return worker;
}

test('hold returns what the work returns, and releases when it throws', () => {
  const shared = words();
  const lock = new Lock(shared, 3);
  assert.equal(
    lock.hold(() => {
      assert.notEqual(shared[3], 0);
      return 7;
    }),
    7,
  );
  const error = new Error('at work');
  assert.throws(
    () =>
      lock.hold(() => {
        throw error;
      }),
    error,
  );
  assert.deepEqual([...shared], Array(16).fill(0));
  assert.equal(
    lock.hold(() => 8),
    8,
  );
});

test('a thread cannot take a lock twice', () => {
  const shared = words();
  const lock = new Lock(shared, 0);
  const again = new Lock(shared, 0);
  lock.hold(() => assert.throws(() => again.hold(() => {}), /already/));
  again.hold(() => {});
});

test('a lock is free where there is no room on the stack to hold it', async () => {
  const shared = words();
  const lock = new Lock(shared, 0);
  await whereNothingCanBeWatched(() => assert.throws(() => lock.hold(() => {}), RangeError));
  assert.equal(shared[0], 0);
});

test('threads that contend exclude each other', async () => {
  const shared = words();
  const rounds = 50_000;
  const workers = await Promise.all([1, 2, 3].map(() => start({ words: shared, task: 'count', rounds })));
  const exits = workers.map((worker) => once(worker, 'exit'));
  const lock = new Lock(shared, 0);
  // The go-ahead for all.
  Atomics.store(shared, 1, 1);
  Atomics.notify(shared, 1);
  // Plain additions: they get lost where two threads are inside.
  for (let count = 0; count < rounds; count++) lock.hold(() => shared[2]++);
  for (const [status] of await Promise.all(exits)) assert.equal(status, 0);
  assert.equal(shared[2], 4 * rounds);
  assert.equal(shared[0], 0);
});

test('who waits gets the lock when it is released', async () => {
  const shared = words();
  const worker = await start({ words: shared, task: 'pause', rounds: 1 });
  const exit = once(worker, 'exit');
  assert.notEqual(shared[0], 0);
  const before = performance.now();
  Atomics.store(shared, 1, 1);
  Atomics.notify(shared, 1);
  new Lock(shared, 0).hold(() => assert.equal(shared[2], 1));
  assert.ok(performance.now() - before >= 90);
  await exit;
});

test('the lock of a thread that was terminated goes to who wants it', async () => {
  const shared = words();
  const worker = await start({ words: shared, task: 'stay', rounds: 1 });
  const waiting = await start({ words: shared, task: 'count', rounds: 1 });
  const exit = once(waiting, 'exit');
  Atomics.store(shared, 1, 1);
  Atomics.notify(shared, 1);
  while (!(Atomics.load(shared, 0) & 1)) await new Promise((resolve) => setImmediate(resolve));
  // The thread ends while this one is blocked in the lock already.
  const end = worker.terminate();
  new Lock(shared, 0).hold(() => shared[2]++);
  await Promise.all([end, exit]);
  assert.equal(shared[2], 2);
  assert.equal(shared[0], 0);
});
