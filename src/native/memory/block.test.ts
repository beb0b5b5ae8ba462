import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NativeBlock } from './block.js';

test('a block is zeroed, aligned and rounded up', () => {
  const block = new NativeBlock(13);
  assert.equal(block.byteLength, 16);
  assert.equal(block.address % 16, 0);
  assert.deepEqual(block.u64, new BigUint64Array(2));
  assert.equal(new NativeBlock(0).byteLength, 8);
  block.free();
});

test('addresses are stored as 8 bytes', () => {
  const block = new NativeBlock(24);
  for (const address of [0, 1, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 0x7fff_ffff_fff8]) {
    block.setAddress(8, address);
    assert.equal(block.getAddress(8), address);
    assert.equal(block.u64[1], BigInt(address));
  }
  assert.equal(block.u64[0], 0n);
  assert.equal(block.u64[2], 0n);
  block.free();
});

test('views are detached when the block is freed', () => {
  const block = new NativeBlock(64);
  block.free();
  assert.equal(block.buffer.byteLength, 0);
  assert.equal(block.u32.length, 0);
  block.free();
});
