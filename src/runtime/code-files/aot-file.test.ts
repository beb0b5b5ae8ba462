import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { CodeContainer } from '../../aot/code-container.js';
import { CodeFileError, type CodeFileFault } from '../../aot/code-file-error.js';
import { readContainer, writeContainer } from '../../aot/container-file.js';
import { withoutLlvm } from '../../llvm-jit/library.fixture.js';
import { baselineCpu } from '../../x64/cpu-features.js';
import type { Module } from '../modules/module.js';
import { wat } from '../modules.fixture.js';
import type { Func } from '../objects/func.js';
import { Runtime } from '../runtime.js';
import type { RuntimeOptions } from '../runtime-options.js';
import type { Tier } from '../tiers/tier.js';
import { TrapError } from '../traps/trap-error.js';
import { sha256 } from './digest.js';

type Exports = Readonly<Record<string, Func>>;

const skip = withoutLlvm();

const program = wat(`(module
  (import "env" "add" (func $add (param i32 i32) (result i32)))
  (memory (export "memory") 1)
  (table (export "table") 2 funcref) (elem (i32.const 0) $fib $crash)
  (type $unary (func (param i32) (result i32)))
  (global $calls (mut i32) (i32.const 0))
  (func $fib (export "fib") (param i32) (result i32)
    (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
    (if (result i32) (i32.lt_u (local.get 0) (i32.const 2))
      (then (local.get 0))
      (else (call $add (call $fib (i32.sub (local.get 0) (i32.const 1)))
                       (call_indirect (type $unary) (i32.sub (local.get 0) (i32.const 2)) (i32.const 0))))))
  (func $crash (export "crash") (param i32) (result i32)
    (i32.load (local.get 0)))
  (func $deep (export "deep") (param i32) (result i32)
    (i32.add (i32.const 1) (call $crash (local.get 0))))
  (func (export "ceil") (param f32) (result f32) (f32.ceil (local.get 0)))
  (func (export "fill") (memory.fill (i32.const 0) (i32.const 7) (i32.const 65536)))
  (func (export "calls") (result i32) (global.get $calls))
  (func (export "sum") (param $n i32) (result f64) (local $sum f64) (local $x f64)
    (local.set $x (f64.const 1.5))
    (loop $l
      (local.set $sum (f64.add (local.get $sum) (f64.mul (local.get $x) (f64.convert_i32_u (i32.shl (local.get $n) (local.get $n))))))
      (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $sum)))`);

const imports = { env: { add: (a: number, b: number) => (a + b) | 0 } };

function compileCounting(options: RuntimeOptions): {
  readonly runtime: Runtime;
  readonly compiled: number[];
} {
  const compiled: number[] = [];
  const runtime = new Runtime({
    ...options,
    onCompile: ({ functionIndex }) => compiled.push(functionIndex),
  });
  return { runtime, compiled };
}

/** An AOT file of the program. */
function fileOf(options: RuntimeOptions, how: Parameters<Module['serialize']>[0] = {}): Uint8Array {
  const runtime = new Runtime(options);
  const file = runtime.compile(program).serialize(how);
  runtime.dispose();
  return file;
}

/** What calls of a program's functions give, errors included. */
function behaviour(runtime: Runtime, module: Module): unknown[] {
  const { exports } = runtime.instantiate(module, imports) as { exports: Exports };
  const { fib, crash, deep, ceil, fill, calls, sum } = exports;
  const attempt = (call: () => unknown): unknown => {
    try {
      return call();
    } catch (error) {
      assert.ok(error instanceof TrapError);
      return [error.message, error.backtrace.frames];
    }
  };
  return [
    fib(12),
    ceil(1.25),
    attempt(() => fill()),
    attempt(() => crash(8)),
    attempt(() => crash(65533)),
    attempt(() => deep(-1)),
    calls(),
    sum(40),
  ];
}

const reference = (() => {
  const runtime = new Runtime({ tier: 'interp' });
  const result = behaviour(runtime, runtime.compile(program));
  runtime.dispose();
  return result;
})();

describe('an AOT file', () => {
  const cases: readonly (readonly [Tier, 'fast' | 'llvm', RuntimeOptions])[] = [
    ['fast', 'fast', {}],
    ['multi', 'fast', {}],
    ['multi', 'fast', { memoryMode: 'checked' }],
    ['multi', 'fast', { cpu: baselineCpu }],
    ['multi', 'llvm', {}],
    ['llvm', 'llvm', {}],
    ['llvm', 'llvm', { memoryMode: 'checked', cpu: baselineCpu }],
  ];
  for (const [tier, code, options] of cases) {
    const what = `${code} for ${tier} ${JSON.stringify(options)}`;
    test(`runs as the interpreter does: ${what}`, { skip: code === 'llvm' && skip }, () => {
      const { cpu: _cpu, ...loading } = options;
      const events: string[] = [];
      const { runtime, compiled } = compileCounting({
        ...loading,
        tier,
        onTierUp: ({ kind }) => events.push(kind),
      });
      const module = runtime.load(fileOf({ ...options, tier }, { code }));
      assert.deepEqual(behaviour(runtime, module), reference);
      assert.deepEqual(compiled, []);
      assert.deepEqual(events, []);
      runtime.dispose();
    });
  }

  test('can be loaded for other tiers than it was made for', () => {
    const file = fileOf({ tier: 'multi' });
    for (const tier of ['interp', 'fast', 'multi'] as const) {
      const { runtime, compiled } = compileCounting({ tier });
      assert.deepEqual(behaviour(runtime, runtime.load(file)), reference, tier);
      assert.deepEqual(compiled, [], tier);
      runtime.dispose();
    }
  });

  test('has only what has been made, if nothing more is asked for; the rest is compiled as usual', () => {
    const making = new Runtime({ tier: 'multi' });
    const made = making.compile(program);
    const { fib } = (making.instantiate(made, imports) as { exports: Exports }).exports;
    fib(3);
    const file = made.serialize({ code: 'made' });
    making.dispose();
    const { runtime, compiled } = compileCounting({ tier: 'multi' });
    assert.deepEqual(behaviour(runtime, runtime.load(file)), reference);
    assert.deepEqual(compiled, [4, 5, 2, 3, 6, 7]);
    runtime.dispose();
  });

  test('goes through several instances, and modules of the same file', () => {
    const runtime = new Runtime({ tier: 'multi' });
    const file = fileOf({ tier: 'multi' });
    const modules = [runtime.load(file), runtime.load(file)];
    for (let round = 0; round < 3; round++) {
      for (const module of modules) assert.deepEqual(behaviour(runtime, module), reference);
    }
    for (const module of modules) module.dispose();
    runtime.dispose();
  });

  test('can be written again', () => {
    const runtime = new Runtime({ tier: 'multi' });
    const file = fileOf({ tier: 'multi' });
    assert.deepEqual(runtime.load(file).serialize(), file);
    runtime.dispose();
  });

  test('works without the module in it, which is then to be given', () => {
    const file = fileOf({ tier: 'multi' }, { wasm: false });
    assert.ok(file.length < fileOf({ tier: 'multi' }).length);
    const runtime = new Runtime({ tier: 'multi' });
    assert.deepEqual(behaviour(runtime, runtime.load(file, { wasm: program })), reference);
    refused(() => runtime.load(file), 'module', /does not have the module/);
    const other = program.slice();
    other[other.length - 1] ^= 1;
    refused(() => runtime.load(file, { wasm: other }), 'module', /another module/);
    runtime.dispose();
  });

  test('is refused where it does not fit, with the reason', () => {
    const runtime = new Runtime({ tier: 'multi' });
    const container = readContainer(fileOf({ tier: 'multi' }), sha256);
    const changed = (change: Partial<CodeContainer['settings']>): Uint8Array =>
      writeContainer({ ...container, settings: { ...container.settings, ...change } }, sha256);
    refused(
      () => runtime.load(changed({ compiler: '0.0.1-x' })),
      'compiler',
      /made by Upshift 0\.0\.1-x, and this is/,
    );
    refused(
      () => runtime.load(changed({ cpu: ['avx', 'nothing', 'avx3'].sort(), fastCpu: [] })),
      'cpu',
      /a processor with avx3, nothing, which this one lacks/,
    );
    refused(() => runtime.load(program), 'notAFile', /./);
    const file = fileOf({ tier: 'multi' });
    refused(() => runtime.load(file.subarray(0, file.length - 1)), 'truncated', /./);
    const damaged = file.slice();
    damaged[damaged.length >> 1] ^= 16;
    refused(() => runtime.load(damaged), 'damaged', /./);
    // Nothing is left behind.
    assert.equal(runtime.store.modules.size, 0);
    runtime.dispose();
  });

  test('of code for another kind of memory is not used: its functions are compiled', () => {
    const { runtime, compiled } = compileCounting({ tier: 'multi', memoryMode: 'checked' });
    assert.deepEqual(behaviour(runtime, runtime.load(fileOf({ tier: 'multi' }))), reference);
    assert.equal(compiled.length, 7);
    runtime.dispose();
  });

  test('names a function that its module does not have', () => {
    const runtime = new Runtime({ tier: 'multi' });
    const container = readContainer(fileOf({ tier: 'multi' }), sha256);
    const { fast } = container;
    const wrong = { ...container, fast: { ...fast, indices: fast.indices.map((index) => index - 1) } };
    refused(() => runtime.load(writeContainer(wrong, sha256)), 'inconsistent', /function 0/);
    runtime.dispose();
  });

  test('moves up where its functions get hot', { skip }, () => {
    for (const cpu of [undefined, baselineCpu]) {
      const events: string[] = [];
      const { runtime, compiled } = compileCounting({
        tier: 'multi',
        llvm: { level: 1 },
        tuning: { heatThreshold: 7, warmUp: 0, waitForLoops: true },
        onTierUp: ({ kind }) => events.push(kind),
      });
      const module = runtime.load(fileOf({ tier: 'multi', cpu }));
      assert.deepEqual(behaviour(runtime, module), reference);
      // The loop went on in LLVM's code, from where the file's code has its state.
      assert.ok(events.includes('entered'), events.join());
      assert.deepEqual(compiled, []);
      runtime.dispose();
    }
  });
});

function refused(load: () => unknown, kind: CodeFileFault, message: RegExp): void {
  assert.throws(load, (error) => {
    assert.ok(error instanceof CodeFileError);
    assert.equal(error.kind, kind, error.message);
    assert.match(error.message, message);
    return true;
  });
}
