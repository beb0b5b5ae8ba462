import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { CodeRegion } from './code-region.js';
import { callable, view } from './ffi.js';

const ret = 0xc3;

/** Code of a given size that returns at once. */
function code(byteLength: number): Uint8Array {
  const bytes = new Uint8Array(byteLength).fill(0x90);
  bytes[byteLength - 1] = byteLength;
  bytes[0] = ret;
  return bytes;
}

function mappings(): string[] {
  return readFileSync('/proc/self/maps', 'utf8').split('\n');
}

test('code runs where it is placed, at multiples of 16', () => {
  const region = new CodeRegion();
  const space = region.newSpace();
  for (const size of [1, 15, 16, 17, 4096, 5000, 300_000]) {
    const address = space.place(code(size));
    assert.equal(address % 16, 0);
    assert.ok(address >= region.start && address + size <= region.start + region.byteLength);
    const placed = new Uint8Array(view(address, size));
    assert.equal(placed[0], ret);
    assert.equal(placed[size - 1], size === 1 ? ret : size & 0xff);
    callable(address)();
  }
  region.dispose();
});

test('no page is writable and executable', () => {
  const region = new CodeRegion();
  region.place(code(10_000_000));
  assert.deepEqual(
    mappings().filter((line) => / .wx/.test(line) && line.includes('upshift')),
    [],
  );
  const shared = mappings().filter((line) => line.includes('memfd:upshift'));
  assert.ok(shared.some((line) => line.includes(' r-xs ')));
  assert.ok(shared.some((line) => line.includes(' rw-s ')));
  region.dispose();
});

test('disposing a space gives its memory back, for others to use', () => {
  const region = new CodeRegion();
  const keep = region.newSpace();
  const kept = keep.place(code(100));
  const used = region.usedBytes;
  const addresses = new Set<number>();
  for (let round = 0; round < 50; round++) {
    const spaces = Array.from({ length: 20 }, () => region.newSpace());
    for (const space of spaces) {
      addresses.add(space.place(code(50_000)));
      space.place(code(3000));
    }
    assert.ok(region.usedBytes >= used + 20 * 53_000);
    for (const space of spaces) space.dispose();
    assert.equal(region.usedBytes, used);
  }
  assert.ok(addresses.size <= 60, `${addresses.size} different addresses`);
  assert.equal(new Uint8Array(view(kept, 100))[99], 100);
  const again = region.newSpace();
  assert.deepEqual([...new Uint8Array(view(again.place(new Uint8Array(64)), 64))], Array(64).fill(0));
  region.dispose();
});

test('the memory of disposed code is given to the system', () => {
  const region = new CodeRegion();
  const resident = (): number => {
    const text = readFileSync('/proc/self/status', 'utf8');
    return Number(/RssShmem:\s+(\d+)/.exec(text)?.[1]) * 1024;
  };
  const before = resident();
  const space = region.newSpace();
  space.place(new Uint8Array(20_000_000).fill(ret));
  assert.ok(resident() >= before + 20_000_000);
  space.dispose();
  assert.ok(resident() < before + 2_000_000);
  region.dispose();
  region.dispose();
  assert.throws(() => region.newSpace().place(code(1)), /disposed/);
});

test('many regions can be made and disposed', () => {
  const count = mappings().length;
  for (let index = 0; index < 300; index++) {
    const region = new CodeRegion();
    region.place(code(64));
    region.dispose();
  }
  assert.ok(mappings().length < count + 20);
});
