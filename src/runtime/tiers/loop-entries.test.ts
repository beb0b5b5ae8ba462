import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import type { CompileOptions } from '../../fast-jit/compile.js';
import { slotCount } from '../../layout/exec-env.js';
import { HotFrame } from '../../native/entry/hot-frame.js';
import type { Module } from '../modules/module.js';
import { wat } from '../modules.fixture.js';
import { Runtime } from '../runtime.js';
import { LoopEntries } from './loop-entries.js';

/** Adds two loops' counts; below the loops, `locals` that live through them. */
function twoLoops(locals: number): Uint8Array {
  const lists = [Math.min(locals, 40), Math.max(0, locals - 40)].map((n) => 'i64 '.repeat(n));
  const sum = Array.from({ length: locals }, (_, k) => `local.get ${k + 1} i64.add`).join(' ');
  const loop = `(loop $l (local.set 1 (i64.add (local.get 1) (i64.const 3)))
    (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))`;
  return wat(`(module (func $f (export "f") (param i32 ${lists[0]}) (result i64) (local ${lists[1]}) ${loop} (local.set 0 (i32.const 5)) ${loop}
    i64.const 0 ${sum}))`);
}

describe('LoopEntries', () => {
  const runtimes: Runtime[] = [];
  after(() => {
    for (const runtime of runtimes) runtime.dispose();
  });

  function start(locals: number): {
    module: Module;
    options: CompileOptions;
    loops: number[];
  } {
    const runtime = new Runtime({ heat: { threshold: 2 ** 31, onHot: () => {} } });
    runtimes.push(runtime);
    const module = runtime.compile(twoLoops(locals));
    const { bytes, bodyStarts, bodyEnds } = module.wasm;
    const loops: number[] = [];
    // `loop` with an empty block type.
    for (let at = bodyStarts[0]; at < bodyEnds[0]; at++) {
      if (bytes[at] === 0x03 && bytes[at + 1] === 0x40) loops.push(at);
    }
    assert.equal(loops.length, 2);
    return { module, options: runtime.store.compileOptions('guarded'), loops };
  }

  test('ask once for the loop that got hot first, and for others that are met again', () => {
    const { module, options, loops } = start(2);
    const entries = new LoopEntries();
    const [a, b] = loops;
    assert.equal(entries.isPending(0, a), false);
    assert.equal(entries.shouldAsk(0, a, false), true);
    assert.equal(entries.shouldAsk(0, a, false), false);
    assert.equal(entries.isPending(0, a), true);
    assert.equal(entries.find(module, options, 0, a), undefined);
    assert.equal(entries.shouldAsk(0, b, false), false);
    assert.equal(entries.isPending(0, b), false);
    assert.equal(entries.shouldAsk(0, b, false), true);
    assert.equal(entries.isPending(0, b), true);
    entries.refuse(0, a);
    assert.equal(entries.isPending(0, a), false);
    assert.equal(entries.shouldAsk(0, a, false), false);
  });

  test('ask at once for every loop, if that is wanted', () => {
    const { loops } = start(2);
    const entries = new LoopEntries();
    assert.deepEqual(
      loops.map((loop) => entries.shouldAsk(0, loop, true)),
      [true, true],
    );
  });

  test('find where the state is, once; and move it', () => {
    const { module, options, loops } = start(60);
    const entries = new LoopEntries();
    const [a, b] = loops;
    entries.add(0, a, 4096);
    assert.equal(entries.find(module, options, 0, b), undefined);
    const entry = entries.find(module, options, 0, a);
    assert.ok(entry !== undefined && entry.code === 4096);
    assert.equal(entries.find(module, options, 0, a)?.frame, entry.frame);
    const { registers, displacements, saved } = entry.frame;
    assert.equal(registers.length, 61);
    // Values in registers, in the function's frame, and in its caller's.
    for (const kind of [
      registers.some((register) => register >= 0),
      registers.some((register, k) => register < 0 && displacements[k] < 0),
      registers.some((register, k) => register < 0 && displacements[k] > 0),
    ]) {
      assert.ok(kind);
    }
    assert.ok(saved.length > 0);
    // A stack in which each word holds its own number; the frame of the function, and below it the stub's.
    const low = 0x10000;
    const stack = BigInt64Array.from({ length: 1024 }, (_, k) => BigInt(k));
    const [stubFp, fp] = [low + 8 * 300, low + 8 * 600];
    stack[300] = BigInt(fp);
    const frame = new HotFrame(stack, low, stubFp);
    const slots = new BigInt64Array(1024);
    const expected = Array.from(registers, (register, k) =>
      register >= 0 ? frame.register(register) : frame.slot(displacements[k]),
    );
    const before = saved.map(({ register }) => frame.register(register));
    entries.move(entry, frame, slots);
    assert.deepEqual([...slots.subarray(0, 61)], expected);
    for (const [k, { register, displacement }] of saved.entries()) {
      assert.notEqual(frame.register(register), before[k]);
      assert.equal(frame.register(register), BigInt(600 + displacement / 8));
    }
  });

  test('refuse where the state is larger than the slots', () => {
    for (const [locals, isEntered] of [
      [slotCount - 1, true],
      [slotCount, false],
    ] as const) {
      const { module, options, loops } = start(locals);
      const entries = new LoopEntries();
      entries.add(0, loops[0], 4096);
      assert.equal(entries.find(module, options, 0, loops[0]) !== undefined, isEntered);
      assert.equal(entries.isPending(0, loops[0]), false);
    }
  });

  test('refuse a loop that is none', () => {
    const { module, options, loops } = start(2);
    const entries = new LoopEntries();
    entries.add(0, loops[0] + 1, 4096);
    assert.equal(entries.find(module, options, 0, loops[0] + 1), undefined);
    assert.equal(entries.isPending(0, loops[0] + 1), false);
  });
});
