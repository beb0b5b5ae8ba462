import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Assembler } from '../../x64/assembler.js';
import { X } from '../../x64/instructions.js';
import { ConstantPool } from './constant-pool.js';

/** Emits a load from each label, then the constants; returns the code and where each load's operand lies. */
function emitted(
  asm: Assembler,
  pool: ConstantPool,
  labels: readonly number[],
): { bytes: Uint8Array; at: number[] } {
  const ends = labels.map((label) => {
    asm.rl(X.movsd, 0, label);
    return asm.position;
  });
  pool.emit();
  const bytes = asm.finish();
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  return { bytes, at: ends.map((end) => end + view.getInt32(end - 4, true)) };
}

const word = (bytes: Uint8Array, at: number): number => new DataView(bytes.buffer).getInt32(at, true);

describe('the constants of a function', () => {
  test('are aligned to their size and hold their bits', () => {
    const asm = new Assembler();
    const pool = new ConstantPool(asm);
    const labels = [
      pool.label32(-5),
      pool.label64(1, -2),
      pool.label128(3, 4, 5, 6),
      pool.label32(0),
      pool.label64(-1, -1),
      pool.label128(-1, 0, -1, 0),
    ];
    asm.byte(0xcc);
    const { bytes, at } = emitted(asm, pool, labels);
    const words = at.map((offset, k) =>
      Array.from({ length: [1, 2, 4][k % 3] }, (_, w) => word(bytes, offset + 4 * w)),
    );
    assert.deepEqual(words, [[-5], [1, -2], [3, 4, 5, 6], [0], [-1, -1], [-1, 0, -1, 0]]);
    assert.deepEqual(
      at.map((offset, k) => offset % [4, 8, 16][k % 3]),
      [0, 0, 0, 0, 0, 0],
    );
  });

  test('are there once each, however often they are used', () => {
    const asm = new Assembler();
    const pool = new ConstantPool(asm);
    assert.equal(pool.label32(7), pool.label32(7));
    assert.equal(pool.label64(7, 8), pool.label64(7, 8));
    assert.equal(pool.label128(7, 8, 9, 10), pool.label128(7, 8, 9, 10));
    const different = [pool.label32(7), pool.label64(7, 7), pool.label64(7, 8), pool.label128(7, 8, 9, 10)];
    assert.equal(new Set(different).size, 4);
    // The halves of a constant are not mixed up with digits of the other.
    assert.notEqual(pool.label64(1, 23), pool.label64(12, 3));
    assert.notEqual(pool.label64(-1, 0), pool.label64(0, -1));
  });

  test('are the same however they are named', () => {
    const asm = new Assembler();
    const pool = new ConstantPool(asm);
    const bytes = Uint8Array.from({ length: 20 }, (_, k) => 0xf0 + k);
    const words = new Int32Array(bytes.slice(2, 18).buffer);
    const label = pool.labelBytes(bytes, 2);
    assert.equal(label, pool.label128(words[0], words[1], words[2], words[3]));
    const code = emitted(asm, pool, [label]);
    assert.deepEqual(code.bytes.subarray(code.at[0], code.at[0] + 16), bytes.subarray(2, 18));
    assert.equal(pool.splat32(-7), pool.label128(-7, -7, -7, -7));
    assert.equal(pool.splat64(3, -4), pool.label128(3, -4, 3, -4));
    assert.equal(pool.splat64(-7, -7), pool.splat32(-7));
    assert.equal(pool.label32(0xffff_fff0), pool.label32(-16));
  });

  test('of thousands each keep their own label', () => {
    const asm = new Assembler();
    const pool = new ConstantPool(asm);
    // Words that differ in one place only, and sizes whose further words are 0.
    const make = (value: number): number[] => [
      pool.label32(value),
      pool.label64(value, 0),
      pool.label128(value, 0, 0, 0),
      pool.label128(1, 0, 0, value),
    ];
    const values = Array.from({ length: 1000 }, (_, k) => Math.imul(k + 1, 0x01000193));
    const labels = values.map(make);
    assert.equal(new Set(labels.flat()).size, 4000);
    assert.deepEqual(values.map(make), labels);
    const { bytes, at } = emitted(
      asm,
      pool,
      labels.map(([first]) => first),
    );
    for (const [k, value] of values.entries()) assert.equal(word(bytes, at[k]), value);
  });

  test('are forgotten with the function', () => {
    const asm = new Assembler();
    const pool = new ConstantPool(asm);
    pool.label32(5);
    pool.emit();
    asm.reset();
    pool.reset();
    pool.emit();
    assert.equal(asm.position, 0);
    const { bytes, at } = emitted(asm, pool, [pool.label32(5)]);
    assert.equal(word(bytes, at[0]), 5);
    assert.equal(bytes.length, at[0] + 4);
  });
});
