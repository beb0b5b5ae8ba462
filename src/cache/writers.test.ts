import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync, utimesSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { CacheStore } from './cache-store.js';
import { isWhole, type WriterData } from './writers.fixture.js';

const folder = mkdtempSync(join(tmpdir(), 'upshift-writers-'));
after(() => rmSync(folder, { recursive: true }));

const program = new URL('./writers.fixture.js', import.meta.url);
const rounds = 20;

interface End {
  readonly status: number | null;
  readonly signal: string | null;
  readonly errors: string;
}

async function runWriter(data: WriterData): Promise<End> {
  const child = spawn(process.execPath, [fileURLToPath(program)], {
    env: { ...process.env, UPSHIFT_WRITER_DATA: JSON.stringify(data) },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (part: string) => {
    errors += part;
  });
  const [status, signal] = await once(child, 'close');
  return { status, signal, errors };
}

/** Asserts that all entries are whole, and that a later cleaning leaves nothing else. */
function assertWhole(store: CacheStore, unfinished: number): void {
  const kept = store.entries();
  assert(kept.length > 0);
  for (const { kind, name } of kept) {
    const entry = store.read(kind, name);
    assert(entry !== undefined && isWhole(entry), name);
  }
  const place = join(store.folder, 'code');
  const others = readdirSync(place).filter((name) => name.endsWith('.tmp'));
  assert.equal(others.length, unfinished);
  for (const name of others) utimesSync(join(place, name), 1e9, 1e9);
  store.clean();
  assert.deepEqual(readdirSync(place).sort(), kept.map(({ name }) => name).sort());
}

for (const [what, maxBytes] of [
  ['with space for all', 2 ** 30],
  ['where entries are removed all the time', 2 ** 20],
] as const) {
  test(`32 processes read and write the same entries, and 8 are killed while they write, ${what}`, async () => {
    const place = join(folder, `${maxBytes}`);
    const writers = Array.from({ length: 32 }, (_, seed) => ({
      folder: place,
      maxBytes,
      seed,
      rounds,
      isKilled: seed % 4 === 1,
    }));
    const ends = await Promise.all(writers.map(runWriter));
    for (const [k, end] of ends.entries()) {
      const expected = writers[k].isKilled
        ? { status: null, signal: 'SIGKILL' }
        : { status: 0, signal: null };
      assert.deepEqual(end, { ...expected, errors: '' });
    }
    assertWhole(new CacheStore(place, 2 ** 30), 8);
  });
}

test('threads of a process read and write the same entries', async () => {
  const place = join(folder, 'threads');
  const workers = Array.from({ length: 4 }, (_, seed) => {
    const workerData: WriterData = { folder: place, maxBytes: 2 ** 30, seed, rounds, isKilled: false };
    return new Worker(program, { workerData });
  });
  await Promise.all(workers.map((worker) => once(worker, 'message')));
  await Promise.all(workers.map((worker) => worker.terminate()));
  assertWhole(new CacheStore(place, 2 ** 30), 0);
});
