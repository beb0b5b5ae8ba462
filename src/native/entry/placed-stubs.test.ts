import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CodeRegion } from '../code/code-region.js';
import { PlacedStubs } from './placed-stubs.js';

test('a stub is found by any address in it', () => {
  const region = new CodeRegion();
  const stubs = new PlacedStubs(region);
  const first = stubs.place('entry', new Uint8Array(5).fill(0xcc));
  const second = stubs.place('exit', new Uint8Array(16).fill(0xcc));
  for (let at = 0; at < 5; at++) assert.equal(stubs.containing(first + at)?.kind, 'entry');
  assert.equal(stubs.containing(first + 5), undefined);
  assert.deepEqual(stubs.containing(second + 15), { kind: 'exit', start: second, end: second + 16 });
  assert.equal(stubs.containing(second + 16), undefined);
  assert.equal(stubs.containing(0), undefined);
  region.dispose();
});
