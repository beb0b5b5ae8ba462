import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { IrFunction } from './function.js';
import { Op, opCount, opEnds, opName, VType } from './ops.js';
import { verify } from './verify.js';

/**
 * A function with an i32 and an f64 local, to which `build` adds instructions; `return` is added behind them.
 */
function irWith(build: (ir: IrFunction) => void, complete = true): IrFunction {
  const ir = new IrFunction();
  ir.newTracked(VType.i32);
  ir.newTracked(VType.f64);
  ir.localCount = 2;
  ir.instance = ir.newTracked(VType.i64);
  ir.memoryBase = ir.newTracked(VType.i64);
  build(ir);
  if (complete) ir.emit(Op.return, -1, -1, -1, 0, ir.poolCount);
  return ir;
}

function bound(ir: IrFunction, isLoop: boolean): number {
  const label = ir.newLabel(isLoop);
  ir.labelPosition[label] = ir.count;
  ir.emit(Op.label, -1, -1, -1, -1, label);
  return label;
}

const [local, float] = [0, 1];
const add = Op['i32.add'];

/** A call with a pad, whose result goes to `dst`, and the pad behind it; in front of it if `before`. */
function tryCall(ir: IrFunction, dst: number, before = false): void {
  const pad = before ? bound(ir, false) : ir.newLabel(false);
  ir.labelIsPad[pad] = 1;
  ir.push(pad);
  ir.push(0);
  ir.emit(Op.try_call, dst, ir.instance, 64, 0, ir.poolCount);
  if (before) return;
  ir.labelPosition[pad] = ir.count;
  ir.emit(Op.label, -1, -1, -1, -1, pad);
}

const sound: readonly (readonly [name: string, build: (ir: IrFunction) => void])[] = [
  ['nothing but a return', () => {}],
  [
    'temporaries that are written before they are read',
    (ir) => {
      const sum = ir.newRegister(VType.i32);
      ir.emit(add, sum, local, ir.newConstant(VType.i32, 1, 0), -1, 0);
      ir.emit(Op.mov, local, sum, -1, -1, 0);
    },
  ],
  [
    'a call with arguments of all classes, and without a result',
    (ir) => {
      ir.push(0);
      const first = ir.push(local);
      ir.push(float);
      ir.push(ir.newConstant(VType.f32, 0, 0));
      ir.emit(Op.call, -1, ir.instance, 64, 3, first);
    },
  ],
  ['a call with a pad', (ir) => tryCall(ir, ir.newRegister(VType.f32))],
  ['a branch that is expected', (ir) => ir.emit(Op.br_if, -1, local, 0, 1, bound(ir, false))],
  ['a heat counter', (ir) => ir.emit(Op.heat, -1, ir.instance, 12, -1, 96)],
  [
    'branches forward and back',
    (ir) => {
      const loop = bound(ir, true);
      ir.emit(Op.br_if, -1, local, 0, -1, loop);
      ir.loopEnd[loop] = ir.count;
      const end = ir.newLabel(false);
      ir.emit(Op.br_table, -1, local, -1, 2, ir.push(end));
      ir.push(end);
      ir.labelPosition[end] = ir.count;
      ir.emit(Op.label, -1, -1, -1, -1, end);
    },
  ],
];

const broken: readonly (readonly [name: string, build: (ir: IrFunction) => void, message: RegExp])[] = [
  [
    'an operation that does not exist',
    (ir) => ir.emit(0xff, -1, -1, -1, -1, 0),
    /^IR verifier: no such operation at 0: 255$/,
  ],
  [
    'an operand beyond the registers',
    (ir) => ir.emit(add, ir.newRegister(VType.i32), local, 99, -1, 0),
    /no register v99 in b at 0: i32\.add/,
  ],
  [
    'an operand that is missing',
    (ir) => ir.emit(add, ir.newRegister(VType.i32), -1, local, -1, 0),
    /no register v-1 in a at 0: i32\.add/,
  ],
  [
    'a result beyond the registers',
    (ir) => ir.emit(add, 99, local, local, -1, 0),
    /no register v99 in dst at 0: i32\.add/,
  ],
  [
    'an operand of the wrong class',
    (ir) => ir.emit(add, ir.newRegister(VType.i32), local, float, -1, 0),
    /b is f64, not i32 at 0: i32\.add/,
  ],
  [
    'an address of the wrong class',
    (ir) => ir.emit(Op['i32.load'], ir.newRegister(VType.i32), float, ir.memoryBase, -1, 0),
    /a is f64, not i32 or i64 at 0: i32\.load/,
  ],
  [
    'a stored value of the wrong class',
    (ir) => ir.emit(Op['i64.store32'], -1, local, ir.memoryBase, local, 0),
    /c is i32, not i64 at 0: i64\.store32/,
  ],
  [
    'a result of the wrong class',
    (ir) => ir.emit(Op['f64.convert_i32_s'], ir.newRegister(VType.f32), local, -1, -1, 0),
    /dst is f32, not f64 at 0: f64\.convert_i32_s/,
  ],
  [
    'a temporary that is read before it is written',
    (ir) => ir.emit(Op.mov, local, ir.newRegister(VType.i32), -1, -1, 0),
    /v4 is read before it is written at 0: mov/,
  ],
  [
    'an argument that is read before it is written',
    (ir) => {
      ir.push(0);
      ir.emit(Op.call, -1, ir.instance, 0, 1, ir.push(ir.newRegister(VType.i32)));
    },
    /v4 is read before it is written at 0: call/,
  ],
  [
    'arguments beyond the pool',
    (ir) => {
      ir.push(0);
      ir.emit(Op.call, -1, ir.instance, 0, 2, ir.push(local));
    },
    /arguments beyond the pool at 0: call/,
  ],
  [
    'a constant that is written',
    (ir) => ir.emit(Op.mov, ir.newConstant(VType.i32, 1, 0), local, -1, -1, 0),
    /constant v4 is written at 0: mov/,
  ],
  [
    'a copy between classes',
    (ir) => ir.emit(Op.mov, ir.newRegister(VType.i64), local, -1, -1, 0),
    /source and destination differ in class at 0: mov/,
  ],
  [
    'a choice between classes',
    (ir) => ir.emit(Op.select, ir.newRegister(VType.i32), local, float, local, 0),
    /alternatives differ in class at 0: select/,
  ],
  [
    'a choice of another class than its result',
    (ir) => ir.emit(Op.select, ir.newRegister(VType.i64), local, local, local, 0),
    /source and destination differ in class at 0: select/,
  ],
  [
    'a target where nothing is written',
    (ir) => ir.emit(Op['i32.store'], local, local, ir.memoryBase, local, 0),
    /dst where nothing is written at 0: i32\.store/,
  ],
  [
    'a heat counter elsewhere than in the instance',
    (ir) => ir.emit(Op.heat, -1, ir.memoryBase, 12, -1, 96),
    /a is not the instance at 0: heat/,
  ],
  [
    'a pad in front of its call',
    (ir) => tryCall(ir, -1, true),
    /the pad comes before the call at 1: try_call/,
  ],
  [
    'a pad that is another label',
    (ir) => {
      ir.push(bound(ir, false));
      ir.push(0);
      ir.emit(Op.try_call, -1, ir.instance, 64, 0, ir.poolCount);
    },
    /label 0 is no pad at 1: try_call/,
  ],
  [
    'a pad without a place',
    (ir) => {
      ir.labelIsPad[ir.push(ir.newLabel(false))] = 1;
      ir.push(0);
      ir.emit(Op.try_call_builtin, -1, ir.instance, 64, 0, ir.poolCount);
    },
    /label 0 is not bound at 0: try_call_builtin/,
  ],
  ['a call with a pad that writes a local', (ir) => tryCall(ir, local), /dst has a value at the pad at 0/],
  [
    'a call with a pad that writes what is written already',
    (ir) => {
      const sum = ir.newRegister(VType.i32);
      ir.emit(add, sum, local, local, -1, 0);
      tryCall(ir, sum);
    },
    /dst has a value at the pad at 1: try_call/,
  ],
  [
    'a comparison of 64-bit addresses with others',
    (ir) => ir.emit(Op.bounds_check64, -1, local, ir.instance, 4, 0),
    /a is i32, not i64 at 0: bounds_check64/,
  ],
  [
    'a hint that does not exist',
    (ir) => ir.emit(Op.br_if, -1, local, 0, 2, bound(ir, false)),
    /no hint 2 at 1: br_if/,
  ],
  ['a branch to no label', (ir) => ir.emit(Op.br, -1, -1, -1, -1, 3), /no label 3 at 0: br/],
  [
    'a branch to a label without a place',
    (ir) => ir.emit(Op.br_if, -1, local, 0, -1, ir.newLabel(false)),
    /label 0 is not bound at 0: br_if/,
  ],
  [
    'a table with a label without a place',
    (ir) => ir.emit(Op.br_table, -1, local, -1, 1, ir.push(ir.newLabel(false))),
    /label 0 is not bound at 0: br_table/,
  ],
  [
    'a label whose place holds another instruction',
    (ir) => {
      const label = ir.newLabel(false);
      ir.labelPosition[label] = 0;
      ir.emit(Op.br, -1, -1, -1, -1, label);
    },
    /label 0 is not bound at 0: br/,
  ],
  [
    'a label in two places',
    (ir) => {
      const label = bound(ir, false);
      ir.emit(Op.label, -1, -1, -1, -1, label);
    },
    /label bound twice at 1: label/,
  ],
  ['a loop without an end', (ir) => bound(ir, true), /loop without an end at 0: label/],
];

describe('the IR verifier', () => {
  for (const [name, build] of sound) {
    test(`accepts ${name}`, () => assert.doesNotThrow(() => verify(irWith(build))));
  }
  for (const [name, build, message] of broken) {
    test(`refuses ${name}`, () => assert.throws(() => verify(irWith(build)), { message }));
  }

  test('refuses a function that control runs out of', () => {
    assert.throws(() => verify(irWith(() => {}, false)), { message: /control runs off the end/ });
    const withMove = irWith((ir) => ir.emit(Op.mov, local, local, -1, -1, 0), false);
    assert.throws(() => verify(withMove), { message: /control runs off the end at 0: mov/ });
  });

  test('accepts exactly those last instructions that control does not pass', () => {
    const ends = Array.from({ length: opCount }, (_, op) => op).filter((op) => opEnds[op] === 1);
    assert.deepEqual(ends.map(opName), [
      'br',
      'br_table',
      'return',
      'trap',
      'return_call',
      'return_call_record',
    ]);
  });
});
