import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isNumeric, Op, opName } from '../../ir/ops.js';
import { lowerings } from './table.js';

test('every operation has a lowering but the counting of heat, which only the Fast JIT does', () => {
  const missing = lowerings[Op.heat];
  const without = lowerings.flatMap((lower, op) =>
    opName(op) !== '' && lower === missing ? [opName(op)] : [],
  );
  assert.deepEqual(without, ['heat']);
});

test('numeric operators are those that compute a number from numbers', () => {
  const { 'i32.eqz': first, 'i64.extend32_s': last, 'f64.add': add, 'i64.trunc_sat_f64_u': saturating } = Op;
  for (const op of [first, last, add, saturating]) assert.ok(isNumeric(op), opName(op));
  for (const op of [Op.mov, Op['i32.load'], Op['i64.store32'], Op.call])
    assert.ok(!isNumeric(op), opName(op));
});
