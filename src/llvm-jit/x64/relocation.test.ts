import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { gotLoadToAddress, isBranchTarget, Relocation, relocationName } from './relocation.js';

const { gotpcrel, gotpcrelx, rexGotpcrelx } = Relocation;

/** Instructions before and after, with a displacement of zeros; where the distance goes, from their end. */
const changed: readonly (readonly [
  name: string,
  type: number,
  before: string,
  after: string,
  field: number,
])[] = [
  ['mov eax', gotpcrelx, '8b 05 00 00 00 00', '8d 05 00 00 00 00', -4],
  ['mov rax', rexGotpcrelx, '48 8b 05 00 00 00 00', '48 8d 05 00 00 00 00', -4],
  ['mov r15', rexGotpcrelx, '4c 8b 3d 00 00 00 00', '4c 8d 3d 00 00 00 00', -4],
  ['call', gotpcrelx, 'ff 15 00 00 00 00', '67 e8 00 00 00 00', -4],
  ['jmp', gotpcrelx, 'ff 25 00 00 00 00', 'e9 00 00 00 00 90', -5],
];

const unchanged: readonly (readonly [name: string, type: number, code: string])[] = [
  ['cmp', rexGotpcrelx, '48 3b 05 00 00 00 00'],
  ['test', rexGotpcrelx, '48 85 05 00 00 00 00'],
  ['push', gotpcrelx, 'ff 35 00 00 00 00'],
  ['mov with a base register', rexGotpcrelx, '48 8b 80 00 00 00 00'],
  ['call with a REX prefix', rexGotpcrelx, '40 ff 15 00 00 00 00'],
  ['mov that the assembler does not vouch for', gotpcrel, '48 8b 05 00 00 00 00'],
];

function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(text.split(' '), (byte) => Number.parseInt(byte, 16));
}

describe('reads of GOT slots', () => {
  for (const [name, type, before, after, field] of changed) {
    test(`${name} does without`, () => {
      const code = bytesOf(before);
      const at = gotLoadToAddress(code, code.length - 4, type);
      assert.equal(at, code.length + field);
      code.fill(0, at, at + 4);
      assert.deepEqual(code, bytesOf(after));
    });
  }
  for (const [name, type, text] of unchanged) {
    test(`${name} does not`, () => {
      const code = bytesOf(text);
      assert.equal(gotLoadToAddress(code, code.length - 4, type), -1);
      assert.deepEqual(code, bytesOf(text));
    });
  }
});

test('branches are call, jmp and jcc', () => {
  const cases = {
    'e8 0': true,
    'e9 0': true,
    '0f 84 0': true,
    '0f 8f 0': true,
    '8d 05 0': false,
    '84 0': false,
  };
  for (const [text, expected] of Object.entries(cases)) {
    const code = bytesOf(text);
    assert.equal(isBranchTarget(code, code.length - 1), expected, text);
  }
});

test('relocations have the names of the psABI', () => {
  assert.deepEqual(
    [0, 1, 2, 4, 9, 10, 24, 37, 41, 42, 43].map(relocationName),
    [
      'NONE',
      '64',
      'PC32',
      'PLT32',
      'GOTPCREL',
      '32',
      'PC64',
      'IRELATIVE',
      'GOTPCRELX',
      'REX_GOTPCRELX',
      'type 43',
    ].map((name) => `R_X86_64_${name}`),
  );
});
