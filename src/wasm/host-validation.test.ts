import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { describe, test } from 'node:test';
import { decodeModule } from './decode.js';
import { CompileError } from './errors.js';
import {
  body,
  functionModule,
  moduleBytes,
  section,
  typeSection,
  validByV8,
  vector,
} from './module.fixture.js';
import { ValType } from './types.js';
import { validateModule, validateQuickly } from './validate.js';

const { i32 } = ValType;

/** A module of 50 KB whose last body, [i32] -> [], is the given one. */
function large(lastBody: number[], memory: number[] = section(5, ...vector([0, 1]))): Uint8Array {
  const count = 40;
  const filler = body([i32], ...new Array<number[]>(300).fill([0x20, 0, 0x21, 1]).flat());
  return moduleBytes(
    typeSection([[i32], []]),
    section(3, ...vector(...new Array<number[]>(count + 1).fill([0]))),
    memory,
    section(10, ...vector(...new Array<number[]>(count).fill(filler), lastBody)),
  );
}

function outcome(validate: () => void): string {
  try {
    validate();
    return 'valid';
  } catch (error) {
    assert.ok(error instanceof CompileError, String(error));
    return `${error.name}: ${error.message}`;
  }
}

const zero = [0x41, 0];

describe('a feature that we lack in the last body of a large module is refused by name', () => {
  const features: [feature: string, lastBody: number[]][] = [
    ['exception handling', body([0x69])],
    ['threads', body([], 0xfe, 0x03, 0)],
    ['exception handling', body([], 0x06, 0x40, 0x18, 0)],
    ['exception handling', body([], 0x06, 0x40, 0x19, 0x09, 0, 0x0b)],
    ['threads', body([], ...zero, 0xfe, 0x10, 2, 0, 0x1a)],
    ['exception handling', body([], 0x06, 0x40, 0x19, 0x0b)],
    ['tail calls', body([], 0x20, 0, 0x12, 0)],
    ['typed function references', body([], 0xd0, 0x70, 0xd4, 0x1a)],
    ['garbage collection', body([], 0x41, 0, 0xfb, 0x1c, 0x1a)],
  ];
  for (const [feature, lastBody] of features) {
    const bytes = large(lastBody);
    test(`${feature}: ${validByV8(bytes) ? 'V8 accepts it' : 'V8 refuses it as well'}`, () => {
      const alone = outcome(() => validateModule(decodeModule(bytes)));
      const quick = outcome(() => validateQuickly(decodeModule(bytes)));
      assert.equal(quick, alone);
      assert.ok(quick.startsWith(`UnsupportedError: unsupported feature: ${feature}`), quick);
      assert.match(quick, /in function 40 \(at offset 0x[0-9a-f]+\)$/);
    });
  }
  test('V8 accepts most of these modules', () => {
    assert.ok(features.filter(([, lastBody]) => validByV8(large(lastBody))).length >= 5);
  });
});

describe('the process helps with validation', () => {
  test('where it finds a module valid nothing of ours runs', () => {
    const module = decodeModule(large(body([])));
    validateQuickly(module);
    assert.ok(module.checkedBodies.every((isChecked) => isChecked === 0));
  });

  test('what is wrong is said in our words', () => {
    const wrong: [lastBody: number[], words: RegExp][] = [
      [body([], 0x20, 0, 0x42, 0, 0x6a, 0x1a), /^CompileError: type mismatch: .* in function 40/],
      [body([], 0x02, 0xc0, 0x7f, 0x0b), /^CompileError: malformed block type -64 in function 40/],
      [body([], ...zero, 0x28, 0x42, 0, 0, 0x1a), /^CompileError: malformed memop flags 66/],
      [body([], 0x3f, 0x80, 0, 0x1a), /^CompileError: zero byte expected/],
    ];
    for (const [lastBody, words] of wrong) {
      const bytes = large(lastBody);
      const quick = outcome(() => validateQuickly(decodeModule(bytes)));
      assert.match(quick, words);
      assert.equal(
        quick,
        outcome(() => validateModule(decodeModule(bytes))),
      );
    }
  });

  test('it is left out where there is none, or where it is no native one', () => {
    const [decode, validate] = ['decode', 'validate'].map((name) =>
      JSON.stringify(new URL(`./${name}.js`, import.meta.url).href),
    );
    const bytes = functionModule({ code: [] });
    const replacements = [
      'delete globalThis.WebAssembly',
      'globalThis.WebAssembly = { Module: class { f() {} }, Instance: class {}, validate: () => true }',
      'WebAssembly.validate = () => { throw new RangeError() }',
      'WebAssembly.validate = () => true',
    ];
    for (const replacement of replacements) {
      const script = `${replacement};
        const { decodeModule } = await import(${decode});
        const { validateQuickly } = await import(${validate});
        const module = decodeModule(Uint8Array.of(${bytes.join()}));
        validateQuickly(module, 0);
        process.stdout.write(module.checkedBodies.join(''));`;
      const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', script], {
        encoding: 'utf8',
      });
      assert.equal(stdout, '111', replacement + stderr);
    }
  });
});
