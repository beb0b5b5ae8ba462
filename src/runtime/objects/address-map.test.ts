import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AddressMap } from './address-map.js';

test('finds the range that holds an address', () => {
  const map = new AddressMap<string>();
  map.add(0x3000, 0x10, 'c');
  map.add(0x1000, 0x100, 'a');
  map.add(0x1100, 0x10, 'b');
  assert.equal(map.find(0xfff), undefined);
  assert.equal(map.find(0x1000)?.value, 'a');
  assert.equal(map.find(0x10ff)?.value, 'a');
  assert.equal(map.find(0x1100)?.value, 'b');
  assert.equal(map.find(0x1110), undefined);
  assert.equal(map.find(0x300f)?.value, 'c');
  assert.equal(map.find(0x3010), undefined);
});

test('forgets ranges that were removed', () => {
  const map = new AddressMap<number>();
  map.add(0x7fff_ffff_0000, 0x1000, 1);
  assert.equal(map.find(0x7fff_ffff_0fff)?.value, 1);
  map.delete(0x7fff_ffff_0000);
  assert.equal(map.find(0x7fff_ffff_0000), undefined);
  assert.equal(map.size, 0);
});
