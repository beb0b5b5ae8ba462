import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { wasmPageSize } from '../../wasm/limits.js';
import type { Address } from '../ffi/ffi.js';
import { pageSize } from '../linux/memory.js';
import { MappedMemory } from './mapped-memory.js';
import { ImageFile, type MemoryImage } from './memory-image.js';
import { MemoryPool } from './memory-pool.js';

/** A pool, and the memories with which a test makes it. */
function setUp(
  capacity = 4,
  kept = 2 ** 18,
): {
  pool: MemoryPool;
  make: (minPages: number, image?: MemoryImage) => MappedMemory;
  bytes: (memory: MappedMemory) => Uint8Array;
} {
  const pool = new MemoryPool(capacity, kept);
  return {
    pool,
    make: (minPages, image) => MappedMemory.create({ minPages, image, pool }),
    bytes: (memory) => new Uint8Array(memory.buffer),
  };
}

/** What the system says of the mapping in which an address lies, such as `rw-p`. */
function access(address: Address): string {
  for (const line of readFileSync('/proc/self/maps', 'latin1').split('\n')) {
    const [, from, to, flags] = /^([0-9a-f]+)-([0-9a-f]+) (\S+)/.exec(line) ?? [];
    if (from && Number.parseInt(from, 16) <= address && address < Number.parseInt(to, 16)) return flags;
  }
  return 'unmapped';
}

const three = 3 * pageSize;
const pattern = Uint8Array.from({ length: three + 5 }, (_, index) => (index % 251) + 1);
const empty = (length: number): Uint8Array => new Uint8Array(length);

test('a memory gets the address space of one that was given up, and nothing of its bytes', () => {
  const { pool, make, bytes } = setUp();
  const first = make(3);
  const { base, buffer } = first;
  bytes(first).fill(0xaa);
  first.dispose();
  assert.deepEqual([pool.size, buffer.byteLength], [1, 0]);
  const second = make(3);
  assert.deepEqual([pool.size, second.base], [0, base]);
  assert.deepEqual(bytes(second), empty(3 * wasmPageSize));
  second.dispose();
  pool.dispose();
});

for (const [from, to] of [
  [1, 3],
  [3, 1],
  [2, 0],
  [0, 2],
]) {
  test(`a memory of ${from} pages that has grown becomes one of ${to}`, () => {
    const { pool, make, bytes } = setUp();
    const first = make(from);
    assert.equal(first.grow(5), from);
    bytes(first).fill(0xbb);
    const { base } = first;
    first.dispose();
    const second = make(to);
    assert.equal(second.base, base);
    assert.equal(second.pageCount, to);
    if (to > 0) assert.equal(access(base + to * wasmPageSize - 1), 'rw-p');
    // What the old memory had beyond that faults again …
    for (let page = to; page < from + 6; page++) assert.equal(access(base + page * wasmPageSize), '---p');
    assert.deepEqual(bytes(second), empty(to * wasmPageSize));
    // … and is zero when the memory grows into it.
    assert.equal(second.grow(6), to);
    assert.deepEqual(bytes(second), empty((to + 6) * wasmPageSize));
    second.dispose();
    pool.dispose();
  });
}

test('a memory begins with its image, whatever was written to the one before', () => {
  const { pool, make, bytes } = setUp();
  const file = new ImageFile();
  // Not at the start of a page, and the second part over the first.
  const parts = [
    { offset: pageSize + 7, bytes: pattern },
    { offset: pageSize + 9, bytes: Uint8Array.of(255, 254) },
  ];
  const image = file.add(parts);
  assert.deepEqual([image.offset, image.byteLength], [pageSize, 4 * pageSize]);
  const expected = empty(2 * wasmPageSize);
  for (const part of parts) expected.set(part.bytes, part.offset);
  let base = 0;
  for (let round = 0; round < 4; round++) {
    const memory = make(2, image);
    if (round > 0) assert.equal(memory.base, base);
    base = memory.base;
    assert.equal(memory.image, image);
    assert.deepEqual(bytes(memory), expected);
    memory.grow(round);
    bytes(memory).fill(round + 1);
    memory.dispose();
  }
  pool.dispose();
  file.dispose();
});

test('memories that begin with the same image do not see what others write', () => {
  const { pool, make, bytes } = setUp();
  const file = new ImageFile();
  const image = file.add([{ offset: 0, bytes: pattern }]);
  const memories = [make(1, image), make(1, image), make(1, image)];
  bytes(memories[0]).fill(1);
  bytes(memories[1]).subarray(pageSize).fill(2);
  assert.deepEqual(bytes(memories[2]).subarray(0, pattern.length), pattern);
  assert.deepEqual(bytes(memories[1]).subarray(0, pageSize), pattern.subarray(0, pageSize));
  for (const memory of memories) memory.dispose();
  pool.dispose();
  file.dispose();
});

test('no image is left where a memory begins without, or with another one', () => {
  const { pool, make, bytes } = setUp();
  const file = new ImageFile();
  const first = file.add([{ offset: 0, bytes: pattern }]);
  const second = file.add([{ offset: 2 * pageSize, bytes: pattern.map((byte) => 255 - byte) }]);
  make(1, first).dispose();
  // One with another image is not taken, …
  const blank = make(1);
  assert.deepEqual(bytes(blank), empty(wasmPageSize));
  blank.dispose();
  assert.equal(pool.size, 2);
  // … one without an image is.
  const other = make(1, second);
  assert.equal(other.base, blank.base);
  const expected = empty(wasmPageSize);
  expected.set(
    pattern.map((byte) => 255 - byte),
    2 * pageSize,
  );
  assert.deepEqual(bytes(other), expected);
  other.dispose();
  pool.forget(second);
  assert.equal(pool.size, 1);
  file.delete(second);
  const again = make(1, first);
  assert.deepEqual(bytes(again).subarray(0, pattern.length), pattern);
  again.dispose();
  pool.dispose();
  file.dispose();
});

test('a pool keeps so many memories and no more; the oldest goes first', () => {
  const { pool, make } = setUp(2);
  const memories = [make(1), make(1), make(1)];
  for (const memory of memories) memory.dispose();
  assert.equal(pool.size, 2);
  const { base } = memories[0];
  assert.equal(access(base), 'unmapped');
  const last = make(1);
  assert.equal(last.base, memories[2].base);
  pool.dispose();
  last.dispose();
  assert.deepEqual([pool.size, access(last.base)], [0, 'unmapped']);
});

/** ArrayBuffer.prototype.transfer, where Node has it. */
const transfer = Reflect.get(ArrayBuffer.prototype, 'transfer') as
  | ((this: ArrayBuffer) => ArrayBuffer)
  | undefined;

test('bytes that somebody has taken over are not given to anybody else', { skip: !transfer }, () => {
  assert.ok(transfer);
  const { pool, make } = setUp();
  const memory = make(1);
  new Uint8Array(memory.buffer)[0] = 5;
  const taken = new Uint8Array(transfer.call(memory.buffer));
  memory.dispose();
  assert.equal(pool.size, 0);
  assert.equal(taken[0], 5);
});

test('bytes that somebody has taken over outlive the image that they began with', { skip: !transfer }, () => {
  assert.ok(transfer);
  const { pool, make } = setUp();
  const file = new ImageFile();
  const image = file.add([{ offset: 0, bytes: pattern }]);
  const memory = make(1, image);
  const taken = new Uint8Array(transfer.call(memory.buffer));
  memory.dispose();
  pool.forget(image);
  file.delete(image);
  assert.deepEqual(taken.subarray(0, pattern.length), pattern);
  file.dispose();
  pool.dispose();
});

test('a checked memory comes from no pool and goes to none', () => {
  const { pool } = setUp();
  const file = new ImageFile();
  const image = file.add([{ offset: 0, bytes: pattern }]);
  const memory = MappedMemory.create({ minPages: 1, mode: 'checked', image, pool });
  assert.equal(memory.image, undefined);
  assert.deepEqual(new Uint8Array(memory.buffer), empty(wasmPageSize));
  memory.dispose();
  assert.equal(pool.size, 0);
  file.dispose();
});

/** Bytes of a mapping that are in memory. */
function resident(base: Address): number {
  const [, rest = ''] = readFileSync('/proc/self/smaps', 'latin1').split(`\n${base.toString(16)}-`);
  return 1024 * Number(/Rss:\s*(\d+) kB/.exec(rest)?.[1]);
}

test('a memory that waits keeps no more memory than it may', () => {
  for (const [kept, written] of [
    [0, pageSize],
    [pageSize - 1, pageSize],
    [8 * pageSize, 9 * pageSize],
    [2 ** 18, 64 * wasmPageSize],
  ]) {
    const { pool, make, bytes } = setUp(1, kept);
    const memory = make(64);
    const { base } = memory;
    bytes(memory).fill(1, 0, written);
    assert.equal(resident(base), written);
    memory.dispose();
    assert.equal(resident(base), 0);
    pool.dispose();
  }
});

for (const kept of [0, 8 * pageSize, 2 ** 30]) {
  test(`whatever is written at random, nothing is left, where ${kept} bytes may be kept`, () => {
    const { pool, make, bytes } = setUp(3, kept);
    const file = new ImageFile();
    const images = [
      undefined,
      file.add([{ offset: 100, bytes: pattern }]),
      file.add([{ offset: 2 * wasmPageSize - pattern.length, bytes: pattern }]),
      file.add([{ offset: 0, bytes: new Uint8Array(2 * wasmPageSize).fill(0x5a) }]),
    ];
    const expected = images.map((image) => {
      const memory = MappedMemory.create({ minPages: 2, image });
      const copy = bytes(memory).slice();
      memory.dispose();
      return copy;
    });
    let state = 12345;
    const random = (below: number): number => {
      state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
      return (state >>> 8) % below;
    };
    for (let round = 0; round < 400; round++) {
      const memories = Array.from({ length: 1 + random(4) }, () => {
        const which = random(images.length);
        const memory = make(2, images[which]);
        assert.equal(Buffer.compare(bytes(memory), expected[which]), 0, `round ${round}`);
        return memory;
      });
      for (const memory of memories) {
        if (random(3) === 0) memory.grow(random(3));
        const all = bytes(memory);
        const count = random(2) === 0 ? random(4) : random(200);
        for (let k = 0; k < count; k++) all[random(all.length)] = 1 + random(255);
        if (random(5) === 0) all.fill(0x77, random(all.length), random(all.length));
      }
      for (const memory of memories) memory.dispose();
    }
    pool.dispose();
    file.dispose();
  });
}
