import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { CodeSettings } from '../../aot/code-container.js';
import { CodeFileError } from '../../aot/code-file-error.js';
import { readContainer, writeContainer } from '../../aot/container-file.js';
import { withoutLlvm } from '../../llvm-jit/library.fixture.js';
import { CompileError } from '../../wasm/errors.js';
import type { Module } from '../modules/module.js';
import { wat } from '../modules.fixture.js';
import type { Func } from '../objects/func.js';
import { Runtime } from '../runtime.js';
import type { RuntimeOptions } from '../runtime-options.js';
import { sha256 } from './digest.js';

const skip = withoutLlvm();

const withMemory = wat(`(module (memory 1)
  (func (export "f") (param i32) (result i32) (i32.popcnt (i32.load (local.get 0)))))`);
const withoutMemory = wat('(module (func (export "f") (param i32) (result i32) (local.get 0)))');

function fileOf(
  module: Uint8Array,
  options: RuntimeOptions,
  how: Parameters<Module['serialize']>[0] = {},
): Uint8Array {
  const runtime = new Runtime({ cache: 'none', ...options });
  const file = runtime.compile(module).serialize(how);
  runtime.dispose();
  return file;
}

function settingsOf(file: Uint8Array): CodeSettings {
  return readContainer(file, sha256).settings;
}

/** Whether there is a `popcnt` in a file's code. */
function usesPopcnt(file: Uint8Array): boolean {
  return Buffer.from(readContainer(file, sha256).text).includes(Buffer.of(0xf3, 0x0f, 0xb8));
}

/** Loads a file and calls its function: how many functions had to be compiled. */
function compiledWhenRun(file: Uint8Array, options: RuntimeOptions): number {
  let compiled = 0;
  const runtime = new Runtime({ ...options, cache: 'none', onCompile: () => compiled++ });
  const { f } = runtime.instantiate(runtime.load(file)).exports as { f: Func };
  assert.equal(f(0), 0);
  runtime.dispose();
  return compiled;
}

describe('an AOT file names extensions of the processor', () => {
  const names = ['bmi2', 'movbe', 'popcnt', 'movbe'];

  test('those that the Fast JIT distinguishes, of those that it may use', () => {
    assert.deepEqual(settingsOf(fileOf(withMemory, { cpu: names })).cpu, ['bmi2', 'popcnt']);
    assert.deepEqual(settingsOf(fileOf(withMemory, { cpu: [] })).cpu, []);
    assert.ok(usesPopcnt(fileOf(withMemory, { cpu: names })));
    assert.ok(!usesPopcnt(fileOf(withMemory, { cpu: [] })));
  });

  test('all that LLVM may use', { skip }, () => {
    const options = { tier: 'llvm', cpu: names } as const;
    assert.deepEqual(settingsOf(fileOf(withMemory, options, { code: 'llvm' })).cpu, [
      'bmi2',
      'movbe',
      'popcnt',
    ]);
  });

  test('with those of the file that its code was loaded from', () => {
    const runtime = new Runtime({ cache: 'none', cpu: [] });
    const module = runtime.load(fileOf(withMemory, { cpu: ['popcnt'] }));
    assert.deepEqual(settingsOf(module.serialize()).cpu, ['popcnt']);
    runtime.dispose();
  });
});

describe('code that is added to that of a file', () => {
  test('is made for the same processor by the Fast JIT', () => {
    for (const cpu of [[], ['popcnt']]) {
      const runtime = new Runtime({ cache: 'none', cpu: ['bmi2'] });
      const module = runtime.load(fileOf(withMemory, { cpu }, { code: 'made' }));
      const again = module.serialize();
      assert.deepEqual([settingsOf(again).cpu, settingsOf(again).fastCpu], [cpu, cpu]);
      assert.equal(usesPopcnt(again), cpu.length > 0);
      runtime.dispose();
    }
  });

  test('may use more by LLVM', { skip }, () => {
    const runtime = new Runtime({ cache: 'none', tier: 'llvm', cpu: ['movbe', 'popcnt'] });
    const module = runtime.load(fileOf(withMemory, { cpu: [] }));
    const settings = settingsOf(module.serialize({ code: 'llvm' }));
    assert.deepEqual([settings.cpu, settings.fastCpu], [['movbe', 'popcnt'], []]);
    runtime.dispose();
  });
});

test('a file is refused where the Fast JIT compiles in another way: running loops could not be entered', () => {
  const ways: readonly RuntimeOptions[] = [{}, { livenessLimit: 0 }, { livenessLimit: 1 }];
  for (const made of ways) {
    const file = fileOf(withMemory, made);
    for (const used of ways) {
      if (made === used) assert.equal(compiledWhenRun(file, used), 0);
      else assert.throws(() => compiledWhenRun(file, used), { name: 'CodeFileError', kind: 'compiler' });
    }
  }
});

describe('the memories of a loaded module', () => {
  test('are guarded as its code wants it, unless the runtime says otherwise', () => {
    const checked = fileOf(withMemory, { memoryMode: 'checked' });
    assert.equal(compiledWhenRun(checked, {}), 0);
    assert.equal(compiledWhenRun(checked, { memoryMode: 'checked' }), 0);
    assert.equal(compiledWhenRun(checked, { memoryMode: 'guarded' }), 1);
    const guarded = fileOf(withMemory, {});
    assert.equal(compiledWhenRun(guarded, {}), 0);
    assert.equal(compiledWhenRun(guarded, { memoryMode: 'checked' }), 1);
  });

  test('do not matter where there are none', () => {
    for (const memoryMode of ['guarded', 'checked'] as const) {
      const file = fileOf(withoutMemory, { memoryMode });
      assert.equal(settingsOf(file).memoryMode, 'guarded');
      for (const other of ['guarded', 'checked'] as const)
        assert.equal(compiledWhenRun(file, { memoryMode: other }), 0);
    }
  });

  test('are still so when it is written again', () => {
    const runtime = new Runtime({ cache: 'none' });
    const module = runtime.load(fileOf(withMemory, { memoryMode: 'checked' }));
    assert.equal(settingsOf(module.serialize()).memoryMode, 'checked');
    runtime.dispose();
  });
});

describe('a runtime that interprets', () => {
  const runtime = new Runtime({ tier: 'interp' });

  test('does not mind what the code is for', () => {
    const container = readContainer(fileOf(withMemory, {}), sha256);
    const settings = { ...container.settings, compiler: 'other', cpu: ['avx9'], fastCpu: [] };
    const { f } = runtime.instantiate(runtime.load(writeContainer({ ...container, settings }, sha256)))
      .exports as { f: Func };
    assert.equal(f(0), 0);
  });

  test('validates the module', () => {
    const container = readContainer(fileOf(withoutMemory, {}), sha256);
    const wasm = withoutMemory.slice();
    // i32.eqz in place of local.get 0: there is nothing on the stack.
    wasm.set([0x45, 0x01], wasm.lastIndexOf(0x20));
    const module = { byteLength: wasm.length, sha256: Uint8Array.from(sha256(wasm)) };
    const file = writeContainer({ ...container, wasm, module }, sha256);
    assert.throws(() => runtime.load(file), CompileError);
  });

  test('wants a whole file', () => {
    assert.throws(() => runtime.load(fileOf(withMemory, {}).subarray(0, 5000)), CodeFileError);
  });
});
