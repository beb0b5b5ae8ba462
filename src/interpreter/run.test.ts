import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { opcodes } from '../wasm/opcodes.js';
import {
  branchingComparison,
  branchingConstantComparison,
  Operation,
  prefixedOperation,
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

/** Instructions that are decoded to nothing, or to operations of another name. */
const elsewhere = new Set(Object.values(Operation).map(Number));

describe('the cases of the loop', () => {
  for (const [name, number] of Object.entries(Operation)) {
    test(`operation ${name}`, () => assert.equal(cases.get(number), name));
  }

  for (const { code, mnemonic, signature } of opcodes) {
    const number = code < 0x100 ? code : prefixedOperation(code & 0xff);
    const isConstant = mnemonic.endsWith('.const');
    const isSameWords = mnemonic.includes('reinterpret') || mnemonic === 'i32.wrap_i64';
    if (signature === undefined || isConstant || isSameWords || elsewhere.has(number)) continue;
    if (mnemonic === 'nop') continue;
    test(mnemonic, () => {
      assert.equal(cases.get(number), mnemonic);
      const constant = withConstant(code);
      if (constant !== undefined) assert.equal(cases.get(constant), `${mnemonic} constant`);
      if (!/^i32\.(eq|ne|[lg][te]_[su])$/.test(mnemonic)) return;
      assert.equal(cases.get(number + branchingComparison), `br_if ${mnemonic}`);
      assert.equal(cases.get(number + branchingConstantComparison), `br_if ${mnemonic} constant`);
    });
  }

  test('there are no others', () => {
    const known = new Set<number>(Object.values(Operation));
    for (const { code } of opcodes) {
      known.add(code < 0x100 ? code : prefixedOperation(code & 0xff));
      known.add(withConstant(code) ?? 0);
    }
    for (const number of cases.keys()) {
      assert.ok(known.has(number) || cases.get(number)?.startsWith('br_if i32.'), `0x${number.toString(16)}`);
    }
  });
});
