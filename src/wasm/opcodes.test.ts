import assert from 'node:assert/strict';
import { test } from 'node:test';
import { functionModule, opcodeBytes, trapsInV8, validByV8 } from './module.fixture.js';
import { isNumericKind } from './opcode-row.js';
import {
  accessSize,
  canTrap,
  Immediate,
  type ImmediateKind,
  immediateKinds,
  immediatesFrom,
  isNumeric,
  isOpcode,
  isPrefix,
  laneCount,
  type Mnemonic,
  mnemonic,
  naturalAlignment,
  Opcode,
  type OpcodeRow,
  opcodeCount,
  opcodeRow,
  opcodes,
  opensBlock,
  operandCount,
  operandType0,
  operandType1,
  operandType2,
  Prefix,
  prefixedOpcode,
  resultType,
  variableSignature,
} from './opcodes.js';
import { ValType } from './types.js';

const vectorConstant = [Prefix.vector, 0x0c];

/** Instructions that push a value; the first is 0, the others are such that operators trap or overflow. */
const values: Readonly<Record<number, readonly (readonly number[])[]>> = {
  [ValType.i32]: [
    [0x41, 0],
    [0x41, 1],
    [0x41, 0x7f],
    [0x41, 0x80, 0x80, 0x80, 0x80, 0x78],
  ],
  [ValType.i64]: [
    [0x42, 0],
    [0x42, 1],
    [0x42, 0x7f],
    [0x42, ...new Array<number>(9).fill(0x80), 0x7f],
  ],
  [ValType.f32]: [
    [0x43, 0, 0, 0, 0],
    [0x43, 0, 0, 0x80, 0x3f],
    [0x43, 0, 0, 0x80, 0xff],
    [0x43, 0, 0, 0xc0, 0x7f],
  ],
  [ValType.f64]: [
    [0x44, 0, 0, 0, 0, 0, 0, 0, 0],
    [0x44, 0, 0, 0, 0, 0, 0, 0xf0, 0x3f],
    [0x44, 0, 0, 0, 0, 0, 0, 0xf0, 0xff],
    [0x44, 0, 0, 0, 0, 0, 0, 0xf8, 0x7f],
  ],
  [ValType.v128]: [
    [...vectorConstant, ...new Array<number>(16).fill(0)],
    [...vectorConstant, 1, 2, 3, 4, 0x76, 0x85, 0x87, 0xf8, 0xf9, 0x6a, 0xfb, 0x5c, 0x0d, 0x4e, 0xff, 0x3f],
    [
      ...vectorConstant,
      0x91,
      0x22,
      0xb3,
      0x44,
      5,
      6,
      0xd7,
      8,
      0x79,
      0xea,
      0x5b,
      0xcc,
      0x3d,
      0xae,
      0x1f,
      0x90,
    ],
    // Lanes that are equal in some shapes only.
    [...vectorConstant, 2, 2, 3, 4, 0x76, 0x85, 0x87, 0xf8, 0xf9, 0x6a, 0xfb, 0x5c, 0x0d, 0x4e, 0xff, 0x3f],
    [...vectorConstant, 1, 2, 3, 4, 0x76, 0x85, 0x87, 0xf9, 0xf9, 0x6a, 0xfc, 0x5c, 0x0d, 0x4e, 0xff, 0x3f],
    // Numbers that are none, with different payloads.
    [...vectorConstant, 1, 2, 0xc0, 0x7f, 3, 4, 0xf8, 0x7f, 5, 6, 0xc0, 0xff, 7, 8, 0xf8, 0xff],
    [...vectorConstant, 9, 8, 0xc0, 0x7f, 7, 6, 0xf8, 0x7f, 5, 4, 0xc0, 0xff, 3, 2, 0xf8, 0xff],
  ],
};

function constant(type: ValType): readonly number[] {
  return values[type][0];
}

/** Bytes of the immediates, all of them zero. */
const zeroBytes: Partial<Record<ImmediateKind, number>> = { f32: 4, f64: 8, memarg: 2, lanes: 16, v128: 16 };

function encode(opcode: OpcodeRow): number[] {
  const count = opcode.immediates.reduce((sum, kind) => sum + (zeroBytes[kind] ?? 1), 0);
  return [...opcodeBytes(opcode), ...new Array<number>(count).fill(0)];
}

/** All ways to push operands of these types. */
function operandCode(types: readonly ValType[]): number[][] {
  return types.reduce<number[][]>(
    (codes, type) => codes.flatMap((code) => values[type].map((value) => [...code, ...value])),
    [[]],
  );
}

function accepted(opcode: OpcodeRow, operands: readonly ValType[], result: ValType | undefined): boolean {
  const code = [...operands.flatMap(constant), ...encode(opcode)];
  const results = result === undefined ? [] : [result];
  return validByV8(functionModule({ results, code }));
}

/** The instructions that the V8 at hand knows: older ones lack relaxed vectors. */
const known = opcodes.filter((opcode) => {
  if (opcode.feature !== 'relaxed-simd') return true;
  return accepted(opcode, opcode.signature?.operands ?? [], opcode.signature?.result);
});

test('V8 knows all instructions but relaxed ones, and these all or none', () => {
  const missing = opcodes.filter((opcode) => !known.includes(opcode));
  assert.ok(missing.length === 0 || missing.length === 20);
});

test('codes and mnemonics are unique', () => {
  assert.equal(new Set(opcodes.map(({ code }) => code)).size, opcodes.length);
  assert.equal(new Set(opcodes.map((opcode) => opcode.mnemonic)).size, opcodes.length);
  for (const { code } of opcodes) assert.ok(code < opcodeCount);
});

test('V8 agrees with every fixed signature', () => {
  const types = [undefined, ValType.i32, ValType.i64, ValType.f32, ValType.f64, ValType.v128];
  for (const opcode of known) {
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
    if (!opcode.immediates.includes('memarg')) continue;
    assert.ok(opcode.access > 0, opcode.mnemonic);
    const operands = opcode.signature?.operands ?? [];
    const results = opcode.signature?.result === undefined ? [] : [opcode.signature.result];
    for (let alignment = 0; alignment < 5; alignment++) {
      const lane = opcode.immediates.includes('lane') ? [0] : [];
      const code = [...operands.flatMap(constant), ...opcodeBytes(opcode), alignment, 0, ...lane];
      const valid = validByV8(functionModule({ results, code }));
      assert.equal(valid, 2 ** alignment <= opcode.access, `${opcode.mnemonic} align=${2 ** alignment}`);
    }
  }
});

test('V8 agrees on the number of lanes', () => {
  for (const opcode of opcodes) {
    const lanes = laneCount[opcode.code];
    const isLane = opcode.immediates.includes('lane') || opcode.immediates.includes('lanes');
    assert.equal(lanes > 0, isLane, opcode.mnemonic);
    if (!isLane) continue;
    const operands = opcode.signature?.operands ?? [];
    const results = opcode.signature?.result === undefined ? [] : [opcode.signature.result];
    const encoded = encode(opcode);
    for (const lane of [0, lanes - 1, lanes, 0x80]) {
      const code = [...operands.flatMap(constant), ...encoded.with(-1, lane)];
      assert.equal(validByV8(functionModule({ results, code })), lane < lanes, `${opcode.mnemonic} ${lane}`);
    }
  }
});

test('V8 agrees on what can trap', () => {
  for (const opcode of known) {
    if (opcode.signature === undefined) continue;
    const { operands, result } = opcode.signature;
    const last = result === undefined ? [] : [Opcode.drop];
    const codes = operandCode(operands).map((code) => [...code, ...encode(opcode), ...last]);
    const found = codes.some((code) => trapsInV8(functionModule({ code, start: true })));
    assert.equal(found, opcode.traps, opcode.mnemonic);
  }
});

test('V8 agrees on what can trap by context', () => {
  const outside = [0x41, 100];
  const traps: Partial<Record<Mnemonic, readonly number[]>> = {
    unreachable: [Opcode.unreachable],
    call_indirect: [...outside, Opcode.call_indirect, 1, 0],
    'table.get': [...outside, Opcode['table.get'], 0, Opcode.drop],
    'table.set': [...outside, Opcode['ref.null'], ValType.funcref, Opcode['table.set'], 0],
    'table.fill': [...outside, Opcode['ref.null'], ValType.funcref, 0x41, 1, Prefix.misc, 17, 0],
    throw_ref: [Opcode['ref.null'], ValType.exnref, Opcode.throw_ref],
    return_call_indirect: [...outside, Opcode.return_call_indirect, 1, 0],
    call_ref: [Opcode['ref.null'], 1, Opcode.call_ref, 1],
    return_call_ref: [Opcode['ref.null'], 1, Opcode.return_call_ref, 1],
    'ref.as_non_null': [Opcode['ref.null'], 1, Opcode['ref.as_non_null'], Opcode.drop],
  };
  for (const opcode of opcodes) {
    if (opcode.signature !== undefined) continue;
    const code = traps[opcode.mnemonic];
    assert.equal(opcode.traps, code !== undefined, opcode.mnemonic);
    if (code === undefined) continue;
    const bytes = functionModule({ code, start: true });
    // Node 20 has no exceptions of version 3.0 and no typed references.
    if (validByV8(bytes) || opcode.feature === undefined) assert.ok(trapsInV8(bytes), opcode.mnemonic);
  }
});

/** What makes an i32 of two results that is not 0 where they differ. */
const unequal: Readonly<Record<number, readonly number[]>> = {
  [ValType.i32]: [Opcode['i32.ne']],
  [ValType.i64]: [Opcode['i64.ne']],
  [ValType.v128]: [Prefix.vector, 0x51, Prefix.vector, 0x53],
};

/** Whether V8 finds operands for which an operator of two and `other` with these exchanged differ. */
function differs(opcode: OpcodeRow, other: OpcodeRow): boolean {
  const { operands, result = 0 } = opcode.signature ?? { operands: [] };
  const [type] = operands;
  const trapIfDifferent = [...unequal[result], Opcode.if, 0x40, Opcode.unreachable, Opcode.end];
  // From the last on, which tell most operators apart at once.
  const last = values[type].toReversed();
  return last.some((a) =>
    last.some((b) => {
      const results = [...a, ...b, ...opcodeBytes(opcode), ...b, ...a, ...opcodeBytes(other)];
      return trapsInV8(functionModule({ code: [...results, ...trapIfDifferent], start: true }));
    }),
  );
}

/** Whether the bits of the result of two operands decide, which those of scalar NaNs must not. */
function isExchangeable({ mnemonic: name, kind, signature, traps, immediates, feature }: OpcodeRow): boolean {
  const [first, second] = signature?.operands ?? [];
  if (first !== second || traps || immediates.length > 0 || feature === 'relaxed-simd') return false;
  // V8 makes one NaN of any two here, which need not be so elsewhere.
  if (/^f\d+x\d\.(min|max)$/.test(name)) return false;
  if (first === ValType.v128) return kind === 'vector' && signature?.operands.length === 2;
  return (kind === 'binop' || kind === 'relop') && (first === ValType.i32 || first === ValType.i64);
}

test('V8 agrees on which operators mean the same with their operands exchanged', () => {
  for (const opcode of opcodes) {
    if (!isExchangeable(opcode)) {
      if (opcode.feature !== 'relaxed-simd') assert.equal(opcode.swapped, undefined, opcode.mnemonic);
      continue;
    }
    const others = opcodes.filter((other) => {
      return other.kind === opcode.kind && other.signature === opcode.signature && isExchangeable(other);
    });
    const same = others.filter((other) => !differs(opcode, other)).map((other) => other.mnemonic);
    assert.deepEqual(same, opcode.swapped === undefined ? [] : [opcode.swapped], opcode.mnemonic);
  }
});

test('kinds say how many operands there are, and of which types', () => {
  for (const { mnemonic: name, kind, signature, access, immediates } of opcodes) {
    const { operands = [], result } = signature ?? {};
    assert.equal(access > 0, kind === 'load' || kind === 'store' || kind === 'lane access', name);
    assert.equal(access > 0, immediates.includes('memarg'), name);
    const shape = [...operands.map((type) => (type === result ? 't' : 'u')), result === undefined ? '' : 't'];
    if (kind === 'load') assert.deepEqual([operands.length, shape.at(-1)], [1, 't'], name);
    if (kind === 'store') assert.deepEqual([operands.length, result], [2, undefined], name);
    if (kind === 'const') assert.deepEqual(shape, ['t'], name);
    if (kind === 'unop') assert.deepEqual(shape, ['t', 't'], name);
    if (kind === 'binop') assert.deepEqual(shape, ['t', 't', 't'], name);
    if (kind === 'cvtop') assert.deepEqual(shape, ['u', 't'], name);
    if (kind === 'testop') assert.deepEqual([operands.length, result], [1, ValType.i32], name);
    if (kind === 'relop') {
      assert.deepEqual([operands.length, result], [2, ValType.i32], name);
      assert.equal(operands[0], operands[1], name);
    }
    if (isNumericKind(kind) && kind !== 'vector') assert.deepEqual(immediates, [], name);
    if (kind === 'vector') assert.ok([...operands, result].includes(ValType.v128), name);
  }
});

test('features are those of the spec', () => {
  const counts: Record<string, number> = {};
  for (const { feature = '1.0' } of opcodes) counts[feature] = (counts[feature] ?? 0) + 1;
  // WebAssembly 1.0 has 172 instructions (its section 5.4).
  assert.deepEqual(counts, {
    '1.0': 172,
    'reference-types': 9,
    'sign-ext': 5,
    'nontrapping-fptoint': 8,
    'bulk-memory': 7,
    simd: 236,
    'relaxed-simd': 20,
    // Five of them are older.
    'exception-handling': 8,
    'tail-call': 2,
    'function-references': 5,
  });
});

test('the lookup tables say what the rows say', () => {
  const found = new Set<number>();
  for (const row of opcodes) {
    const { code, mnemonic: name, kind, immediates, signature, access, traps } = row;
    found.add(code);
    assert.equal(Opcode[name], code);
    assert.equal(mnemonic(code), name);
    assert.equal(opcodeRow(code), row);
    const kinds = immediateKinds.subarray(immediatesFrom[code], immediatesFrom[code + 1]);
    assert.deepEqual(
      [...kinds],
      immediates.map((immediate) => Immediate[immediate]),
    );
    assert.equal(opensBlock[code], immediates.includes('blockType') ? 1 : 0);
    assert.equal(isNumeric[code], isNumericKind(kind) ? 1 : 0);
    assert.equal(canTrap[code], traps ? 1 : 0);
    assert.equal(accessSize[code], access);
    if (access > 0) assert.equal(2 ** naturalAlignment[code], access);
    assert.equal(operandCount[code], signature?.operands.length ?? variableSignature);
    const types = [operandType0[code], operandType1[code], operandType2[code]];
    assert.deepEqual(
      types,
      [0, 1, 2].map((k) => signature?.operands[k] ?? 0),
    );
    assert.equal(resultType[code], signature?.result ?? 0);
  }
  for (let code = 0; code < opcodeCount; code++) {
    assert.equal(isOpcode[code], found.has(code) ? 1 : 0);
  }
});

test('opcodes after a prefix have numbers of their own', () => {
  for (const { code, prefix, sub } of opcodes) {
    assert.equal(prefix === undefined ? sub : prefixedOpcode(prefix, sub), code);
    if (prefix === undefined) assert.ok(code < 0x100);
    else assert.ok(code >= 0x100 && isPrefix[prefix] === 1 && isOpcode[prefix] === 0);
  }
  assert.equal(prefixedOpcode(Prefix.misc, 0x1f), Prefix.misc);
  assert.equal(prefixedOpcode(Prefix.misc, 0xffffffff), Prefix.misc);
  assert.equal(prefixedOpcode(Prefix.atomic, 0), Prefix.atomic);
  assert.deepEqual([isPrefix[Prefix.misc], isPrefix[Prefix.vector], isPrefix[0x41]], [1, 1, 0]);
  assert.equal(isPrefix[Prefix.atomic], 0);
});

test('what is no instruction is printed as a number', () => {
  assert.equal(mnemonic(0x16), '0x16');
  assert.equal(mnemonic(Prefix.misc), '0xfc');
});
