import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { CodeReader } from './code-reader.js';

/** Every power of two of so many bits, its neighbours, and the negatives of all of them. */
function edgeValues(bits: number): bigint[] {
  const values = new Set<bigint>();
  for (let bit = 0; bit <= bits; bit++) {
    for (const near of [-1n, 0n, 1n]) {
      values.add((1n << BigInt(bit)) + near);
      values.add(-(1n << BigInt(bit)) + near);
    }
  }
  return [...values];
}

/**
 * LEB128 of a number in exactly `length` bytes, from its two's complement. Longer encodings than needed are
 * valid too, up to that of the widest number.
 */
function encode(value: bigint, length: number): number[] {
  return Array.from({ length }, (_, k) => {
    const group = Number(BigInt.asUintN(7, value >> BigInt(7 * k)));
    return k + 1 < length ? group | 0x80 : group;
  });
}

/** How many bytes an unsigned or signed number needs. */
function shortest(value: bigint, signed: boolean): number {
  let length = 1;
  const fits = (): boolean => {
    const bits = BigInt(7 * length);
    return signed ? value >= -(1n << (bits - 1n)) && value < 1n << (bits - 1n) : value < 1n << bits;
  };
  while (!fits()) length++;
  return length;
}

/** Reads one encoding between other bytes, and checks that exactly it was consumed. */
function readWith<T>(encoding: readonly number[], read: (reader: CodeReader) => T): T {
  const reader = new CodeReader();
  reader.open(Uint8Array.from([0xff, 0xff, ...encoding, 0x80, 0x7f]), 2);
  const value = read(reader);
  assert.equal(reader.position, 2 + encoding.length, `consumed of ${encoding}`);
  return value;
}

/** All encodings of the values in a range, from the shortest to `longest` bytes. */
function* encodings(
  values: readonly bigint[],
  range: { readonly min: bigint; readonly max: bigint; readonly longest: number; readonly signed: boolean },
): Iterable<[value: bigint, encoding: number[]]> {
  for (const value of values) {
    if (value < range.min || value > range.max) continue;
    for (let length = shortest(value, range.signed); length <= range.longest; length++) {
      yield [value, encode(value, length)];
    }
  }
}

describe('CodeReader', () => {
  test('u32 reads unsigned numbers in all lengths', () => {
    const range = { min: 0n, max: 0xffff_ffffn, longest: 5, signed: false };
    for (const [value, encoding] of encodings(edgeValues(32), range)) {
      assert.equal(
        readWith(encoding, (reader) => reader.u32()),
        Number(value),
      );
    }
  });

  test('s32 reads signed numbers in all lengths', () => {
    const range = { min: -(1n << 31n), max: (1n << 31n) - 1n, longest: 5, signed: true };
    for (const [value, encoding] of encodings(edgeValues(32), range)) {
      assert.equal(
        readWith(encoding, (reader) => reader.s32()),
        Number(value),
      );
    }
  });

  test('s32 reads the types of blocks, which are 33 bits wide', () => {
    // Empty, i32, externref, and type indices up to the largest that s33 holds in the lower 31 bits.
    for (const value of [-64n, -1n, -17n, 0n, 63n, 64n, 0x1fffn, 0x2000n, 0x7fff_ffffn]) {
      assert.equal(
        readWith(encode(value, 5), (reader) => reader.s32()),
        Number(value),
      );
    }
  });

  test('s64 reads signed numbers in all lengths, as two halves', () => {
    const range = { min: -(1n << 63n), max: (1n << 63n) - 1n, longest: 10, signed: true };
    for (const [value, encoding] of encodings(edgeValues(64), range)) {
      const [low, high] = readWith(encoding, (reader) => [reader.s64(), reader.high]);
      assert.equal(low, Number(BigInt.asIntN(32, value)), `lower half of ${value} as ${encoding}`);
      assert.equal(high, Number(BigInt.asIntN(32, value >> 32n)), `upper half of ${value} as ${encoding}`);
    }
  });

  test('bits32 reads four bytes, little endian, also where the module is part of a larger buffer', () => {
    const whole = Uint8Array.of(1, 2, 3, 0x44, 0x33, 0x22, 0xf1, 9);
    const reader = new CodeReader();
    reader.open(whole.subarray(2), 1);
    assert.equal(reader.bits32(), 0xf1223344 | 0);
    assert.equal(reader.position, 5);
  });

  test('another module may be opened, and the same one at another place', () => {
    const reader = new CodeReader();
    const bytes = Uint8Array.of(1, 0, 0, 0, 2, 0, 0, 0);
    reader.open(bytes, 0);
    assert.equal(reader.bits32(), 1);
    reader.open(bytes, 4);
    assert.equal(reader.bits32(), 2);
    reader.open(Uint8Array.of(3, 0, 0, 0), 0);
    assert.equal(reader.bits32(), 3);
  });

  test('skipLeb skips numbers of every length, and u8 reads one byte', () => {
    for (let length = 1; length <= 10; length++) {
      readWith(encode(-1n, length), (reader) => reader.skipLeb());
    }
    assert.equal(
      readWith([0xab], (reader) => reader.u8()),
      0xab,
    );
  });
});
