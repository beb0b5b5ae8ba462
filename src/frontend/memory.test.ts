import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Trap } from '../code/traps.js';
import { firstIr, irLines, loadModule } from '../fast-jit/modules.fixture.js';
import { Op } from '../ir/ops.js';
import { builtinOffset } from '../layout/builtins.js';
import { memoryInstance, moduleInstance } from '../layout/structs.js';
import { opcodes } from '../wasm/opcodes.js';
import { valTypeName } from '../wasm/types.js';

const { byteLength, pageCount } = memoryInstance.offsets;
const own = (code: string): string => `(module (memory 1) (data "x") (data "y") ${code})`;
const imported = (code: string): string => `(module (import "env" "m" (memory 1)) ${code})`;

describe('loads and stores in IR', () => {
  test('are their wasm opcodes, on the base of the memory', () => {
    const accesses = opcodes.filter(({ kind }) => kind === 'load' || kind === 'store');
    assert.equal(accesses.length, 33);
    for (const { mnemonic, signature } of accesses) {
      const [, value] = signature?.operands ?? [];
      if (signature?.result !== undefined) {
        const type = valTypeName(signature.result);
        const lines = irLines(
          own(`(func (param i32) (result ${type}) (${mnemonic} offset=12 (local.get 0)))`),
        );
        assert.deepEqual(lines, [`v0:${type} = ${mnemonic} $0, memory, +12`, 'return (v0)']);
      } else {
        const lines = irLines(
          own(`(func (param i32 ${valTypeName(value)}) (${mnemonic} offset=12 (local.get 0) (local.get 1)))`),
        );
        assert.deepEqual(lines, [`${mnemonic} $0, memory, $1, +12`, 'return ()']);
      }
    }
  });

  test('offsets are unsigned, constant addresses are operands', () => {
    assert.deepEqual(
      irLines(own('(func (result f32) (f32.load offset=4294967295 align=1 (i32.const -4)))')),
      ['v0:f32 = f32.load -4, memory, +4294967295', 'return (v0)'],
    );
  });

  test('in checked memory each follows a check of exactly the bytes it touches', () => {
    for (const { mnemonic, signature, access } of opcodes.filter(
      ({ kind }) => kind === 'load' || kind === 'store',
    )) {
      const [, value] = signature?.operands ?? [];
      const stores = value !== undefined;
      const code = stores
        ? `(func (param i32 ${valTypeName(value)}) (${mnemonic} offset=3000000000 (local.get 0) (local.get 1)))`
        : `(func (param i32) (drop (${mnemonic} offset=3000000000 (local.get 0))))`;
      const ir = firstIr(loadModule(own(code)), 'checked');
      assert.equal(ir.op[0], Op.bounds_check, mnemonic);
      const check = { address: ir.a[0], instance: ir.b[0], bytes: ir.c[0], offset: ir.imm[0] >>> 0 };
      assert.deepEqual(
        check,
        { address: 0, instance: ir.instance, bytes: access, offset: 3000000000 },
        mnemonic,
      );
      assert.deepEqual([ir.imm[1] >>> 0, ir.a[1], ir.b[1]], [3000000000, 0, ir.memoryBase], mnemonic);
    }
  });

  test('what an earlier check covers is not checked again', () => {
    const checksIn = (body: string, memory = '(memory 1)'): number => {
      const ir = firstIr(loadModule(`(module ${memory} (func $f ${body}))`), 'checked');
      const checks: readonly number[] = [Op.bounds_check, Op.bounds_check64];
      return ir.op.subarray(0, ir.count).filter((op) => checks.includes(op)).length;
    };
    const load = (address: string, offset = 0): string => `(drop (i32.load offset=${offset} ${address}))`;
    const local = '(local.get 0)';
    assert.equal(checksIn(`(param i32) ${load(local, 8)} ${load(local)} ${load(local, 8)}`), 1);
    assert.equal(checksIn(`(param i32) ${load(local)} ${load(local, 8)} ${load(local, 4)}`), 2);
    // Memories never shrink.
    assert.equal(checksIn(`(param i32) ${load(local)} (call $f ${local}) ${load(local)}`), 1);
    assert.equal(checksIn(`(param i32) (i32.store ${local} (i32.load ${local}))`), 1);
    const set = `(local.set 0 (i32.add ${local} (i32.const 4)))`;
    assert.equal(checksIn(`(param i32) ${load(local)} ${set} ${load(local)}`), 2);
    assert.equal(checksIn(`(param i32) ${load('(i32.const 0)')} ${load('(i32.const 0)', 1)}`), 2);
    // Where ways meet, another one may have led there.
    assert.equal(checksIn(`(param i32) ${load(local)} (block) ${load(local)}`), 1);
    assert.equal(checksIn(`(param i32) (block (br_if 0 ${local}) ${load(local)}) ${load(local)}`), 2);
    assert.equal(checksIn(`(param i32) ${load(local)} (loop ${load(local)} (br_if 0 ${local}))`), 2);
    assert.equal(checksIn(`(param i32) ${load(local)} (if ${local} (then ${load(local)}))`), 1);
    const wide = '(memory i64 1)';
    assert.equal(checksIn(`(param i64) ${load(local, 8)} ${load(local)}`, wide), 1);
    assert.equal(checksIn(`(param i64) ${load(local, 3_000_000_000)} ${load(local)}`, wide), 2);
  });

  test('in guarded memory there is no check', () => {
    const ir = firstIr(
      loadModule(own('(func (param i32) (i32.store (local.get 0) (i32.load (local.get 0))))')),
    );
    assert.ok(!ir.op.subarray(0, ir.count).includes(Op.bounds_check));
  });
});

describe('sizes of memories in IR', () => {
  test('memory.size reads the page count, of an imported memory behind a pointer', () => {
    const code = '(func (result i32) (memory.size))';
    const at = loadModule(own(code)).layout.memory(0);
    assert.deepEqual(irLines(own(code)), [
      `v0:i32 = field.load32 instance, +${at + pageCount}`,
      'return (v0)',
    ]);
    assert.deepEqual(irLines(imported(code)), [
      `v0:i64 = field.load64 instance, +${loadModule(imported(code)).layout.memory(0)}`,
      `v1:i32 = field.load32 v0, +${pageCount}`,
      'return (v1)',
    ]);
  });

  test('memory.grow is a builtin', () => {
    assert.deepEqual(irLines(own('(func (param i32) (result i32) (memory.grow (local.get 0)))')), [
      `v0:i32 = field.load32 instance, +${moduleInstance.offsets.instanceNumber}`,
      `v1:i32 = call_builtin instance, +${builtinOffset('memoryGrow')}, (v0, 0, $0)`,
      'return (v1)',
    ]);
  });
});

describe('bulk operations on memories in IR', () => {
  const bulk = (mnemonic: string, immediates = ''): string =>
    own(`(func (param i32 i32 i32) (${mnemonic} ${immediates} (local.get 0) (local.get 1) (local.get 2)))`);

  test('memory.fill checks the range in 64 bits and calls memset', () => {
    const at = loadModule(bulk('memory.fill')).layout.memory(0);
    assert.deepEqual(irLines(bulk('memory.fill')), [
      'v0:i64 = i64.extend_i32_u $2',
      'v1:i64 = i64.extend_i32_u $0',
      'v2:i64 = i64.add v1, v0',
      `v3:i64 = field.load64 instance, +${at + byteLength}`,
      'v4:i32 = i64.gt_u v2, v3',
      `trap_if v4, trap ${Trap.memoryOutOfBounds}`,
      'v5:i64 = i64.add v1, memory',
      `call_builtin instance, +${builtinOffset('memset')}, (v5, $1, v0)`,
      'return ()',
    ]);
  });

  test('memory.copy checks both ranges before it calls memmove', () => {
    const at = loadModule(bulk('memory.copy')).layout.memory(0);
    assert.deepEqual(irLines(bulk('memory.copy')), [
      'v0:i64 = i64.extend_i32_u $2',
      'v1:i64 = i64.extend_i32_u $1',
      'v2:i64 = i64.extend_i32_u $0',
      'v3:i64 = i64.add v2, v0',
      `v4:i64 = field.load64 instance, +${at + byteLength}`,
      'v5:i32 = i64.gt_u v3, v4',
      `trap_if v5, trap ${Trap.memoryOutOfBounds}`,
      'v6:i64 = i64.add v1, v0',
      `v7:i64 = field.load64 instance, +${at + byteLength}`,
      'v8:i32 = i64.gt_u v6, v7',
      `trap_if v8, trap ${Trap.memoryOutOfBounds}`,
      'v9:i64 = i64.add v2, memory',
      'v10:i64 = i64.add v1, memory',
      `call_builtin instance, +${builtinOffset('memmove')}, (v9, v10, v0)`,
      'return ()',
    ]);
  });

  test('memory.init and data.drop are builtins that are told the segment', () => {
    const text = own(`(func (param i32 i32 i32)
      (memory.init 1 (local.get 0) (local.get 1) (local.get 2)) (data.drop 1))`);
    assert.deepEqual(irLines(text), [
      `v0:i32 = field.load32 instance, +${moduleInstance.offsets.instanceNumber}`,
      `call_builtin instance, +${builtinOffset('memoryInit')}, (v0, 1, 0, $0, $1, $2)`,
      `v1:i32 = field.load32 instance, +${moduleInstance.offsets.instanceNumber}`,
      `call_builtin instance, +${builtinOffset('dataDrop')}, (v1, 1)`,
      'return ()',
    ]);
  });
});
