// npm test: builds the project and checks it in every way it knows. `node scripts/test.mjs step…` runs single steps;
// the Node that runs this script also runs the tests.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
process.chdir(root);
// The compiler's intermediate code is checked in all tests.
process.env.UPSHIFT_VERIFY_IR = '1';

const shared = process.env.UPSHIFT_SHARED ?? '../shared';
// For a step of its own, which has more time.
const { UPSHIFT_REAL: real } = process.env;
delete process.env.UPSHIFT_REAL;

/** Milliseconds that a step may take. */
const patience = 900_000;

/** Runs a program and returns whether it ended well. */
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

/** For processes that run tests. */
const exitAtOnce = '--import=./scripts/exit-at-once.mjs';

const testOptions = ['--test', '--test-reporter=spec', '--test-force-exit', exitAtOnce];

/** Test files by their sources, so that what an old build left behind is not run. */
function testFiles() {
  return ['src', 'test', 'bench', 'fuzz']
    .filter((folder) => existsSync(folder))
    .flatMap((folder) => readdirSync(folder, { recursive: true }).map((name) => join(folder, name)))
    .filter((name) => name.endsWith('.test.ts'))
    .map((name) => join('build', name.replace(/\.ts$/, '.js')))
    .sort();
}

/** The oldest LLVM that is supported, as Debian has it. */
const oldestLlvm = '/usr/lib/x86_64-linux-gnu/libLLVM-16.so.1';

function hasLlvm() {
  const found = spawnSync(process.execPath, ['dist/cli.js', '--version'], { encoding: 'utf8' });
  return found.stdout.includes('\nLLVM ');
}

/** In continuous integration nothing is to be skipped for a lack of LLVM where the build could have installed it. */
function checkLlvm() {
  if (hasLlvm()) return true;
  console.log('There is no libLLVM: tests of the LLVM tier are skipped.');
  return process.env.CI !== 'true' || process.getuid() !== 0 || !existsSync('/usr/bin/apt-get');
}

function spec() {
  const suite = join(shared, 'spec/2.0');
  if (!existsSync(suite)) {
    console.log(
      `skipped: there is no spec suite at ${suite} (UPSHIFT_SHARED can name the folder that holds spec/2.0)`,
    );
    return true;
  }
  let passed = true;
  const run = (...args) => {
    console.log(`${args.join(' ')}:`);
    passed = node(exitAtOnce, 'build/test/spec/main.js', ...args, '--quiet') && passed;
  };
  run('--tier=interp');
  run('--tier=interp', '--api');
  run('--tier=fast', '--api');
  // Interpreted and compiled functions call each other.
  run('--tier=fast', '--mixed=2');
  run('--tier=fast', '--mixed=3', '--memory=checked');
  for (const memory of ['guarded', 'checked']) {
    for (const cpu of ['host', 'baseline']) run('--tier=fast', `--memory=${memory}`, `--cpu=${cpu}`);
  }
  if (!hasLlvm()) {
    console.log('skipped: there is no libLLVM, so the tiers llvm and multi are not tested');
    return passed;
  }
  run('--tier=llvm');
  run('--tier=llvm', '--level=0', '--memory=checked', '--cpu=baseline');
  // Functions are switched up and down at random.
  run('--tier=multi', '--level=1', '--chaos=1');
  // Running loops go on in LLVM code at these turns.
  run('--tier=multi', '--level=1', '--turns=1');
  run('--tier=multi', '--level=1', '--turns=3', '--memory=checked', '--cpu=baseline');
  run('--tier=multi', '--level=1', '--turns=4', '--chaos=1');
  if (existsSync(oldestLlvm)) {
    process.env.UPSHIFT_LLVM = oldestLlvm;
    console.log(`${oldestLlvm}:`);
    run('--tier=llvm');
    run('--tier=llvm', '--level=1', '--memory=checked', '--cpu=baseline');
    delete process.env.UPSHIFT_LLVM;
  } else {
    console.log(`skipped: there is no ${oldestLlvm}`);
  }
  return passed;
}

const steps = {
  build: () => node('scripts/build.mjs') && checkLlvm(),
  typecheck: () => run('node_modules/.bin/tsc', '--noEmit'),
  lint: () => run('node_modules/.bin/biome', 'check', '.'),
  unit: () => node(...testOptions, '--test-concurrency=2', '--test-timeout=180000', ...testFiles()),
  spec,
  // The same modules each time, as many as there is time for.
  fuzz: () =>
    node(exitAtOnce, 'build/fuzz/main.js', '--seed=1', '--modules=90', '--seconds=45', '--reduce-seconds=10'),
  real: () => {
    process.env.UPSHIFT_REAL = real ?? '1';
    return node(...testOptions, 'build/test/real/sqlite.test.js');
  },
  soak: () => !hasLlvm() || node(exitAtOnce, 'build/test/soak/main.js', '--seconds=20'),
};

const named = process.argv.slice(2);
const unknown = named.find((name) => !(name in steps));
if (unknown !== undefined) {
  console.error(`unknown step ${unknown}; there are ${Object.keys(steps).join(', ')}`);
  process.exit(2);
}

/** What takes minutes and needs the network is to be asked for. */
const usual = Object.keys(steps).filter((name) => name !== 'real' || real !== undefined);

const failed = [];
for (const name of named.length > 0 ? named : usual) {
  console.log(`\n== ${name}`);
  const start = performance.now();
  const passed = steps[name]();
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  console.log(`== ${name} ${passed ? 'passed' : 'FAILED'} in ${seconds} s`);
  if (!passed) failed.push(name);
  // Nothing behind a broken build says anything.
  if (!passed && name === 'build') break;
}
if (failed.length > 0) console.error(`\nfailed: ${failed.join(', ')}`);
process.exitCode = failed.length > 0 ? 1 : 0;
