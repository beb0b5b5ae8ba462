import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withoutLlvm } from '../../src/llvm-jit/library.fixture.js';
import { wat } from '../../src/runtime/modules.fixture.js';
import { Func } from '../../src/runtime/objects/func.js';
import { Runtime } from '../../src/runtime/runtime.js';
import type { Tier } from '../../src/runtime/tiers/tier.js';
import { compileLibrary, withoutCompiler } from './library.fixture.js';

/** The same sequence each time: a linear congruential generator, as in Numerical Recipes. */
function randomNumbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** A letter of a signature: its wasm types, what C declares for it, and what C adds to the hash. */
const letters = {
  i: { wasm: ['i32'], c: ['int32_t'], hash: '(uint32_t)$0' },
  I: { wasm: ['i64'], c: ['int64_t'], hash: '(uint64_t)$0' },
  f: { wasm: ['f32'], c: ['float'], hash: 'f32_bits($0)' },
  F: { wasm: ['f64'], c: ['double'], hash: 'f64_bits($0)' },
  V: { wasm: ['v128'], c: ['__m128i'], hash: 'v128_bits($0)' },
  '*': { wasm: ['i32'], c: ['const uint8_t *'], hash: '$0[0]' },
  '*~': { wasm: ['i32', 'i32'], c: ['const uint8_t *', 'uint32_t'], hash: '$0[0] + 7 * $0[$1 - 1] + $1' },
  $: { wasm: ['i32'], c: ['const char *'], hash: 'strlen($0)' },
  '*!': { wasm: ['i32'], c: ['const uint8_t *'], hash: '$0[0]' },
  '*~!': { wasm: ['i32', 'i32'], c: ['const uint8_t *', 'uint32_t'], hash: '$0[0] + 7 * $0[$1 - 1] + $1' },
  '$!': { wasm: ['i32'], c: ['const char *'], hash: 'strlen($0)' },
} as const;
type Letter = keyof typeof letters;
const letterNames = Object.keys(letters) as Letter[];

interface Signature {
  readonly letters: readonly Letter[];
  readonly execEnv: boolean;
}

function cFunction({ letters: list, execEnv }: Signature, index: number): string {
  const params: string[] = execEnv ? ['upshift_exec_env *exec_env'] : [];
  const terms: string[] = execEnv ? ['hash = 31 * hash + (uint64_t)(uintptr_t)exec_env->attachment;'] : [];
  for (const letter of list) {
    const { c, hash } = letters[letter];
    const first = params.length;
    for (const type of c) params.push(`${type} p${params.length}`);
    terms.push(
      `hash = 31 * hash + (uint64_t)(${hash.replaceAll('$0', `p${first}`).replaceAll('$1', `p${first + 1}`)});`,
    );
  }
  return `int64_t f${index}(${params.join(', ') || 'void'}) { uint64_t hash = ${index}; ${terms.join(' ')} return (int64_t)hash; }`;
}

const cHead = `#include <string.h>
#include "upshift.h"
static inline uint64_t f32_bits(float value) { uint32_t bits; memcpy(&bits, &value, 4); return bits; }
static inline uint64_t f64_bits(double value) { uint64_t bits; memcpy(&bits, &value, 8); return bits; }
static inline uint64_t v128_bits(__m128i value) { uint64_t bits[2]; memcpy(bits, &value, 16); return bits[0] + 7 * bits[1]; }
`;

const attachment = 0x12345678;
const signatureCount = 80;
const callsPerSignature = 4;

test('random signatures: C code gets what wasm code passes, in all tiers', { skip: withoutCompiler }, () => {
  const random = randomNumbers(1);
  const signatures = Array.from({ length: signatureCount }, (_, index): Signature => {
    const list = Array.from(
      { length: random(index < 60 ? 14 : 40) },
      () => letterNames[random(letterNames.length)],
    );
    return { letters: list, execEnv: index % 3 === 0 };
  });
  const library = compileLibrary('random', cHead + signatures.map(cFunction).join('\n'));

  /** Byte k of memory is k % 251, except for occasional zero bytes. */
  const memoryByte = (at: number): number => (at % 97 === 0 ? 0 : at % 251);
  const f32 = new Float32Array(1);
  const f64 = new Float64Array(1);
  const bitsOf = (view: Float32Array | Float64Array): bigint =>
    view === f32 ? BigInt(new Uint32Array(f32.buffer)[0]) : new BigUint64Array(f64.buffer)[0];

  /** Arguments for a letter, and the value that C adds to the hash. */
  const argumentsFor = (letter: Letter): { readonly values: unknown[]; readonly term: bigint } => {
    const offset = 1 + random(60000);
    switch (letter) {
      case 'i': {
        const value = (random(2 ** 32) - 2 ** 31) | 0;
        return { values: [value], term: BigInt(value >>> 0) };
      }
      case 'I': {
        const value = BigInt.asIntN(64, (BigInt(random(2 ** 32)) << 32n) | BigInt(random(2 ** 32)));
        return { values: [value], term: BigInt.asUintN(64, value) };
      }
      case 'f':
        f32[0] = (random(2 ** 32) - 2 ** 31) / 1024;
        return { values: [f32[0]], term: bitsOf(f32) };
      case 'F':
        f64[0] = (random(2 ** 32) - 2 ** 31) / 1024;
        return { values: [f64[0]], term: bitsOf(f64) };
      case 'V': {
        const halves = BigUint64Array.of(BigInt(random(2 ** 32)) << 17n, BigInt(random(2 ** 32)) << 29n);
        return { values: [new Uint8Array(halves.buffer)], term: halves[0] + 7n * halves[1] };
      }
      case '*':
      case '*!':
        return { values: [offset], term: BigInt(memoryByte(offset)) };
      case '*~':
      case '*~!': {
        const length = 1 + random(5000);
        const last = memoryByte(offset + length - 1);
        return { values: [offset, length], term: BigInt(memoryByte(offset) + 7 * last + length) };
      }
      case '$':
      case '$!': {
        let end = offset;
        while (memoryByte(end) !== 0) end++;
        return { values: [offset], term: BigInt(end - offset) };
      }
    }
  };

  const calls = signatures.flatMap(({ letters: list, execEnv }, index) =>
    Array.from({ length: callsPerSignature }, () => {
      const passed = list.map(argumentsFor);
      const terms = [...(execEnv ? [BigInt(attachment)] : []), ...passed.map(({ term }) => term)];
      const expected = terms.reduce((hash, term) => BigInt.asUintN(64, 31n * hash + term), BigInt(index));
      return { index, values: passed.flatMap(({ values }) => values), expected: BigInt.asIntN(64, expected) };
    }),
  );

  const typeOf = ({ letters: list }: Signature): string => {
    const params = list.flatMap((letter) => letters[letter].wasm);
    return `${params.length > 0 ? `(param ${params.join(' ')})` : ''} (result i64)`;
  };
  const text = `(module
    ${signatures.map((signature, k) => `(import "env" "f${k}" (func $f${k} ${typeOf(signature)}))`).join('\n')}
    (memory (export "memory") 1)
    ${signatures
      .map((signature, k) => {
        const count = signature.letters.flatMap((letter) => letters[letter].wasm).length;
        const args = Array.from({ length: count }, (_, n) => `(local.get ${n})`).join(' ');
        return `(func (export "f${k}") ${typeOf(signature)} (call $f${k} ${args}))`;
      })
      .join('\n')})`;

  const tiers: readonly Tier[] = ['interp', 'fast', ...(withoutLlvm() === false ? (['llvm'] as const) : [])];
  for (const tier of tiers) {
    for (const memoryMode of ['guarded', 'checked'] as const) {
      const runtime = new Runtime({ tier, memoryMode });
      runtime.registerNatives(
        'env',
        signatures.map(({ letters: list, execEnv }, k) => ({
          name: `f${k}`,
          signature: `(${list.join('')})I`,
          execEnv,
          attachment: execEnv ? attachment : undefined,
        })),
        { library },
      );
      const { exports } = runtime.instantiate(runtime.compile(wat(text)));
      const { memory } = exports;
      assert.ok(memory !== undefined && 'buffer' in memory);
      const bytes = new Uint8Array(memory.buffer);
      for (let at = 0; at < bytes.length; at++) bytes[at] = memoryByte(at);
      for (const { index, values, expected } of calls) {
        const func = exports[`f${index}`];
        assert.ok(func instanceof Func);
        const { letters: list, execEnv } = signatures[index];
        const title = `(${list.join('')}) ${execEnv ? 'with' : 'without'} exec_env, ${tier}, ${memoryMode}`;
        assert.equal(func(...values), expected, title);
      }
      runtime.dispose();
    }
  }
});
