import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { HeatPolicy } from './heat-policy.js';
import { type Beat, Pulses } from './pulses.js';
import type { TierTuning } from './tier-options.js';

const threshold = 1000;

function pulsesWith(tuning: TierTuning = {}): Pulses {
  return new Pulses(new HeatPolicy({ heatThreshold: threshold, ...tuning }));
}

/** Reports until the close looks are over; returns the time after the last one. */
function afterCloseLooks(pulses: Pulses, functionIndex: number, start: number): number {
  let at = start;
  while (pulses.beat(functionIndex, at, false).isCloseLook) at++;
  return at;
}

describe('a function that is hot in a loop', () => {
  test('is looked at closely 16 times, within 32 counts each', () => {
    const pulses = pulsesWith();
    const beats: Beat[] = [];
    for (let at = 0; at < 20; at++) beats.push(pulses.beat(7, at, false));
    assert.deepEqual(
      beats.map(({ isCloseLook }) => isCloseLook),
      Array.from({ length: 20 }, (_, k) => k < 16),
    );
    for (const { count } of beats.slice(0, 16)) assert.ok(count >= 1 && count <= 32);
  });

  test('then reports about every 3 ms', () => {
    const pulses = pulsesWith();
    const at = afterCloseLooks(pulses, 7, 100);
    const { count } = pulses.beat(7, at + 1, false);
    // It counted so many in a millisecond.
    assert.equal(pulses.beat(7, at + 2, false).count, 3 * count);
    assert.equal(pulses.beat(7, at + 2 + 9, false).count, count);
    assert.equal(pulses.since(7), 100);
    assert.equal(pulses.since(8), undefined);
  });

  test('reports within 64 to 2^30 counts, whatever the clock says', () => {
    const pulses = pulsesWith();
    let at = afterCloseLooks(pulses, 7, 0);
    at += 1e9;
    assert.equal(pulses.beat(7, at, false).count, 64);
    // No time has passed, or the clock was set back.
    assert.equal(pulses.beat(7, at, false).count, 64);
    assert.equal(pulses.beat(7, at - 5, false).count, 64);
    at -= 5;
    let last = 0;
    for (let k = 0; k < 40; k++) {
      at += 1e-3;
      last = pulses.beat(7, at, false).count;
    }
    assert.equal(last, 2 ** 30);
  });
});

test('a function that is hot by its calls is not looked at closely', () => {
  const pulses = pulsesWith();
  assert.deepEqual(pulses.beat(7, 0, true), { count: threshold, isCloseLook: false, isCalledOften: true });
  assert.equal(pulses.beat(7, 1, false).isCloseLook, false);
  // Others are.
  assert.equal(pulses.beat(8, 1, false).isCloseLook, true);
});

test('a call that is seen at a close look ends them, and keeps the count', () => {
  const pulses = pulsesWith();
  for (let at = 0; at < 3; at++) pulses.beat(7, at, false);
  assert.deepEqual(pulses.beat(7, 3, true), { count: threshold, isCloseLook: false, isCalledOften: true });
});

test('who waits for loops, or for chance, does not look closely', () => {
  assert.deepEqual(pulsesWith({ waitForLoops: true }).beat(7, 0, false), {
    count: threshold,
    isCloseLook: false,
    isCalledOften: false,
  });
  assert.equal(pulsesWith({ chaos: 1 }).beat(7, 0, false).isCloseLook, false);
  const random = pulsesWith({ chaos: 1, waitForLoops: true });
  const counts = Array.from({ length: 50 }, (_, at) => random.beat(7, at, false).count);
  assert.ok(counts.every((count) => count >= 1 && count <= threshold));
  assert.ok(new Set(counts).size > 40);
});

describe('HeatPolicy', () => {
  test('starts counters at the threshold, or at random', () => {
    assert.equal(new HeatPolicy({}).nextCount(), 20_000);
    assert.equal(new HeatPolicy({ heatThreshold: 5 }).nextCount(), 5);
    assert.equal(new HeatPolicy({ heatThreshold: 5, chaos: 3 }).nextCount(), 5);
    const policy = new HeatPolicy({ heatThreshold: 5, chaos: 3, waitForLoops: true });
    const counts = Array.from({ length: 100 }, () => policy.nextCount());
    assert.deepEqual([...new Set(counts)].sort(), [1, 2, 3, 4, 5]);
  });

  test('lets programs begin without threads', () => {
    const policy = new HeatPolicy({});
    assert.equal(policy.isWarmingUp(49), true);
    assert.equal(policy.isWarmingUp(50), false);
    assert.equal(new HeatPolicy({ warmUp: 0 }).isWarmingUp(0), false);
  });

  test('keeps functions below by chance only under chaos, and always where loops are waited for', () => {
    const stays = (tuning: TierTuning): number => {
      const policy = new HeatPolicy(tuning);
      return Array.from({ length: 1000 }, () => policy.staysBelow()).filter(Boolean).length;
    };
    assert.equal(stays({}), 0);
    assert.equal(stays({ waitForLoops: true }), 0);
    assert.equal(stays({ chaos: 1, waitForLoops: true }), 1000);
    const some = stays({ chaos: 1 });
    assert.ok(some > 400 && some < 600);
    assert.equal(stays({ chaos: 1 }), some);
  });
});
