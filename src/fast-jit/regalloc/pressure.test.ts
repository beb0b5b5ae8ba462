import { after, describe, test } from 'node:test';
import { randomModule, randomModuleArguments } from '../random-module.js';
import { assertAgreesWithV8, machines } from '../test-execution.js';

const runtimes = machines.map(({ make }) => make());
after(() => {
  for (const runtime of runtimes) runtime.dispose();
});

describe('random functions with more values than registers', () => {
  const names = Array.from({ length: 8 }, (_, k) => `f${k}`);
  for (let seed = 1; seed <= 25; seed++) {
    test(`seed ${seed}`, () => {
      const calls = Object.fromEntries(names.map((name) => [name, randomModuleArguments]));
      assertAgreesWithV8(runtimes, randomModule(seed, names.length), calls);
    });
  }
});
