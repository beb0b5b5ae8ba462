import assert from 'node:assert/strict';
import { test } from 'node:test';
import { calleeSaved, firstXmm, Gpr, xmmCount } from './abi.js';
import {
  alignFrame,
  callbackFrame,
  frame,
  hotFrameSize,
  hotGeneralRegisters,
  hotRegister,
  savedFields,
  savedRegister,
  savedRegistersSize,
} from './frame-layout.js';

test('saved registers follow the frame pointer', () => {
  assert.equal(savedRegister(calleeSaved[0]), -8);
  assert.equal(savedRegister(calleeSaved[calleeSaved.length - 1]), -savedRegistersSize);
  assert.deepEqual(frame, { callerFp: 0, returnAddress: 8, stackArguments: 16 });
});

test('where a function keeps saved registers fits into one small integer', () => {
  assert.equal(savedFields([], savedRegister), 0);
  const all = savedFields(calleeSaved, savedRegister);
  assert.deepEqual(
    calleeSaved.map((_, k) => (all >> (6 * k)) & 63),
    [1, 2, 3, 4, 5],
  );
  assert.equal(
    savedFields([Gpr.r13], () => -8 * 63),
    63 << 12,
  );
});

test('frames keep the stack pointer a multiple of 16', () => {
  assert.deepEqual([0, 1, 16, 17].map(alignFrame), [0, 16, 16, 32]);
  assert.equal(hotFrameSize % 16, 0);
});

test('the builtin hot keeps each register in bytes of its own, above what nested entries find', () => {
  const xmms = Array.from({ length: xmmCount }, (_, k) => firstXmm + k);
  const areas = [...hotGeneralRegisters, ...xmms].map((register) => {
    const start = hotRegister(register);
    return { start, end: start + (register >= firstXmm ? 16 : 8) };
  });
  areas.sort((a, b) => a.start - b.start);
  assert.equal(areas[0].start, callbackFrame.size - hotFrameSize);
  for (let k = 1; k < areas.length; k++) assert.ok(areas[k].start >= areas[k - 1].end);
  assert.ok(areas[areas.length - 1].end <= 0);
  assert.deepEqual([Gpr.rsp, Gpr.rbp, Gpr.r11].map(hotRegister), [0, 0, 0]);
});
