import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { isNumericKind } from '../wasm/opcode-row.js';
import { opcodes, Prefix } from '../wasm/opcodes.js';
import {
  branchingComparison,
  branchingConstantComparison,
  keepsWords,
  Operation,
  operationOf,
  withConstant,
} from './operations.js';

const source = readFileSync(
  join(fileURLToPath(new URL('../../../', import.meta.url)), 'src/interpreter/run.ts'),
  'utf8',
);

/** What the loop's cases say that they are, by number. */
const cases = new Map<number, string>();
for (const [, number, name] of source.matchAll(/^ +case (0x[0-9a-f]{2,3}): \/\/ (.*)$/gm)) {
  assert.ok(!cases.has(Number(number)), `${number} twice`);
  cases.set(Number(number), name);
}

describe('the cases of the loop', () => {
  for (const [name, number] of Object.entries(Operation)) {
    test(`operation ${name}`, () => assert.equal(cases.get(number), name));
  }

  for (const { code, prefix, mnemonic, kind } of opcodes) {
    // `vector` and `vector_access` have operations of their own: see `vectors/numbers.test.ts`.
    if (prefix === Prefix.vector) continue;
    const number = operationOf[code];
    const isExecuted = kind === 'load' || kind === 'store' || isNumericKind(kind);
    if (!isExecuted || keepsWords[code] === 1) continue;
    test(mnemonic, () => {
      assert.equal(cases.get(number), mnemonic);
      const constant = withConstant(code);
      if (constant !== undefined) assert.equal(cases.get(constant), `${mnemonic} constant`);
      if (kind !== 'relop' || !mnemonic.startsWith('i32.')) return;
      assert.equal(cases.get(number + branchingComparison), `br_if ${mnemonic}`);
      assert.equal(cases.get(number + branchingConstantComparison), `br_if ${mnemonic} constant`);
    });
  }

  test('there are no others', () => {
    const known = new Set<number>(Object.values(Operation));
    for (const { code, prefix } of opcodes) {
      if (prefix === Prefix.vector) continue;
      known.add(operationOf[code]);
      known.add(withConstant(code) ?? 0);
    }
    for (const number of cases.keys()) {
      assert.ok(known.has(number) || cases.get(number)?.startsWith('br_if i32.'), `0x${number.toString(16)}`);
    }
  });
});
