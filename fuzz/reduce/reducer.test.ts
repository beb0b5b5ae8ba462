import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Trap, trapMessages } from '../../src/code/traps.js';
import { wat } from '../../src/runtime/modules.fixture.js';
import type { Call } from '../case.js';
import { configurationNamed, reference } from '../configurations.js';
import { execute } from '../execute.js';
import { features } from '../generator/features.js';
import { generateDraft } from '../generator/module.js';
import { webAssembly } from '../machine-v8.js';
import { decodeDraft } from '../module/decode.js';
import { encodeModule } from '../module/encode.js';
import { generatedCase } from '../subjects.js';
import { compactions } from './compact.js';
import { Reducer, type Test } from './reducer.js';
import { stackTypes } from './stack-types.js';

/** Whether a call ends with this trap, which stands for a failure. */
function trapsWith(trap: Trap, bytes: Uint8Array, calls: readonly Call[]): boolean {
  const { steps } = execute({ bytes, calls, toleratesExhaustion: true }, reference, { seed: 1 });
  return steps.slice(1).some(({ ending }) => ending.kind === 'trapped' && ending.traps.includes(trap));
}

describe('a module is reduced to what fails', () => {
  for (const trap of [
    Trap.unreachable,
    Trap.memoryOutOfBounds,
    Trap.integerDivideByZero,
    Trap.invalidConversionToInteger,
    Trap.indirectCallTypeMismatch,
  ]) {
    test(`where it fails for ${trapMessages[trap]}`, async () => {
      const subject = Array.from({ length: 200 }, (_, seed) => generatedCase(seed)).find(({ bytes, calls }) =>
        trapsWith(trap, bytes, calls),
      );
      assert.ok(subject !== undefined);
      const planted: Test = (bytes, calls) => Promise.resolve(trapsWith(trap, bytes, calls));
      const reducer = new Reducer({ draft: decodeDraft(subject.bytes), calls: subject.calls }, planted, 60);
      const { draft, calls } = await reducer.run();
      const bytes = encodeModule(draft);
      assert.ok(trapsWith(trap, bytes, calls));
      assert.equal(calls.length, 1);
      const count = draft.functions.reduce((sum, { code }) => sum + code.length, 0);
      assert.ok(count < 16, `${count} instructions are left`);
      assert.ok(bytes.length < 220, `${bytes.length} bytes are left`);
    });
  }
});

test('a module with features of 3.0 is reduced to what throws an exception', async () => {
  const interpreter = configurationNamed('interp');
  const throws = (bytes: Uint8Array, calls: readonly Call[]): boolean => {
    const { steps } = execute({ bytes, calls, toleratesExhaustion: true }, interpreter, { seed: 1 });
    return steps.slice(1).some(({ ending }) => ending.kind === 'threw' && ending.what.includes('i64'));
  };
  const subject = Array.from({ length: 200 }, (_, seed) => generatedCase(seed, features)).find(
    ({ bytes, calls }) => throws(bytes, calls),
  );
  assert.ok(subject !== undefined);
  const planted: Test = (bytes, calls) => Promise.resolve(throws(bytes, calls));
  const reducer = new Reducer({ draft: decodeDraft(subject.bytes), calls: subject.calls }, planted, 60);
  const { draft, calls } = await reducer.run();
  assert.ok(throws(encodeModule(draft), calls));
  const count = draft.functions.reduce((sum, { code }) => sum + code.length, 0);
  assert.ok(count < 16, `${count} instructions are left`);
});

test('what nothing refers to is left out although there is no more time', async () => {
  const draft = decodeDraft(
    wat('(module (func (param f64)) (global i32 (i32.const 1)) (func (export "f") (local i32)))'),
  );
  const reducer = new Reducer({ draft, calls: [] }, () => Promise.resolve(true), 0);
  const reduced = (await reducer.run()).draft;
  assert.deepEqual([reduced.functions.length, reduced.globals.length, reduced.types.length], [1, 0, 1]);
  assert.deepEqual(reduced.functions[0].locals, []);
});

test('compactions leave valid modules', () => {
  for (let seed = 1; seed <= 40; seed++) {
    for (const compact of compactions) {
      assert.ok(
        webAssembly.validate(encodeModule(compact(generateDraft(seed)))),
        `${compact.name}, seed ${seed}`,
      );
    }
  }
});

test('the types on the stack are as many as the results where a function ends', () => {
  for (let seed = 1; seed <= 40; seed++) {
    const draft = generateDraft(seed);
    for (const fn of draft.functions) {
      assert.deepEqual(stackTypes(draft, fn).at(-1), draft.types[fn.type].results);
      const last = stackTypes(draft, fn).at(-2);
      if (last !== undefined) assert.deepEqual(last, draft.types[fn.type].results, `seed ${seed}`);
    }
  }
});
