import assert from 'node:assert/strict';
import { closeSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { after, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Runtime, type RuntimeOptions, Wasi } from '../../src/index.js';
import { withoutLlvm } from '../../src/llvm-jit/library.fixture.js';

/*
 * Programs print the same in all tiers, and with their loops replaced while they run. UPSHIFT_PROGRAMS=all
 * runs all benchmark programs.
 */

/** The folder of the programs, relative to `build/test/programs`. */
const folder = fileURLToPath(new URL('../../../bench/programs/', import.meta.url));
const programs = readdirSync(folder, { recursive: true })
  .map((name) => join(folder, name.toString()))
  .filter((name) => name.endsWith('.wasm'));
const few = ['crc32.wasm', 'queens.wasm', 'knapsack.wasm', 'doti8-relaxed.wasm', 'kmeans.wasm', 'utf8.wasm'];
const chosen =
  process.env['UPSHIFT_PROGRAMS'] === 'all'
    ? programs
    : programs.filter((file) => few.includes(basename(file)));

const waiting = { warmUp: 0, waitForLoops: true };
const ways: readonly (readonly [string, RuntimeOptions])[] = [
  ['tier multi as it is', { tier: 'multi' }],
  ['loops replaced at turn 2', { tier: 'multi', tuning: { ...waiting, heatThreshold: 2 } }],
  ['loops replaced at turn 1000', { tier: 'multi', tuning: { ...waiting, heatThreshold: 1000 } }],
  ['loops replaced at random', { tier: 'multi', tuning: { ...waiting, heatThreshold: 300, chaos: 7 } }],
];

describe('programs print the same when their loops are replaced', { skip: withoutLlvm() }, () => {
  const scratch = mkdtempSync(join(tmpdir(), 'upshift-programs-'));
  after(() => rmSync(scratch, { recursive: true }));

  /** A program's output and status, and how many of its activations moved up. */
  function run(file: string, options: RuntimeOptions): { output: string; status: number; entered: number } {
    const path = join(scratch, 'stdout');
    const stdout = openSync(path, 'w');
    let entered = 0;
    const runtime = new Runtime({
      ...options,
      onTierUp: ({ kind }) => {
        if (kind === 'entered') entered++;
      },
    });
    const module = runtime.compile(readFileSync(file));
    const wasi = new Wasi({ args: [basename(file)], stdout });
    const status = wasi.start(runtime.instantiate(module, wasi.imports(module)));
    runtime.dispose();
    closeSync(stdout);
    // The last line says how long it took.
    const output = readFileSync(path, 'utf8').replace(/^time_ms .*\n/m, '');
    return { output, status, entered };
  }

  assert.ok(chosen.length >= few.length);
  for (const file of chosen) {
    test(basename(file), () => {
      const { output, status } = run(file, { tier: 'fast' });
      assert.ok(output.length > 0 && status === 0);
      assert.equal(run(file, { tier: 'llvm', llvm: { level: 1, lazy: true } }).output, output);
      for (const [name, options] of ways) {
        const actual = run(file, { ...options, llvm: { level: 1 } });
        assert.deepEqual([actual.output, actual.status], [output, 0], name);
        // At later or random moments the function may already be in LLVM code.
        if (options.tuning?.heatThreshold === 2) assert.ok(actual.entered > 0, `${name}: none were`);
      }
    });
  }
});
