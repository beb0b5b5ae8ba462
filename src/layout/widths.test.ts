import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ValType } from '../wasm/types.js';
import { layoutSlots, sizeOf, slotSize, slotsOf } from './widths.js';

test('every value type has a size, and whole slots', () => {
  for (const type of Object.values(ValType)) {
    assert.ok(slotsOf(type) * slotSize >= sizeOf(type));
    assert.ok((slotsOf(type) - 1) * slotSize < sizeOf(type));
  }
});

test('values in slots follow each other', () => {
  const { i32, v128, f64, externref } = ValType;
  assert.deepEqual(layoutSlots([i32, v128, f64, externref]), { offsets: [0, 8, 24, 32], slots: 5 });
  assert.deepEqual(layoutSlots([]), { offsets: [], slots: 0 });
});
