import assert from 'node:assert/strict';
import { basename } from 'node:path';
import { test } from 'node:test';
import { goldenFiles, goldenText } from './golden.js';

for (const path of goldenFiles()) {
  test(`${basename(path)} holds what the Fast JIT makes of it`, async () => {
    const { actual, expected } = await goldenText(path);
    assert.equal(actual, expected, 'if the change is wanted: npm run bless, and read the difference');
  });
}
