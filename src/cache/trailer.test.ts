import assert from 'node:assert/strict';
import { test } from 'node:test';
import { longestTrailer, trailerIn, trailerOf } from './trailer.js';

const content = Buffer.from('the content');

test('a trailer is found behind any content, whole or in its last bytes', () => {
  for (const title of ['', 'a title', 'größer', 'x'.repeat(512)]) {
    const trailer = trailerOf(title);
    const expected = { title, byteLength: trailer.length };
    assert.deepEqual(trailerIn(trailer), expected);
    assert.deepEqual(trailerIn(Buffer.concat([content, trailer])), expected);
    const long = Buffer.concat([Buffer.alloc(1000), trailer]);
    assert.deepEqual(trailerIn(long.subarray(-longestTrailer)), expected);
  }
});

test('no trailer is found where any bit of it has changed, or any byte is missing', () => {
  const trailer = trailerOf('a title');
  const whole = Buffer.concat([Buffer.alloc(1000), trailer]);
  for (let bit = 8 * 1000; bit < 8 * whole.length; bit++) {
    const copy = Buffer.from(whole);
    copy[bit >> 3] ^= 1 << (bit & 7);
    assert.equal(trailerIn(copy), undefined, `bit ${bit}`);
  }
  for (let length = 0; length < trailer.length; length++) {
    assert.equal(trailerIn(trailer.subarray(0, length)), undefined);
    assert.equal(trailerIn(whole.subarray(0, 1000 + length)), undefined);
    // Its beginning is missing.
    assert.equal(trailerIn(trailer.subarray(length + 1)), undefined);
  }
});
