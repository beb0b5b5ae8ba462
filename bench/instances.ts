/**
 * Times an instance's whole life: it is made, one of its functions is called, and it is given up. Ours, with
 * and without a pool of memories, beside V8's:
 *
 *     node build/bench/instances.js [--rounds N] [--json]
 */

import { parseArgs } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Runtime } from '../src/index.js';
import { runCount } from './arguments.js';
import { instancesModule } from './instances-module.js';
import { median } from './statistics.js';
import { decimal, Table } from './table.js';
import { V8 } from './v8-webassembly.js';

/** Instances that one contestant makes in a round. */
const instancesPerRound = 1000;
/** Rounds that do not count: code is compiled, and V8 optimizes JavaScript. */
const warmUpRounds = 2;

/** An instance's whole life; returns what its function has returned. */
type Life = (argument: number) => number;

interface Handler {
  readonly handle: (argument: number) => number;
}

function ours(runtime: Runtime, bytes: Uint8Array): Life {
  const module = runtime.compile(bytes);
  return (argument) => {
    const instance = runtime.instantiate<Handler>(module);
    const result = instance.exports.handle(argument);
    instance.dispose();
    return result;
  };
}

function ofV8(bytes: Uint8Array): Life {
  const module = new V8.Module(bytes);
  return (argument) => (new V8.Instance(module, {}).exports as unknown as Handler).handle(argument);
}

/** Collects all garbage: no contestant pays for what the one before it has left. */
function garbageCollector(): () => void {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc') as () => void;
}

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '11' }, json: { type: 'boolean', default: false } },
});
const rounds = runCount(values.rounds);
const bytes = await instancesModule();
const collect = garbageCollector();
const contestants = {
  instantiateUs: ours(new Runtime(), bytes),
  pooledUs: ours(new Runtime({ memoryPool: { memories: 1 } }), bytes),
  v8Us: ofV8(bytes),
};
type Name = keyof typeof contestants;
const names = Object.keys(contestants) as Name[];
const times: Record<Name, number[]> = { instantiateUs: [], pooledUs: [], v8Us: [] };
const expected = contestants.v8Us(0);
for (let round = -warmUpRounds; round < rounds; round++) {
  for (const name of names) {
    const live = contestants[name];
    collect();
    const start = performance.now();
    for (let k = 0; k < instancesPerRound; k++) {
      if (live(k) !== ((expected + k) | 0)) throw new Error(`${name}: an instance has the wrong bytes`);
    }
    const time = performance.now() - start;
    if (round >= 0) times[name].push((time * 1000) / instancesPerRound);
  }
}
const figures = Object.fromEntries(names.map((name) => [name, median(times[name])])) as Record<Name, number>;
if (values.json) {
  console.log(JSON.stringify(figures));
} else {
  const table = new Table(['', 'us', '/ V8'], 24);
  const titles: Record<Name, string> = { instantiateUs: 'ours', pooledUs: 'ours, pooled', v8Us: 'V8' };
  for (const name of names) {
    table.row([titles[name], decimal(figures[name], 1), decimal(figures[name] / figures.v8Us, 2)]);
  }
}
