import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readOpcode, skipBody, skipImmediates } from './instructions.js';
import { mnemonic } from './opcodes.js';
import { Reader } from './reader.js';

test('immediates of every kind are skipped', () => {
  const instructions: [name: string, ...bytes: number[]][] = [
    ['nop', 0x01],
    ['block', 0x02, 0x40],
    ['loop', 0x03, 0x7f],
    ['if', 0x04, 0x80, 0x01],
    ['br', 0x0c, 0x81, 0x00],
    ['br_table', 0x0e, 2, 0, 1, 2],
    ['call', 0x10, 0xff, 0x7f],
    ['call_indirect', 0x11, 1, 0],
    ['select t', 0x1c, 1, 0x7f],
    ['local.get', 0x20, 3],
    ['global.set', 0x24, 3],
    ['table.get', 0x25, 0],
    ['i32.load', 0x28, 2, 0x80, 0x08],
    ['memory.grow', 0x40, 0],
    ['i32.const', 0x41, 0x80, 0x7f],
    ['i64.const', 0x42, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x00],
    ['f32.const', 0x43, 1, 2, 3, 4],
    ['f64.const', 0x44, 1, 2, 3, 4, 5, 6, 7, 8],
    ['ref.null', 0xd0, 0x70],
    ['ref.func', 0xd2, 4],
    ['i64.trunc_sat_f64_u', 0xfc, 0x87, 0x00],
    ['memory.init', 0xfc, 0x08, 1, 0],
    ['data.drop', 0xfc, 0x09, 1],
    ['memory.copy', 0xfc, 0x0a, 0, 0],
    ['memory.fill', 0xfc, 0x0b, 0],
    ['table.init', 0xfc, 0x0c, 1, 0],
    ['elem.drop', 0xfc, 0x0d, 1],
    ['table.copy', 0xfc, 0x0e, 1, 0],
    ['table.fill', 0xfc, 0x11, 1],
    ['v128.const', 0xfd, 0x0c, ...new Array<number>(16).fill(0xff)],
    ['i8x16.shuffle', 0xfd, 0x0d, ...new Array<number>(16).fill(31)],
    ['i8x16.extract_lane_u', 0xfd, 0x16, 15],
    ['v128.store64_lane', 0xfd, 0x5b, 3, 0x80, 0x08, 1],
    ['f64x2.relaxed_max', 0xfd, 0x90, 0x02],
  ];
  for (const [name, ...bytes] of instructions) {
    const reader = new Reader(Uint8Array.of(...bytes, 0x0b));
    const code = readOpcode(reader);
    assert.equal(mnemonic(code), name);
    skipImmediates(reader, code);
    assert.equal(reader.pos, bytes.length, name);
  }
});

test('a body is skipped to its own end', () => {
  const body = [1, 2, 0x7f, 0x02, 0x40, 0x03, 0x40, 0x0b, 0x01, 0x0b, 0x0b];
  const reader = new Reader(Uint8Array.of(...body, 0x0b));
  skipBody(reader);
  assert.equal(reader.pos, body.length);
});

test('bytes that are no instruction are refused', () => {
  assert.throws(() => readOpcode(new Reader(Uint8Array.of(0x27))), /illegal opcode 0x27/);
  assert.throws(() => readOpcode(new Reader(Uint8Array.of(0xfc, 0x1f))), /illegal opcode 0xfc 0x1f/);
  assert.throws(
    () => readOpcode(new Reader(Uint8Array.of(0xfc, 0x80, 0x82, 0x00))),
    /illegal opcode 0xfc 0x100/,
  );
  assert.throws(() => readOpcode(new Reader(Uint8Array.of(0xfe, 0))), /unsupported feature: threads/);
});
