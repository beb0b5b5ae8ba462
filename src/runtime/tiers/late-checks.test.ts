import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { withoutLlvm } from '../../llvm-jit/library.fixture.js';
import { CompileError } from '../../wasm/errors.js';
import type { Module } from '../modules/module.js';
import { wat } from '../modules.fixture.js';
import { Runtime } from '../runtime.js';
import type { Tier } from './tier.js';

/** Large enough for the process's own WebAssembly to validate it. */
const bytes = wat(`(module
  (import "host" "bad" (func $import (param i32) (result i32)))
  (func (export "good") (param i32) (result i32) (i32.add (local.get 0) (i32.const 1)))
  (func $bad (export "bad") (param i32) (result i32) (i32.mul (local.get 0) (i32.const 3)))
  (func (export "caller") (param i32) (result i32) (call $bad (local.get 0)))
  (func (export "nested") (param i32) (result i32) (call $import (local.get 0)))
  (func ${'(drop (i32.const 123456))'.repeat(2000)}))`);

type Exports = Record<'good' | 'bad' | 'caller' | 'nested', (x: number) => number>;

/**
 * Makes function 2 invalid, against the promise that `copy: false` is: as if the process's own WebAssembly
 * had been wrong about it. Returns the offset of the error.
 */
function spoil({ wasm }: Module, source: Uint8Array): number {
  const multiplication = source.indexOf(0x6c, wasm.bodyStarts[1]);
  assert.ok(multiplication < wasm.bodyEnds[1]);
  // i64.mul
  source[multiplication] = 0x7e;
  return multiplication;
}

for (const tier of ['interp', 'fast', 'multi', 'llvm'] satisfies Tier[]) {
  describe(`a body that turns out to be invalid: ${tier}`, { skip: tier === 'llvm' && withoutLlvm() }, () => {
    test('its callers get the error, each time, and nothing else is harmed', () => {
      using runtime = new Runtime({ tier });
      const source = Uint8Array.from(bytes);
      const module = runtime.compile(source, { copy: false });
      assert.ok(module.wasm.checkedBodies.every((isChecked) => isChecked === 0));
      const offset = spoil(module, source);
      const imports = { host: { bad: (x: number): number => exports.bad(x) } };
      const { exports } = runtime.instantiate<Exports>(module, imports);
      for (let k = 0; k < 2; k++) {
        for (const call of [exports.bad, exports.caller, exports.nested]) {
          assert.throws(
            () => call(5),
            (error) => {
              assert.ok(error instanceof CompileError, String(error));
              assert.equal(error.functionIndex, 2);
              assert.equal(error.functionName, 'bad');
              assert.equal(error.offset, offset);
              assert.match(error.detail, /^type mismatch/);
              return true;
            },
          );
        }
        assert.equal(exports.good(k), k + 1);
      }
    });
  });
}

test('the code that is made at once is checked at once', () => {
  using runtime = new Runtime({ tier: 'fast' });
  const module = runtime.compile(bytes, { eager: true });
  assert.ok(module.wasm.checkedBodies.every((isChecked) => isChecked === 1));
});
