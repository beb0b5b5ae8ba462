import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { IrFunction } from '../../ir/function.js';
import { VType } from '../../ir/ops.js';
import { layoutInstance } from '../../layout/instance-layout.js';
import { memoryInstance } from '../../layout/structs.js';
import { Assembler } from '../../x64/assembler.js';
import { disassemble } from '../../x64/disassemble.js';
import { loadModule } from '../modules.fixture.js';
import { ConstantPool } from './constant-pool.js';
import { MoveEmitter } from './value-moves.js';

const { i32, i64, f32, f64 } = VType;
const base = memoryInstance.offsets.base;

interface Emitted {
  readonly moves: MoveEmitter;
  readonly ir: IrFunction;
  readonly texts: () => Promise<string[]>;
}

function newMoves(module = '(module (memory 1))'): Emitted {
  const asm = new Assembler();
  const ir = new IrFunction();
  const moves = new MoveEmitter(asm, ir, new ConstantPool(asm), layoutInstance(loadModule(module).wasm));
  return {
    moves,
    ir,
    texts: async () => (await disassemble(asm.bytes, 0, asm.position)).map(({ text }) => text),
  };
}

describe('moves of values', () => {
  const copies: readonly (readonly [vtype: VType, to: number, from: number, text: string])[] = [
    [i32, 0, 9, 'mov eax, r9d'],
    [i64, 12, 3, 'mov r12, rbx'],
    [f32, 16, 30, 'movaps xmm0, xmm14'],
    [f64, 25, 17, 'movaps xmm9, xmm1'],
  ];
  for (const [vtype, to, from, text] of copies) {
    test(`copy: ${text}`, async () => {
      const { moves, texts } = newMoves();
      moves.copy(vtype, to, from);
      moves.copy(vtype, to, to);
      assert.deepEqual(await texts(), [text]);
    });
  }

  const slots: readonly (readonly [vtype: VType, register: number, operand: string])[] = [
    [i32, 8, 'r8d, dword ptr'],
    [i64, 8, 'r8, qword ptr'],
    [f32, 24, 'xmm8, dword ptr'],
    [f64, 31, 'xmm15, qword ptr'],
  ];
  for (const [vtype, register, operand] of slots) {
    test(`loads and stores: ${operand}`, async () => {
      const { moves, texts } = newMoves();
      moves.load(vtype, register, -48);
      moves.store(vtype, 16, register);
      const [name, size] = operand.split(', ');
      const mnemonic = vtype < f32 ? 'mov' : vtype === f32 ? 'movss' : 'movsd';
      assert.deepEqual(await texts(), [
        `${mnemonic} ${name}, ${size} [rbp - 0x30]`,
        `${mnemonic} ${size} [rbp + 0x10], ${name}`,
      ]);
    });
  }

  test('constants are moved in the shortest way that keeps the flags', async () => {
    const { moves, ir, texts } = newMoves();
    const constants: readonly (readonly [VType, number, number, number])[] = [
      [i32, 0, 0, 6],
      [i32, -1, 0, 6],
      [i64, -1, 0, 6],
      [i64, -1, -1, 9],
      [i64, 5, 1, 9],
      [f32, 0, 0, 18],
      [f64, 0, 0, 18],
    ];
    for (const [vtype, low, high, to] of constants) moves.constant(ir.newConstant(vtype, low, high), to);
    assert.deepEqual(await texts(), [
      'mov esi, 0',
      'mov esi, 0xffffffff',
      'mov esi, 0xffffffff',
      'mov r9, 0xffffffffffffffff',
      'movabs r9, 0x100000005',
      'xorps xmm2, xmm2',
      'xorps xmm2, xmm2',
    ]);
  });

  test('other constants of floats come from behind the code, also -0', async () => {
    const { moves, ir, texts } = newMoves();
    moves.constant(ir.newConstant(f32, -0x80000000, 0), 18);
    moves.constant(ir.newConstant(f64, 0, -0x80000000), 30);
    moves.constants.emit();
    const [single, double] = await texts();
    assert.match(single, /^movss xmm2, dword ptr \[rip \+ 0x[0-9a-f]+\]$/);
    assert.match(double, /^movsd xmm14, qword ptr \[rip/);
  });

  test("the memory's base is found in the instance", async () => {
    const own = newMoves();
    own.moves.memoryBase(10, 7);
    const at = own.moves.layout.memory(0) + base;
    assert.deepEqual(await own.texts(), [`mov r10, qword ptr [rdi + 0x${at.toString(16)}]`]);
  });

  test("an imported memory's base is found behind a pointer", async () => {
    const imported = newMoves('(module (import "env" "m" (memory 1)))');
    imported.moves.memoryBase(10, 7);
    const at = imported.moves.layout.memory(0);
    const inside = base === 0 ? 'r10' : `r10 + ${base}`;
    assert.deepEqual(await imported.texts(), [
      `mov r10, qword ptr [rdi + 0x${at.toString(16)}]`,
      `mov r10, qword ptr [${inside}]`,
    ]);
  });
});
