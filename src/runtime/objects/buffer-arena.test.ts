import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BufferArena } from './buffer-arena.js';

test('pieces are zeroed, aligned, and do not overlap', () => {
  const arena = new BufferArena();
  const sizes = [1, 8, 32, 33, 100, 4000, 16384, 16385, 100_000];
  const pieces = sizes.flatMap((size) =>
    Array.from({ length: 40 }, () => ({ size, ...arena.allocate(size) })),
  );
  pieces.sort((a, b) => a.address - b.address);
  for (const [k, { address, size, cells, byteOffset }] of pieces.entries()) {
    assert.equal(address % 16, 0);
    if (k > 0) assert.ok(pieces[k - 1].address + pieces[k - 1].size <= address);
    const bytes = new Uint8Array(cells.u32.buffer, byteOffset, size);
    assert.ok(bytes.every((byte) => byte === 0));
    bytes.fill(0xff);
  }
  for (const piece of pieces) arena.release(piece);
  for (const size of sizes) {
    const { cells, byteOffset } = arena.allocate(size);
    assert.ok(new Uint8Array(cells.u32.buffer, byteOffset, size).every((byte) => byte === 0));
  }
  arena.dispose();
});

test('blocks are freed when all of their pieces are, but for one of a size', () => {
  const arena = new BufferArena();
  for (let round = 0; round < 3; round++) {
    const pieces = Array.from({ length: 5000 }, () => arena.allocate(64));
    const large = arena.allocate(50_000);
    assert.ok(arena.blockCount > 10);
    for (const piece of pieces) arena.release(piece);
    arena.release(large);
    assert.equal(arena.blockCount, 1);
  }
  arena.dispose();
  assert.equal(arena.blockCount, 0);
});
