import assert from 'node:assert/strict';
import { test } from 'node:test';
import { execEnv, guardSize, largestUncheckedFrame, slotsOffset, slotsSize } from './exec-env.js';
import { slotSize } from './widths.js';

test('the argument slots are the last of an execEnv, each at a multiple of its size', () => {
  assert.equal(slotsOffset % slotSize, 0);
  assert.equal(slotsOffset + slotsSize, execEnv.size);
  assert.equal(Math.max(...Object.values(execEnv.offsets)), slotsOffset);
});

test('the guard is larger than frames that are not checked', () => {
  assert.ok(largestUncheckedFrame < guardSize / 2);
});
