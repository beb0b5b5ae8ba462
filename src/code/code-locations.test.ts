import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type CodeLocations, locationsAt } from './code-locations.js';

const table: CodeLocations = {
  offsets: Uint32Array.of(4, 10, 20, 30, 0x8000_0000),
  locations: Int32Array.of(0, 2, -1, 1, -1),
  functions: Uint32Array.of(7, 8, 9),
  wasmOffsets: Uint32Array.of(100, 0xffff_fffe, 0),
  callers: Int32Array.of(-1, 0, 1),
};

const outer = { functionIndex: 7, wasmOffset: 100 };
const middle = { functionIndex: 8, wasmOffset: 0xffff_fffe };
const inner = { functionIndex: 9, wasmOffset: 0 };

describe('locations', () => {
  const cases = [
    [0, []],
    [3, []],
    [4, [outer]],
    [9, [outer]],
    [10, [inner, middle, outer]],
    [19, [inner, middle, outer]],
    [20, []],
    [29, []],
    [30, [middle, outer]],
    [0x7fff_ffff, [middle, outer]],
    [0x8000_0000, []],
    [0xffff_ffff, []],
  ] as const;
  for (const [offset, expected] of cases) {
    test(`at ${offset}`, () => assert.deepEqual(locationsAt(table, offset), expected));
  }

  test('where nothing is known: the last that is, from a start on', () => {
    assert.deepEqual(locationsAt(table, 25, 4), [inner, middle, outer]);
    assert.deepEqual(locationsAt(table, 25, 19), [inner, middle, outer]);
    assert.deepEqual(locationsAt(table, 25, 20), []);
    assert.deepEqual(locationsAt(table, 0xffff_ffff, 21), [middle, outer]);
    assert.deepEqual(locationsAt(table, 35, 0), [middle, outer]);
    assert.deepEqual(locationsAt(table, 2, 0), []);
  });

  test('of an empty table', () => {
    const empty = { ...table, offsets: new Uint32Array(), locations: new Int32Array() };
    assert.deepEqual(locationsAt(empty, 5), []);
    assert.deepEqual(locationsAt(empty, 5, 0), []);
  });
});
