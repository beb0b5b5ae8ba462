import assert from 'node:assert/strict';
import { test } from 'node:test';
import { floatBits, integerBits } from './float-literal.js';

const view = new DataView(new ArrayBuffer(8));

function doubleBits(value: number): bigint {
  view.setFloat64(0, value);
  return view.getBigUint64(0);
}

test('doubles agree with the literals of JavaScript', () => {
  const literals = [
    '0',
    '-0',
    '1',
    '0.1',
    '123.456e-7',
    '1e308',
    '1.7976931348623157e308',
    '2e308',
    '5e-324',
  ];
  literals.push('2.4703282292062327e-324', '2.4703282292062329e-324', '9007199254740993', '1e-400');
  for (const literal of literals)
    assert.equal(floatBits(literal, 'f64'), doubleBits(Number(literal)), literal);
});

test('hexadecimal floats are rounded to even', () => {
  assert.equal(floatBits('0x1p0', 'f64'), 0x3ff0000000000000n);
  assert.equal(floatBits('-0x1.8', 'f64'), 0xbff8000000000000n);
  assert.equal(floatBits('0x1.00000000000008p0', 'f64'), 0x3ff0000000000000n);
  assert.equal(floatBits('0x1.00000000000018p0', 'f64'), 0x3ff0000000000002n);
  assert.equal(floatBits('0x1.00000100000000001p0', 'f32'), 0x3f800001n);
  assert.equal(floatBits('0x1.000001p0', 'f32'), 0x3f800000n);
  assert.equal(floatBits('0x1p-149', 'f32'), 1n);
  assert.equal(floatBits('0x1p-150', 'f32'), 0n);
  assert.equal(floatBits('0x1.8p-150', 'f32'), 1n);
  assert.equal(floatBits('0x1.fffffffp+127', 'f32'), 0x7f800000n);
});

test('f32 literals are rounded once', () => {
  // Halfway between two floats, except for a digit that a double cannot hold.
  assert.equal(floatBits('1.00000005960464477540', 'f32'), 0x3f800001n);
  assert.equal(floatBits('1.000000059604644775390625', 'f32'), 0x3f800000n);
  assert.equal(floatBits('3.4028234e38', 'f32'), 0x7f7fffffn);
  assert.equal(floatBits('1_000.5_0', 'f32'), 0x447a2000n);
});

test('infinities and NaNs', () => {
  assert.equal(floatBits('inf', 'f32'), 0x7f800000n);
  assert.equal(floatBits('-inf', 'f64'), 0xfff0000000000000n);
  assert.equal(floatBits('nan', 'f32'), 0x7fc00000n);
  assert.equal(floatBits('-nan:0x200001', 'f32'), 0xffa00001n);
  assert.equal(floatBits('nan:0x4_0000_0000_0001', 'f64'), 0x7ff4000000000001n);
});

test('integers', () => {
  assert.equal(integerBits('-1', 32), 0xffffffffn);
  assert.equal(integerBits('0x8000_0000', 32), 0x80000000n);
  assert.equal(integerBits('-0x8000000000000000', 64), 0x8000000000000000n);
  assert.equal(integerBits('+7', 64), 7n);
  assert.throws(() => integerBits('1.5', 32), /not an integer literal/);
});
