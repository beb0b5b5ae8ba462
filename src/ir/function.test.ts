import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { IrFunction } from './function.js';
import { Op, VType } from './ops.js';

describe('IrFunction', () => {
  test('its arrays grow and keep what they hold', () => {
    const ir = new IrFunction();
    const count = 20_000;
    for (let k = 0; k < count; k++) {
      ir.currentOffset = 3 * k;
      const register = ir.newTracked(VType.i64);
      const constant = ir.newConstant(VType.f64, k, -k);
      assert.equal(ir.emit(Op.mov, register, constant, -2, -3, -k), k);
      assert.equal(ir.push(7 * k), k);
      const label = ir.newLabel(k % 2 === 0);
      ir.labelPosition[label] = k;
    }
    assert.deepEqual(
      [ir.count, ir.registers, ir.poolCount, ir.trackedCount, ir.labelCount],
      [count, 2 * count, count, count, count],
    );
    for (let k = 0; k < count; k += 37) {
      assert.deepEqual(
        [ir.op[k], ir.dst[k], ir.a[k], ir.b[k], ir.c[k], ir.imm[k], ir.wasmOffset[k], ir.pool[k]],
        [Op.mov, 2 * k, 2 * k + 1, -2, -3, 0 - k, 3 * k, 7 * k],
      );
      assert.deepEqual([ir.trackedRegisters[k], ir.tracked[2 * k], ir.tracked[2 * k + 1]], [2 * k, k, -1]);
      assert.deepEqual([ir.isConstant[2 * k], ir.isConstant[2 * k + 1]], [0, 1]);
      assert.deepEqual([ir.low[2 * k + 1], ir.high[2 * k + 1]], [k, 0 - k]);
      assert.deepEqual([ir.labelIsLoop[k], ir.labelPosition[k], ir.loopEnd[k]], [k % 2 === 0 ? 1 : 0, k, -1]);
    }
  });

  test('after a reset nothing of the function before shows', () => {
    const ir = new IrFunction();
    const old = ir.newConstant(VType.f32, 5, 6);
    ir.firstDef[old] = 3;
    ir.lastUse[old] = 4;
    ir.uses[old] = 2;
    ir.loopEnd[ir.newLabel(true)] = 9;
    ir.emit(Op.mov, 0, 0, 0, 0, 0);
    ir.reset();
    const register = ir.newRegister(VType.i32);
    assert.equal(register, old);
    assert.deepEqual(
      [ir.isConstant, ir.firstDef, ir.lastUse, ir.uses, ir.tracked].map((array) => array[register]),
      [0, -1, -1, 0, -1],
    );
    const label = ir.newLabel(false);
    assert.deepEqual(
      [label, ir.labelPosition[label], ir.labelIsLoop[label], ir.loopEnd[label]],
      [0, -1, 0, -1],
    );
    assert.deepEqual([ir.count, ir.poolCount, ir.trackedCount], [0, 0, 0]);
  });

  test('vectors grow and keep their bytes', () => {
    const ir = new IrFunction();
    const bytes = Uint8Array.from({ length: 100 }, (_, k) => 3 * k);
    for (let k = 0; k < 50; k++) assert.equal(ir.pushVector(bytes, k), k);
    for (let k = 0; k < 50; k++) {
      assert.deepEqual(ir.vectors.slice(16 * k, 16 * k + 16), bytes.slice(k, k + 16));
    }
    ir.reset();
    assert.equal(ir.vectorCount, 0);
  });

  test('floats are told from integers', () => {
    const ir = new IrFunction();
    const registers = [VType.i32, VType.i64, VType.f32, VType.f64, VType.v128].map((vtype) =>
      ir.newRegister(vtype),
    );
    assert.deepEqual(
      registers.map((register) => ir.isFloat(register)),
      [false, false, true, true, true],
    );
  });
});
