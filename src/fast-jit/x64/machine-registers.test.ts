import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { calleeSaved, firstXmm, Gpr, integerArguments } from '../../x64/abi.js';
import { firstFloat, has, members, registerCount } from '../regalloc/register-set.js';
import { registers, scratchGpr, scratchXmm } from './machine-registers.js';

describe('the registers of x86-64', () => {
  test('xmm registers are those of the float class', () => {
    assert.equal(firstXmm, firstFloat);
    assert.equal(registers.names.length, registerCount);
    assert.equal(registers.names[firstXmm + 3], 'xmm3');
    for (const [name, number] of Object.entries(Gpr)) assert.equal(registers.names[number], name);
  });

  test('the stack, the frame and the scratch registers are never given out', () => {
    for (const register of [Gpr.rsp, Gpr.rbp, scratchGpr, firstXmm + scratchXmm]) {
      assert.ok(!has(registers.allocatable, register));
    }
    assert.deepEqual(members(registers.scratch), [scratchGpr, firstXmm + scratchXmm]);
    assert.equal(registers.allocatable & registers.scratch, 0);
    assert.equal(members(registers.general).length, 13);
    assert.equal(members(registers.float).length, 15);
    assert.equal(registers.general | registers.float, registers.allocatable);
    assert.equal(registers.general & registers.float, 0);
  });

  test('each allocatable register is preserved by calls or destroyed by them', () => {
    assert.deepEqual(
      members(registers.calleeSaved),
      [...calleeSaved].sort((a, b) => a - b),
    );
    assert.equal(registers.calleeSaved & registers.callerSaved, 0);
    assert.equal(registers.calleeSaved | registers.callerSaved, registers.allocatable);
    for (const register of integerArguments) assert.ok(has(registers.callerSaved, register));
  });
});
