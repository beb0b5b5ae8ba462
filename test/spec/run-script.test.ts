import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Engine, Failure } from '../../src/wast/engine.js';
import { type Outcome, ScriptRunner } from '../../src/wast/run-script.js';
import { readScript } from '../../src/wast/script.js';
import { ApiEngine, type WasmApi } from './engine-api.js';

/** The reference engine, but strict and without SIMD. The class of an error tells the kind of failure. */
class StrictEngine extends ApiEngine {
  override readonly exact: boolean = true;

  constructor() {
    super(Reflect.get(globalThis, 'WebAssembly') as WasmApi, false);
  }

  override compile(bytes: Uint8Array): object {
    if (bytes.includes(0xfd)) throw new Error('unsupported feature: SIMD (v128)');
    return super.compile(bytes);
  }

  override failure(error: unknown): Failure {
    const failure = super.failure(error);
    return failure.message.includes('SIMD') ? { kind: 'unsupported', message: failure.message } : failure;
  }
}

async function run(text: string, engine: Engine = new StrictEngine()): Promise<Outcome[]> {
  const runner = new ScriptRunner(engine);
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

test('SIMD is skipped where it is refused by name, and only there', async () => {
  const script = `
    (module $v (func (export "f") (result i32)
      (i32x4.extract_lane 0 (v128.const i32x4 1 2 3 4))))
    (assert_return (invoke "f") (i32.const 1))
    (register "v")
    (module (import "v" "f" (func (result i32))))
    (module $ok (func (export "f") (result i32) (i32.const 0)))
    (assert_return (invoke $v "f") (i32.const 1))
    (assert_return (invoke "f") (i32.const 0))
    (module (func (export "g") (param v128)))`;
  assert.equal(await statuses(script), 'sssspspf');
  const [refusedForNothing] = await run('(module (func (result i32) (i32.const 0x1fd)))');
  assert.equal(refusedForNothing.status, 'failed');
});

test('commands that depend on a failed module fail', async () => {
  const script = `${module}
    (module $bad (func (result i32) (i64.const 1)))
    (assert_return (invoke "one") (i32.const 1))
    (register "bad" $bad)
    (assert_return (invoke $nobody "one") (i32.const 1))`;
  assert.equal(await statuses(script), 'pffff');
});
