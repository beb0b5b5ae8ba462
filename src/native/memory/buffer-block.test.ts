import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { view } from '../node-api/views.js';
import { makeBufferBlock } from './buffer-block.js';

test('a block lies at its address', () => {
  const { address, buffer } = makeBufferBlock(100);
  assert.equal(address % 16, 0);
  assert.equal(buffer.byteLength, 104);
  const bytes = new Uint8Array(view(address, 104));
  assert.ok(bytes.every((byte) => byte === 0));
  bytes[99] = 7;
  assert.equal(new Uint8Array(buffer)[99], 7);
});

test('without an FFI blocks have addresses of their own, which are never used again', () => {
  const script = `
    import { makeBufferBlock } from ${JSON.stringify(new URL('./buffer-block.js', import.meta.url).href)};
    const blocks = [];
    for (let k = 0; k < 3000; k++) {
      const { address, buffer } = makeBufferBlock((k * 37) % 5000);
      blocks.push({ address, byteLength: buffer.byteLength });
    }
    console.log(JSON.stringify(blocks));
  `;
  const output = execFileSync(process.execPath, ['--input-type=module', '-e', script], {
    encoding: 'utf8',
    env: { ...process.env, UPSHIFT_FFI: 'none' },
  });
  const blocks = JSON.parse(output) as { address: number; byteLength: number }[];
  assert.equal(blocks.length, 3000);
  blocks.sort((a, b) => a.address - b.address);
  for (const [k, { address, byteLength }] of blocks.entries()) {
    assert.ok(address > 0 && address + byteLength < 2 ** 47);
    assert.equal(address % 16, 0);
    assert.equal(byteLength % 8, 0);
    // Nor is the end of one the beginning of another.
    if (k > 0) assert.ok(blocks[k - 1].address + blocks[k - 1].byteLength < address);
  }
});
