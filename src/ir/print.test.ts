import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { firstIr, loadModule } from '../fast-jit/modules.fixture.js';
import { IrFunction } from './function.js';
import { Op, VType } from './ops.js';
import { printInstruction, printIr, registerName } from './print.js';

const constants: readonly (readonly [vtype: VType, low: number, high: number, text: string])[] = [
  [VType.i32, -1, 0, '-1'],
  [VType.i32, -0x80000000, 0, '-2147483648'],
  [VType.i64, -1, 0, '4294967295'],
  [VType.i64, 0, -0x80000000, '-9223372036854775808'],
  [VType.f32, 0x3fc00000, 0, '1.5f'],
  [VType.f32, 0x7f800000, 0, 'Infinityf'],
  [VType.f64, 0, 0x3ff80000, '1.5d'],
  [VType.f64, 1, 0, '5e-324d'],
];

describe('IR as text', () => {
  test('constants show their value and class', () => {
    const ir = new IrFunction();
    ir.instance = -1;
    ir.memoryBase = -1;
    for (const [vtype, low, high, text] of constants) {
      assert.equal(registerName(ir, ir.newConstant(vtype, low, high)), text);
    }
  });

  test('locals, the instance and the memory have names, other registers a number', () => {
    const ir = new IrFunction();
    const registers = [VType.i32, VType.i64, VType.i64].map((vtype) => ir.newTracked(vtype));
    ir.localCount = 1;
    [, ir.instance, ir.memoryBase] = registers;
    const temporary = ir.newRegister(VType.f32);
    assert.deepEqual(
      [...registers, temporary].map((register) => registerName(ir, register)),
      ['$0', 'instance', 'memory', 'v3'],
    );
  });

  test('offsets are unsigned, a result that nobody wants has no target', () => {
    const ir = new IrFunction();
    const address = ir.newTracked(VType.i64);
    ir.instance = address;
    ir.localCount = 0;
    ir.emit(Op['field.load64'], ir.newRegister(VType.i64), address, -1, -1, -8);
    ir.push(-1);
    ir.emit(Op.call_builtin, -1, address, 16, 1, ir.push(address));
    assert.equal(printInstruction(ir, 0), 'v1:i64 = field.load64 instance, +4294967288');
    assert.equal(printInstruction(ir, 1), 'call_builtin instance, +16, (instance)');
  });

  test('pads and hints are shown', () => {
    const ir = new IrFunction();
    const local = ir.newTracked(VType.i32);
    ir.localCount = 1;
    ir.instance = ir.newTracked(VType.i64);
    ir.memoryBase = -1;
    for (const value of [7, -1, local]) ir.push(value);
    for (const op of [Op.try_call, Op.try_call_record]) {
      ir.emit(op, -1, ir.instance, op === Op.try_call ? 64 : -1, 1, 2);
    }
    for (const hint of [-1, 0, 1]) ir.emit(Op.br_if, -1, local, 1, hint, 3);
    assert.deepEqual(
      Array.from({ length: ir.count }, (_, at) => printInstruction(ir, at)),
      [
        'try_call instance, +64, ($0), pad L7',
        'try_call_record instance, ($0), pad L7',
        'br_if $0, L3 unless',
        'br_if $0, L3 unless unlikely',
        'br_if $0, L3 unless likely',
      ],
    );
  });

  test('a function has a line an instruction, with the offset in the module behind it; labels stand out', () => {
    const ir = firstIr(loadModule('(module (func (param i32) (loop (br_if 0 (local.get 0)))))'));
    const lines = printIr(ir).split('\n');
    assert.equal(lines[0], 'L1: loop');
    assert.match(lines[1], /^ {2}br_if \$0, L1 +; 0x[0-9a-f]+$/);
    assert.match(lines[2], /^ {2}return \(\) +; 0x[0-9a-f]+$/);
    assert.equal(Number.parseInt(lines[1].split('0x')[1], 16), ir.wasmOffset[1]);
  });
});
