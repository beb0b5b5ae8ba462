import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { IrFunction } from '../../ir/function.js';
import { VType } from '../../ir/ops.js';
import { Frame, type FrameLayout } from './frame.js';

const saved = 24;
const layout: FrameLayout = {
  stackArguments: 16,
  savedRegistersSize: saved,
  align: (byteLength) => Math.ceil(byteLength / 16) * 16,
};

/** A frame for so many values, of class i64 unless something else is said. */
function newFrame(registers: number, classes: readonly VType[] = []): Frame {
  const ir = new IrFunction();
  for (let k = 0; k < registers; k++) ir.newRegister(classes[k] ?? VType.i64);
  const frame = new Frame(ir, layout);
  frame.reset();
  return frame;
}

describe('frames', () => {
  test('slots lie below the saved registers, one for each value that asks', () => {
    const frame = newFrame(4);
    assert.equal(frame.hasSlot(2), false);
    assert.equal(frame.slotFor(2), -saved - 8);
    assert.equal(frame.slotFor(0), -saved - 16);
    assert.equal(frame.slotFor(2), -saved - 8);
    assert.equal(frame.slotOf(0), -saved - 16);
    assert.equal(frame.hasSlot(2), true);
  });

  test('a value that is in no slot is an error of the allocator', () => {
    assert.throws(() => newFrame(3).slotOf(1), { message: /v1 has neither a register nor a slot/ });
  });

  test('slots of dead values are used again', () => {
    const frame = newFrame(4);
    const [first, second] = [frame.slotFor(0), frame.slotFor(1)];
    frame.recycle(0);
    assert.equal(frame.hasSlot(0), false);
    assert.equal(frame.slotFor(2), first);
    assert.equal(frame.slotFor(3), second - 8);
    // A value without a slot gives none back.
    frame.recycle(0);
    frame.recycle(1);
    assert.equal(frame.slotFor(0), second);
  });

  test('vectors have slots of 16 bytes at multiples of 16, and reuse those of vectors', () => {
    const frame = newFrame(5, [VType.i32, VType.v128, VType.i64, VType.v128, VType.v128]);
    const first = frame.slotFor(0);
    const vector = frame.slotFor(1);
    assert.equal(vector & 15, 0);
    assert.ok(vector + 16 <= first);
    // What alignment left between the two is not lost.
    const between = frame.slotFor(2);
    if (vector + 16 < first) assert.equal(between, vector + 16);
    else assert.ok(between + 8 <= vector);
    frame.recycle(1);
    assert.equal(frame.slotFor(3), vector);
    const last = frame.slotFor(4);
    assert.equal(last & 15, 0);
    assert.ok(last + 16 <= vector);
    assert.ok(frame.size() >= -last);
  });

  test('arguments on the stack lie in the frame of the caller, and stay there', () => {
    const frame = newFrame(3);
    frame.passedOnStack(1, 0);
    frame.passedOnStack(2, 5);
    assert.deepEqual([frame.slotOf(1), frame.slotOf(2)], [16, 56]);
    assert.equal(frame.slotFor(1), 16);
    frame.recycle(1);
    assert.equal(frame.slotOf(1), 16);
    assert.equal(frame.slotFor(0), -saved - 8);
  });

  test('the size keeps the stack aligned, with room for the largest call', () => {
    const sizes = [0, 1, 2, 3].map((count) => {
      const frame = newFrame(4);
      for (let k = 0; k < count; k++) frame.slotFor(k);
      return frame.size();
    });
    assert.deepEqual(
      sizes,
      [0, 1, 2, 3].map((count) => Math.ceil((saved + 8 * count) / 16) * 16),
    );
    const frame = newFrame(1);
    frame.reserveOutgoing(24);
    frame.reserveOutgoing(8);
    assert.equal(frame.size(), Math.ceil((saved + 24) / 16) * 16);
  });

  test('a reset forgets everything', () => {
    const frame = newFrame(3);
    frame.slotFor(0);
    frame.slotFor(1);
    frame.recycle(1);
    frame.reserveOutgoing(100);
    frame.reset();
    assert.deepEqual([frame.hasSlot(0), frame.hasSlot(1)], [false, false]);
    assert.equal(frame.slotFor(2), -saved - 8);
    assert.equal(frame.size(), Math.ceil((saved + 8) / 16) * 16);
  });
});
