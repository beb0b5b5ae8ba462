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

describe('a feature in the last body of a large module', () => {
  const refused: [feature: string, lastBody: number[]][] = [
    ['threads', body([], 0xfe, 0x03, 0)],
    ['threads', body([], ...zero, 0xfe, 0x10, 2, 0, 0x1a)],
    ['garbage collection', body([], 0x41, 0, 0xfb, 0x1c, 0x1a)],
    ['garbage collection', body([0x6d])],
  ];
  for (const [feature, lastBody] of refused) {
    const bytes = large(lastBody);
    test(`${feature} is refused by name: ${validByV8(bytes) ? 'V8 accepts it' : 'V8 refuses it as well'}`, () => {
      const alone = outcome(() => validateModule(decodeModule(bytes)));
      const quick = outcome(() => validateQuickly(decodeModule(bytes)));
      assert.equal(quick, alone);
      assert.ok(quick.startsWith(`UnsupportedError: unsupported feature: ${feature}`), quick);
      assert.match(quick, /in function 40 \(at offset 0x[0-9a-f]+\)$/);
    });
  }
  const accepted: [feature: string, lastBody: number[]][] = [
    ['exceptions', body([ValType.exnref])],
    ['exceptions', body([], 0x1f, 0x40, 0, 0x0b)],
    ['older exceptions', body([], 0x06, 0x40, 0x18, 0)],
    ['older exceptions', body([], 0x06, 0x40, 0x19, 0x09, 0, 0x0b)],
    ['older exceptions', body([], 0x06, 0x40, 0x19, 0x0b)],
    ['tail calls', body([], 0x20, 0, 0x12, 0)],
    ['references', body([], 0xd0, ValType.funcref, 0xd4, 0x1a)],
    ['the index of a memory', body([], ...zero, 0x28, 0x42, 0, 0, 0x1a)],
    ['the index of a memory in two bytes', body([], 0x3f, 0x80, 0, 0x1a)],
  ];
  for (const [feature, lastBody] of accepted) {
    const bytes = large(lastBody);
    test(`${feature}: valid, and ${validByV8(bytes) ? 'V8 says so' : 'V8 does not know it'}`, () => {
      const module = decodeModule(bytes);
      validateQuickly(module);
      assert.ok(module.checkedBodies.every((isChecked) => isChecked === (validByV8(bytes) ? 0 : 1)));
      validateModule(decodeModule(bytes));
    });
  }
  test('V8 knows some of these', () => {
    assert.ok(accepted.filter(([, lastBody]) => validByV8(large(lastBody))).length >= 4);
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
      [body([], ...zero, 0x28, 0xc2, 1, 0, 0, 0x1a), /^CompileError: malformed memop flags 194/],
      [body([], 0x3f, 0x81, 0, 0x1a), /^CompileError: unknown memory 1/],
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
