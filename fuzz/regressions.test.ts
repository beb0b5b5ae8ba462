import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { withoutLlvm } from '../src/llvm-jit/library.fixture.js';
import { configurations } from './configurations.js';
import { execute } from './execute.js';
import { problemText } from './failures.js';
import { readCase } from './kept-case.js';
import { runCase } from './run-case.js';

/*
 * What fuzzing has found, in all configurations. A file that begins with a known failure is expected to fail;
 * the test fails once it no longer does.
 */

/** Relative to build/fuzz. */
const folder = fileURLToPath(new URL('../../fuzz/regressions/', import.meta.url));
const files = readdirSync(folder).filter((name) => /\.(wat|wasm)$/.test(name));
const noLlvm = withoutLlvm();

describe('what fuzzing has found', () => {
  for (const file of files) {
    const { subject, knownFailure } = readCase(join(folder, file));
    test(file, () => {
      const usable = configurations.filter(({ needsLlvm }) => !needsLlvm || noLlvm === false);
      const { problems: found } = runCase(subject, usable, 1, (configuration) => {
        return execute(subject, configuration, { seed: 1 });
      });
      const problems = found.map(problemText);
      if (knownFailure === undefined) assert.deepEqual(problems, []);
      else
        assert.notDeepEqual(problems, [], 'does not fail any more: take the known failure out of the file');
    });
  }
});
