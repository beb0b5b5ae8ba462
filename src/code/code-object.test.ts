import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type CodeSites, findSite, handlerAt, lastSite, noHandlers } from './code-object.js';
import { Trap } from './traps.js';

function sitesAt(...offsets: number[]): CodeSites {
  return {
    offsets: Uint32Array.from(offsets),
    traps: new Uint8Array(offsets.length).fill(Trap.unreachable),
    wasmOffsets: new Uint32Array(offsets.length),
  };
}

describe('sites', () => {
  test('are found at exactly their offsets', () => {
    for (let count = 0; count <= 20; count++) {
      const offsets = Array.from({ length: count }, (_, k) => 3 * k + 5);
      const sites = sitesAt(...offsets);
      for (let offset = 0; offset < 3 * count + 10; offset++) {
        assert.equal(findSite(sites, offset), offsets.indexOf(offset), `${offset} among ${count}`);
      }
    }
  });

  test('before any offset are found', () => {
    const sites = sitesAt(2, 5, 9);
    const found = [0, 1, 2, 3, 4, 5, 8, 9, 100].map((offset) => lastSite(sites, offset));
    assert.deepEqual(found, [-1, -1, 0, 0, 0, 1, 1, 2, 2]);
    assert.equal(lastSite(sitesAt(), 7), -1);
  });

  test('are found at the ends of the range of offsets', () => {
    const sites = sitesAt(0, 0x7fffffff, 0x80000000, 0xffffffff);
    assert.deepEqual(
      [0, 0x7fffffff, 0x80000000, 0xffffffff, 1, 0xfffffffe].map((offset) => findSite(sites, offset)),
      [0, 1, 2, 3, -1, -1],
    );
  });
});

test('the handler of a call is the row that holds its last byte', () => {
  const handlers = {
    starts: Uint32Array.of(4, 10),
    ends: Uint32Array.of(5, 20),
    pads: Uint32Array.of(40, 60),
    adjusts: Uint32Array.of(0, 16),
  };
  const rows = [0, 4, 5, 6, 10, 11, 20, 21].map((offset) => handlerAt(handlers, offset));
  assert.deepEqual(rows, [-1, -1, 0, -1, -1, 1, 1, -1]);
  assert.equal(handlerAt(noHandlers, 5), -1);
});
