import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { withoutLlvm } from '../../src/llvm-jit/library.fixture.js';
import { decodeModule } from '../../src/wasm/decode.js';
import { validateModule } from '../../src/wasm/validate.js';
import { configurations } from '../configurations.js';
import { execute } from '../execute.js';
import { problemText } from '../failures.js';
import { runCase } from '../run-case.js';
import { edgesCase } from '../subjects.js';
import { generateEdges } from './edge-module.js';
import { features } from './features.js';

test('modules of accesses at the edges are valid, and the same for the same seed', () => {
  for (let seed = 1; seed <= 30; seed++) {
    const { bytes, calls } = generateEdges(seed, features);
    validateModule(decodeModule(bytes));
    assert.deepEqual(generateEdges(seed, features), { bytes, calls });
  }
});

test('about as many accesses are in bounds as out of them', () => {
  const endings = { returned: 0, trapped: 0 };
  for (let seed = 1; seed <= 8; seed++) {
    const subject = edgesCase(seed, features);
    for (const { ending } of execute(subject, configurations[0], { seed }).steps) {
      assert.ok(ending.kind === 'returned' || ending.kind === 'trapped', ending.kind);
      endings[ending.kind]++;
    }
  }
  const share = endings.returned / (endings.returned + endings.trapped);
  assert.ok(share > 0.3 && share < 0.7, `${share}`);
});

describe('accesses at the edges do the same in all configurations', () => {
  const usable = configurations.filter(({ needsLlvm }) => !needsLlvm || withoutLlvm() === false);
  for (const seed of [2, 5]) {
    test(`seed ${seed}`, () => {
      const subject = edgesCase(seed, features);
      const { problems } = runCase(subject, usable, seed, (configuration) =>
        execute(subject, configuration, { seed }),
      );
      assert.deepEqual(problems.map(problemText), []);
    });
  }
});
