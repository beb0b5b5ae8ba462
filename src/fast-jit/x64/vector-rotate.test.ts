import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { hostCpu } from '../../native/code/cpu.js';
import { wat } from '../../runtime/modules.fixture.js';
import type { Func } from '../../runtime/objects/func.js';
import type { Memory } from '../../runtime/objects/memory.js';
import { Runtime } from '../../runtime/runtime.js';
import { baselineCpu, type CpuFeatures } from '../../x64/cpu-features.js';
import { disassemble } from '../../x64/disassemble.js';
import { compileAll, fullCpu, loadModule } from '../modules.fixture.js';

const widths = [16, 32, 64] as const;
type Width = (typeof widths)[number];

const input = Uint8Array.from({ length: 16 }, (_, k) => (k * 89 + 0xa7) & 0xff);

function lanes(bytes: Uint8Array, width: Width): bigint[] {
  return Array.from({ length: 128 / width }, (_, lane) => {
    const own = bytes.subarray((lane * width) / 8, ((lane + 1) * width) / 8);
    return own.reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
  });
}

/** A shift of one lane: `shl` or `shr_u`, by any count. */
function shifted(value: bigint, width: Width, name: string, count: number): bigint {
  const bits = BigInt(count & (width - 1));
  return BigInt.asUintN(width, name === 'shl' ? value << bits : value >> bits);
}

/** Two shifts, and what joins them. */
interface Case {
  readonly width: Width;
  readonly first: 'shl' | 'shr_u';
  readonly counts: readonly [number, number];
  readonly join: 'or' | 'xor';
}

/** All rotations, and pairs of shifts that are none. */
const cases: readonly Case[] = widths.flatMap((width) =>
  (['shl', 'shr_u'] as const).flatMap((first) =>
    (['or', 'xor'] as const).flatMap((join) => [
      ...Array.from({ length: width }, (_, k): Case => ({ width, first, counts: [k, width - k], join })),
      { width, first, counts: [3, width - 4], join },
      { width, first, counts: [width + 5, 3 * width - 5], join },
      { width, first, counts: [-7, 7], join },
    ]),
  ),
);

function nameOf({ width, first, counts, join }: Case): string {
  return `${first} of ${width} by ${counts.join(' and ')}, ${join}`;
}

function shiftOf({ width, first, counts }: Case, k: number): { name: string; text: string } {
  const name = (k === 0) === (first === 'shl') ? 'shl' : 'shr_u';
  return {
    name,
    text: `(i${width}x${128 / width}.${name} (local.get 0) (i32.const ${counts[k]}))`,
  };
}

function expected(of: Case): bigint[] {
  return lanes(input, of.width).map((value) => {
    const [a, b] = [0, 1].map((k) => shifted(value, of.width, shiftOf(of, k).name, of.counts[k]));
    return of.join === 'or' ? a | b : a ^ b;
  });
}

function joined(of: Case): string {
  return `(v128.${of.join} ${shiftOf(of, 0).text} ${shiftOf(of, 1).text})`;
}

/** What becomes of the result, and of what is shifted. */
const shapes: Readonly<Record<string, (of: Case) => string>> = {
  'the value dies': (of) => `(v128.store (i32.const 16) ${joined(of)})`,
  'the value lives on': (of) => `
    (v128.store (i32.const 16) ${joined(of)})
    (v128.store (i32.const 32) (local.get 0))`,
  'the result replaces the value': (of) => `
    (local.set 0 ${joined(of)})
    (v128.store (i32.const 16) (local.get 0))`,
  'a shift is read again': (of) => `
    (v128.store (i32.const 16) (v128.${of.join}
      (local.tee 1 ${shiftOf(of, 0).text})
      ${shiftOf(of, 1).text}))
    (v128.store (i32.const 48) (local.get 1))`,
  'the value changes between the shifts': (of) => `
    ${shiftOf(of, 0).text}
    (local.set 0 (v128.load (i32.const 0)))
    ${shiftOf(of, 1).text}
    (local.set 1 (v128.${of.join}))
    (v128.store (i32.const 16) (local.get 1))`,
};

const host = hostCpu();
const processors: readonly (readonly [name: string, cpu: CpuFeatures])[] = [
  ['this processor', host],
  ['SSE4.1', { ...baselineCpu, sse41: true }],
];

for (const [processor, cpu] of processors) {
  describe(`two shifts of one value for ${processor}`, { skip: !host.sse41 && 'it has no SSE4.1' }, () => {
    for (const [shape, body] of Object.entries(shapes)) {
      test(shape, () => {
        const functions = cases.map(
          (of, k) => `(func (export "f${k}") (local v128 v128)
            (local.set 0 (v128.load (i32.const 0))) ${body(of)})`,
        );
        const runtime = new Runtime({ tier: 'fast', cache: 'none', cpu });
        const module = runtime.compile(wat(`(module (memory (export "memory") 1) ${functions.join('\n')})`));
        const { memory, ...exports } = runtime.instantiate(module).exports as {
          readonly memory: Memory;
        } & Record<string, Func>;
        const bytes = new Uint8Array(memory.buffer);
        for (const [k, of] of cases.entries()) {
          bytes.set(input);
          bytes.set(input, 32);
          const first = lanes(input, of.width).map((value) =>
            shifted(value, of.width, shiftOf(of, 0).name, of.counts[0]),
          );
          exports[`f${k}`]();
          assert.deepEqual(lanes(bytes.subarray(16, 32), of.width), expected(of), nameOf(of));
          assert.deepEqual(bytes.subarray(32, 48), input, nameOf(of));
          if (shape === 'a shift is read again')
            assert.deepEqual(lanes(bytes.subarray(48, 64), of.width), first, nameOf(of));
        }
        runtime.dispose();
      });
    }
  });
}

describe('a rotation', () => {
  async function codeOf(of: Case, body: (of: Case) => string = (it) => `(local.set 0 ${joined(it)})`) {
    const module = loadModule(
      `(module (memory 1) (func (param v128) (result v128) (local v128) ${body(of)} (local.get 0)))`,
    );
    const [{ bytes, entry, codeEnd }] = compileAll(module, { memoryMode: 'guarded', cpu: fullCpu });
    const texts = (await disassemble(bytes, entry, codeEnd)).map(({ text }) => text);
    return texts
      .filter((text) => /^v?p/.test(text) && !/^(push|pop) /.test(text))
      .map((text) => text.split(' ')[0]);
  }
  const rotation: Case = { width: 32, first: 'shl', counts: [7, 25], join: 'or' };

  test('takes two shifts and an or', async () => {
    assert.deepEqual(await codeOf(rotation), ['vpslld', 'vpsrld', 'vpor']);
    assert.deepEqual(await codeOf({ ...rotation, first: 'shr_u', join: 'xor' }), [
      'vpslld',
      'vpsrld',
      'vpor',
    ]);
  });

  test('of bytes takes one instruction', async () => {
    assert.deepEqual(await codeOf({ ...rotation, counts: [8, 24] }), ['vpshufb']);
    assert.deepEqual(await codeOf({ ...rotation, width: 16, counts: [8, 8] }), ['vpshufb']);
    assert.deepEqual(await codeOf({ ...rotation, width: 64, counts: [32, 32] }), ['vpshufd']);
  });

  test('is none where the counts do not match, or a shift is wanted', async () => {
    assert.deepEqual(await codeOf({ ...rotation, counts: [8, 23] }), ['vpslld', 'vpsrld', 'vpor']);
    const again = (of: Case): string => `(local.set 0 (v128.xor (local.get 0) (v128.or
      (local.tee 1 ${shiftOf(of, 0).text}) ${shiftOf(of, 1).text}))) (local.set 0 (v128.and (local.get 0) (local.get 1)))`;
    const code = await codeOf({ ...rotation, counts: [8, 24] }, again);
    assert.deepEqual(code, ['vpslld', 'vpsrld', 'vpor', 'vpxor', 'vpand']);
  });
});
