import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, test } from 'node:test';
import type { CodeObject } from '../code/code-object.js';
import { printIr } from '../ir/print.js';
import { layoutInstance } from '../layout/instance-layout.js';
import { Runtime } from '../runtime/runtime.js';
import { baselineCpu } from '../x64/cpu-features.js';
import { disassemble } from '../x64/disassemble.js';
import { type CompileOptions, compileFunction, translateFunction } from './compile.js';
import { exportedFunctions } from './execution.fixture.js';
import {
  allOptions,
  compileAll,
  fullCpu,
  type LoadedModule,
  loadModule,
  optionsName,
} from './modules.fixture.js';
import { randomModule, randomModuleArguments } from './random-module.fixture.js';
import { functions as livenessFunctions } from './regalloc/liveness-reference.fixture.js';

const guarded: CompileOptions = { memoryMode: 'guarded', cpu: fullCpu };

/** Everything that a code object says, to compare. */
function essence({ bytes, entry, codeEnd, frameSize, sites }: CodeObject): unknown {
  return {
    bytes: createHash('sha256').update(bytes).digest('hex'),
    ...{ entry, codeEnd, frameSize },
    sites: [...sites.offsets].map((offset, k) => [offset, sites.traps[k], sites.wasmOffsets[k]]),
  };
}

const modules: readonly LoadedModule[] = [
  loadModule(randomModule(71, 3)),
  loadModule(randomModule(72, 2)),
  ...Object.values(livenessFunctions).map(loadModule),
  loadModule(`(module (import "env" "m" (memory 1)) (import "env" "f" (func (param f64)))
    (func (call 0 (f64.load (i32.const 0)))))`),
];

describe('compilation is deterministic', () => {
  for (const options of allOptions) {
    const name = optionsName(options);

    test(`the same function gives the same code again: ${name}`, () => {
      for (const module of modules) {
        assert.deepEqual(compileAll(module, options).map(essence), compileAll(module, options).map(essence));
      }
    });

    test(`whatever was compiled before, in whatever order: ${name}`, () => {
      const expected = modules.map((module) => compileAll(module, options).map(essence));
      // Round the modules, backwards within each, with other options in between.
      const longest = Math.max(...modules.map(({ wasm }) => wasm.bodyStarts.length));
      for (let k = longest - 1; k >= 0; k--) {
        for (const [index, { wasm, layout }] of modules.entries()) {
          if (k >= wasm.bodyStarts.length) continue;
          const functionIndex = wasm.importedFunctionCount + k;
          for (const other of allOptions) compileFunction(wasm, layout, functionIndex, other);
          compileFunction(wasm, layout, functionIndex, { ...options, livenessLimit: 0 });
          assert.deepEqual(
            essence(compileFunction(wasm, layout, functionIndex, options)),
            expected[index][k],
          );
        }
      }
    });

    test(`and verifying does not change it: ${name}`, () => {
      for (const module of modules) {
        const { verify: _, ...unverified } = options;
        assert.deepEqual(
          compileAll(module, unverified).map(essence),
          compileAll(module, options).map(essence),
        );
      }
    });
  }

  test('a module that is decoded and laid out again gives the same code', () => {
    const bytes = randomModule(73, 5);
    const [first, second] = [loadModule(bytes), loadModule(bytes.slice())];
    assert.deepEqual(compileAll(first, guarded).map(essence), compileAll(second, guarded).map(essence));
    const again = { wasm: first.wasm, layout: layoutInstance(first.wasm) };
    assert.deepEqual(compileAll(again, guarded).map(essence), compileAll(first, guarded).map(essence));
  });

  test('a module within a larger buffer too', () => {
    const bytes = randomModule(74, 3);
    const larger = new Uint8Array(bytes.length + 77);
    larger.set(bytes, 13);
    const inside = loadModule(larger.subarray(13, 13 + bytes.length));
    assert.deepEqual(
      compileAll(inside, guarded).map(essence),
      compileAll(loadModule(bytes), guarded).map(essence),
    );
  });

  test('options make a difference', () => {
    const module = loadModule(
      '(module (memory 1) (func (param i32) (result i32) (i32.popcnt (i32.load (local.get 0)))))',
    );
    const codes = allOptions.map((options) => JSON.stringify(compileAll(module, options).map(essence)));
    assert.equal(new Set(codes).size, allOptions.length);
  });

  test('code objects do not share memory', () => {
    const module = loadModule(randomModule(75, 2));
    const [first, second] = compileAll(module, guarded);
    const before = JSON.stringify(essence(second));
    first.bytes.fill(0xcc);
    first.sites.offsets.fill(0);
    assert.equal(JSON.stringify(essence(second)), before);
    assert.notEqual(first.bytes.buffer, second.bytes.buffer);
  });
});

describe('code objects', () => {
  test('begin at most 15 bytes before their entry, so that it is near the start of a cache line', () => {
    for (const module of modules) {
      for (const { entry, codeEnd, bytes } of compileAll(module, guarded)) {
        assert.ok(entry >= 0 && entry < 16 && entry < codeEnd && codeEnd <= bytes.length);
      }
    }
  });

  test('are whole instructions from their entry to the end of their code, and jump to none but their own', async () => {
    for (const options of allOptions) {
      for (const module of modules) {
        for (const { bytes, entry, codeEnd } of compileAll(module, options)) {
          const instructions = await disassemble(bytes, entry, codeEnd);
          const starts = new Set(instructions.map(({ offset }) => offset));
          const last = instructions[instructions.length - 1];
          assert.equal(last.offset + last.length, codeEnd);
          for (const { text } of instructions) {
            assert.doesNotMatch(text, /^\.byte/);
            const target = /^j\w+ (0x[0-9a-f]+|\d+)$/.exec(text)?.[1];
            if (target !== undefined) assert.ok(starts.has(Number(target)), text);
          }
        }
      }
    }
  });

  test('refer to their constants and tables by distance, within themselves', async () => {
    const module = loadModule(`(module (func (param i32 f64) (result f64)
      (block $c (block $b (block $a (br_table $a $b $c $a $b $c $a (local.get 0)))
        (return (f64.add (local.get 1) (f64.const 2.5)))) (return (f64.neg (local.get 1)))) (f64.abs (local.get 1))))`);
    const [{ bytes, entry, codeEnd }] = compileAll(module, guarded);
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    const instructions = await disassemble(bytes, entry, codeEnd);
    const starts = new Set(instructions.map(({ offset }) => offset));
    let found = 0;
    for (const { offset, length, text } of instructions) {
      const distance = /\[rip \+ (0x[0-9a-f]+|\d+)\]/.exec(text)?.[1];
      if (distance === undefined) continue;
      const at = offset + length + Number(distance);
      assert.ok(at >= codeEnd && at < bytes.length, text);
      found++;
      if (!text.startsWith('lea')) continue;
      assert.equal(at % 4, 0);
      for (let k = 0; k < 6; k++) assert.ok(starts.has(at + view.getInt32(at + 4 * k, true)));
    }
    assert.equal(found, 4);
  });

  test('run at any address', () => {
    const bytes = randomModule(76, 3);
    const code = new Set<string>();
    const addresses = new Set<number>();
    const results = new Set<string>();
    // All live at once: what was freed could be placed where it had been.
    const runtimes: Runtime[] = [];
    for (let round = 0; round < 3; round++) {
      const runtime = new Runtime({
        onCompile: (event) => {
          if (event.module.wasm.bytes.length !== bytes.length) return;
          addresses.add(event.address);
          code.add(`${event.functionIndex}: ${JSON.stringify(essence(event.code))}`);
        },
      });
      runtimes.push(runtime);
      // Other code first, a different amount each time.
      for (let k = 0; k < round; k++) {
        exportedFunctions(runtime, randomModule(80 + k, 1))['f0'](...randomModuleArguments[0]);
      }
      const { f2 } = exportedFunctions(runtime, bytes);
      results.add(randomModuleArguments.map((args) => f2(...args)).join());
      runtimes.push(runtime);
    }
    for (const runtime of runtimes) runtime.dispose();
    assert.ok(code.size > 1);
    assert.equal(addresses.size, 3 * code.size);
    assert.equal(results.size, 1);
  });
});

describe('translation alone', () => {
  test('gives verified IR and leaves the next compilation as it is', () => {
    const module = loadModule(randomModule(77, 3));
    const { wasm, layout } = module;
    const expected = compileAll(module, guarded).map(essence);
    const text = printIr(translateFunction(wasm, layout, 0, guarded));
    assert.match(text, /return/);
    assert.deepEqual(essence(compileFunction(wasm, layout, 1, guarded)), expected[1]);
    assert.equal(printIr(translateFunction(wasm, layout, 0, { ...guarded, cpu: baselineCpu })), text);
  });

  test('an index that is not of a function is an error, and the next compilation works', () => {
    const { wasm, layout } = loadModule('(module (func))');
    assert.throws(() => compileFunction(wasm, layout, 5, guarded));
    assert.equal(compileFunction(wasm, layout, 0, guarded).bytes.length > 0, true);
  });
});
