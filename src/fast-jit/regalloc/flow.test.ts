import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { IrFunction } from '../../ir/function.js';
import { Op, opEnds } from '../../ir/ops.js';
import { firstIr, loadModule } from '../modules.fixture.js';
import { Flow } from './flow.js';
import { functions, isLiveBefore, readsOf, writeOf } from './liveness-reference.fixture.js';

const noLimit = 1 << 22;

interface Analysed {
  readonly ir: IrFunction;
  readonly flow: Flow;
}

function analyse(module: string, limit = noLimit): Analysed {
  const ir = firstIr(loadModule(module));
  const flow = new Flow();
  flow.analyse(ir, limit);
  return { ir, flow };
}

/** Locals that are live at the start of a block. */
function liveLocals({ ir, flow }: Analysed, block: number): number[] {
  return Array.from({ length: ir.localCount }, (_, local) => local).filter((local) =>
    flow.isLiveIn(block, local),
  );
}

/** The first instruction that writes a register, and the last that reads it. */
function extent(ir: IrFunction, register: number): [first: number, last: number, uses: number] {
  let [first, last, uses] = [-1, -1, 0];
  for (let at = 0; at < ir.count; at++) {
    const reads = readsOf(ir, at).filter((read) => read === register).length;
    if (reads > 0) last = at;
    uses += reads;
    if (first < 0 && writeOf(ir, at) === register) first = at;
  }
  return [first, last, uses];
}

describe('blocks', () => {
  test('start at labels and behind branches, and cover the function', () => {
    for (const [name, module] of Object.entries(functions)) {
      const { ir, flow } = analyse(module);
      const starts = new Set(flow.start.subarray(0, flow.blockCount));
      assert.equal(flow.start[0], 0);
      assert.equal(flow.start[flow.blockCount], ir.count);
      for (let at = 1; at < ir.count; at++) {
        const isBehindBranch = ir.op[at - 1] === Op.br_if || opEnds[ir.op[at - 1]] === 1;
        assert.equal(starts.has(at), ir.op[at] === Op.label || isBehindBranch, `${name} at ${at}`);
        if (ir.op[at] === Op.label) assert.equal(flow.start[flow.labelBlock[ir.imm[at]]], at, name);
      }
    }
  });
});

describe('liveness', () => {
  for (const [name, module] of Object.entries(functions)) {
    test(`at the start of every block: ${name}`, () => {
      const { ir, flow } = analyse(module);
      for (let block = 0; block < flow.blockCount; block++) {
        for (let index = 0; index < ir.trackedCount; index++) {
          const register = ir.trackedRegisters[index];
          const expected = isLiveBefore(ir, register, flow.start[block]);
          assert.equal(flow.isLiveIn(block, index), expected, `register ${register}, block ${block}`);
        }
      }
    });

    test(`first writes, last reads and numbers of uses: ${name}`, () => {
      const { ir } = analyse(module);
      for (let register = 0; register < ir.registers; register++) {
        const [first, last, uses] = extent(ir, register);
        assert.equal(ir.lastUse[register], last, `last use of ${register}`);
        assert.equal(ir.uses[register], uses, `uses of ${register}`);
        // The results of blocks are defined where their label is.
        if (ir.tracked[register] >= 0)
          assert.equal(ir.firstDef[register], first, `first write of ${register}`);
      }
    });
  }

  test('in words: a counter and a sum live through the loop, what a turn sets anew does not', () => {
    const counting = analyse(functions['a loop that counts down']);
    const head = counting.flow.labelBlock[counting.ir.imm[counting.ir.op.indexOf(Op.label)]];
    assert.deepEqual(liveLocals(counting, head), [0, 1]);
    const anew = analyse(functions['a local that each turn sets before it reads it']);
    const anewHead = anew.flow.labelBlock[anew.ir.imm[anew.ir.op.indexOf(Op.label)]];
    assert.deepEqual(liveLocals(anew, anewHead), [0]);
  });

  test('nothing is live into a function but its parameters and what is zero at first', () => {
    const { ir, flow } = analyse(
      '(module (func (param i32 i32) (result i32) (local i32 i32) (local.set 3 (local.get 0)) (i32.add (local.get 2) (local.get 3))))',
    );
    assert.deepEqual(liveLocals({ ir, flow }, 0), [0, 2]);
    assert.equal(flow.isLiveIn(0, ir.tracked[ir.instance]), false);
  });

  test('the same analysis serves for one function after another', () => {
    const flow = new Flow();
    for (let round = 0; round < 2; round++) {
      for (const module of Object.values(functions)) {
        const ir = firstIr(loadModule(module));
        flow.analyse(ir, noLimit);
        const fresh = new Flow();
        fresh.analyse(firstIr(loadModule(module)), noLimit);
        assert.deepEqual(
          [flow.blockCount, flow.loopCount, flow.callCount],
          [fresh.blockCount, fresh.loopCount, fresh.callCount],
        );
        for (let block = 0; block < flow.blockCount; block++) {
          for (let index = 0; index < ir.trackedCount; index++) {
            assert.equal(flow.isLiveIn(block, index), fresh.isLiveIn(block, index));
          }
        }
        for (let loop = 0; loop < flow.loopCount; loop++) {
          for (let index = 0; index < ir.trackedCount; index++) {
            assert.equal(flow.loopDoesMention(loop, index), fresh.loopDoesMention(loop, index));
            assert.equal(flow.loopDoesWrite(loop, index), fresh.loopDoesWrite(loop, index));
          }
        }
      }
    }
  });
});

describe('loops', () => {
  test('what they mention and write is what their instructions do, inner loops included', () => {
    for (const [name, module] of Object.entries(functions)) {
      const { ir, flow } = analyse(module);
      for (let loop = 0; loop < flow.loopCount; loop++) {
        const label = flow.loopLabel[loop];
        const mentioned = new Set<number>();
        const written = new Set<number>();
        let hasCall = false;
        for (let at = ir.labelPosition[label]; at < ir.loopEnd[label]; at++) {
          for (const register of readsOf(ir, at)) mentioned.add(register);
          const write = writeOf(ir, at);
          if (write >= 0) mentioned.add(write);
          written.add(write);
          if (ir.op[at] === Op.call || ir.op[at] === Op.call_record || ir.op[at] === Op.call_builtin)
            hasCall = true;
        }
        for (let index = 0; index < ir.trackedCount; index++) {
          const register = ir.trackedRegisters[index];
          assert.equal(
            flow.loopDoesMention(loop, index),
            mentioned.has(register),
            `${name}: ${register} mentioned`,
          );
          assert.equal(
            flow.loopDoesWrite(loop, index),
            written.has(register),
            `${name}: ${register} written`,
          );
        }
        assert.equal(flow.loopHasCall[loop] === 1, hasCall, name);
        assert.equal(flow.labelLoop[label], loop);
      }
    }
  });

  test('know the loop around them', () => {
    const { flow } = analyse(`(module (func (param i32)
      (loop (loop (br_if 0 (local.get 0))) (loop (loop (br_if 0 (local.get 0)))) (br_if 0 (local.get 0))) (loop)))`);
    assert.equal(flow.loopCount, 5);
    assert.deepEqual([...flow.loopParent.subarray(0, 5)], [-1, 0, 0, 2, -1]);
    assert.deepEqual([...flow.loopHasInner.subarray(0, 5)], [1, 0, 1, 0, 0]);
  });

  test('a call in an inner loop is one of the outer loop too', () => {
    const { flow } = analyse(`(module (func $f (param i32)
      (loop (loop (call $f (local.get 0)) (br_if 0 (local.get 0))) (br_if 0 (local.get 0))) (loop (br_if 0 (local.get 0)))))`);
    assert.deepEqual([...flow.loopHasCall.subarray(0, 3)], [1, 1, 0]);
  });
});

describe('calls', () => {
  test('are listed in order, builtins included', () => {
    const { ir, flow } = analyse(`(module (memory 1) (table 1 funcref) (type $t (func))
      (func $f (call $f) (drop (memory.grow (i32.const 1))) (call_indirect (type $t) (i32.const 0)) (call $f)))`);
    const calls = [...flow.calls.subarray(0, flow.callCount)];
    const { call, call_builtin, call_record } = Op;
    assert.deepEqual(
      calls.map((at) => ir.op[at]),
      [call, call_builtin, call_record, call],
    );
    assert.deepEqual(
      calls,
      [...calls].sort((a, b) => a - b),
    );
  });
});

describe('functions that are too large for sets', () => {
  test('all registers are live everywhere, and no loop is said to leave any alone', () => {
    const { ir, flow } = analyse(functions['nested loops, with a local of the outer one'], 0);
    assert.equal(flow.allLive, true);
    for (let index = 0; index < ir.trackedCount; index++) {
      for (let block = 0; block < flow.blockCount; block++) assert.equal(flow.isLiveIn(block, index), true);
      for (let loop = 0; loop < flow.loopCount; loop++) assert.equal(flow.loopDoesWrite(loop, index), true);
    }
  });

  test('the limit is one of words in a kind of set', () => {
    const { flow } = analyse(functions['a loop that counts down']);
    const needed = flow.blockCount * flow.words;
    assert.equal(analyse(functions['a loop that counts down'], needed).flow.allLive, false);
    assert.equal(analyse(functions['a loop that counts down'], needed - 1).flow.allLive, true);
  });
});
