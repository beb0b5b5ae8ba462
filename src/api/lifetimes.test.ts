import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const fixture = fileURLToPath(new URL('lifetimes.fixture.js', import.meta.url));

for (const tier of ['interp', 'fast']) {
  test(`what nobody can reach is collected, and nothing else: ${tier}`, () => {
    const { stdout, stderr, status } = spawnSync(process.execPath, ['--expose-gc', fixture, tier], {
      encoding: 'utf8',
    });
    assert.equal(stderr, '');
    assert.equal(stdout, 'done\n');
    assert.equal(status, 0);
  });
}
