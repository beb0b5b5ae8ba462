import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { decodeModule } from '../src/wasm/decode.js';
import { usedFeatures } from '../src/wasm/features.js';
import { validateModule } from '../src/wasm/validate.js';

const folder = fileURLToPath(new URL('../../bench/programs/', import.meta.url));
const files = readdirSync(folder, { recursive: true }).map((name) => join(folder, name.toString()));
const ending = (extension: string): string[] => files.filter((file) => file.endsWith(extension));

test('every benchmark program has its source and its module', () => {
  assert.ok(ending('.c').length >= 30);
  for (const source of [...ending('.c'), ...ending('.cpp')])
    assert.ok(existsSync(source.replace(/c(pp)?$/, 'wasm')), source);
  for (const module of ending('.wasm')) {
    const sources = ['c', 'cpp'].map((extension) => module.replace(/wasm$/, extension));
    assert.ok(sources.some(existsSync), module);
  }
});

test('every benchmark program is valid, small, and a WASI command', () => {
  for (const file of ending('.wasm')) {
    const module = decodeModule(readFileSync(file));
    validateModule(module);
    assert.ok(module.bytes.length < 1 << 16, file);
    assert.ok(
      module.exports.some(({ name }) => name === '_start'),
      file,
    );
  }
});

test('programs of the group with vectors have them, and one has relaxed instructions', () => {
  const programs = ending('.wasm').filter((file) => basename(dirname(file)) === 'simd');
  assert.ok(programs.length >= 14);
  const features = new Map(
    programs.map(
      (file) => [basename(file, '.wasm'), usedFeatures(decodeModule(readFileSync(file)))] as const,
    ),
  );
  for (const [name, found] of features) assert.ok(found.includes('simd'), name);
  const relaxed = [...features].flatMap(([name, found]) => (found.includes('relaxed-simd') ? [name] : []));
  assert.deepEqual(relaxed, ['doti8-relaxed']);
});

test('a parser throws exceptions, by legacy instructions and by those of WebAssembly 3.0', () => {
  for (const name of ['recover', 'recover-exnref']) {
    const module = decodeModule(readFileSync(join(folder, 'features', `${name}.wasm`)));
    assert.ok(usedFeatures(module).includes('exception-handling'), name);
  }
});

test('every kernel has a long version', () => {
  const sources = (group: string): string[] =>
    readdirSync(join(folder, group)).filter((name) => name.endsWith('.c'));
  assert.deepEqual(sources('long-kernels').sort(), sources('kernels').sort());
});
