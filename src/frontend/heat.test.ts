import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { translateFunction } from '../fast-jit/compile.js';
import { fullCpu, irLines, type LoadedModule, loadModule } from '../fast-jit/modules.fixture.js';
import { randomModule } from '../fast-jit/random-module.fixture.js';
import { functions as livenessFunctions } from '../fast-jit/regalloc/liveness-reference.fixture.js';
import type { IrFunction } from '../ir/function.js';
import { Op } from '../ir/ops.js';

const loopWithParameters = `(module (func (param i32) (result i32) (local.get 0) (i32.const 5)
  (loop (param i32 i32) (result i32) i32.add local.tee 0 (i32.const 7) (br_if 0 (local.get 0)) drop)))`;

/** The IR with counters; H stands for the instruction that counts. */
const cases: readonly (readonly [name: string, module: string, lines: readonly string[]])[] = [
  [
    'a function without loops counts on entry',
    '(module (func (param i32) (result i32) (i32.add (local.get 0) (i32.const 1))))',
    ['H', 'v0:i32 = i32.add $0, 1', 'return (v0)'],
  ],
  [
    'a loop counts behind its label, so that each turn does',
    '(module (func (param i32) (loop (br_if 0 (local.get 0)))))',
    ['H', 'L0: loop', 'H', 'br_if $0, L0', 'return ()'],
  ],
  [
    'before the loop parameters are copied',
    loopWithParameters,
    [
      'H',
      'v0:i32 = mov $0',
      'v1:i32 = mov 5',
      'v2:i32 = mov v0',
      'L0: loop',
      'H',
      'v3:i32 = mov v2',
      'v4:i32 = mov v1',
      '$0:i32 = i32.add v3, v4',
      'v2:i32 = mov $0',
      'v1:i32 = mov 7',
      'br_if $0, L0',
      'return ($0)',
    ],
  ],
  [
    'each of several loops counts, other labels do not',
    `(module (func (param i32)
      (block $out (loop $a (br_if $out (local.get 0)) (loop $b (br_if $a (local.get 0)) (br_if $b (local.get 0))))
        (if (local.get 0) (then (loop $c (br $c)))))))`,
    [
      ...['H', 'L0: loop', 'H', 'br_if $0, L1', 'L2: loop', 'H', 'br_if $0, L0', 'br_if $0, L2'],
      ...['br_if $0, L3 unless', 'L4: loop', 'H', 'br L4', 'L3:', 'L1:', 'return ()'],
    ],
  ],
  [
    'a loop that cannot be reached does not count',
    '(module (func (return) (loop (br 0))))',
    ['H', 'return ()'],
  ],
];

describe('heat counters', () => {
  for (const [name, text, lines] of cases) {
    test(name, () => {
      const { layout } = loadModule(text);
      const counted = irLines(text, 'guarded', true);
      const heat = `heat instance, +${layout.heat(0)}`;
      assert.deepEqual(
        counted.map((line) => (line === heat ? 'H' : line)),
        lines,
      );
      assert.ok(!irLines(text).some((line) => line.includes('heat')));
    });
  }

  test('each function has its own, and says its index', () => {
    const { wasm, layout } = loadModule('(module (import "e" "f" (func)) (func) (func) (func))');
    const seen = [1, 2, 3].map((index) => {
      const ir = translateFunction(wasm, layout, index, {
        memoryMode: 'guarded',
        cpu: fullCpu,
        countHeat: true,
      });
      assert.equal(ir.op[0], Op.heat);
      assert.deepEqual(
        [ir.a[0], ir.imm[0], ir.wasmOffset[0]],
        [ir.instance, layout.heat(index), wasm.bodyStarts[index - 1]],
      );
      return ir.b[0];
    });
    assert.deepEqual(seen, [1, 2, 3]);
  });
});

/** All that the tiers must agree on: instructions but for the counting ones, and registers. */
function essence(ir: IrFunction): unknown {
  const instructions: number[][] = [];
  for (let at = 0; at < ir.count; at++) {
    if (ir.op[at] === Op.heat) continue;
    instructions.push([ir.op[at], ir.dst[at], ir.a[at], ir.b[at], ir.c[at], ir.imm[at], ir.wasmOffset[at]]);
  }
  const { registers, poolCount, trackedCount, labelCount, localCount, instance, memoryBase } = ir;
  return {
    instructions,
    ...{ registers, poolCount, trackedCount, labelCount, localCount, instance, memoryBase },
    pool: [...ir.pool.subarray(0, poolCount)],
    vtype: [...ir.vtype.subarray(0, registers)],
    tracked: [...ir.tracked.subarray(0, registers)],
    constants: Array.from({ length: registers }, (_, register) =>
      ir.isConstant[register] === 1 ? [ir.low[register], ir.high[register]] : [],
    ),
  };
}

test('registers, labels and all other instructions are the same with and without counters', () => {
  const modules: readonly LoadedModule[] = [
    ...[31, 32, 33].map((seed) => loadModule(randomModule(seed, 4))),
    ...Object.values(livenessFunctions).map(loadModule),
    ...cases.map(([, text]) => loadModule(text)),
  ];
  let counters = 0;
  for (const { wasm, layout } of modules) {
    for (let index = wasm.importedFunctionCount; index < wasm.functionTypes.length; index++) {
      for (const memoryMode of ['guarded', 'checked'] as const) {
        const options = { memoryMode, cpu: fullCpu };
        const plain = translateFunction(wasm, layout, index, options);
        const expected = essence(plain);
        const { count } = plain;
        const counted = translateFunction(wasm, layout, index, { ...options, countHeat: true });
        assert.deepEqual(essence(counted), expected);
        counters += counted.count - count;
      }
    }
  }
  assert.ok(counters > 100, String(counters));
});
