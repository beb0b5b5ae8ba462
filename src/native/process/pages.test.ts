import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { view } from '../ffi/ffi.js';
import {
  allocate,
  decommit,
  NativeError,
  Protection,
  pageSize,
  placeCodePage,
  protect,
  reallocate,
  release,
  reserve,
} from './pages.js';

/**
 * Access rights of the mapping that contains an address, such as `rw-p`; undefined where nothing is mapped.
 */
function rightsAt(address: number): string | undefined {
  for (const line of readFileSync('/proc/self/maps', 'utf8').split('\n')) {
    const match = /^([0-9a-f]+)-([0-9a-f]+) (\S+)/.exec(line);
    if (match && Number.parseInt(match[1], 16) <= address && address < Number.parseInt(match[2], 16)) {
      return match[3];
    }
  }
  return undefined;
}

test('reserved pages are committed, decommitted and released', () => {
  const base = reserve(16 * pageSize);
  assert.equal(rightsAt(base), '---p');
  protect(base, 2 * pageSize, Protection.readWrite);
  assert.equal(rightsAt(base), 'rw-p');
  assert.equal(rightsAt(base + 2 * pageSize), '---p');
  const bytes = new Uint8Array(view(base, 2 * pageSize));
  bytes[pageSize] = 7;
  decommit(base, 2 * pageSize);
  assert.equal(bytes[pageSize], 0);
  release(base, 16 * pageSize);
  assert.equal(rightsAt(base), undefined);
});

test('memory keeps its contents where it is reallocated', () => {
  const base = allocate(pageSize);
  new Uint8Array(view(base, pageSize))[100] = 42;
  const moved = reallocate(base, pageSize, 64 * pageSize);
  const bytes = new Uint8Array(view(moved, 64 * pageSize));
  assert.equal(bytes[100], 42);
  assert.equal(bytes[64 * pageSize - 1], 0);
  release(moved, 64 * pageSize);
});

test('code pages cannot be written', () => {
  const { address, byteLength } = placeCodePage(Uint8Array.of(0xc3));
  assert.equal(rightsAt(address), 'r-xp');
  release(address, byteLength);
});

test('errors say what failed, and why', () => {
  assert.throws(
    () => reserve(2 ** 60),
    new NativeError(`reserve ${2 ** 60} bytes of address space`, 'ENOMEM'),
  );
  assert.throws(() => release(1, pageSize), {
    message: `cannot unmap ${pageSize} bytes: EINVAL`,
    code: 'EINVAL',
  });
});
