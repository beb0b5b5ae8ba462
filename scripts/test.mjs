// npm test: builds the project and runs every check there is. `node scripts/test.mjs step…` runs single
// steps. The tests run in the Node that runs this script.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runChildren } from './children.mjs';
import { specRuns } from './spec-runs.mjs';
import { exitAtOnce, runFiles } from './test-files.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
process.chdir(root);
// All tests verify the compiler's intermediate code.
process.env.UPSHIFT_VERIFY_IR = '1';

const shared = process.env.UPSHIFT_SHARED ?? '../shared';
// For a separate step with more time.
const { UPSHIFT_REAL: real } = process.env;
delete process.env.UPSHIFT_REAL;

/** Milliseconds that one command of a step may take, even on a very busy machine: what takes longer hangs. */
const patience = 2 * 3_600_000;

/** Runs a program and returns whether it succeeded. */
function run(program, ...args) {
  const { status, signal, error } = spawnSync(program, args, {
    stdio: 'inherit',
    timeout: patience,
    killSignal: 'SIGKILL',
  });
  if (error !== undefined) console.error(String(error));
  else if (signal !== null) console.error(`${program} was ended by ${signal}`);
  return status === 0;
}

function node(...args) {
  return run(process.execPath, ...args);
}

/** Test files according to the sources: an old build may have left others behind. */
function testFiles() {
  return ['src', 'test', 'bench', 'fuzz']
    .filter((folder) => existsSync(folder))
    .flatMap((folder) => readdirSync(folder, { recursive: true }).map((name) => join(folder, name)))
    .filter((name) => name.endsWith('.test.ts'))
    .map((name) => join('build', name.replace(/\.ts$/, '.js')))
    .sort();
}

/** Folders of what depends on Node: its API, how it starts and ends, workers, the FFI. */
const ofNode = [
  ...['api', 'cache', 'cli', 'launch', 'native', 'runtime', 'self-check', 'tiering', 'wasi', 'wast'].map(
    (name) => `build/src/${name}/`,
  ),
  ...['library', 'natives', 'package', 'programs', 'types', 'wasi'].map((name) => `build/test/${name}/`),
];

/** The oldest supported LLVM, as Debian has it. */
const oldestLlvm = '/usr/lib/x86_64-linux-gnu/libLLVM-16.so.1';

function hasLlvm() {
  const found = spawnSync(process.execPath, ['dist/cli.js', '--version'], { encoding: 'utf8' });
  return found.stdout.includes('\nLLVM ');
}

/** In continuous integration a lack of LLVM is an error if the build could have installed it. */
function checkLlvm() {
  if (hasLlvm()) return true;
  console.log('There is no libLLVM: tests of the LLVM tier are skipped.');
  return process.env.CI !== 'true' || process.getuid() !== 0 || !existsSync('/usr/bin/apt-get');
}

/** Runs the spec suite in all configurations, two at a time. */
async function spec() {
  const { runs, notes } = specRuns(join(shared, 'spec'), { llvm: hasLlvm(), oldestLlvm });
  for (const note of notes) console.log(note);
  const commands = runs.map(({ args, env }) => ({
    args: [exitAtOnce, 'build/test/spec/main.js', ...args],
    env,
  }));
  let passed = true;
  await runChildren(commands, { jobs: 2, patience }, (index, { output, how, seconds }) => {
    const { args, env } = runs[index];
    const settings = Object.entries(env ?? {}).map(([name, value]) => `${name}=${value}`);
    const verdict = how === undefined ? 'passed' : `FAILED (${how})`;
    console.log(`${verdict}  ${[...settings, ...args].join(' ')} (${seconds.toFixed(1)} s)`);
    console.log(output.replace(/^/gm, '    ').trimEnd());
    passed &&= how === undefined;
  });
  return passed;
}

async function test(files) {
  const failed = await runFiles(files);
  return failed.length === 0;
}

const steps = {
  build: () => node('scripts/build.mjs') && checkLlvm(),
  typecheck: () => run('node_modules/.bin/tsc', '--noEmit'),
  lint: () => run('node_modules/.bin/biome', 'check', '.'),
  unit: () => test(testFiles()),
  node: () => test(testFiles().filter((file) => ofNode.some((folder) => file.startsWith(folder)))),
  spec,
  // The same modules each time, as many as time allows. Modules of loops take long, and have a unit test.
  fuzz: () =>
    node(
      exitAtOnce,
      'build/fuzz/main.js',
      '--generator=own,binaryen,mutate',
      '--seed=1',
      '--modules=90',
      '--seconds=45',
      '--reduce-seconds=10',
    ),
  real: () => {
    process.env.UPSHIFT_REAL = real ?? '1';
    return test(['build/test/real/sqlite.test.js']);
  },
  soak: () => !hasLlvm() || node(exitAtOnce, 'build/test/soak/main.js', '--seconds=20'),
};

const named = process.argv.slice(2);
const unknown = named.find((name) => !(name in steps));
if (unknown !== undefined) {
  console.error(`unknown step ${unknown}; there are ${Object.keys(steps).join(', ')}`);
  process.exit(2);
}

/** A part of another step, and what takes minutes and needs the network, must be requested. */
const usual = Object.keys(steps).filter((name) => name !== 'node' && (name !== 'real' || real !== undefined));

const failed = [];
for (const name of named.length > 0 ? named : usual) {
  console.log(`\n== ${name}`);
  const start = performance.now();
  const passed = await steps[name]();
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  console.log(`== ${name} ${passed ? 'passed' : 'FAILED'} in ${seconds} s`);
  if (!passed) failed.push(name);
  // After a broken build the other steps mean nothing.
  if (!passed && name === 'build') break;
}
if (failed.length > 0) console.error(`\nfailed: ${failed.join(', ')}`);
process.exitCode = failed.length > 0 ? 1 : 0;
