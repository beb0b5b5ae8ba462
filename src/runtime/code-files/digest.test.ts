import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { sha256 } from './digest.js';

const bytes = Uint8Array.from({ length: 1 << 20 }, (_, k) => (k * 31) >> 3);

test('a digest is that of node:crypto, whatever the lengths of the parts', () => {
  for (const cuts of [[0], [1], [55, 56], [64], [0, 0, 63, 65, 1000], [4096, 1 << 20], [3, 1_000_001]]) {
    const ends = [...cuts, bytes.length];
    const parts = ends.map((end, k) => bytes.subarray(k === 0 ? 0 : ends[k - 1], end));
    const expected = createHash('sha256');
    for (const part of parts) expected.update(part);
    assert.deepEqual(Buffer.from(sha256(...parts)), expected.digest());
  }
  assert.equal(sha256().length, 32);
});

test('there is a digest without an FFI, too', () => {
  const script = `
    import { sha256 } from ${JSON.stringify(new URL('./digest.js', import.meta.url).href)};
    console.log(Buffer.from(sha256(Buffer.from('abc'))).toString('hex'));`;
  const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
    env: { ...process.env, UPSHIFT_FFI: 'none' },
    encoding: 'utf8',
  });
  assert.equal(stdout, 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\n');
});
