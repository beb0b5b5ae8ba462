import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { calleeSaved, Gpr, integerArguments } from '../../code/abi.js';
import {
  allocatableGprs,
  allocatableXmms,
  calleeSavedSet,
  callerSavedSet,
  firstXmm,
  highest,
  lowest,
  scratchGpr,
  scratchXmm,
} from './machine-registers.js';

const members = (set: number): number[] =>
  Array.from({ length: 32 }, (_, register) => register).filter((register) => ((set >>> register) & 1) === 1);

describe('sets of machine registers', () => {
  test('the stack, the frame and the scratch registers are never given out', () => {
    for (const register of [Gpr.rsp, Gpr.rbp, scratchGpr, firstXmm + scratchXmm]) {
      assert.ok(!members(allocatableGprs | allocatableXmms).includes(register));
    }
    assert.equal(members(allocatableGprs).length, 13);
    assert.equal(members(allocatableXmms).length, 15);
  });

  test('each allocatable register is preserved by calls or destroyed by them', () => {
    assert.deepEqual(
      members(calleeSavedSet),
      [...calleeSaved].sort((a, b) => a - b),
    );
    assert.equal(calleeSavedSet & callerSavedSet, 0);
    assert.equal(calleeSavedSet | callerSavedSet, allocatableGprs | allocatableXmms);
    for (const register of integerArguments) assert.ok(members(callerSavedSet).includes(register));
  });

  test('lowest and highest find the ends of sets, also with the sign bit', () => {
    for (let low = 0; low < 32; low++) {
      for (let high = low; high < 32; high++) {
        const set = (1 << low) | (1 << high);
        assert.deepEqual([lowest(set), highest(set)], [low, high]);
      }
    }
  });
});
