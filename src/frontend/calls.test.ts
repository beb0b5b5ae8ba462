import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Trap } from '../code/traps.js';
import { firstIr, irLines, loadModule } from '../fast-jit/modules.fixture.js';
import { Op } from '../ir/ops.js';
import { builtinOffset } from '../layout/builtins.js';
import { functionRecord, tableInstance } from '../layout/structs.js';

describe('calls in IR', () => {
  test('a function of the module is called through its record in the instance', () => {
    const text = `(module
      (func (param i64) (call 1 (local.get 0) (i32.const 5)))
      (func $callee (param i64 i32)))`;
    const { layout } = loadModule(text);
    assert.deepEqual(irLines(text), [`call instance, +${layout.function(1)}, ($0, 5)`, 'return ()']);
  });

  test('an imported function is called through the record that a pointer leads to', () => {
    const text = `(module (import "env" "f" (func $f (param i32) (result i64)))
      (func (param i32) (result i64) (call $f (local.get 0))))`;
    const { layout } = loadModule(text);
    assert.deepEqual(irLines(text), [
      `v0:i64 = field.load64 instance, +${layout.function(0)}`,
      'v1:i64 = call_record v0, ($0)',
      'return (v1)',
    ]);
  });

  test('further results follow their call one by one, and only behind them the next instruction', () => {
    const text = `(module (func (param i32) (result i32 f64 i64) (call $callee) (i64.extend_i32_u (local.get 0)) )
      (func $callee (result i32 f64) unreachable))`;
    const { layout } = loadModule(text);
    assert.deepEqual(irLines(text), [
      `v0:i32 = call instance, +${layout.function(1)}, ()`,
      'v1:f64 = call_result +1',
      'v2:i64 = i64.extend_i32_u $0',
      'field.store_f64 v3, v1',
      'field.store64 v3, v2, +8',
      'return (v0)',
    ]);
  });

  test('arguments keep their order, and what lies below them stays on the stack', () => {
    const text = `(module (func (param i32 i64 f32) (result i64)
      local.get 1 i32.const 1 local.get 0 local.get 2 call $callee i64.add)
      (func $callee (param i32 i32 f32) (result i64) unreachable))`;
    const { layout } = loadModule(text);
    assert.deepEqual(irLines(text), [
      `v0:i64 = call instance, +${layout.function(1)}, (1, $0, $2)`,
      'v1:i64 = i64.add $1, v0',
      'return (v1)',
    ]);
  });

  test("a call's type stands before its arguments in the pool", () => {
    const ir = firstIr(
      loadModule(`(module (type (func)) (type $t (func (param i32 i32))) (type $u (func (param i32)))
        (func (type $u) (call 1 (local.get 0) (local.get 0)) (call 0 (local.get 0)))
        (func (type $t)))`),
    );
    const types = [0, 1].map((at) => ir.pool[ir.imm[at] - 1]);
    assert.deepEqual([...ir.op.subarray(0, 2)], [Op.call, Op.call]);
    assert.deepEqual(types, [1, 2]);
  });
});

describe('call_indirect in IR', () => {
  const { length, elements } = tableInstance.offsets;
  const checks = (record: string, expected: string): string[] => [
    `v4:i32 = i64.eqz ${record}`,
    `trap_if v4, trap ${Trap.uninitializedElement}`,
    `v5:i32 = field.load32 ${record}, +${functionRecord.offsets.typeId}`,
    expected,
    'v7:i32 = i32.ne v5, v6',
    `trap_if v7, trap ${Trap.indirectCallTypeMismatch}`,
  ];

  test('checks index, null and type, then calls the record', () => {
    const text = `(module (type (func)) (type $t (func (param i32 i64) (result i64)))
      (table 1 externref) (table 1 funcref)
      (func (param i32) (result i64) (call_indirect 1 (type $t) (i32.const 1) (i64.const 2) (local.get 0))))`;
    const { layout } = loadModule(text);
    const table = layout.table(1);
    assert.deepEqual(irLines(text), [
      `v0:i32 = field.load32 instance, +${table + length}`,
      'v1:i32 = i32.ge_u $0, v0',
      `trap_if v1, trap ${Trap.undefinedElement}`,
      `v2:i64 = field.load64 instance, +${table + elements}`,
      'v3:i64 = element.load v2, $0',
      ...checks('v3', `v6:i32 = field.load32 instance, +${layout.typeId(1)}`),
      'v8:i64 = call_record v3, (1, 2)',
      'return (v8)',
    ]);
  });

  test('finds an imported table behind a pointer', () => {
    const text = `(module (type $t (func)) (import "env" "t" (table 1 funcref))
      (func (param i32) (call_indirect (type $t) (local.get 0))))`;
    const { layout } = loadModule(text);
    assert.deepEqual(irLines(text).slice(0, 5), [
      `v0:i64 = field.load64 instance, +${layout.table(0)}`,
      `v1:i32 = field.load32 v0, +${length}`,
      'v2:i32 = i32.ge_u $0, v1',
      `trap_if v2, trap ${Trap.undefinedElement}`,
      `v3:i64 = field.load64 v0${elements === 0 ? '' : `, +${elements}`}`,
    ]);
    assert.equal(irLines(text).at(-2), 'call_record v4, ()');
  });
});

describe('references to functions in IR', () => {
  test('are addresses of records: in the instance, or where a pointer leads', () => {
    const text = `(module (import "env" "f" (func $i)) (elem declare func $i $f)
      (func $f (result funcref) (drop (ref.func $f)) (ref.func $i)))`;
    const { layout } = loadModule(text);
    assert.deepEqual(irLines(text), [
      `v0:i64 = field.address instance, +${layout.function(1)}`,
      `v1:i64 = field.load64 instance, +${layout.function(0)}`,
      'return (v1)',
    ]);
  });

  test('null is 0', () => {
    assert.deepEqual(
      irLines(
        '(module (func (param funcref) (result i32 externref) (ref.is_null (local.get 0)) (ref.null extern)))',
      ),
      ['v0:i32 = i64.eqz $0', 'field.store64 v1, 0', 'return (v0)'],
    );
  });
});

describe('calls of builtins in IR', () => {
  test('a pool entry below zero stands for the builtin in place of a type', () => {
    const ir = firstIr(loadModule('(module (memory 1) (data "x") (func (data.drop 0)))'));
    assert.equal(ir.op[1], Op.call_builtin);
    assert.equal(ir.b[1], builtinOffset('dataDrop'));
    assert.ok(ir.pool[ir.imm[1] - 1] < 0);
  });
});
