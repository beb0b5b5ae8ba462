import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Trap } from '../src/code/traps.js';
import { compareOutcomes } from './compare.js';
import type { Ending, Outcome } from './outcome.js';

function returned(...values: string[]): Ending {
  return { kind: 'returned', values };
}

function trapped(...traps: Trap[]): Ending {
  return { kind: 'trapped', traps };
}

function outcome(
  endings: readonly Ending[],
  extra: { log?: string[]; state?: Record<string, string> } = {},
): Outcome {
  return {
    steps: endings.map((ending, k) => ({ what: `step ${k}`, ending, log: k === 0 ? (extra.log ?? []) : [] })),
    state: extra.state ?? {},
  };
}

/** What the comparison finds, if anything. */
function aspect(expected: Outcome, found: Outcome, tolerates = false): string | undefined {
  return compareOutcomes(expected, found, tolerates)?.aspect;
}

describe('a difference is noticed', () => {
  const good = outcome([returned('i32:1'), returned()], { log: ['f(i32:1)'], state: { global: 'i32:5' } });

  test('none where there is none', () => {
    assert.equal(aspect(good, structuredClone(good)), undefined);
  });
  test('of values', () => {
    assert.equal(
      aspect(good, { ...good, steps: outcome([returned('i32:2'), returned()], { log: ['f(i32:1)'] }).steps }),
      'values',
    );
  });
  test('of calls of imports', () => {
    assert.equal(
      aspect(good, { ...good, steps: outcome([returned('i32:1'), returned()], { log: ['f(i32:2)'] }).steps }),
      'imports',
    );
    assert.equal(aspect(good, { ...good, steps: outcome([returned('i32:1'), returned()]).steps }), 'imports');
  });
  test('of the state, also where something is missing', () => {
    assert.equal(aspect(good, { ...good, state: { global: 'i32:6' } }), 'state');
    assert.equal(aspect(good, { ...good, state: {} }), 'state');
    assert.equal(aspect({ ...good, state: {} }, good), 'state');
  });
  test('of traps, and between a trap and none', () => {
    const unreachable = outcome([trapped(Trap.unreachable)]);
    assert.equal(aspect(unreachable, outcome([trapped(Trap.integerOverflow)])), 'ending');
    assert.equal(aspect(unreachable, outcome([returned()])), 'ending');
    assert.equal(aspect(unreachable, outcome([{ kind: 'threw', what: 'something' }])), 'ending');
  });
  test('of an error of the engine, whatever the other one did', () => {
    const failed = outcome([{ kind: 'failed', message: 'internal error' }]);
    assert.equal(aspect(outcome([returned()]), failed), 'engine');
    assert.equal(aspect(failed, failed), 'engine');
  });
  test('of the number of steps', () => {
    assert.equal(aspect(outcome([returned(), returned()]), outcome([returned()])), 'ending');
  });
});

test('a trap that one engine does not tell exactly agrees with each that it may be', () => {
  const vague = outcome([trapped(Trap.integerOverflow, Trap.invalidConversionToInteger)]);
  assert.equal(aspect(vague, outcome([trapped(Trap.invalidConversionToInteger)])), undefined);
  assert.equal(aspect(vague, outcome([trapped(Trap.integerDivideByZero)])), 'ending');
});

describe('once the stack was exhausted', () => {
  const exhausted = [trapped(Trap.callStackExhausted)];
  test('nothing is compared', () => {
    assert.equal(
      aspect(outcome(exhausted, { state: { a: '1' } }), outcome(exhausted, { log: ['f()'] })),
      undefined,
    );
  });
  test('in one engine only, it is a difference where calls are not deep', () => {
    assert.equal(aspect(outcome(exhausted), outcome([returned()])), 'exhaustion');
    assert.equal(aspect(outcome([returned()]), outcome(exhausted)), 'exhaustion');
    assert.equal(aspect(outcome([returned()]), outcome(exhausted), true), undefined);
  });
});
