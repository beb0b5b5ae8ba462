import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { IrFunction } from '../../ir/function.js';
import { Op, opReads, ReadsA, ReadsArgs, ReadsB, ReadsC } from '../../ir/ops.js';
import { firstIr, loadModule } from '../modules.fixture.js';
import { Flow } from './flow.js';
import { DiesA, DiesB, DiesC, DiesDst, LastUses } from './last-uses.js';
import { functions, isLiveBehind, readsOf, writeOf } from './liveness-reference.fixture.js';

function analyse(module: string, limit = 1 << 22): { ir: IrFunction; lastUses: LastUses } {
  const ir = firstIr(loadModule(module));
  const flow = new Flow();
  flow.analyse(ir, limit);
  const lastUses = new LastUses();
  lastUses.analyse(ir, flow);
  return { ir, lastUses };
}

/**
 * Whether a value is not needed behind an instruction that reads it, be it that the instruction overwrites
 * it. Constants and temporaries have one extent.
 */
function dies(ir: IrFunction, register: number, at: number): boolean {
  if (ir.tracked[register] < 0) return ir.lastUse[register] === at;
  return writeOf(ir, at) === register || !isLiveBehind(ir, register, at);
}

/** All bits that `LastUses.dies` should have for an instruction. */
function expectedBits(ir: IrFunction, at: number): number {
  const reads = opReads[ir.op[at]];
  let bits = 0;
  if ((reads & ReadsA) !== 0 && dies(ir, ir.a[at], at)) bits |= DiesA;
  if ((reads & ReadsB) !== 0 && dies(ir, ir.b[at], at)) bits |= DiesB;
  if ((reads & ReadsC) !== 0 && dies(ir, ir.c[at], at)) bits |= DiesC;
  const write = writeOf(ir, at);
  if (write >= 0 && (ir.tracked[write] >= 0 ? !isLiveBehind(ir, write, at) : ir.uses[write] === 0))
    bits |= DiesDst;
  return bits;
}

describe('last uses', () => {
  for (const [name, module] of Object.entries(functions)) {
    test(`of operands and arguments: ${name}`, () => {
      const { ir, lastUses } = analyse(module);
      for (let at = 0; at < ir.count; at++) {
        assert.equal(lastUses.dies[at], expectedBits(ir, at), `instruction ${at}`);
        if ((opReads[ir.op[at]] & ReadsArgs) === 0) continue;
        for (let k = ir.imm[at]; k < ir.imm[at] + ir.c[at]; k++) {
          assert.equal(lastUses.argumentDies[k] === 1, dies(ir, ir.pool[k], at), `argument ${k} of ${at}`);
        }
      }
    });

    test(`how far registers live: ${name}`, () => {
      const { ir, lastUses } = analyse(module);
      for (let index = 0; index < ir.trackedCount; index++) {
        const register = ir.trackedRegisters[index];
        let until = -1;
        for (let at = 0; at < ir.count; at++) {
          if (readsOf(ir, at).includes(register) || isLiveBehind(ir, register, at)) until = at;
        }
        assert.equal(lastUses.liveUntil[index], until, `register ${register}`);
      }
    });
  }

  test('one register in both fields dies in both', () => {
    const { ir, lastUses } = analyse(functions['an operator that reads a local twice']);
    assert.deepEqual([...lastUses.dies.subarray(0, 2)], [DiesA | DiesB, DiesA | DiesB]);
    assert.equal(ir.count, 3);
  });

  test('a result that nobody reads', () => {
    const { ir, lastUses } = analyse('(module (func (param i32) (drop (i32.clz (local.get 0)))))');
    assert.equal(ir.count, 2);
    assert.equal(lastUses.dies[0], DiesA | DiesDst);
  });

  test('a temporary goes best where the result goes that it is the first operand of', () => {
    const { ir, lastUses } = analyse(
      '(module (func (param i32) (result i32) (i32.sub (i32.clz (local.get 0)) (i32.ctz (local.get 0)))))',
    );
    const [first, second, difference] = [0, 1, 2].map((at) => ir.dst[at]);
    assert.equal(lastUses.partner[first], difference);
    assert.equal(lastUses.partner[second], -1);
  });

  test('where liveness is unknown no local ever dies', () => {
    const { ir, lastUses } = analyse(functions['nested loops, with a local of the outer one'], 0);
    for (let at = 0; at < ir.count; at++) {
      for (const [field, bit] of [
        [ir.a[at], DiesA],
        [ir.b[at], DiesB],
      ]) {
        if (field >= 0 && ir.tracked[field] >= 0) assert.equal(lastUses.dies[at] & bit, 0);
      }
      if (ir.op[at] !== Op.label && ir.dst[at] >= 0 && ir.tracked[ir.dst[at]] >= 0) {
        assert.equal(lastUses.dies[at] & DiesDst, 0);
      }
    }
  });
});
