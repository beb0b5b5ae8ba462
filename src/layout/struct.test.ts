import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { struct } from './struct.js';

describe('structures', () => {
  test('fields follow each other, each at a multiple of its size', () => {
    const { offsets, size } = struct({ a: 'u32', b: 'u64', c: 'u32', d: 'u32', e: 'u64' });
    assert.deepEqual(offsets, { a: 0, b: 8, c: 16, d: 20, e: 24 });
    assert.equal(size, 32);
  });

  const sizes: readonly (readonly [fields: Parameters<typeof struct>[0], size: number])[] = [
    [{}, 0],
    [{ a: 'u32' }, 8],
    [{ a: 'u64' }, 8],
    [{ a: 'u32', b: 'u32' }, 8],
    [{ a: 'u64', b: 'u32' }, 16],
    [{ a: 'u32', b: 'u64', c: 'u32' }, 24],
  ];
  for (const [fields, size] of sizes) {
    test(`{ ${Object.values(fields).join(', ')} } takes ${size} bytes, so that several can stand in a row`, () => {
      assert.equal(struct(fields).size, size);
    });
  }
});
