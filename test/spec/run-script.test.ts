import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Engine } from '../../src/wast/engine.js';
import { type Outcome, ScriptRunner } from '../../src/wast/run-script.js';
import { readScript } from '../../src/wast/script.js';
import { ApiEngine, type WasmApi } from './engine-api.js';

/** The reference engine, but strict: the class of an error tells the kind of failure. */
class StrictEngine extends ApiEngine {
  override readonly exact: boolean = true;

  constructor() {
    super(Reflect.get(globalThis, 'WebAssembly') as WasmApi);
  }
}

/** An engine without an instruction. */
class LesserEngine extends StrictEngine {
  override compile(bytes: Uint8Array): object {
    if (bytes.includes(0xc4)) throw new Error('unsupported feature: words (i64.extend32_s): opcode 0xc4');
    return super.compile(bytes);
  }
}

async function run(
  text: string,
  engine: Engine = new StrictEngine(),
  missing: readonly string[] = [],
): Promise<Outcome[]> {
  const runner = new ScriptRunner(engine, undefined, new Set(missing));
  const outcomes: Outcome[] = [];
  for (const command of readScript(new TextEncoder().encode(text))) outcomes.push(await runner.run(command));
  return outcomes;
}

async function statuses(text: string): Promise<string> {
  return (await run(text)).map(({ status }) => status[0]).join('');
}

const module = `(module
  (func (export "one") (result i32) (i32.const 1))
  (func (export "nan") (param i32) (result f32) (f32.reinterpret_i32 (local.get 0)))
  (func (export "pair") (result i32 i64) (i32.const 1) (i64.const 2))
  (func (export "trap") (unreachable))
  (global (export "g") i64 (i64.const 5)))`;

test('results are compared', async () => {
  const script = `${module}
    (assert_return (invoke "one") (i32.const 1))
    (assert_return (invoke "one") (i32.const 2))
    (assert_return (invoke "one"))
    (assert_return (invoke "pair") (i32.const 1) (i64.const 2))
    (assert_return (invoke "pair") (i32.const 1) (i64.const 3))
    (assert_return (get "g") (i64.const 5))
    (assert_return (get "g") (i64.const 6))
    (assert_return (invoke "one") (either (i32.const 7) (i32.const 1)))
    (assert_return (invoke "trap"))
    (invoke "trap")`;
  assert.equal(await statuses(script), 'ppffpfpfpff');
});

test('NaN patterns', async () => {
  const script = `${module}
    (assert_return (invoke "nan" (i32.const 0x7fc00000)) (f32.const nan:canonical))
    (assert_return (invoke "nan" (i32.const 0x7fc00000)) (f32.const nan:arithmetic))
    (assert_return (invoke "nan" (i32.const 0x7fc00001)) (f32.const nan:canonical))
    (assert_return (invoke "nan" (i32.const 0x7fc00001)) (f32.const nan:arithmetic))
    (assert_return (invoke "nan" (i32.const 0x7fc00001)) (f32.const nan))
    (assert_return (invoke "nan" (i32.const 0)) (f32.const nan:canonical))
    (assert_return (invoke "nan" (i32.const 0x80000000)) (f32.const 0))`;
  assert.equal(await statuses(script), 'pppfpfff');
});

test('failures must be of the right kind and say what is expected', async () => {
  const script = `${module}
    (assert_trap (invoke "trap") "unreachable")
    (assert_trap (invoke "trap") "integer overflow")
    (assert_trap (invoke "one") "unreachable")
    (assert_exhaustion (invoke "trap") "unreachable")
    (assert_trap (module (func $f (unreachable)) (start $f)) "unreachable")
    (assert_invalid (module (func (i32.const 1))) "expected 0 elements")
    (assert_invalid (module (func (i32.const 1))) "something else")
    (assert_invalid (module (func)) "expected 0 elements")
    (assert_unlinkable (module (func)) "unknown import")`;
  assert.equal(await statuses(script), 'ppfffppfff');
});

test('what only the text parser can refuse is skipped', async () => {
  const script = `
    (assert_malformed (module quote "(func (i32.const 0x1_0000_0000))") "constant out of range")
    (assert_malformed (module quote "\\ff") "malformed UTF-8 encoding")
    (assert_malformed (module binary "") "unexpected end")`;
  assert.equal(await statuses(script), 'ssf');
});

test('what needs a missing feature is skipped, and only if it is on the list', async () => {
  const script = `
    (module $r (func (export "f") (result i64) (i64.extend32_s (i64.const 1))))
    (assert_return (invoke "f") (i64.const 1))
    (register "r")
    (module (import "r" "f" (func (result i64))))
    (module $ok (func (export "f") (result i32) (i32.const 0)))
    (assert_return (invoke $r "f") (i64.const 1))
    (assert_return (invoke "f") (i32.const 0))
    (assert_invalid (module (func (drop (i64.extend32_s (i32.const 1))))) "type mismatch")
    (assert_malformed (module quote "(func (drop (i64.extend32_s (i64.const 1))))") "anything")`;
  const outcomes = await run(script, new LesserEngine(), ['words (i64.extend32_s)', 'others']);
  assert.equal(outcomes.map(({ status }) => status[0]).join(''), 'sssspspss');
  assert.deepEqual(
    new Set(outcomes.map(({ reason }) => reason)),
    new Set([undefined, 'words (i64.extend32_s)']),
  );
  const unlisted = await run(script, new LesserEngine(), ['others']);
  assert.equal(unlisted.map(({ status }) => status[0]).join(''), 'ffffpfpff');
});

test('vectors go in and out, and match by lanes', async () => {
  const vectors = `(module
    (func (export "id") (param v128) (result v128) (local.get 0))
    (func (export "mixed") (param i32 v128 f64) (result f64 v128 i32)
      (local.get 2) (local.get 1) (local.get 0))
    (func (export "trap") (param v128) (result v128) (unreachable))
    (global (export "g") v128 (v128.const i64x2 1 2))
    (global (export "m") (mut v128) (v128.const i64x2 3 4)))`;
  const script = `${vectors}
    (assert_return (invoke "id" (v128.const i32x4 1 -2 3 4)) (v128.const i32x4 1 0xfffffffe 3 4))
    (assert_return (invoke "id" (v128.const i32x4 1 -2 3 4)) (v128.const i32x4 1 -2 3 5))
    (assert_return (invoke "id" (v128.const i8x16 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16))
      (v128.const i64x2 0x0807060504030201 0x100f0e0d0c0b0a09))
    (assert_return (invoke "id" (v128.const f32x4 nan -nan nan:0x400001 1)) 
      (v128.const f32x4 nan:canonical nan:canonical nan:arithmetic 1))
    (assert_return (invoke "id" (v128.const f32x4 nan nan nan:0x400001 1)) 
      (v128.const f32x4 nan:canonical nan:canonical nan:canonical 1))
    (assert_return (invoke "id" (v128.const f64x2 nan:0x1 -0)) (v128.const f64x2 nan:arithmetic -0))
    (assert_return (invoke "id" (v128.const f64x2 nan -0)) (v128.const f64x2 nan:arithmetic 0))
    (assert_return (invoke "id" (v128.const i16x8 1 2 3 4 5 6 7 8))
      (either (v128.const i16x8 1 2 3 4 5 6 7 9) (v128.const i16x8 1 2 3 4 5 6 7 8)))
    (assert_return (invoke "id" (v128.const i16x8 1 2 3 4 5 6 7 7))
      (either (v128.const i16x8 1 2 3 4 5 6 7 9) (v128.const i16x8 1 2 3 4 5 6 7 8)))
    (assert_return (invoke "mixed" (i32.const 5) (v128.const i64x2 -1 7) (f64.const 2.5))
      (f64.const 2.5) (v128.const i64x2 -1 7) (i32.const 5))
    (assert_trap (invoke "trap" (v128.const i64x2 0 0)) "unreachable")
    (assert_return (get "g") (v128.const i64x2 1 2))
    (assert_return (get "m") (v128.const i64x2 3 5))`;
  assert.equal(await statuses(script), 'ppfppfffpfpppf');
  const outcomes = await run(script);
  assert.match(outcomes[2].got ?? '', /\(v128\.const i32x4 1 0xfffffffe 3 4\)/);
});

test('commands in threads need the feature', async () => {
  const script = '(thread $T (shared (module $M)) (invoke "run")) (wait $T)';
  assert.equal(await statuses(script), 'ff');
  const outcomes = await run(script, new StrictEngine(), ['threads']);
  assert.deepEqual(
    outcomes.map(({ reason }) => reason),
    ['threads', 'threads'],
  );
});

test('commands that depend on a failed module fail', async () => {
  const script = `${module}
    (module $bad (func (result i32) (i64.const 1)))
    (assert_return (invoke "one") (i32.const 1))
    (register "bad" $bad)
    (assert_return (invoke $nobody "one") (i32.const 1))`;
  assert.equal(await statuses(script), 'pffff');
});
