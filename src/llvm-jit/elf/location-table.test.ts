import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LocationTable } from './location-table.js';

test('each location is kept once, in the order of first use', () => {
  const table = new LocationTable();
  const known = new Map<string, number>();
  for (let k = 0; k < 50_000; k++) {
    const location = [k % 97, 0x9000_0000 + ((k * 7) % 301), (k % 5) - 1] as const;
    const key = location.join();
    const expected = known.get(key) ?? known.size;
    known.set(key, expected);
    assert.equal(table.add(...location), expected);
  }
  assert.ok(known.size > 10_000);
  const { functions, wasmOffsets, callers } = table.finish();
  assert.deepEqual(
    Array.from(functions, (functionIndex, k) => [functionIndex, wasmOffsets[k], callers[k]].join()),
    [...known.keys()],
  );
});
