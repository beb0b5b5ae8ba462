import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import type { MemoryMode } from '../../code/code-object.js';
import { wasmPageSize } from '../../wasm/limits.js';
import { NativeError } from '../process/pages.js';
import { MappedMemory } from './mapped-memory.js';

const modes: readonly MemoryMode[] = ['guarded', 'checked'];

for (const mode of modes) {
  test(`an empty ${mode} memory has an address`, () => {
    const memory = MappedMemory.create({ minPages: 0, mode });
    assert.ok(memory.base > 0);
    memory.dispose();
  });
}

/** ArrayBuffer.prototype.transfer, where Node has it. */
const transfer = Reflect.get(ArrayBuffer.prototype, 'transfer') as
  | ((this: ArrayBuffer) => ArrayBuffer)
  | undefined;

test('the buffer cannot be transferred by structuredClone', () => {
  const memory = MappedMemory.create({ minPages: 1 });
  try {
    structuredClone(memory.buffer, { transfer: [memory.buffer] });
  } catch (error) {
    assert.equal((error as Error).name, 'DataCloneError');
  }
  assert.equal(memory.buffer.byteLength, wasmPageSize);
  memory.dispose();
});

for (const mode of modes) {
  test(`bytes of a ${mode} memory stay readable for whoever took them over`, { skip: !transfer }, () => {
    assert.ok(transfer);
    const memory = MappedMemory.create({ minPages: 1, mode });
    const { buffer } = memory;
    new Uint8Array(buffer)[0] = 5;
    const taken = new Uint8Array(transfer.call(buffer));
    assert.equal(buffer.byteLength, 0);
    // The memory is still there, with a new buffer.
    assert.equal(new Uint8Array(memory.buffer)[0], 5);
    for (let count = 0; count < 100; count++) assert.equal(memory.grow(10), 1 + 10 * count);
    assert.equal(new Uint8Array(memory.buffer)[0], 5);
    assert.equal(taken.length, wasmPageSize);
    memory.dispose();
    assert.ok(taken.every((byte, index) => byte === 0 || index === 0));
  });
}

test('where no reservation can be had, a memory is checked', () => {
  const memories: MappedMemory[] = [];
  try {
    for (;;) {
      const memory = MappedMemory.create({ minPages: 1 });
      memories.push(memory);
      if (memory.mode === 'checked') break;
      assert.ok(memories.length < 20_000);
    }
    assert.ok(memories.length > 10_000, `only ${memories.length} guarded memories fit`);
    const last = memories[memories.length - 1];
    new Uint8Array(last.buffer)[0] = 1;
    assert.equal(last.grow(1), 1);
    assert.equal(new Uint8Array(last.buffer)[0], 1);
  } finally {
    for (const memory of memories) memory.dispose();
  }
});

test('creating and disposing memories does not take memory', () => {
  const once = (): void => {
    const memory = MappedMemory.create({ minPages: 4 });
    new Uint8Array(memory.buffer).fill(1, 0, 20_000);
    memory.grow(1);
    memory.dispose();
  };
  for (let count = 0; count < 500; count++) once();
  const before = process.memoryUsage.rss();
  for (let count = 0; count < 10_000; count++) once();
  const grown = process.memoryUsage.rss() - before;
  assert.ok(grown < 32 * 2 ** 20, `${(grown / 2 ** 20).toFixed(1)} MiB more`);
});

test('a limit of address space is met by checked memories, then by an error', () => {
  const script = `
    import { MappedMemory } from ${JSON.stringify(new URL('./mapped-memory.js', import.meta.url).href)};
    import { readFileSync } from 'node:fs';
    const memory = MappedMemory.create({ minPages: 16 });
    let error;
    try {
      MappedMemory.create({ minPages: 65536 });
    } catch (caught) {
      error = caught.name + ' ' + caught.code;
    }
    console.log(memory.mode, memory.grow(65000), error);
  `;
  // Node itself reserves about 1 GiB; its memory cages of more are not part of every build.
  const limited = `ulimit -v 4000000; exec "$0" --input-type=module -e "$1"`;
  const output = execFileSync('sh', ['-c', limited, process.execPath, script], { encoding: 'utf8' });
  assert.equal(output.trim(), `checked -1 NativeError ENOMEM`);
  assert.ok(new NativeError('x', 'ENOMEM') instanceof Error);
});
