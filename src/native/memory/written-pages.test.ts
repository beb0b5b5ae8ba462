import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pageSize } from '../linux/memory.js';
import { MappedMemory } from './mapped-memory.js';
import { ImageFile } from './memory-image.js';
import { writtenPages } from './written-pages.js';

const end = 2 ** 20;

/** Numbers of the pages of a memory of 1 MiB that have been written to; undefined where they are too many. */
function written(base: number, most = end): number[] | undefined {
  const pages = writtenPages();
  assert.ok(pages);
  const count = pages.find(base, base + end, most);
  if (count < 0) return undefined;
  const numbers: number[] = [];
  for (let index = 0; index < count; index++) {
    for (let at = pages.start(index); at < pages.end(index); at += pageSize) {
      numbers.push((at - base) / pageSize);
    }
  }
  return numbers;
}

const probe = MappedMemory.create({ minPages: 16 });
// Before Linux 6.7 the system does not tell.
const skip = written(probe.base) === undefined && 'the system does not tell which pages were written to';
// Some kernels (6.18 in a virtual machine) give a page memory of its own where it is only read.
new Uint8Array(probe.buffer).includes(1);
const skipReads =
  skip || (written(probe.base)?.length !== 0 && 'the system takes pages that are read for written');
probe.dispose();

test('finds the pages that were written to', { skip }, () => {
  const file = new ImageFile();
  const image = file.add([{ offset: 4 * pageSize, bytes: new Uint8Array(8 * pageSize).fill(1) }]);
  const memory = MappedMemory.create({ minPages: 16, image });
  const bytes = new Uint8Array(memory.buffer);
  assert.deepEqual(written(memory.base), []);
  const numbers = [0, 3, 4, 5, 11, 12, 200, 255];
  for (const page of numbers) bytes[page * pageSize + 17] = 1;
  assert.deepEqual(written(memory.base), numbers);
  memory.dispose();
  file.dispose();
});

test('does not find the pages that were only read', { skip: skipReads }, () => {
  const file = new ImageFile();
  const image = file.add([{ offset: 4 * pageSize, bytes: new Uint8Array(8 * pageSize).fill(1) }]);
  const memory = MappedMemory.create({ minPages: 16, image });
  const bytes = new Uint8Array(memory.buffer);
  let sum = 0;
  for (let at = 0; at < end; at += pageSize) sum += bytes[at];
  assert.equal(sum, 8);
  assert.deepEqual(written(memory.base), []);
  bytes[200 * pageSize] = 1;
  assert.deepEqual(written(memory.base), [200]);
  memory.dispose();
  file.dispose();
});

test('does not say how many they are where they are too many', { skip }, () => {
  const memory = MappedMemory.create({ minPages: 16 });
  const bytes = new Uint8Array(memory.buffer);
  bytes.fill(1, 0, 8 * pageSize);
  assert.equal(written(memory.base, 8 * pageSize)?.length, 8);
  assert.equal(written(memory.base, 8 * pageSize - 1), undefined);
  // Neither where they lie in too many places.
  for (let page = 0; page < 256; page += 2) bytes[page * pageSize] = 1;
  assert.equal(written(memory.base), undefined);
  memory.dispose();
});
