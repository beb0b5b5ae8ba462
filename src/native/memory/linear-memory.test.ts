import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MemoryMode } from '../../code/code-object.js';
import { wasmPageSize } from '../../wasm/limits.js';
import { view } from '../node-api/views.js';
import { ArrayBufferMemory } from './array-buffer-memory.js';
import type { LinearMemory, LinearMemoryOptions } from './linear-memory.js';
import { MappedMemory } from './mapped-memory.js';
import { V8Memory } from './v8-memory.js';

interface Kind {
  readonly name: string;
  readonly mode: MemoryMode;
  readonly create: (options: LinearMemoryOptions) => LinearMemory;
}

const kinds: readonly Kind[] = [
  { name: 'V8', mode: 'checked', create: (options) => V8Memory.create(options) },
  { name: 'ArrayBuffer', mode: 'checked', create: (options) => new ArrayBufferMemory(options) },
  ...(['guarded', 'checked'] as const).map((mode) => ({
    name: `mapped, ${mode}`,
    mode,
    create: (options: LinearMemoryOptions) => MappedMemory.create({ ...options, mode }),
  })),
];

for (const { name, mode, create } of kinds) {
  test(`a memory of kind ${name} is zeroed, keeps its bytes when it grows, and detaches old buffers`, () => {
    const memory = create({ minPages: 1, maxPages: 3 });
    assert.equal(memory.mode, mode);
    assert.equal(memory.byteLength, wasmPageSize);
    const old = memory.buffer;
    assert.equal(memory.buffer, old);
    assert.equal(old.byteLength, wasmPageSize);
    const bytes = new Uint8Array(old);
    assert.ok(bytes.every((byte) => byte === 0));
    bytes[5] = 7;
    const { base } = memory;
    assert.equal(memory.grow(2), 1);
    if (mode === 'guarded') assert.equal(memory.base, base);
    assert.equal(old.byteLength, 0);
    assert.equal(memory.pageCount, 3);
    const grown = new Uint8Array(memory.buffer);
    assert.equal(grown.length, 3 * wasmPageSize);
    assert.equal(grown[5], 7);
    assert.ok(grown.subarray(6).every((byte) => byte === 0));
    assert.equal(memory.grow(1), -1);
    assert.equal(memory.buffer, grown.buffer);
    assert.equal(memory.grow(0), 3);
    assert.equal(grown.length, 0);
    assert.equal(new Uint8Array(memory.buffer)[5], 7);
    const last = memory.buffer;
    memory.dispose();
    memory.dispose();
    assert.equal(last.byteLength, 0);
    assert.equal(memory.buffer.byteLength, 0);
    assert.equal(memory.grow(0), -1);
  });

  test(`the base of a memory of kind ${name} is where its bytes are, also when it has grown`, () => {
    const memory = create({ minPages: 1 });
    for (let pages = 1; pages < 2000; pages *= 3) {
      new Uint8Array(memory.buffer)[memory.byteLength - 1] = pages;
      const bytes = new Uint8Array(view(memory.base, memory.byteLength));
      assert.equal(bytes[memory.byteLength - 1], pages & 0xff);
      assert.equal(memory.grow(2 * pages), pages);
    }
    memory.dispose();
  });

  test(`an empty memory of kind ${name} grows`, () => {
    const memory = create({ minPages: 0 });
    assert.equal(memory.buffer.byteLength, 0);
    assert.equal(memory.grow(1), 0);
    new Uint8Array(memory.buffer)[wasmPageSize - 1] = 1;
    memory.dispose();
  });

  test(`a memory of kind ${name} reaches 4 GiB and no more`, () => {
    const memory = create({ minPages: 1 });
    assert.equal(memory.grow(65535), 1);
    const bytes = new Uint8Array(memory.buffer);
    bytes[2 ** 32 - 1] = 9;
    assert.equal(bytes[2 ** 32 - 1], 9);
    assert.equal(memory.grow(1), -1);
    memory.dispose();
    assert.equal(bytes.length, 0);
  });
}
