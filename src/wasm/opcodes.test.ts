import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  accessSize,
  Immediate,
  immediateKind,
  isOpcode,
  mnemonic,
  naturalAlignment,
  Op,
  type Opcode,
  opcodeIndex,
  opcodeIndexCount,
  opcodes,
  operandCount,
  operandType0,
  operandType1,
  operandType2,
  resultType,
  variableSignature,
} from './opcodes.js';
import { functionModule, validByV8 } from './test-module.js';
import { ValType } from './types.js';

const constants: Readonly<Record<number, readonly number[]>> = {
  [ValType.i32]: [0x41, 0],
  [ValType.i64]: [0x42, 0],
  [ValType.f32]: [0x43, 0, 0, 0, 0],
  [ValType.f64]: [0x44, 0, 0, 0, 0, 0, 0, 0, 0],
};

/** Bytes of an instruction of fixed signature, all its immediates zero. */
function encode({ code, immediates }: Opcode): number[] {
  const sizes: Partial<Record<Immediate, number>> = {
    [Immediate.none]: 0,
    [Immediate.f32]: 4,
    [Immediate.f64]: 8,
    [Immediate.memarg]: 2,
    [Immediate.tableTable]: 2,
    [Immediate.elemTable]: 2,
    [Immediate.memoryMemory]: 2,
    [Immediate.dataMemory]: 2,
  };
  const prefix = code > 0xff ? [code >> 8, code & 0xff] : [code];
  return [...prefix, ...new Array<number>(sizes[immediates] ?? 1).fill(0)];
}

function accepted(opcode: Opcode, operands: readonly ValType[], result: ValType | undefined): boolean {
  const code = [...operands.flatMap((type) => constants[type]), ...encode(opcode)];
  const results = result === undefined ? [] : [result];
  return validByV8(functionModule({ results, code }));
}

test('codes and mnemonics are unique', () => {
  assert.equal(new Set(opcodes.map(({ code }) => code)).size, opcodes.length);
  assert.equal(new Set(opcodes.map((opcode) => opcode.mnemonic)).size, opcodes.length);
  for (const { code } of opcodes) assert.ok(opcodeIndex(code) < opcodeIndexCount);
});

test('V8 agrees with every fixed signature', () => {
  const types = [undefined, ValType.i32, ValType.i64, ValType.f32, ValType.f64];
  for (const opcode of opcodes) {
    if (opcode.signature === undefined) continue;
    const { operands, result } = opcode.signature;
    for (const type of types) {
      assert.equal(accepted(opcode, operands, type), type === result, `${opcode.mnemonic}, result`);
      operands.forEach((operand, k) => {
        if (type === undefined) return;
        const changed = operands.with(k, type);
        assert.equal(accepted(opcode, changed, result), type === operand, `${opcode.mnemonic}, operand ${k}`);
      });
    }
  }
});

test('V8 agrees with every access size', () => {
  for (const opcode of opcodes) {
    if (opcode.immediates !== Immediate.memarg) continue;
    assert.ok(opcode.access > 0, opcode.mnemonic);
    const operands = opcode.signature?.operands ?? [];
    const results = opcode.signature?.result === undefined ? [] : [opcode.signature.result];
    for (let alignment = 0; alignment < 5; alignment++) {
      const code = [...operands.flatMap((type) => constants[type]), opcode.code, alignment, 0];
      const valid = validByV8(functionModule({ results, code }));
      assert.equal(valid, 2 ** alignment <= opcode.access, `${opcode.mnemonic} align=${2 ** alignment}`);
    }
  }
});

test('the lookup tables say what the rows say', () => {
  const indices = new Set<number>();
  for (const { code, mnemonic: name, immediates, signature, access } of opcodes) {
    const index = opcodeIndex(code);
    indices.add(index);
    assert.equal(Op[name], code);
    assert.equal(mnemonic(code), name);
    assert.equal(immediateKind[index], immediates);
    assert.equal(accessSize[index], access);
    if (access > 0) assert.equal(2 ** naturalAlignment[index], access);
    assert.equal(operandCount[index], signature?.operands.length ?? variableSignature);
    const types = [operandType0[index], operandType1[index], operandType2[index]];
    assert.deepEqual(
      types,
      [0, 1, 2].map((k) => signature?.operands[k] ?? 0),
    );
    assert.equal(resultType[index], signature?.result ?? 0);
  }
  for (let index = 0; index < opcodeIndexCount; index++) {
    assert.equal(isOpcode[index], indices.has(index) ? 1 : 0);
  }
});

test('what is no opcode is printed as a number', () => {
  assert.equal(mnemonic(0x06), '0x6');
  assert.equal(mnemonic(0xfc1f), '0xfc1f');
});
