import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkBody, trustBodies } from './body-checks.js';
import { decodeModule } from './decode.js';
import { CompileError } from './errors.js';
import { body, moduleBytes, section, typeSection, vector } from './module.fixture.js';
import { ValType } from './types.js';
import { validateModule, validateQuickly } from './validate.js';

const { i32 } = ValType;

/** Functions [] -> [i32]. */
const withBodies = (...codes: number[][]): Uint8Array =>
  moduleBytes(
    typeSection([[], [i32]]),
    section(3, ...vector(...codes.map(() => [0]))),
    section(10, ...vector(...codes.map((code) => body([], ...code)))),
  );

test('a body is checked once, and each for itself', () => {
  const module = decodeModule(withBodies([0x41, 1], [0x42, 1], [0x41, 2]));
  checkBody(module, 2);
  assert.deepEqual([...module.checkedBodies], [0, 0, 1]);
  for (let k = 0; k < 2; k++) {
    assert.throws(
      () => checkBody(module, 1),
      (error) => error instanceof CompileError && error.functionIndex === 1 && /found i64/.test(error.detail),
    );
  }
  assert.deepEqual([...module.checkedBodies], [0, 0, 1]);
  // Nobody reads a checked body again.
  module.bytes.fill(0xff, module.bodyStarts[2]);
  checkBody(module, 2);
});

test('bodies can be trusted', () => {
  const module = decodeModule(withBodies([0x42, 1]));
  trustBodies(module);
  checkBody(module, 0);
});

test('ours checks all of them at once, the quick way none', () => {
  const bytes = withBodies([0x41, 1], [0x41, 2]);
  const module = decodeModule(bytes);
  validateModule(module);
  assert.deepEqual([...module.checkedBodies], [1, 1]);
  const quick = decodeModule(bytes);
  validateQuickly(quick, 0);
  assert.deepEqual([...quick.checkedBodies], [0, 0]);
  const small = decodeModule(bytes);
  validateQuickly(small);
  assert.deepEqual([...small.checkedBodies], [1, 1]);
});
