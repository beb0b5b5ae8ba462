import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Trap } from '../src/code/traps.js';
import type { Case } from './case.js';
import { configurationNamed } from './configurations.js';
import type { Outcome } from './outcome.js';
import { runCase } from './run-case.js';

const subject: Case = { bytes: new Uint8Array(), calls: [], toleratesExhaustion: false };
const configurations = ['fast', 'llvm', 'multi-chaos'].map(configurationNamed);

/** An outcome of one trap, or of several that the engine does not distinguish. */
function trapped(...traps: Trap[]): Outcome {
  return { steps: [{ what: 'call', ending: { kind: 'trapped', traps }, log: [] }], state: {} };
}

/** The configurations in which a case with these outcomes fails; the reference's outcome comes first. */
function failing(...outcomes: Outcome[]): string[] {
  const { problems } = runCase(subject, configurations, 1, (_, index) => outcomes[index]);
  return problems.map(({ configuration }) => configuration);
}

const overflow = trapped(Trap.integerOverflow);
const invalid = trapped(Trap.invalidConversionToInteger);
const either = trapped(Trap.integerOverflow, Trap.invalidConversionToInteger);

test('a configuration that is unlike the reference fails', () => {
  assert.deepEqual(failing(overflow, overflow, overflow, overflow), []);
  assert.deepEqual(failing(overflow, overflow, invalid, overflow), ['llvm']);
  assert.deepEqual(failing(overflow, invalid, overflow, overflow), ['fast']);
});

test('where the reference is vague, configurations must be like each other', () => {
  assert.deepEqual(failing(either, overflow, overflow, overflow), []);
  assert.deepEqual(failing(either, overflow, invalid, overflow), ['llvm']);
  assert.deepEqual(failing(either, trapped(Trap.unreachable), invalid, invalid), ['fast']);
});
