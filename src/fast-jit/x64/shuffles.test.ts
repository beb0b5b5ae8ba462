import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { hostCpu } from '../../native/code/cpu.js';
import { wat } from '../../runtime/modules.fixture.js';
import type { Func } from '../../runtime/objects/func.js';
import type { Memory } from '../../runtime/objects/memory.js';
import { Runtime } from '../../runtime/runtime.js';
import { baselineCpu, type CpuFeatures } from '../../x64/cpu-features.js';
import { type Lanes, namedShuffles, neighbours, randomShuffles } from './shuffle-cases.fixture.js';

/** The operands in memory: what the functions load. */
const vectors = Uint8Array.from({ length: 32 }, (_, k) => (k * 37 + 0x8f) & 0xff);
const zeros = '(v128.const i64x2 0 0)';
const constant = '(v128.const i8x16 9 8 7 6 5 4 3 2 1 0 -1 -2 -3 -4 -5 -6)';
const constantBytes = [9, 8, 7, 6, 5, 4, 3, 2, 1, 0, 255, 254, 253, 252, 251, 250];

const [first, second] = [[...vectors.subarray(0, 16)], [...vectors.subarray(16)]];

/**
 * Where the operands come from, and whether they live on. The result is stored to 32, and operands that live
 * on to 48 and 64.
 */
const shapes: readonly {
  readonly name: string;
  readonly body: (shuffle: string) => string;
  readonly operands: readonly [readonly number[], readonly number[]];
}[] = [
  {
    name: 'both operands die',
    body: (shuffle) => `(v128.store (i32.const 32) (${shuffle} (local.get 0) (local.get 1)))`,
    operands: [first, second],
  },
  {
    name: 'both operands live on',
    body: (shuffle) => `
      (local.set 2 (${shuffle} (local.get 0) (local.get 1)))
      (v128.store (i32.const 48) (local.get 0))
      (v128.store (i32.const 64) (local.get 1))
      (v128.store (i32.const 32) (local.get 2))`,
    operands: [first, second],
  },
  {
    name: 'the result replaces the first',
    body: (shuffle) => `
      (local.set 0 (${shuffle} (local.get 0) (local.get 1)))
      (v128.store (i32.const 64) (local.get 1))
      (v128.store (i32.const 32) (local.get 0))`,
    operands: [first, second],
  },
  {
    name: 'the result replaces the second',
    body: (shuffle) => `
      (local.set 1 (${shuffle} (local.get 0) (local.get 1)))
      (v128.store (i32.const 48) (local.get 0))
      (v128.store (i32.const 32) (local.get 1))`,
    operands: [first, second],
  },
  {
    name: 'one operand twice',
    body: (shuffle) => `(v128.store (i32.const 32) (${shuffle} (local.get 1) (local.get 1)))`,
    operands: [second, second],
  },
  {
    name: 'zeros first',
    body: (shuffle) => `(v128.store (i32.const 32) (${shuffle} ${zeros} (local.get 1)))`,
    operands: [first.map(() => 0), second],
  },
  {
    name: 'zeros second',
    body: (shuffle) => `(v128.store (i32.const 32) (${shuffle} (local.get 0) ${zeros}))`,
    operands: [first, first.map(() => 0)],
  },
  {
    name: 'a constant first',
    body: (shuffle) => `(v128.store (i32.const 32) (${shuffle} ${constant} (local.get 1)))`,
    operands: [constantBytes, second],
  },
  {
    name: 'a constant second',
    body: (shuffle) => `(v128.store (i32.const 32) (${shuffle} (local.get 0) ${constant}))`,
    operands: [first, constantBytes],
  },
  {
    name: 'straight from memory',
    body: (shuffle) => `(v128.store (i32.const 32)
      (${shuffle} (v128.load (i32.const 0)) (v128.load (i32.const 16))))`,
    operands: [first, second],
  },
];

/** A function for each shuffle, named f0, f1 and so on. */
function moduleOf(shuffles: readonly Lanes[], body: (shuffle: string) => string): string {
  const functions = shuffles.map(
    (lanes, k) => `(func (export "f${k}") (local v128 v128 v128)
      (local.set 0 (v128.load (i32.const 0)))
      (local.set 1 (v128.load (i32.const 16)))
      ${body(`i8x16.shuffle ${lanes.join(' ')}`)})`,
  );
  return `(module (memory (export "memory") 1) ${functions.join('\n')})`;
}

const host = hostCpu();
const processors: readonly (readonly [name: string, cpu: CpuFeatures])[] = [
  ['this processor', host],
  ['AVX', { ...baselineCpu, sse41: true, avx: true }],
  ['SSE4.1', { ...baselineCpu, sse41: true }],
];

const cases: readonly Lanes[] = [...Object.values(namedShuffles), ...neighbours(), ...randomShuffles(300, 7)];

for (const [processor, cpu] of processors) {
  const isMissing = (Object.keys(cpu) as (keyof CpuFeatures)[]).some((name) => cpu[name] && !host[name]);
  describe(`shuffles for ${processor}`, { skip: isMissing && 'this processor lacks them' }, () => {
    for (const { name, body, operands } of shapes) {
      test(name, () => {
        const runtime = new Runtime({ tier: 'fast', cache: 'none', cpu });
        const { exports } = runtime.instantiate(runtime.compile(wat(moduleOf(cases, body))));
        const { memory, ...functions } = exports as { readonly memory: Memory } & Record<string, Func>;
        const bytes = new Uint8Array(memory.buffer);
        for (const [k, lanes] of cases.entries()) {
          bytes.set(vectors);
          bytes.fill(0x55, 32, 48);
          bytes.set(vectors, 48);
          functions[`f${k}`]();
          const expected = lanes.map((lane) => [...operands[0], ...operands[1]][lane]);
          assert.deepEqual([...bytes.subarray(32, 48)], expected, `${lanes}`);
          // The operands are what they were, where they live on.
          assert.deepEqual(bytes.subarray(48, 80), vectors, `${lanes}`);
        }
        runtime.dispose();
      });
    }
  });
}
