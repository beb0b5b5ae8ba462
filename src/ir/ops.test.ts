import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { isNumericKind } from '../wasm/opcode-row.js';
import { opcodes } from '../wasm/opcodes.js';
import { ValType } from '../wasm/types.js';
import {
  isLoad,
  isStore,
  noVType,
  Op,
  OpFact,
  opCount,
  opDefines,
  opFacts,
  opName,
  opOperandTypes,
  opReads,
  opResultType,
  opSwapped,
  ReadsA,
  ReadsB,
  ReadsC,
  VType,
  vtypeNames,
  vtypeOf,
} from './ops.js';

describe('IR operations', () => {
  test('names are those of different operations', () => {
    const names = Array.from({ length: opCount }, (_, op) => opName(op)).filter((name) => name !== '');
    assert.equal(new Set(names).size, names.length);
    assert.deepEqual(names.sort(), Object.keys(Op).sort());
  });

  test("wasm's operators keep their names, numbers and signatures", () => {
    for (const { code, mnemonic, kind, signature, access } of opcodes) {
      if (kind !== 'load' && kind !== 'store' && !isNumericKind(kind)) {
        assert.equal(opName(code), '', mnemonic);
        continue;
      }
      const { operands = [], result } = signature ?? {};
      assert.equal(Op[mnemonic], code);
      assert.equal(opName(code), mnemonic);
      assert.equal(opDefines[code], result === undefined ? 0 : 1, mnemonic);
      assert.equal(opResultType[code], result === undefined ? noVType : vtypeOf(result), mnemonic);
      const classes: number[] = operands.map(vtypeOf);
      // An address may be an i32 or an i64; the memory's base comes second.
      if (access > 0) classes.splice(0, 1, noVType, VType.i64);
      assert.deepEqual(
        opOperandTypes.map((types) => types[code]),
        [0, 1, 2].map((field) => classes[field] ?? noVType),
        mnemonic,
      );
      assert.equal(opReads[code], [0, ReadsA, ReadsA | ReadsB, ReadsA | ReadsB | ReadsC][classes.length]);
    }
  });

  test('facts of wasm operators are those of their rows', () => {
    for (const { code, mnemonic, kind, traps, swapped } of opcodes) {
      if (opName(code) === '') continue;
      const has = (fact: number): boolean => (opFacts[code] & fact) !== 0;
      assert.deepEqual([has(OpFact.load), isLoad(code)], [kind === 'load', kind === 'load'], mnemonic);
      assert.deepEqual([has(OpFact.store), isStore(code)], [kind === 'store', kind === 'store'], mnemonic);
      assert.equal(has(OpFact.numeric), isNumericKind(kind), mnemonic);
      assert.equal(has(OpFact.comparison), kind === 'relop', mnemonic);
      assert.equal(has(OpFact.traps), traps, mnemonic);
      assert.equal(has(OpFact.pure), isNumericKind(kind) && !traps, mnemonic);
      assert.equal(opSwapped[code], swapped === undefined ? 0 : Op[swapped], mnemonic);
    }
  });

  test('what traps is not pure, and nothing else that has no result', () => {
    for (let op = 0; op < opCount; op++) {
      if ((opFacts[op] & OpFact.pure) === 0) continue;
      assert.equal(opFacts[op] & OpFact.traps, 0, opName(op));
      assert.equal(opDefines[op], 1, opName(op));
    }
    for (const name of ['trap', 'trap_if', 'bounds_check'] as const) {
      assert.equal(opFacts[Op[name]], OpFact.traps, name);
    }
  });

  test('operations without a fixed result have none', () => {
    for (const name of ['mov', 'select', 'call', 'call_result'] as const) {
      assert.equal(opResultType[Op[name]], noVType);
    }
    assert.equal(opResultType[Op['element.load']], VType.i64);
  });

  test('references are 64 bits wide', () => {
    const { i32, i64, f32, f64, v128, funcref, externref } = ValType;
    assert.deepEqual([i32, i64, f32, f64, v128, funcref, externref].map(vtypeOf), [0, 1, 2, 3, 4, 1, 1]);
    for (const [name, vtype] of Object.entries(VType)) assert.equal(vtypeNames[vtype], name);
  });
});
