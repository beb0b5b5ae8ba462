import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ValType } from '../../wasm/types.js';
import { typeShape } from './type-shape.js';

const { i32, i64, f32, f64, v128, funcref, externref } = ValType;

test('types whose values travel in different ways have different shapes', () => {
  const shapes = [i32, i64, f32, f64, v128].flatMap((type) => [
    typeShape({ params: [type], results: [] }),
    typeShape({ params: [], results: [type] }),
    typeShape({ params: [type, type], results: [] }),
  ]);
  assert.equal(new Set(shapes).size, shapes.length);
});

test('references travel as i64', () => {
  const shape = typeShape({ params: [i64], results: [i64] });
  assert.equal(typeShape({ params: [funcref], results: [externref] }), shape);
});
