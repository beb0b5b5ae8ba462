import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeModule } from './decode.js';
import { body, moduleBytes, nameBytes, section, typeSection, vector } from './module.fixture.js';
import type { WasmModule } from './module.js';
import { functionName, readNames } from './names.js';

/** A module with one imported and two defined functions, the last one exported, and a name section. */
function named(...names: number[]): WasmModule {
  return decodeModule(
    moduleBytes(
      typeSection([[], []]),
      section(2, ...vector([...nameBytes('env'), ...nameBytes('log'), 0, 0])),
      section(3, ...vector([0], [0])),
      section(7, ...vector([...nameBytes('run'), 0, 2])),
      section(10, ...vector(body([]), body([]))),
      section(0, ...nameBytes('name'), ...names),
    ),
  );
}

test('module and function names are read', () => {
  const functions = vector([0, ...nameBytes('imported')], [2, ...nameBytes('größer')]);
  const module = named(...section(0, ...nameBytes('program')), ...section(1, ...functions), ...section(2, 0));
  const names = readNames(module);
  assert.equal(names.module, 'program');
  assert.deepEqual(
    [...names.functions],
    [
      [0, 'imported'],
      [2, 'größer'],
    ],
  );
  assert.equal(functionName(module, 2), 'größer');
  assert.equal(functionName(module, 1), undefined);
});

test('without a name, exports and imports name a function', () => {
  const module = named();
  assert.deepEqual([...readNames(module).functions], []);
  assert.equal(readNames(module).module, undefined);
  assert.equal(functionName(module, 0), 'env.log');
  assert.equal(functionName(module, 1), undefined);
  assert.equal(functionName(module, 2), 'run');
});

test('of a broken section only what comes before the break counts', () => {
  const functions = [3, 1, ...nameBytes('fine'), 2, 0x7f, 0x61];
  const module = named(...section(1, ...functions));
  assert.deepEqual([...readNames(module).functions], [[1, 'fine']]);
  assert.deepEqual([...readNames(named(1, 0x7f)).functions], []);
  assert.equal(functionName(named(0xff), 2), 'run');
});
