import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Gpr } from '../../x64/abi.js';
import { loadModule } from '../modules.fixture.js';
import { makeCallShapes, noResultArea } from './call-shapes.js';
import { firstXmm } from './machine-registers.js';

const { rdi, rsi, rdx, rcx, r8, r9 } = Gpr;

describe('shapes of calls', () => {
  const { wasm } = loadModule(`(module
    (type (func)) (type (func (param i32 f32 i64 f64 externref) (result i64)))
    (type (func (param i32 i32 i32 i32 i32 i32 f64 i32) (result f32 f64)))
    (type (func (param i32) (result i32 i32 i32))))`);
  const shapes = makeCallShapes(wasm);

  test('registers as the allocator numbers them, stack slots below zero', () => {
    assert.deepEqual([...shapes(0).params], []);
    assert.deepEqual([...shapes(1).params], [rsi, firstXmm, rdx, firstXmm + 1, rcx]);
    assert.deepEqual([...shapes(2).params], [rsi, rdx, rcx, r8, r9, -1, firstXmm, -2]);
  });

  test('the address of further results is the last integer argument', () => {
    assert.deepEqual(
      [0, 1, 2, 3].map((type) => shapes(type).resultArea),
      [noResultArea, noResultArea, -3, rdx],
    );
    assert.deepEqual(
      [0, 1, 2, 3].map((type) => [shapes(type).stackSlots, shapes(type).resultSlots]),
      [
        [0, 0],
        [0, 0],
        [3, 1],
        [0, 2],
      ],
    );
  });

  test('builtins take all their arguments in registers, the instance like any other', () => {
    const shape = shapes(-5);
    assert.deepEqual([...shape.params], [rdi, rsi, rdx, rcx, r8, r9]);
    assert.deepEqual([shape.stackSlots, shape.resultArea], [0, noResultArea]);
  });
});
