import assert from 'node:assert/strict';
import { test } from 'node:test';
import { choosableNames, chosenExtensions } from './cpu-choice.js';
import { knownExtensions } from './cpu-extensions.js';

test('extensions come with those that they rest on', () => {
  assert.deepEqual(chosenExtensions([]), []);
  assert.deepEqual(chosenExtensions(['bmi2', 'sse4.1']), ['bmi2', 'sse3', 'sse4.1', 'ssse3']);
  assert.deepEqual(chosenExtensions(['avx']), ['avx', 'sse3', 'sse4.1', 'sse4.2', 'ssse3']);
});

test('levels are those of the psABI', () => {
  const v2 = ['crc32', 'cx16', 'popcnt', 'sahf', 'sse3', 'sse4.1', 'sse4.2', 'ssse3'];
  const v3 = [...v2, 'avx', 'avx2', 'bmi', 'bmi2', 'f16c', 'fma', 'lzcnt', 'movbe', 'xsave'];
  const v4 = [...v3, 'avx512bw', 'avx512cd', 'avx512dq', 'avx512f', 'avx512vl'];
  for (const [k, level] of [v2, v3, v4].entries())
    assert.deepEqual(chosenExtensions([`x86-64-v${k + 2}`]), level.sort());
});

test('all names are in the table of extensions', () => {
  const known = knownExtensions();
  const chosen = chosenExtensions(choosableNames);
  assert.ok(Array.isArray(chosen) && chosen.length > 35);
  for (const name of chosen) assert.ok(known.includes(name), name);
  assert.deepEqual(chosenExtensions(['avx', 'avx3']), { unknown: 'avx3' });
});
