import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { callable, view } from '../ffi/ffi.js';
import { CodeRegion } from './code-region.js';

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

test('who attaches after the region was disposed of is told so', () => {
  const region = new CodeRegion();
  const early = CodeRegion.attach(region.share());
  const address = early.place(code(3));
  callable(address)();
  assert.deepEqual(region.read(address, 3), code(3));
  early.dispose();
  assert.deepEqual(early.read(address, 3), code(3));
  const shared = region.share();
  region.dispose();
  for (const attached of [early, CodeRegion.attach(shared)]) {
    assert.throws(() => attached.place(code(1)), /disposed/);
    assert.throws(() => attached.read(address, 1), /disposed/);
  }
});

test('code can ask for more alignment', () => {
  const region = new CodeRegion();
  const space = region.newSpace();
  for (const alignment of [64, 16, 64, 4096, 32, 64]) {
    for (const size of [1, 100, 20_000]) {
      const address = space.place(code(size), alignment);
      assert.equal(address % alignment, 0);
      assert.deepEqual(region.read(address, size), code(size));
    }
  }
  region.dispose();
});

test('what was placed can be read, and nothing outside', () => {
  const region = new CodeRegion();
  const bytes = Uint8Array.from({ length: 11_000_000 }, (_, k) => k * 31 + (k >> 8));
  const address = region.place(bytes);
  assert.deepEqual(Buffer.compare(region.read(address, bytes.length), bytes), 0);
  const part = region.read(address + 4_190_000, 10_000);
  assert.deepEqual(part, bytes.slice(4_190_000, 4_200_000));
  assert.deepEqual(region.read(address, 0), new Uint8Array());
  for (const outside of [region.start - 1, region.start + region.byteLength, region.start + 2 ** 29, 0]) {
    assert.throws(() => region.read(outside, 1), RangeError);
  }
  region.dispose();
  assert.throws(() => region.read(address, 1), /disposed/);
});

test('a full region says so, and recovers', () => {
  const region = new CodeRegion();
  const space = region.newSpace();
  space.place(code(1));
  const all = region.take(region.byteLength - region.usedBytes);
  assert.equal(region.usedBytes, region.byteLength);
  assert.throws(() => region.newSpace().place(code(1)), { name: 'NativeError', code: 'full' });
  assert.equal(space.place(code(1)) % 16, 0);
  region.giveBack([all]);
  callable(region.newSpace().place(code(1)))();
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
