import assert from 'node:assert/strict';
import { test } from 'node:test';
import { callField, KnownCalls } from './known-calls.js';

/** Return addresses, by their words: some differ in the upper one alone, all lower ones look alike. */
const addresses = Array.from({ length: 5000 }, (_, k) => [(k >> 1) << 12, 0x7f00 + (k & 1)] as const);

test('calls are found by their return addresses, as the table grows', () => {
  const calls = new KnownCalls();
  for (const [k, [low, high]] of addresses.entries()) {
    assert.equal(calls.find(low, high), -1);
    calls.add(low, high, { saved: k, adjust: 8 * k, pad: k % 3 === 0 ? -1 : 0x7fff_8000_0000 + k });
  }
  for (const [k, [low, high]] of addresses.entries()) {
    const at = calls.find(low, high);
    assert.equal(calls.words[at + callField.saved], k);
    assert.equal(calls.words[at + callField.adjust], 8 * k);
    const pad = [calls.words[at + callField.padLow] >>> 0, calls.words[at + callField.padHigh]];
    assert.deepEqual(pad, k % 3 === 0 ? [0, 0] : [0x8000_0000 + k, 0x7fff]);
  }
});

test('a cleared table has none', () => {
  const calls = new KnownCalls();
  calls.add(-4096, 0x7f01, { saved: 1, adjust: 0, pad: -1 });
  assert.ok(calls.find(-4096, 0x7f01) >= 0);
  calls.clear();
  assert.equal(calls.find(-4096, 0x7f01), -1);
});
