import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from './random.js';

test('the same seed gives the same numbers, another seed others', () => {
  const words = (seed: number): number[] => {
    const random = new Random(seed);
    return Array.from({ length: 50 }, () => random.word());
  };
  assert.deepEqual(words(7), words(7));
  assert.notDeepEqual(words(7), words(8));
  assert.notDeepEqual(words(7), words(7 + 2 ** 40));
});

test('numbers lie within their bounds, and reach them', () => {
  const random = new Random(1);
  const seen = new Set<number>();
  for (let k = 0; k < 2000; k++) seen.add(random.between(-3, 4));
  assert.deepEqual(
    [...seen].sort((a, b) => a - b),
    [-3, -2, -1, 0, 1, 2, 3, 4],
  );
});

test('choices come as often as their weights say', () => {
  const random = new Random(3);
  let count = 0;
  for (let k = 0; k < 10_000; k++) {
    if (
      random.weighted([
        [1, 'a'],
        [9, 'b'],
      ]) === 'a'
    )
      count++;
  }
  assert.ok(count > 850 && count < 1150, `${count}`);
  assert.equal(new Random(1).chance(0), false);
  assert.equal(new Random(1).chance(100), true);
});
