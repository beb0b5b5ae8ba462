import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ValType } from '../wasm/types.js';
import { UsageError } from './errors.js';
import { parseValue, valueText } from './values.js';

const { i32, i64, f32, f64, funcref, externref } = ValType;

describe('parseValue', () => {
  it('reads integers, signed or not, decimal or hexadecimal', () => {
    assert.equal(parseValue('-2147483648', i32), -2147483648);
    assert.equal(parseValue('4294967295', i32), -1);
    assert.equal(parseValue('0xFFFFFFFE', i32), -2);
    assert.equal(parseValue('+7', i32), 7);
    assert.equal(parseValue('-0x10', i32), -16);
    assert.equal(parseValue('18446744073709551615', i64), -1n);
    assert.equal(parseValue('-9223372036854775808', i64), -(2n ** 63n));
  });

  it('reads floats', () => {
    assert.equal(parseValue('-1.5e3', f64), -1500);
    assert.equal(parseValue('.5', f32), 0.5);
    assert.equal(parseValue('-inf', f64), Number.NEGATIVE_INFINITY);
    assert(Number.isNaN(parseValue('nan', f32)));
    assert(Object.is(parseValue('-0', f64), -0));
  });

  it('refuses everything else', () => {
    for (const [text, type] of [
      ['', i32],
      ['4294967296', i32],
      ['-2147483649', i32],
      ['1.5', i32],
      ['1e3', i32],
      ['18446744073709551616', i64],
      ['', f64],
      ['0x', f64],
      ['1,5', f64],
      ['Infinity', f64],
      ['null', funcref],
    ] as const) {
      assert.throws(() => parseValue(text, type), UsageError, text);
    }
  });
});

describe('valueText', () => {
  it('prints the shortest text of a value', () => {
    assert.equal(valueText(-1, i32), '-1');
    assert.equal(valueText(-(2n ** 63n), i64), '-9223372036854775808');
    assert.equal(valueText(Math.fround(0.1), f32), '0.1');
    assert.equal(valueText(Math.fround(16777216), f32), '16777216');
    assert.equal(valueText(Math.fround(3.4028235e38), f32), '3.4028235e+38');
    assert.equal(valueText(0.1, f64), '0.1');
    assert.equal(valueText(-0, f64), '-0');
    assert.equal(valueText(Number.NaN, f32), 'nan');
    assert.equal(valueText(Number.NEGATIVE_INFINITY, f64), '-inf');
    assert.equal(valueText(null, externref), 'null');
    assert.equal(valueText({}, externref), 'externref');
  });
});
