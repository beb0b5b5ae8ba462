import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { Lane } from './pool.js';
import { generatedCase } from './subjects.js';

const folder = mkdtempSync(join(tmpdir(), 'upshift-fuzz-test-'));
const lane = new Lane(folder, 0);
after(() => {
  lane.end();
  rmSync(folder, { recursive: true });
});

const run = { kind: 'run', subject: generatedCase(1), seed: 1, detailed: false } as const;

test('a case runs in a process of its own', async () => {
  const reply = await lane.run({ ...run, configurations: ['fast', 'fast-checked'] });
  assert.deepEqual(reply.problems, []);
  assert.ok(reply.executions > 10);
  assert.ok(reply.endings['returned'] > 1);
});

test('a process that ends is a problem of the configuration that ran, and others go on', async () => {
  // An unknown name ends the process.
  const reply = await lane.run({ ...run, configurations: ['fast', 'no such configuration'] });
  assert.equal(reply.problems.length, 1);
  assert.equal(reply.problems[0].difference.aspect, 'engine');
  assert.equal(reply.problems[0].difference.found, 'the process ended with status 1');
  assert.equal(reply.problems[0].configuration, 'v8', 'which comes first');
  const next = await lane.run({ ...run, configurations: ['fast'] });
  assert.deepEqual(next.problems, []);
});
