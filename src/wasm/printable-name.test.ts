import { equal, ok } from 'node:assert/strict';
import { describe, it } from 'node:test';
import { printableName } from './printable-name.js';

describe('printableName', () => {
  it('leaves what can be shown as it is', () => {
    for (const name of ['', 'main', 'std::map<int, "x">', 'größe', '函数', '😀', 'a\\u{a}', '\u200d']) {
      equal(printableName(name), name);
    }
  });

  it('escapes control characters, line separators, marks of direction and lone surrogates', () => {
    equal(printableName('a\nb\r\t\0\x1b[31m\x7f\x85'), 'a\\u{a}b\\u{d}\\u{9}\\u{0}\\u{1b}[31m\\u{7f}\\u{85}');
    equal(printableName('\u2028\u2029\u061c'), '\\u{2028}\\u{2029}\\u{61c}');
    for (const code of [
      0x200e, 0x200f, 0x202a, 0x202b, 0x202c, 0x202d, 0x202e, 0x2066, 0x2067, 0x2068, 0x2069,
    ]) {
      equal(printableName(`a${String.fromCharCode(code)}b`), `a\\u{${code.toString(16)}}b`);
    }
    equal(printableName('\ud800a\udc00'), '\\u{d800}a\\u{dc00}');
  });

  it('shows 200 characters, and says how many there are', () => {
    equal(printableName('x'.repeat(200)), 'x'.repeat(200));
    equal(printableName('x'.repeat(201)), `${'x'.repeat(200)}… (201 characters)`);
    equal(printableName('abcdef', 3), 'abc… (6 characters)');
    ok(printableName('\u202e'.repeat(60_000_000)).length < 2000);
  });

  it('does not cut a pair of surrogates in two', () => {
    equal(printableName('ab😀c', 3), 'ab… (5 characters)');
    equal(printableName('ab😀c', 4), 'ab😀… (5 characters)');
  });
});
