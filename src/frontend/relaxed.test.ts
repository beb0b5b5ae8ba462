import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { translateFunction } from '../fast-jit/compile.js';
import { fullCpu, loadModule } from '../fast-jit/modules.fixture.js';
import { opName } from '../ir/ops.js';
import { nativeUnavailable } from '../native/ffi/ffi.js';
import { wat } from '../runtime/modules.fixture.js';
import { Func } from '../runtime/objects/func.js';
import { Runtime } from '../runtime/runtime.js';
import type { RuntimeOptions } from '../runtime/runtime-options.js';
import { opcodes } from '../wasm/opcodes.js';

const relaxed = opcodes.filter(({ feature }) => feature === 'relaxed-simd');

/** A function of each relaxed instruction, under its name. */
const functions = relaxed.map(({ mnemonic, signature }) => {
  const operands = signature?.operands ?? [];
  const gets = operands.map((_, k) => `(local.get ${k})`).join(' ');
  const params = operands.map(() => 'v128').join(' ');
  return `(func (export "${mnemonic}") (param ${params}) (result v128) (${mnemonic} ${gets}))`;
});
const source = `(module ${functions.join('\n')})`;

describe('relaxed instructions in IR', () => {
  for (const deterministic of [false, true]) {
    test(deterministic ? 'are others in the deterministic profile' : 'are themselves elsewhere', () => {
      const { wasm, layout } = loadModule(source);
      for (const [index, { mnemonic }] of relaxed.entries()) {
        const options = { memoryMode: 'guarded', cpu: fullCpu, deterministic } as const;
        const ir = translateFunction(wasm, layout, index, options);
        const names = Array.from(ir.op.subarray(0, ir.count), opName).filter((name) =>
          name.includes('relaxed'),
        );
        assert.deepEqual(names, deterministic ? [] : [mnemonic]);
      }
    });
  }
});

/** 128 bits of four lanes, the lowest first. */
function lanes(...words: number[]): bigint {
  return words.reduceRight((all, word) => (all << 32n) | BigInt(word >>> 0), 0n);
}

/** Vectors for which the meanings differ, in one instruction or another. */
const vectors = [
  lanes(0x8080_8080, 0x8180_ff7f, 0x1f10_0f00, 0x7f7f_7f7f),
  lanes(0x8000_8000, 0x7fff_8000, 0xffff_0001, 0x8081_8280),
  lanes(0x7fc0_0000, 0x4f00_0000, 0xcf80_0000, 0x8000_0000),
  lanes(0x0000_0000, 0x41e0_0000, 0x0000_0000, 0xfff8_0000),
  lanes(0x3f80_0001, 0x3f7f_fffe, 0xbf80_0000, 0x7f80_0000),
  lanes(0x0000_0001, 0x3ff0_0000, 0xffff_fffe, 0x3fef_ffff),
];

/** What each instruction gives for all combinations of the vectors, as text. */
function results(options: RuntimeOptions): Record<string, string[]> {
  const runtime = new Runtime(options);
  const { exports } = runtime.instantiate(runtime.compile(wat(source)));
  const found: Record<string, string[]> = {};
  for (const { mnemonic, signature } of relaxed) {
    const func = exports[mnemonic];
    assert(func instanceof Func);
    let operands: bigint[][] = [[]];
    for (const _ of signature?.operands ?? []) {
      operands = operands.flatMap((some) => vectors.map((vector) => [...some, vector]));
    }
    found[mnemonic] = operands.map((some) => text(mnemonic, func.callBits(some)[0]));
  }
  runtime.dispose();
  return found;
}

/** A result in lanes. What NaN it is that an instruction computes is left open. */
function text(mnemonic: string, bits: bigint): string {
  const width = mnemonic.startsWith('f64x2') ? 64 : 32;
  const infinity = width === 64 ? 0x7ff0_0000_0000_0000n : 0x7f80_0000n;
  const all = Array.from({ length: 128 / width }, (_, k) => BigInt.asUintN(width, bits >> BigInt(width * k)));
  const isNan = (lane: bigint): boolean => BigInt.asUintN(width - 1, lane) > infinity;
  return all.map((lane) => (mnemonic.startsWith('f') && isNan(lane) ? 'nan' : lane.toString(16))).join(' ');
}

describe('relaxed instructions', () => {
  const interpreted = { tier: 'interp' } as const;

  test('mean something else in the deterministic profile', () => {
    const plain = results(interpreted);
    const fixed = results({ ...interpreted, deterministic: true });
    const open = Object.keys(plain).filter((name) => plain[name].join() !== fixed[name].join());
    // Conversions to unsigned integers saturate either way.
    for (const name of [
      'i8x16.relaxed_swizzle',
      'i32x4.relaxed_trunc_f32x4_s',
      'i32x4.relaxed_trunc_f64x2_s_zero',
      'i8x16.relaxed_laneselect',
      'i16x8.relaxed_laneselect',
      'i32x4.relaxed_laneselect',
      'i64x2.relaxed_laneselect',
      'f32x4.relaxed_min',
      'f64x2.relaxed_max',
      'i16x8.relaxed_q15mulr_s',
      'i16x8.relaxed_dot_i8x16_i7x16_s',
      'i32x4.relaxed_dot_i8x16_i7x16_add_s',
    ]) {
      assert(open.includes(name), name);
    }
  });

  const skip = nativeUnavailable() ?? false;
  for (const deterministic of [false, true]) {
    test(`mean the same in machine code, ${deterministic ? 'deterministic' : 'as usual'}`, { skip }, () => {
      const expected = results({ ...interpreted, deterministic });
      assert.deepEqual(results({ tier: 'fast', deterministic }), expected);
      const cpu = { ...fullCpu, avx: false, avx2: false, fma: false };
      const without = results({ ...interpreted, deterministic, cpu });
      assert.deepEqual(results({ tier: 'fast', deterministic, cpu }), without);
    });
  }
});
