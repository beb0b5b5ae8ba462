import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ConstExpr } from '../../wasm/module.js';
import { ValType } from '../../wasm/types.js';
import { evaluateConst, evaluateOffset, evaluateReference } from './const-eval.js';

const context = {
  globalBits: (index: number) => [7n, 0xffff_ffff_ffff_ffffn][index],
  record: (index: number) => 0x7fff_0000_0000 + index,
};
const evaluate = (...expr: ConstExpr): bigint => evaluateConst(expr, context);

test('constants are their bits', () => {
  assert.equal(evaluate({ op: 'i32.const', value: -1 }), 0xffff_ffffn);
  assert.equal(evaluate({ op: 'i64.const', value: -2n }), 0xffff_ffff_ffff_fffen);
  assert.equal(evaluate({ op: 'f32.const', bits: 0x7fa0_0001 }), 0x7fa0_0001n);
  assert.equal(evaluate({ op: 'f64.const', bits: 0x7ff4_0000_0000_0001n }), 0x7ff4_0000_0000_0001n);
});

test('arithmetic wraps around', () => {
  const max = { op: 'i32.const', value: 0x7fff_ffff } as const;
  assert.equal(evaluate(max, { op: 'i32.const', value: 1 }, { op: 'i32.add' }), 0x8000_0000n);
  assert.equal(evaluate(max, max, { op: 'i32.mul' }), 1n);
  assert.equal(
    evaluate({ op: 'i32.const', value: 3 }, { op: 'i32.const', value: 5 }, { op: 'i32.sub' }),
    0xffff_fffen,
  );
  const minusOne = { op: 'global.get', index: 1 } as const;
  assert.equal(evaluate(minusOne, { op: 'i64.const', value: 2n }, { op: 'i64.add' }), 1n);
  assert.equal(evaluate(minusOne, minusOne, { op: 'i64.mul' }), 1n);
});

test('offsets are unsigned', () => {
  assert.equal(evaluateOffset([{ op: 'i32.const', value: -1 }], context), 0xffff_ffff);
  assert.equal(evaluateOffset([{ op: 'global.get', index: 0 }], context), 7);
});

test('references are addresses of records, or 0', () => {
  assert.equal(evaluateReference([{ op: 'ref.func', index: 3 }], context), 0x7fff_0000_0003);
  assert.equal(evaluateReference([{ op: 'ref.null', type: ValType.funcref }], context), 0);
  assert.equal(evaluateReference([{ op: 'global.get', index: 0 }], context), 7);
});
