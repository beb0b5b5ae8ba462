import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { array, bytes, struct } from './struct.js';

describe('structures', () => {
  test('fields follow each other, each at a multiple of its size', () => {
    const { offsets, size } = struct({ a: 'u32', b: 'u64', c: 'u32', d: 'u32', e: 'u64' });
    assert.deepEqual(offsets, { a: 0, b: 8, c: 16, d: 20, e: 24 });
    assert.equal(size, 32);
  });

  const sizes: readonly (readonly [fields: Parameters<typeof struct>[0], size: number])[] = [
    [{}, 0],
    [{ a: 'u8' }, 1],
    [{ a: 'u32' }, 4],
    [{ a: 'u64' }, 8],
    [{ a: 'u32', b: 'u32' }, 8],
    [{ a: 'u64', b: 'u32' }, 16],
    [{ a: 'u32', b: 'u64', c: 'u32' }, 24],
    [{ a: 'u32', b: 'u16', c: 'u8' }, 8],
  ];
  for (const [fields, size] of sizes) {
    test(`{ ${Object.values(fields).join(', ')} } takes ${size} bytes, so several can stand in a row`, () => {
      assert.equal(struct(fields).size, size);
    });
  }

  test('arrays are aligned as their elements are', () => {
    const { offsets, size } = struct({ a: 'u8', b: array('u32', 3), c: bytes(5), d: array('u64', 2) });
    assert.deepEqual(offsets, { a: 0, b: 4, c: 16, d: 24 });
    assert.equal(size, 40);
  });

  test('structures are aligned as their widest field is', () => {
    const inner = struct({ x: 'u8', y: 'u32' });
    const { offsets, size } = struct({ a: 'u8', b: inner, c: 'u8', d: array(inner, 2), e: 'u8' });
    assert.deepEqual(offsets, { a: 0, b: 4, c: 12, d: 16, e: 32 });
    assert.equal(size, 36);
  });
});
