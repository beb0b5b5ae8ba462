import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { UsageError } from './errors.js';
import { parseDuration, parseNumber, parseSize, roundedSize, sizeText } from './quantities.js';

describe('a size', () => {
  it('is bytes, or has a unit', () => {
    for (const [text, expected] of [
      ['0', 0],
      ['65536', 65536],
      ['12b', 12],
      ['16K', 2 ** 14],
      ['16KiB', 2 ** 14],
      ['64mib', 2 ** 26],
      ['3M', 3 * 2 ** 20],
      ['2GiB', 2 ** 31],
      ['1g', 2 ** 30],
    ] as const) {
      assert.equal(parseSize('x', text, 0, 2 ** 40), expected, text);
    }
    assert.equal(parseSize('x', undefined, 0, 1), undefined);
  });

  it('is refused where it is no size, or not in the range, which is named', () => {
    for (const text of ['', '-1', '1.5M', '64 MiB', 'MiB', '1T', '0x10', '1kb', '1e3', '2G']) {
      assert.throws(
        () => parseSize('x', text, 1, 2 ** 30),
        (error) =>
          error instanceof UsageError && error.message === `--x ${text}: expected a size from 1 to 1GiB`,
      );
    }
  });

  it('is written in the largest unit that it is a multiple of', () => {
    const sizes = [0, 1000, 1024, 65536, 2 ** 20, 2 ** 20 + 1, 3 * 2 ** 30];
    assert.deepEqual(sizes.map(sizeText), ['0', '1000', '1KiB', '64KiB', '1MiB', '1048577', '3GiB']);
  });

  it('is rounded for people', () => {
    const sizes = [0, 1, 1023, 1024, 1100, 1536, 2 ** 20, 2 ** 20 * 12.34, 2 ** 30, 2 ** 50];
    const expected = ['0 bytes', '1 byte', '1023 bytes', '1 KiB', '1.1 KiB', '1.5 KiB', '1 MiB', '12.3 MiB'];
    assert.deepEqual(sizes.map(roundedSize), [...expected, '1 GiB', '1048576 GiB']);
  });
});

describe('a time', () => {
  it('is seconds, or has a unit', () => {
    for (const [text, expected] of [
      ['2', 2000],
      ['0.5', 500],
      ['500ms', 500],
      ['1.5s', 1500],
      ['2m', 120_000],
      ['1h', 3_600_000],
    ] as const) {
      assert.equal(parseDuration('x', text), expected, text);
    }
    assert.equal(parseDuration('x', undefined), undefined);
  });

  it('is refused where it is none', () => {
    for (const text of ['', '0', '0s', '-1', '1.', '.5', '1 s', '5d', '1e3', 'ms', '999999h']) {
      assert.throws(() => parseDuration('x', text), UsageError, text);
    }
  });
});

describe('a number', () => {
  it('is whole, and in its range', () => {
    assert.equal(parseNumber('x', '64', 1, 64), 64);
    for (const text of ['', '0', '65', '1.0', '-1', ' 1']) {
      assert.throws(() => parseNumber('x', text, 1, 64), /^UsageError: --x .*: expected 1 to 64$/);
    }
  });
});
