import { workerData } from 'node:worker_threads';
import type { Imports } from '../instances/linking.js';
import type { Func } from '../objects/func.js';
import { Runtime } from '../runtime.js';
import { type EndlessTask, type EndlessWork, State } from './terminating.fixture.js';
import { withTimeout } from './timeout.js';

/** Does for ever what it is told, and says whether JavaScript goes on after that. */
const { tier, work, module: bytes, state } = workerData as EndlessTask;
const words = new Int32Array(state);
const runtime = new Runtime({ tier, tuning: { warmUp: 0 } });
let depth = 5;

function noteIfItEnds(endless: () => void): void {
  try {
    endless();
  } catch {
    Atomics.store(words, State.wentOn, 1);
  } finally {
    Atomics.store(words, State.wentOn, 1);
  }
}

const imports: Imports = {
  host: {
    begin: () => void Atomics.store(words, State.begun, 1),
    cheap: () => {},
    back: () => noteIfItEnds(() => functions[depth-- > 0 ? 'nested' : 'spin']()),
    wait: () => void Atomics.wait(words, State.zero, 0),
  },
};
const instantiate = (): Record<string, Func> =>
  runtime.instantiate(runtime.compile(bytes), imports).exports as Record<string, Func>;
const functions = instantiate();

const endless: Partial<Record<EndlessWork, () => void>> = {
  limited: () => withTimeout(2 ** 40, () => functions['spin']()),
  firstCalls: () => {
    for (;;) instantiate()['once']();
  },
};
noteIfItEnds(endless[work] ?? (() => functions[work]()));
