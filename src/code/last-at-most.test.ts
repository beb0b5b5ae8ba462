import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lastAtMost } from './last-at-most.js';

test('finds what a search from the end finds', () => {
  for (let length = 0; length < 20; length++) {
    const numbers = Uint32Array.from({ length }, (_, k) => 3 * k + 1);
    for (let value = -1; value < 3 * length + 3; value++) {
      assert.equal(
        lastAtMost(numbers, value),
        [...numbers].findLastIndex((number) => number <= value),
      );
    }
  }
});

test('takes the last of equal numbers', () => {
  assert.equal(lastAtMost([1, 1, 1, 2], 1), 2);
  assert.equal(lastAtMost([1, 2, 2], 2), 2);
});

test('compares addresses above 2^32 exactly', () => {
  const addresses = Float64Array.of(2 ** 46, 2 ** 46 + 1);
  assert.equal(lastAtMost(addresses, 2 ** 46), 0);
  assert.equal(lastAtMost(addresses, 2 ** 46 + 1), 1);
  assert.equal(lastAtMost(addresses, 2 ** 46 - 1), -1);
});
