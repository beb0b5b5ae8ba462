import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compileFunction, translateFunction } from '../fast-jit/compile.js';
import { fullCpu, loadModule } from '../fast-jit/modules.fixture.js';
import { Op } from '../ir/ops.js';
import { Backend } from '../tiering/backend.js';
import { baselineCpu } from '../x64/cpu-features.js';
import { withoutLlvm } from './library.fixture.js';

const { wasm, layout } = loadModule(`(module (func (param $n i32) (result i32) (local $sum i32)
  (loop $again
    (local.set $sum (i32.xor (i32.mul (local.get $sum) (i32.const 7)) (local.get $n)))
    (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
  (local.get $sum)))`);

test('code of the tiers fast and llvm has no counter and no poll: its IR counts nothing', () => {
  const heatCount = (countHeat: boolean): number => {
    const ir = translateFunction(wasm, layout, 0, { memoryMode: 'guarded', cpu: fullCpu, countHeat });
    return ir.op.subarray(0, ir.count).filter((op) => op === Op.heat).length;
  };
  assert.deepEqual([heatCount(true), heatCount(false)], [2, 0]);
  const size = (countHeat?: boolean): number =>
    compileFunction(wasm, layout, 0, { memoryMode: 'guarded', cpu: baselineCpu, countHeat }).bytes.length;
  assert.ok(size() === size(false) && size() < size(true));
});

test('a loop in LLVM code touches no memory', { skip: withoutLlvm() }, () => {
  const bytes = new SharedArrayBuffer(wasm.bytes.length);
  new Uint8Array(bytes).set(wasm.bytes);
  const { optimized, assembly } = Backend.for({
    library: undefined,
    level: 3,
    sizeLevel: 0,
    deterministic: false,
    cpu: undefined,
    verify: true,
  }).dump({ bytes, memoryMode: 'guarded', functions: [0] });
  assert.match(optimized, /\bphi i32\b/);
  const ir = optimized.replace(/call void @llvm\.assume\(.*/g, '');
  assert.doesNotMatch(ir, /^ .*\b(load|store|call|atomicrmw)\b/m);
  assert.match(assembly, /\bimull\b|\bleal\b|\bshll\b/);
  // Not one memory operand but that of lea, and stack traffic of the frame.
  const accesses = assembly.split('\n').filter((line) => /\(%r/.test(line) && !/\blea[lq]\b|nop/.test(line));
  assert.deepEqual(accesses, []);
});
