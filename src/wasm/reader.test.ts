import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CompileError } from './errors.js';
import { Reader } from './reader.js';

function reader(...bytes: number[]): Reader {
  return new Reader(Uint8Array.from(bytes));
}

/** Signed or unsigned LEB128 of `value`, in as few bytes as possible. */
function leb128(value: bigint, signed: boolean): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (;;) {
    const byte = Number(rest & 0x7fn);
    rest >>= 7n;
    const done = signed ? rest === (byte & 0x40 ? -1n : 0n) : rest === 0n;
    bytes.push(done ? byte : byte | 0x80);
    if (done) return bytes;
  }
}

/** The same integer in `length` bytes. */
function padded(bytes: readonly number[], length: number, signed: boolean): number[] {
  const negative = signed && (bytes[bytes.length - 1] & 0x40) !== 0;
  const fill = negative ? 0x7f : 0;
  const result = [...bytes];
  while (result.length < length) {
    result[result.length - 1] |= 0x80;
    result.push(fill);
  }
  return result;
}

/** Values around every power of two of at most `bits` bits. */
function samples(bits: number, signed: boolean): bigint[] {
  const values = new Set<bigint>([0n]);
  const top = signed ? bits - 1 : bits;
  for (let bit = 0; bit <= top; bit++) {
    const power = 1n << BigInt(bit);
    values.add(power - 1n);
    if (bit < top) values.add(power).add(power | 1n);
    if (signed) values.add(-power);
    if (signed && bit < top) values.add(-power - 1n);
  }
  return [...values];
}

function refuses(bytes: readonly number[], read: (from: Reader) => unknown, detail: string): void {
  assert.throws(
    () => read(reader(...bytes)),
    (error) => error instanceof CompileError && error.malformed && error.detail === detail,
  );
}

const integers = [
  { name: 'u32', bits: 32, signed: false, read: (from: Reader) => BigInt(from.u32()) },
  { name: 's32', bits: 32, signed: true, read: (from: Reader) => BigInt(from.s32()) },
  { name: 's33', bits: 33, signed: true, read: (from: Reader) => BigInt(from.s33()) },
  { name: 's64', bits: 64, signed: true, read: (from: Reader) => from.s64() },
];

for (const { name, bits, signed, read } of integers) {
  const longest = Math.ceil(bits / 7);

  test(`${name} reads every length of its encoding`, () => {
    for (const value of samples(bits, signed)) {
      const shortest = leb128(value, signed);
      for (let length = shortest.length; length <= longest; length++) {
        const from = reader(...padded(shortest, length, signed), 0xff);
        assert.equal(read(from), value);
        assert.equal(from.pos, length);
      }
    }
  });

  test(`${name} refuses what is too long, too large or cut off`, () => {
    for (const value of samples(bits, signed)) {
      const bytes = leb128(value, signed);
      refuses(padded(bytes, longest + 1, signed), read, 'integer representation too long');
      for (let cut = 0; cut < bytes.length; cut++) {
        refuses(bytes.slice(0, cut), read, 'unexpected end of section or function');
      }
    }
    const tooLarge = signed ? [1n << BigInt(bits - 1), -(1n << BigInt(bits - 1)) - 1n] : [1n << BigInt(bits)];
    for (const value of tooLarge)
      refuses(padded(leb128(value, signed), longest, signed), read, 'integer too large');
  });
}

test('s64Halves leaves signed halves', () => {
  const from = reader(...leb128(-0x1234_5678_9abc_def0n, true));
  from.s64Halves();
  assert.equal((BigInt(from.high) << 32n) | BigInt(from.low >>> 0), -0x1234_5678_9abc_def0n);
});

test('floats are read as their bits', () => {
  const from = reader(0x01, 0x00, 0xa0, 0xff, 0x02, 0x00, 0x00, 0x00, 0x00, 0x00, 0xf4, 0x7f);
  assert.equal(from.u32Bits(), 0xffa00001);
  assert.equal(from.u64Bits(), 0x7ff4000000000002n);
  refuses([1, 2, 3], (cut) => cut.u32Bits(), 'unexpected end of section or function');
});

test('a length counts at most the bytes that are left', () => {
  assert.equal(reader(2, 0, 0).length(), 2);
  refuses([4, 0, 0], (from) => from.length(), 'length out of bounds');
});

test('names are UTF-8', () => {
  for (const text of [
    '',
    'memory',
    'a name of more than thirty-two characters',
    'größer',
    '你好',
    '🦀',
    '\0',
    '\ufeffx',
  ]) {
    const bytes = new TextEncoder().encode(text);
    const from = reader(bytes.length, ...bytes, 0x2a);
    assert.equal(from.name(), text);
    assert.equal(from.u8(), 0x2a);
  }
  const surrogate = [0xed, 0xa0, 0x80];
  for (const bytes of [[0x80], [0xc0, 0xaf], surrogate, [0xf4, 0x90, 0x80, 0x80], [0xe2, 0x82]]) {
    refuses([bytes.length, ...bytes], (from) => from.name(), 'malformed UTF-8 encoding');
  }
});

test('names are read from shared memory', () => {
  const bytes = new Uint8Array(new SharedArrayBuffer(8));
  bytes.set([5, ...new TextEncoder().encode('größ')]);
  assert.throws(() => new Reader(bytes).name(), /malformed UTF-8 encoding/);
  bytes[0] = 6;
  assert.equal(new Reader(bytes).name(), 'größ');
});
