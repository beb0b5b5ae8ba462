import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type CallGraph, copiesFor, takeBatch } from './batches.js';

/** Functions by index: the size of each body, and whom it calls. */
function graph(functions: readonly (readonly [size: number, ...callees: number[]])[]): CallGraph {
  return {
    bodySize: (index) => functions[index][0],
    of: (index) => Int32Array.from(functions[index].slice(1)),
  };
}

describe('a batch', () => {
  const functions = graph([[100], [300], [5000], [50], [60]]);
  const candidates = [0, 1, 2, 3, 4].map((index) => ({ index }));
  const all = (): boolean => true;
  const indices = (batch: readonly { readonly index: number }[]): number[] => batch.map(({ index }) => index);

  for (const [name, budget, expected] of [
    ['takes the first ones, as many as there is room for', 1000, [0, 1, 3, 4]],
    ['ends when it is full', 400, [0, 1]],
    ['passes over what does not fit', 180, [0, 3]],
    ['takes everything where there is room', 1e6, [0, 1, 2, 3, 4]],
    ['is one function at least', 1, [0]],
  ] as const) {
    test(name, () => {
      assert.deepEqual(indices(takeBatch(candidates, functions, budget, all)), expected);
    });
  }

  test('is the first one that nobody else has taken, however large', () => {
    assert.deepEqual(indices(takeBatch(candidates, functions, 10, ({ index }) => index >= 2)), [2]);
  });

  test('asks for no function that it would have no room for', () => {
    const asked: number[] = [];
    takeBatch(candidates, functions, 420, ({ index }) => {
      asked.push(index);
      return index !== 1;
    });
    // 1 fits but is somebody else's; 2 does not fit.
    assert.deepEqual(asked, [0, 1, 3, 4]);
  });

  test('is empty where all are taken', () => {
    assert.deepEqual(
      takeBatch(candidates, functions, 1000, () => false),
      [],
    );
    assert.deepEqual(takeBatch([], functions, 1000, all), []);
  });
});

describe('copies', () => {
  test('are the small functions that are called, through others too', () => {
    const functions = graph([[100, 1, 2], [200, 3], [601, 4], [50, 5], [10], [20, 0]]);
    // 2 is too large, so 4 is not reached.
    assert.deepEqual(copiesFor([0], functions), [1, 3, 5]);
  });

  test('are not made of what is in the batch, nor twice', () => {
    const functions = graph([
      [100, 1, 2, 2],
      [100, 2, 0],
      [100, 0, 1, 2],
    ]);
    assert.deepEqual(copiesFor([0, 1], functions), [2]);
    assert.deepEqual(copiesFor([0, 1, 2], functions), []);
  });

  test('reach four calls deep', () => {
    const functions = graph(Array.from({ length: 10 }, (_, k) => [10, k + 1] as const));
    assert.deepEqual(copiesFor([0], functions), [1, 2, 3, 4]);
  });

  test('may double a large batch, and bring 8 KiB to a small one', () => {
    const count = 100;
    const callees = Array.from({ length: count }, (_, k) => k + 1);
    const small = graph([[10, ...callees], ...callees.map(() => [500] as const)]);
    assert.equal(copiesFor([0], small).length, Math.floor(8192 / 500));
    const large = graph([[10_000, ...callees], ...callees.map(() => [500] as const)]);
    assert.equal(copiesFor([0], large).length, 2 * (10_000 / 500));
  });

  test('pass over what there is no room for, for what there is', () => {
    const functions = graph([[10, 1, 2, 3], ...Array.from({ length: 2 }, () => [600] as const), [5]]);
    assert.deepEqual(copiesFor([0], functions), [1, 2, 3]);
  });
});
