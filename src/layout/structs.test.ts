import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ValType } from '../wasm/types.js';
import { builtinOffset, builtins } from './builtins.js';
import * as structs from './structs.js';
import { sizeOf } from './widths.js';

describe('native structures', () => {
  test('hold addresses at multiples of 8, which one instruction writes at once', () => {
    // Tier-up is one store to `code`.
    const { code, instance } = structs.functionRecord.offsets;
    const { base, byteLength } = structs.memoryInstance.offsets;
    const { elements } = structs.tableInstance.offsets;
    for (const offset of [code, instance, base, byteLength, elements]) assert.equal(offset % 8, 0);
    for (const { size } of [structs.functionRecord, structs.memoryInstance, structs.tableInstance]) {
      assert.equal(size % 8, 0);
    }
  });

  test('fields do not overlap', () => {
    for (const [name, value] of Object.entries(structs)) {
      if (typeof value === 'number' || typeof value === 'function') continue;
      const offsets: readonly number[] = Object.values(value.offsets);
      assert.equal(new Set(offsets).size, offsets.length, name);
      assert.ok(
        offsets.every((offset) => offset + 4 <= value.size),
        name,
      );
    }
  });

  test('a table element holds a reference, a global any value of its type', () => {
    const { i32, i64, f32, f64, funcref, externref, v128 } = ValType;
    for (const type of [funcref, externref]) assert.equal(structs.elementSize, sizeOf(type));
    for (const type of [i32, i64, f32, f64, funcref, externref]) assert.equal(structs.globalSize(type), 8);
    assert.equal(structs.globalSize(v128), 16);
  });
});

describe('builtins', () => {
  test('each has an address of its own in the table', () => {
    const offsets = builtins.map(builtinOffset);
    assert.deepEqual(
      offsets,
      [...offsets.keys()].map((k) => 8 * k),
    );
    assert.equal(new Set(builtins).size, builtins.length);
  });
});
