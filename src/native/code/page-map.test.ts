import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PageMap } from './page-map.js';

test('the first run that is long enough is taken', () => {
  const map = new PageMap(new Int32Array(4));
  assert.deepEqual(
    [1, 31, 33, 5].map((count) => map.take(count)),
    [0, 1, 32, 65],
  );
  assert.equal(map.used, 70);
  map.release(1, 31);
  map.release(66, 2);
  assert.equal(map.take(32), 70);
  assert.equal(map.take(2), 1);
  assert.equal(map.take(29), 3);
  assert.equal(map.take(1), 66);
  assert.equal(map.take(1), 67);
  assert.equal(map.take(26), 102);
  assert.equal(map.used, 128);
  assert.equal(map.take(1), -1);
});

test('all pages can be one run; more than all is too much', () => {
  const map = new PageMap(new Int32Array(3));
  assert.equal(map.take(97), -1);
  assert.equal(map.take(96), 0);
  map.release(0, 96);
  assert.equal(map.used, 0);
});

test('random requests agree with a list of pages', () => {
  const pages = 32 * 7;
  const map = new PageMap(new Int32Array(7));
  const used = new Uint8Array(pages);
  const runs: [number, number][] = [];
  let seed = 1;
  const random = (below: number): number => {
    seed = (Math.imul(seed, 1103515245) + 12345) & 0x7fff_ffff;
    return (seed >>> 8) % below;
  };
  const firstFree = (count: number): number => {
    for (let first = 0; first + count <= pages; first++)
      if (!used.subarray(first, first + count).includes(1)) return first;
    return -1;
  };
  let refused = 0;
  for (let round = 0; round < 20_000; round++) {
    if (runs.length && random(5) < 2) {
      const [[first, count]] = runs.splice(random(runs.length), 1);
      map.release(first, count);
      used.fill(0, first, first + count);
      continue;
    }
    const count = 1 + random(random(8) ? 12 : 70);
    const first = map.take(count);
    assert.equal(first, firstFree(count));
    if (first < 0) {
      refused++;
    } else {
      used.fill(1, first, first + count);
      runs.push([first, count]);
    }
    assert.equal(
      map.used,
      used.reduce((sum, bit) => sum + bit),
    );
  }
  assert.ok(refused > 100 && refused < 15_000, `${refused} refused`);
});
