import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Opcode, opcodes, Prefix } from '../../wasm/opcodes.js';
import { accesses, makesVector, operations, vectorNumbers } from './numbers.js';

const meanings = [
  { deterministic: false, fused: false },
  { deterministic: false, fused: true },
  { deterministic: true, fused: false },
] as const;

test('every vector instruction is an operation or an access, whatever relaxed ones mean', () => {
  const missing = opcodes.filter(({ code, prefix, kind, access }) => {
    if (prefix !== Prefix.vector || kind === 'const') return false;
    if (access > 0) return accesses[code] === undefined;
    return meanings.some((meaning) => operations[vectorNumbers(meaning)[code]] === undefined);
  });
  assert.deepEqual(
    missing.map(({ mnemonic }) => mnemonic),
    [],
  );
});

test('nothing else is, but select', () => {
  const named = opcodes.filter(({ code, prefix }) => {
    return prefix !== Prefix.vector && (operations[code] !== undefined || accesses[code] !== undefined);
  });
  assert.deepEqual(
    named.map(({ mnemonic }) => mnemonic),
    ['select'],
  );
  assert.equal(makesVector[Opcode.select], true);
});

test('a relaxed instruction has a number for each meaning, all others have one', () => {
  for (const { code, feature, prefix } of opcodes) {
    if (prefix !== Prefix.vector) continue;
    const numbers = new Set(meanings.map((meaning) => vectorNumbers(meaning)[code]));
    assert.equal(numbers.size, feature === 'relaxed-simd' ? meanings.length : 1);
    if (feature === 'relaxed-simd') for (const number of numbers) assert.equal(makesVector[number], true);
  }
});
