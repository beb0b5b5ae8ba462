import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { sse41Cpu } from '../../x64/cpu-features.fixture.js';
import { baselineCpu, type CpuFeatures, cpuFeatures } from '../../x64/cpu-features.js';
import { compileAll, fullCpu, loadModule } from '../modules.fixture.js';
import { randomModule } from '../random-module.fixture.js';
import { contextOf } from '../regalloc/context.fixture.js';
import { lower } from './lower.js';
import { moduleOf, operators, shapesOf } from './numeric-shapes.fixture.js';
import { vectorModule, vectorOperators, vectorShapesOf } from './vector-shapes.fixture.js';

/** Plain x86-64, everything, and everything but one feature. */
const cpus: readonly CpuFeatures[] = [
  baselineCpu,
  fullCpu,
  ...cpuFeatures.map((name) => ({ ...fullCpu, [name]: false })),
];

/*
 * The assembler throws at an instruction that the processor lacks. So code that is made for a processor shows
 * that nothing in it needs more.
 */

describe('no code needs a feature that is not there', () => {
  test('all numeric operators with operands of all shapes, for every processor', () => {
    for (const operator of operators) {
      const module = loadModule(moduleOf(operator, shapesOf(operator)));
      for (const cpu of cpus) compileAll(module, { memoryMode: 'guarded', cpu });
    }
  });

  test('random programs, for every processor', () => {
    for (let seed = 1; seed <= 8; seed++) {
      const module = loadModule(randomModule(seed, 10));
      for (const cpu of cpus) {
        for (const memoryMode of ['guarded', 'checked'] as const) {
          compileAll(module, { memoryMode, cpu, countHeat: true });
        }
      }
    }
  });

  test('vectors, for every processor with SSE4.1', () => {
    const modules = [
      ...vectorOperators.map((operator) => loadModule(vectorModule(vectorShapesOf(operator)))),
      ...[1, 2, 3, 4].map((seed) => loadModule(randomModule(seed, 5, true))),
    ];
    for (const module of modules) {
      for (const cpu of [sse41Cpu, ...cpus.filter(({ sse41 }) => sse41)]) {
        // AVX2 and FMA come with AVX.
        if (!cpu.avx && (cpu.avx2 || cpu.fma)) continue;
        compileAll(module, { memoryMode: 'guarded', cpu });
      }
    }
  });

  for (const [feature, body] of [
    ['lzcnt', '(i32.clz (local.get 0))'],
    ['bmi1', '(i32.ctz (local.get 0))'],
    ['popcnt', '(i32.popcnt (local.get 0))'],
    ['bmi2', '(i32.shl (local.get 0) (local.get 1))'],
    ['avx2', '(i8x16.extract_lane_s 0 (i8x16.splat (local.get 0)))'],
    [
      'fma',
      '(i32x4.extract_lane 0 (f32x4.relaxed_madd (i32x4.splat (local.get 0)) (i32x4.splat (local.get 1)) (i32x4.splat (local.get 0))))',
    ],
    ['sse41', '(i32.trunc_f32_s (f32.floor (f32.convert_i32_s (local.get 0))))'],
  ] as const) {
    test(`a lowering that does not ask for ${feature} is caught`, () => {
      const { g, translator } = contextOf(`(module (func (param i32 i32) (result i32) ${body}))`);
      g.compileFor({ ...fullCpu, [feature]: false });
      // What the lowering believes, while the assembler knows better.
      g.cpu = fullCpu;
      assert.throws(() => lower(g, translator.type, translator.resultArea), {
        message: new RegExp(`CPU feature ${feature},`),
      });
    });
  }
});
