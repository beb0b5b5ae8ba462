import { after, describe, test } from 'node:test';
import {
  allMachines,
  allVectorMachines,
  assertAgreesWithV8,
  machines,
  vectorMachines,
} from '../execution.fixture.js';
import { randomModule, randomModuleArguments } from '../random-module.fixture.js';

const runtimes = allMachines.map(({ make }) => make());
const vectorRuntimes = allVectorMachines.map(({ make }) => make());
after(() => {
  for (const runtime of [...runtimes, ...vectorRuntimes]) runtime.dispose();
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

  for (let seed = 301; seed <= 312; seed++) {
    test(`with vectors, seed ${seed}`, () => {
      const calls = Object.fromEntries(names.map((name) => [name, randomModuleArguments]));
      const some = seed % 5 === 0 ? vectorRuntimes : vectorRuntimes.slice(0, vectorMachines.length);
      const all = allVectorMachines.map(({ name }) => name);
      assertAgreesWithV8(some, randomModule(seed, names.length, true), calls, all);
    });
  }
});
