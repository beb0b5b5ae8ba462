import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ValType } from '../wasm/types.js';
import { sameValue } from './values.js';

/** 128 bits of lanes, the lowest first. */
function lanes(bits: number, ...values: bigint[]): bigint {
  return values.reduceRight((all, value) => (all << BigInt(bits)) | value, 0n);
}

test('NaNs of two vectors are the same, whatever their sign and payload', () => {
  const { v128 } = ValType;
  const one = lanes(32, 1n, 0x7fc0_0000n, 0xffc0_0001n, 5n);
  assert(sameValue(v128, one, lanes(32, 1n, 0xffc0_0000n, 0x7fc0_0000n, 5n)));
  assert(!sameValue(v128, one, lanes(32, 1n, 0xffc0_0000n, 0x7fc0_0000n, 6n)));
  assert(sameValue(v128, lanes(64, 0x7ff8_0000_0000_0001n, 2n), lanes(64, 0xfff8_0000_0000_0000n, 2n)));
  assert(!sameValue(v128, lanes(64, 0x7ff8_0000_0000_0001n, 2n), lanes(64, 0xfff8_0000_0000_0000n, 3n)));
});

test('a signalling NaN is no quiet one, and numbers are themselves', () => {
  const { v128, f32, i64 } = ValType;
  assert(!sameValue(v128, 0x7fa0_0000n, 0x7fc0_0000n));
  assert(!sameValue(f32, 0x7fa0_0000n, 0x7fc0_0000n));
  assert(sameValue(f32, 0xffc0_0000n, 0x7fc0_0000n));
  assert(!sameValue(i64, 0x7ff8_0000_0000_0000n, 0xfff8_0000_0000_0000n));
  assert(!sameValue(v128, 0n, 1n << 127n));
});
