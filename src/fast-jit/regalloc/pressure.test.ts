import { after, describe, test } from 'node:test';
import { allMachines, assertAgreesWithV8, machines } from '../execution.fixture.js';
import { randomModule, randomModuleArguments } from '../random-module.fixture.js';

const runtimes = allMachines.map(({ make }) => make());
after(() => {
  for (const runtime of runtimes) runtime.dispose();
});

describe('random functions with more values than registers', () => {
  const names = Array.from({ length: 8 }, (_, k) => `f${k}`);
  for (let seed = 1; seed <= 25; seed++) {
    test(`seed ${seed}`, () => {
      const calls = Object.fromEntries(names.map((name) => [name, randomModuleArguments]));
      // LLVM takes longer than all others together.
      const some = seed % 5 === 0 ? runtimes : runtimes.slice(0, machines.length);
      assertAgreesWithV8(some, randomModule(seed, names.length), calls);
    });
  }
});
