import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { readContainer, writeContainer } from '../../aot/container-file.js';
import { hostCpu } from '../../native/code/cpu.js';
import { nativeUnavailable } from '../../native/ffi/ffi.js';
import { baselineCpu } from '../../x64/cpu-features.js';
import { sha256 } from '../code-files/digest.js';
import { wat } from '../modules.fixture.js';
import { Func } from '../objects/func.js';
import { Runtime } from '../runtime.js';
import type { RuntimeOptions } from '../runtime-options.js';

/* What processors must have for modules with vectors, and what files of machine code say of that. */

const plain = '(module (func (export "f") (result i32) (i32.const 1)))';
const sum = `(module (func (export "f") (result i32)
  (i32x4.extract_lane 0 (i32x4.splat (i32.const 1)))))`;
const relaxed = `(module (func (export "f") (result i32)
  (i32.trunc_sat_f32_s (f32x4.extract_lane 1 (f32x4.relaxed_madd
    (v128.const f32x4 1 1 1 1) (v128.const f32x4 1 1 1 1) (v128.const f32x4 0 0 0 0))))))`;

/** Relaxed, and the same on all processors. */
const swizzle = `(module (func (export "f") (result i32)
  (i8x16.extract_lane_u 1 (i8x16.relaxed_swizzle (i8x16.splat (i32.const 1)) (v128.const i64x2 0 0)))))`;

const withVectors: readonly string[] = [
  sum,
  relaxed,
  swizzle,
  '(module (import "m" "f" (func (param v128))))',
  '(module (import "m" "g" (global v128)))',
  '(module (global v128 (v128.const i64x2 1 2)))',
  '(module (func (local i32 v128)))',
  '(module (func (result i32 v128) unreachable))',
  '(module (type $v (func (result v128))) (table 1 funcref) (func (drop (call_indirect (type $v) (i32.const 0)))))',
  '(module (tag (param i32 v128)))',
  '(module (import "m" "t" (tag (param v128))))',
];
const withoutVectors: readonly string[] = [
  plain,
  '(module)',
  // A type that nothing has.
  '(module (type (func (param v128))) (func (local i32 f64)))',
];

/** `(module (type (func)) (func (local (ref null 0))))`, whose local has a type of more than one byte. */
const typedLocal = Uint8Array.of(
  ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
  ...[0x01, 0x04, 0x01, 0x60, 0x00, 0x00],
  ...[0x03, 0x02, 0x01, 0x00],
  ...[0x0a, 0x07, 0x01, 0x05, 0x01, 0x01, 0x63, 0x00, 0x0b],
);

function runtimeWith(options: RuntimeOptions): Runtime {
  return new Runtime({ cache: 'none', ...options });
}

describe('vectors on a processor without SSE4.1', { skip: nativeUnavailable() !== undefined }, () => {
  const refused = { name: 'UnsupportedError', code: 'ERR_UPSHIFT_UNSUPPORTED', message: /SIMD: .*SSE4\.1/ };

  test('are refused by name when a module is loaded', async () => {
    for (const tier of ['fast', 'multi', 'llvm'] as const) {
      const runtime = runtimeWith({ tier, cpu: baselineCpu });
      for (const text of withVectors) {
        assert.throws(() => runtime.compile(wat(text)), refused, text);
        assert.throws(() => runtime.compile(wat(text), { eager: true }), refused, text);
      }
      await assert.rejects(runtime.compileAsync(wat(sum)), refused);
      for (const text of withoutVectors) runtime.compile(wat(text));
      runtime.compile(typedLocal);
      runtime.dispose();
    }
  });

  test('are named by their first place', () => {
    const runtime = runtimeWith({ tier: 'fast', cpu: ['bmi2'] });
    const text = '(module (func) (func $second (drop (v128.const i64x2 1 2))))';
    assert.throws(() => runtime.compile(wat(text)), {
      message: /^unsupported feature: SIMD: .* in function 1 "second" \(at offset 0x[0-9a-f]+\)$/,
      functionIndex: 1,
    });
    runtime.dispose();
  });

  test('are no matter to the interpreter, but to code for other instances and files', () => {
    const runtime = runtimeWith({ tier: 'interp', cpu: baselineCpu });
    const module = runtime.compile(wat(sum));
    const { f } = runtime.instantiate(module).exports;
    assert.ok(f instanceof Func);
    assert.equal(f(), 1);
    assert.throws(() => runtime.instantiate(module, {}, { tier: 'fast' }), refused);
    assert.throws(() => module.serialize(), refused);
    runtime.dispose();
  });

  test('are compiled for extensions that rest on SSE4.1', () => {
    const runtime = runtimeWith({ tier: 'fast', cpu: ['avx'] });
    runtime.compile(wat(sum), { eager: true });
    runtime.dispose();
  });

  test('run where there is SSE4.1 alone', () => {
    const runtime = runtimeWith({ tier: 'fast', cpu: { ...baselineCpu, sse41: true } });
    const { f } = runtime.instantiate(runtime.compile(wat(sum))).exports;
    assert.ok(f instanceof Func);
    assert.equal(f(), 1);
    runtime.dispose();
  });
});

/** The settings in a file that the Fast JIT makes of a module. */
function settingsOf(text: string, options: RuntimeOptions): ReturnType<typeof readContainer>['settings'] {
  const runtime = runtimeWith({ tier: 'fast', ...options });
  const file = runtime.compile(wat(text)).serialize();
  runtime.dispose();
  return readContainer(file, sha256).settings;
}

describe('a file of machine code', { skip: nativeUnavailable() !== undefined }, () => {
  const cpu = { ...baselineCpu, sse41: true, avx: true, avx2: true, fma: true };

  test('needs the extensions of vectors only where there are vectors', () => {
    assert.deepEqual(settingsOf(plain, { cpu }).cpu, ['sse4.1']);
    assert.deepEqual(settingsOf(sum, { cpu }).cpu, ['avx', 'avx2', 'sse4.1']);
    assert.deepEqual(settingsOf(relaxed, { cpu }).cpu, ['avx', 'avx2', 'fma', 'sse4.1']);
    assert.deepEqual(settingsOf(swizzle, { cpu }).cpu, ['avx', 'avx2', 'sse4.1']);
    assert.deepEqual(settingsOf(sum, { cpu: { ...baselineCpu, sse41: true } }).cpu, ['sse4.1']);
  });

  test('says what relaxed instructions do, if it has any', () => {
    assert.equal(settingsOf(plain, { deterministic: true }).relaxed, 'none');
    assert.equal(settingsOf(sum, { deterministic: true }).relaxed, 'none');
    assert.equal(settingsOf(relaxed, { deterministic: true }).relaxed, 'deterministic');
    assert.equal(settingsOf(relaxed, { cpu: { ...cpu, fma: false } }).relaxed, 'unfused');
    assert.equal(settingsOf(relaxed, { cpu }).relaxed, 'fused');
    assert.equal(settingsOf(swizzle, { deterministic: true }).relaxed, 'deterministic');
    assert.equal(settingsOf(swizzle, { cpu: { ...cpu, fma: false } }).relaxed, 'fastest');
    assert.equal(settingsOf(swizzle, { cpu }).relaxed, 'fastest');
  });

  test('is refused where relaxed instructions do something else', () => {
    const fileOf = (text: string, options: RuntimeOptions): Uint8Array => {
      const runtime = runtimeWith({ tier: 'fast', ...options });
      const file = runtime.compile(wat(text)).serialize();
      runtime.dispose();
      return file;
    };
    const load = (file: Uint8Array, options: RuntimeOptions): void => {
      const runtime = runtimeWith({ tier: 'fast', ...options });
      try {
        const { f } = runtime.instantiate(runtime.load(file)).exports;
        assert.ok(f instanceof Func);
        assert.equal(f(), 1);
      } finally {
        runtime.dispose();
      }
    };
    const fixed = fileOf(relaxed, { deterministic: true });
    load(fixed, { deterministic: true });
    const message =
      /relaxed vector instructions follow the deterministic profile, and here they (do not )?fuse/;
    assert.throws(() => load(fixed, {}), { name: 'CodeFileError', kind: 'settings', message });
    assert.throws(() => load(fileOf(relaxed, {}), { deterministic: true }), { kind: 'settings' });
    // The interpreter needs the module only.
    load(fixed, { tier: 'interp' });
    for (const text of [plain, sum]) load(fileOf(text, { deterministic: true }), {});
    // Whether the processor fuses is no matter to what has nothing to fuse.
    const withoutFma = fileOf(swizzle, { cpu: { ...hostCpu(), fma: false } });
    load(withoutFma, {});
    load(fileOf(swizzle, {}), { cpu: { ...hostCpu(), fma: false } });
    assert.throws(() => load(withoutFma, { deterministic: true }), {
      message: /do not follow .*, and here they follow/,
    });
    assert.throws(() => load(fileOf(swizzle, { deterministic: true }), {}), { kind: 'settings' });
    if (hostCpu().fma) {
      const unfused = fileOf(relaxed, { cpu: { ...hostCpu(), fma: false } });
      assert.throws(() => load(unfused, {}), { message: /do not fuse .*, and here they fuse/ });
      load(unfused, { cpu: { ...hostCpu(), fma: false } });
    }
  });

  test('is refused where its relaxed instructions are none that there are', () => {
    const runtime = runtimeWith({ tier: 'fast' });
    const container = readContainer(runtime.compile(wat(relaxed)).serialize(), sha256);
    const settings = { ...container.settings, relaxed: 'odd' as never };
    assert.throws(() => readContainer(writeContainer({ ...container, settings }, sha256), sha256), {
      name: 'CodeFileError',
      kind: 'inconsistent',
    });
    runtime.dispose();
  });
});

test('the cache keeps code of relaxed instructions by what they do', { skip: nativeUnavailable() }, () => {
  const cache = mkdtempSync(join(tmpdir(), 'upshift-relaxed-'));
  try {
    const isFound = (options: RuntimeOptions): boolean => {
      let found = false;
      const onCodeFound = (): void => {
        found = true;
      };
      const runtime = new Runtime({ tier: 'fast', cache, onCodeFound, ...options });
      const { f } = runtime.instantiate(runtime.compile(wat(relaxed))).exports;
      assert.ok(f instanceof Func);
      assert.equal(f(), 1);
      runtime.dispose();
      return found;
    };
    assert.deepEqual([{}, { deterministic: true }, {}, { deterministic: true }].map(isFound), [
      false,
      false,
      true,
      true,
    ]);
  } finally {
    rmSync(cache, { recursive: true, force: true });
  }
});
