import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { opcodes } from '../wasm/opcodes.js';
import { ValType } from '../wasm/types.js';
import {
  isLoad,
  isStore,
  noVType,
  Op,
  opCount,
  opDefines,
  opName,
  opOfWasm,
  opOperandTypes,
  opReads,
  opResultType,
  ReadsA,
  ReadsB,
  ReadsC,
  VType,
  vtypeOf,
} from './ops.js';

describe('IR operations', () => {
  test('names are those of different operations', () => {
    const names = Array.from({ length: opCount }, (_, op) => opName(op)).filter((name) => name !== '');
    assert.equal(new Set(names).size, names.length);
    // Its own, wasm's loads and stores, and the numeric operators.
    assert.equal(names.length, Object.keys(Op).length + 23 + 136);
  });

  test("wasm's operators keep their names and signatures", () => {
    for (const { code, mnemonic, signature, access } of opcodes) {
      if (signature?.result === undefined || signature.operands.length === 0 || /^memory/.test(mnemonic))
        continue;
      const op = opOfWasm(code);
      assert.equal(opName(op), mnemonic);
      assert.equal(opDefines[op], 1, mnemonic);
      assert.equal(opResultType[op], vtypeOf(signature.result), mnemonic);
      assert.equal(opOperandTypes[0][op], vtypeOf(signature.operands[0]), mnemonic);
      const two = access > 0 || signature.operands.length === 2;
      assert.equal(opReads[op], two ? ReadsA | ReadsB : ReadsA, mnemonic);
    }
  });

  test('loads and stores are told apart from all else', () => {
    for (const { code, mnemonic, access } of opcodes) {
      if (code >= 0x100) continue;
      assert.equal(isLoad(code), access > 0 && mnemonic.includes('load'), mnemonic);
      assert.equal(isStore(code), access > 0 && mnemonic.includes('store'), mnemonic);
      if (isStore(code))
        assert.deepEqual([opReads[code], opDefines[code]], [ReadsA | ReadsB | ReadsC, 0], mnemonic);
    }
  });

  test('operations without a fixed result have none', () => {
    for (const name of ['mov', 'select', 'call', 'call_result'] as const) {
      assert.equal(opResultType[Op[name]], noVType);
    }
    assert.equal(opResultType[Op['element.load']], VType.i64);
  });

  test('references are 64 bits wide', () => {
    const { i32, i64, f32, f64, funcref, externref } = ValType;
    assert.deepEqual([i32, i64, f32, f64, funcref, externref].map(vtypeOf), [0, 1, 2, 3, 1, 1]);
  });
});
