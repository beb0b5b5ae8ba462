/**
 * Differential fuzzing: `npm run fuzz -- --seconds 600 [--seed N] [--generator all|own,loops,binaryen,mutate]
 * [--features all|none|exceptions,tail-calls,…] [--tiers interp,fast,llvm,multi] [--llvm files] [--jobs N]
 * [--failures folder]`.
 *
 * Random modules must behave the same in V8 and in all configurations of Upshift; those that do not are
 * reduced and kept. Status 1 if something failed. docs/testing.md says more.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { withoutLlvm } from '../src/llvm-jit/library.fixture.js';
import { configurations, tierNames } from './configurations.js';
import { Fuzzer } from './fuzzer.js';
import { type Feature, parseFeatures } from './generator/features.js';
import { installedLlvms } from './libraries.js';
import { generatorNames } from './sources.js';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    seed: { type: 'string' },
    generator: { type: 'string', default: 'all' },
    features: { type: 'string', default: 'all' },
    tiers: { type: 'string' },
    llvm: { type: 'string', default: 'all' },
    jobs: { type: 'string', default: '1' },
    modules: { type: 'string' },
    failures: { type: 'string', default: fileURLToPath(new URL('../../fuzz/failures', import.meta.url)) },
    'reduce-seconds': { type: 'string', default: '90' },
    quiet: { type: 'boolean', default: false },
  },
});

function fail(message: string): never {
  console.error(message);
  process.exit(2);
}

function numberArgument(
  name: 'seconds' | 'seed' | 'jobs' | 'modules' | 'reduce-seconds',
  fallback: number,
): number {
  const text = values[name];
  if (text === undefined) return fallback;
  const number = Number(text);
  if (!Number.isSafeInteger(number) || number < 0) fail(`--${name} must be a number, not ${text}`);
  return number;
}

/** The configurations of the requested tiers; without LLVM, only those that do not need it. */
function chosenConfigurations(): string[] {
  const tiers = values.tiers?.split(',');
  const unknown = tiers?.find((tier) => !tierNames.includes(tier));
  if (unknown !== undefined) fail(`there is no tier ${unknown}; there are ${tierNames.join(', ')}`);
  const reason = withoutLlvm();
  if (reason !== false) console.log(`Tiers that need LLVM are left out: ${reason}.`);
  return configurations
    .filter(({ tier, needsLlvm }) => (tiers?.includes(tier) ?? true) && !(needsLlvm && reason !== false))
    .map(({ name }) => name);
}

/** The requested features of WebAssembly 3.0. */
function chosenFeatures(): readonly Feature[] {
  try {
    return parseFeatures(values.features);
  } catch (error) {
    return fail(`--features: ${(error as Error).message}`);
  }
}

/** The requested libLLVMs. */
function chosenLibraries(): string[] {
  return values.llvm === 'all' ? installedLlvms() : values.llvm.split(',');
}

const { generator } = values;
const generators = generator === 'all' ? generatorNames : generator.split(',');
const unknown = generators.find((name) => !generatorNames.includes(name));
if (unknown !== undefined) {
  fail(`there is no generator ${unknown}; there are all, ${generatorNames.join(', ')}`);
}
const folder = mkdtempSync(join(tmpdir(), 'upshift-fuzz-'));
const seed = numberArgument('seed', Date.now() % 1_000_000_000);
console.log(`seed ${seed}`);
const fuzzer = new Fuzzer({
  seed,
  folder,
  generators,
  features: chosenFeatures(),
  configurations: chosenConfigurations(),
  libraries: chosenLibraries(),
  seconds: numberArgument('seconds', 60),
  modules: numberArgument('modules', Number.POSITIVE_INFINITY),
  jobs: Math.max(1, numberArgument('jobs', 1)),
  failureFolder: values.failures,
  reduceSeconds: numberArgument('reduce-seconds', 90),
  isQuiet: values.quiet,
});
try {
  const isClean = await fuzzer.run();
  process.exitCode = isClean ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
