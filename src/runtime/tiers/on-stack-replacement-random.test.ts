import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { exportedFunctions } from '../../fast-jit/execution.fixture.js';
import { randomModule, randomModuleArguments } from '../../fast-jit/random-module.fixture.js';
import { withoutLlvm } from '../../llvm-jit/library.fixture.js';
import { baselineCpu } from '../../x64/cpu-features.js';
import { Runtime } from '../runtime.js';
import type { RuntimeOptions } from '../runtime-options.js';
import type { TierTuning } from './tier-options.js';

/*
 * Modules of random functions give the same results in the Fast JIT alone and with their loops replaced at
 * every k-th turn, or at random ones. UPSHIFT_RANDOM_MODULES=from-to names other seeds.
 */

const [from, to] = (process.env['UPSHIFT_RANDOM_MODULES'] ?? '1-8').split('-').map(Number);
const functions = 3;

const waiting = { warmUp: 0, waitForLoops: true };
const tunings: readonly TierTuning[] = [
  { ...waiting, heatThreshold: 1 },
  { ...waiting, heatThreshold: 2 },
  { ...waiting, heatThreshold: 3 },
  { ...waiting, heatThreshold: 6, chaos: 1 },
];
const machines: readonly RuntimeOptions[] = [
  { memoryMode: 'guarded' },
  { memoryMode: 'checked', cpu: baselineCpu },
  { memoryMode: 'guarded', livenessLimit: 0 },
];

/** Results of each function, called with each of the arguments, in a new instance each time. */
function results(options: RuntimeOptions, bytes: Uint8Array): unknown[] {
  const runtime = new Runtime({ ...options, llvm: { level: 1 } });
  const all = randomModuleArguments.map((args) => {
    const exported = exportedFunctions(runtime, bytes);
    return Array.from({ length: functions }, (_, k) => exported[`f${k}`](...args));
  });
  runtime.dispose();
  return all;
}

describe('random functions give the same when their loops are replaced', { skip: withoutLlvm() }, () => {
  for (const [k, tuning] of tunings.entries()) {
    const when = tuning.chaos === undefined ? `at turn ${tuning.heatThreshold}` : 'at random turns';
    test(`${when}: ${to - from + 1} modules`, () => {
      let entered = 0;
      for (let seed = from; seed <= to; seed++) {
        const bytes = randomModule(seed, functions);
        const machine = machines[(seed + k) % machines.length];
        const onTierUp: RuntimeOptions['onTierUp'] = (event) => {
          assert.notEqual(event.kind, 'refused', `seed ${seed}`);
          if (event.kind === 'entered') entered++;
        };
        const seeded = tuning.chaos === undefined ? tuning : { ...tuning, chaos: seed };
        const actual = results({ ...machine, tier: 'multi', tuning: seeded, onTierUp }, bytes);
        assert.deepEqual(actual, results({ ...machine, tier: 'fast' }, bytes), `seed ${seed}`);
      }
      assert.ok(entered > to - from, `${entered} entries`);
    });
  }
});
