import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readCodeFile, writeCodeFile } from './code-file.js';
import type { CodeObject } from './code-object.js';

const key = Uint8Array.of(1, 2, 3);
const module = Uint8Array.from({ length: 41 }, (_, i) => i);

function code(length: number, sites: number): CodeObject {
  return {
    bytes: Uint8Array.from({ length }, (_, i) => 255 - i),
    entry: 3,
    codeEnd: length - 2,
    frameSize: 80,
    sites: {
      offsets: Uint32Array.from({ length: sites }, (_, i) => 5 * i),
      wasmOffsets: Uint32Array.from({ length: sites }, (_, i) => 100_000 + i),
      traps: Uint8Array.from({ length: sites }, (_, i) => i & 7),
    },
  };
}

const functions = new Map([
  [7, code(33, 5)],
  [2, code(64, 0)],
  [900, code(17, 2)],
]);

/** Typed arrays of any view, as plain arrays. */
function plain(map: ReadonlyMap<number, CodeObject> | undefined): unknown {
  if (map === undefined) return undefined;
  return [...map].map(([index, { bytes, sites, ...rest }]) => [
    index,
    rest,
    [...bytes],
    [...sites.offsets],
    [...sites.wasmOffsets],
    [...sites.traps],
  ]);
}

test('what is written is read', () => {
  const file = writeCodeFile(key, module, functions);
  assert.deepEqual(plain(readCodeFile(file, key, module)), plain(functions));
  assert.deepEqual(plain(readCodeFile(writeCodeFile(key, module, new Map()), key, module)), []);
});

test('another key or another module gets nothing', () => {
  const file = writeCodeFile(key, module, functions);
  assert.equal(readCodeFile(file, Uint8Array.of(1, 2, 4), module), undefined);
  assert.equal(readCodeFile(file, Uint8Array.of(1, 2), module), undefined);
  assert.equal(readCodeFile(file, key, module.subarray(1)), undefined);
  const other = module.slice();
  other[40]++;
  assert.equal(readCodeFile(file, key, other), undefined);
});

test('a file that lost a part, or in which one bit has changed, gives nothing', () => {
  const file = writeCodeFile(key, module, functions);
  for (let length = 0; length < file.length; length++) {
    assert.equal(readCodeFile(file.slice(0, length), key, module), undefined, `${length} bytes`);
  }
  for (let bit = 0; bit < 8 * file.length; bit += 3) {
    const broken = file.slice();
    broken[bit >> 3] ^= 1 << (bit & 7);
    assert.equal(readCodeFile(broken, key, module), undefined, `bit ${bit}`);
  }
});
