import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ValType } from '../../wasm/types.js';
import { typeId } from './type-ids.js';

const { i32, i64 } = ValType;

test('equal types have equal ids, different types different ones', () => {
  const id = typeId({ params: [i32, i64], results: [i32] });
  assert.equal(typeId({ params: [i32, i64], results: [i32] }), id);
  assert.notEqual(typeId({ params: [i32], results: [i64, i32] }), id);
  assert.notEqual(typeId({ params: [i32, i64, i32], results: [] }), id);
  assert.notEqual(
    typeId({ params: [], results: [i32, i64, i32] }),
    typeId({ params: [i32, i64, i32], results: [] }),
  );
  assert.ok(typeId({ params: [], results: [] }) > 0);
});
