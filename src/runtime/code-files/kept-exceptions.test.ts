import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { withoutLlvm } from '../../llvm-jit/library.fixture.js';
import type { KeptRun } from './kept-exceptions.fixture.js';

const folder = mkdtempSync(join(tmpdir(), 'upshift-kept-exceptions-'));
after(() => rmSync(folder, { recursive: true }));
const script = fileURLToPath(new URL('kept-exceptions.fixture.js', import.meta.url));

function run(cache: string, tier: string): KeptRun {
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, cache, tier], { encoding: 'utf8' });
  assert.deepEqual({ status, stderr }, { status: 0, stderr: '' });
  return JSON.parse(stdout) as KeptRun;
}

const { results } = run(join(folder, 'interp'), 'interp');
/** All functions of the program. */
const all = [1, 2, 3, 4, 5];

for (const [tier, compiler] of [
  ['fast', 'fast'],
  ['llvm', 'llvm'],
  ['multi', 'fast'],
] as const) {
  test(`a process catches exceptions in code that an earlier one has kept, tier ${tier}`, {
    skip: tier === 'llvm' && withoutLlvm(),
  }, () => {
    const cache = join(folder, tier);
    assert.deepEqual(run(cache, tier).results, results);
    const second = run(cache, tier);
    assert.deepEqual([second.compiled, second.found[compiler].toSorted()], [[], all]);
    assert.deepEqual(second.results, results);
  });
}
