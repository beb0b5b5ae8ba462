// npm run try:package: uses the package as users do. Packs it, installs it into a new project in a temporary
// folder, together with common tools, then type-checks, runs, bundles and tests the project. Prints a line
// for each thing tried; the status is 1 if anything failed. What npm has in its cache is not fetched again.
// `--keep` keeps the folder, and further words choose what is tried: `node scripts/try-package.mjs webpack
// jest`.
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { environment, makeProject } from './temporary-project.mjs';
import * as files from './try-package-files.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const { values, positionals: wanted } = parseArgs({
  allowPositionals: true,
  options: { keep: { type: 'boolean', default: false } },
});

const folder = mkdtempSync(join(tmpdir(), 'upshift-package-'));
const project = join(folder, 'project');
const tiers = ['interp', 'fast', 'multi', 'llvm'];

/** Milliseconds after which a command counts as hanging. */
const patience = 1_200_000;

/** The project's tools. They are installed there, so the repository does not need them. */
const tools = {
  '@rollup/plugin-node-resolve': '^16.0.0',
  '@rollup/plugin-commonjs': '^29.0.0',
  '@types/node': '^20.0.0',
  esbuild: '^0.28.0',
  jest: '^30.0.0',
  rollup: '^4.0.0',
  typescript: '^7.0.0',
  vitest: '^4.0.0',
  webpack: '^5.0.0',
};

/**
 * Runs a program, by default in the project, and returns what it printed; throws that if the program fails.
 */
function run(program, args, { cwd = project, variables = {} } = {}) {
  const env = { ...environment, XDG_CACHE_HOME: join(folder, 'cache'), ...variables };
  const { status, signal, error, stdout, stderr } = spawnSync(program, args, {
    cwd,
    env,
    encoding: 'utf8',
    input: '',
    timeout: patience,
    killSignal: 'SIGKILL',
    maxBuffer: 2 ** 26,
  });
  if (error) throw error;
  const output = `${stdout}${stderr}`;
  if (status === 0) return output;
  throw new Error(`${program} ${args.join(' ')}: ${signal ?? `status ${status}`}\n${output}`);
}

const node = (...args) => run(process.execPath, args);
/** Runs a tool of the project with the Node that runs this script. */
const tool = (name, args, options) =>
  run(process.execPath, [join(project, 'node_modules', name), ...args], options);

function expectText(output, expected) {
  if (output !== expected) throw new Error(`expected ${JSON.stringify(expected)}, not:\n${output}`);
}

const results = [];

/** Tries something, which may return why it was skipped. */
async function attempt(group, name, work) {
  if (wanted.length > 0 && !wanted.includes(group)) return;
  let outcome = 'passed';
  let detail = '';
  try {
    const reason = await work();
    if (typeof reason === 'string') [outcome, detail] = ['skipped', reason];
  } catch (error) {
    outcome = 'FAILED';
    detail = error instanceof Error ? error.message : String(error);
  }
  results.push({ group, name, outcome });
  console.log(
    `${outcome.padEnd(7)}  ${group.padEnd(10)}  ${name}${outcome === 'skipped' ? `: ${detail}` : ''}`,
  );
  if (outcome === 'FAILED') console.log(detail.replace(/^/gm, '    ').slice(0, 4000));
}

function prepare() {
  const [packed] = JSON.parse(
    spawnSync('npm', ['pack', '--json', '--silent', '--pack-destination', folder], {
      cwd: root,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'inherit'],
    }).stdout.replace(/^[^[]*/, ''),
  );
  console.log(`${packed.filename}: ${packed.files.length} files, ${packed.size} bytes`);
  makeProject(project, { upshift: `file:${join(folder, packed.filename)}`, ...tools });
  for (const [name, text] of Object.entries(files.project)) writeFileSync(join(project, name), text);
  for (const name of ['hello.wasm', 'arithmetic.wat'])
    copyFileSync(join(root, 'examples', name), join(project, name));
  writeFileSync(join(project, 'run.wasm'), files.runModule);
}

/** What the program prints in a given tier. */
const expected = (tier) => `42 ${tier}${tier === 'multi' && hasLlvm ? ' LLVM' : ''}\n`;
let hasLlvm = false;

/** Runs a program in each tier, from an unrelated folder. */
async function inAllTiers(group, name, file) {
  for (const tier of tiers) {
    await attempt(group, `${name}, tier ${tier}`, () => {
      if (tier === 'llvm' && !hasLlvm) return 'there is no libLLVM';
      const args = [file, join(project, 'run.wasm'), tier, hasLlvm ? 'LLVM' : 'none'];
      expectText(run(process.execPath, args, { cwd: tmpdir() }), expected(tier));
      return undefined;
    });
  }
}

const endings = { esm: 'mjs', cjs: 'cjs' };
let bundleCount = 0;

/**
 * Makes a bundle in its own folder, puts koffi's native module next to it, as docs/bundlers.md says, and runs
 * it.
 */
async function bundled(group, name, format, make) {
  const place = join(folder, `bundle-${++bundleCount}`);
  const file = join(place, `bundle.${endings[format]}`);
  let isMade = false;
  await attempt(group, `${name}, to ${format}`, async () => {
    mkdirSync(place);
    await make(place, file);
    copyFileSync(
      join(project, 'node_modules/@koromix/koffi-linux-x64/linux_x64/koffi.node'),
      join(place, 'koffi.node'),
    );
    isMade = true;
  });
  if (isMade) await inAllTiers(group, `${name}, to ${format}`, file);
}

function noneOf(warnings) {
  if (warnings.length > 0) throw new Error(warnings.map(({ message, text }) => message ?? text).join('\n'));
}

const { resolve } = createRequire(join(project, 'package.json'));
const load = (name) => import(pathToFileURL(resolve(name)).href);

async function withEsbuild() {
  const esbuild = await load('esbuild');
  for (const format of ['esm', 'cjs']) {
    for (const minify of [false, true]) {
      for (const entry of ['program.mjs', 'program.cjs']) {
        await bundled('esbuild', `${entry}${minify ? ' minified' : ''}`, format, async (_, outfile) => {
          const options = { format, minify, outfile, bundle: true, platform: 'node', logLevel: 'silent' };
          // What esbuild's manual recommends for CommonJS modules in an ES module.
          const banner = format === 'esm' && entry.endsWith('.cjs') ? files.requireBanner : {};
          const { warnings } = await esbuild.build({
            ...options,
            entryPoints: [join(project, entry)],
            banner,
          });
          noneOf(warnings);
        });
      }
    }
  }
}

async function withRollup() {
  const { rollup } = await load('rollup');
  const { default: nodeResolve } = await load('@rollup/plugin-node-resolve');
  const { default: commonjs } = await load('@rollup/plugin-commonjs');
  for (const format of ['esm', 'cjs']) {
    for (const entry of ['program.mjs', 'program.cjs']) {
      await bundled('rollup', entry, format, async (_, file) => {
        const warnings = [];
        const bundle = await rollup({
          input: join(project, entry),
          plugins: [nodeResolve({ exportConditions: ['node'] }), commonjs()],
          external: [/^node:/],
          onwarn: (warning) => warnings.push(warning),
        });
        await bundle.write({ file, format });
        noneOf(warnings);
      });
    }
  }
}

async function withWebpack() {
  const { default: webpack } = await load('webpack');
  for (const format of ['esm', 'cjs']) {
    for (const mode of ['development', 'production']) {
      for (const entry of ['program.mjs', 'program.cjs']) {
        await bundled('webpack', `${entry} for ${mode}`, format, async (path) => {
          const module = format === 'esm' ? { experiments: { outputModule: true } } : {};
          const output = { path, filename: `bundle.${endings[format]}`, module: format === 'esm' };
          const options = {
            mode,
            target: 'node20',
            context: project,
            entry: `./${entry}`,
            output,
            ...module,
          };
          const stats = await new Promise((done, fail) =>
            webpack(options, (error, result) => (error ? fail(error) : done(result))),
          );
          const { errors, warnings } = stats.toJson({ errors: true, warnings: true });
          noneOf([...errors, ...warnings]);
        });
      }
    }
  }
}

async function tryAll() {
  hasLlvm = tool('.bin/upshift', ['--version']).includes('\nLLVM ');

  for (const name of ['nodenext', 'bundler'])
    await attempt('types', `strict, ${name}`, () => {
      tool('typescript/bin/tsc', ['-p', `tsconfig.${name}.json`]);
    });

  for (const name of ['program.mjs', 'program.cjs']) await inAllTiers('node', name, join(project, name));

  for (const tier of tiers) {
    await attempt('command', `upshift run --tier=${tier}`, () => {
      if (tier === 'llvm' && !hasLlvm) return 'there is no libLLVM';
      expectText(tool('.bin/upshift', ['run', `--tier=${tier}`, 'hello.wasm']), 'hello, world\n');
      return undefined;
    });
  }
  await attempt('command', 'a module in the text format', () => {
    expectText(tool('.bin/upshift', ['run', '--invoke', 'gcd', 'arithmetic.wat', '12', '18']), '6\n');
  });
  await attempt('command', 'machine code as text', () => {
    const output = tool('.bin/upshift', ['compile', '--dump=asm', '--function', 'gcd', 'arithmetic.wat']);
    if (!/\bret\b/.test(output)) throw new Error(output);
  });

  await attempt('register', 'node --import upshift/register', () => {
    expectText(node('--import', 'upshift/register', 'app.mjs'), '42 true\n');
  });

  for (const [group, make] of [
    ['esbuild', withEsbuild],
    ['rollup', withRollup],
    ['webpack', withWebpack],
  ])
    if (wanted.length === 0 || wanted.includes(group)) await make();

  for (const pool of ['forks', 'threads'])
    await attempt('vitest', `in ${pool}`, () => {
      tool('vitest/vitest.mjs', ['run', `--pool=${pool}`], { variables: { CI: 'true' } });
    });
  await attempt('jest', 'CommonJS', () => {
    tool('jest/bin/jest.js', ['--ci', '--testMatch', '**/jest.test.cjs']);
  });
  await attempt('jest', 'ES modules', () => {
    const variables = { NODE_OPTIONS: '--experimental-vm-modules --no-warnings' };
    tool('jest/bin/jest.js', ['--ci', '--testMatch', '**/jest.test.mjs'], { variables });
  });
}

try {
  prepare();
  await tryAll();
} finally {
  if (values.keep) console.log(`Kept: ${folder}`);
  else rmSync(folder, { recursive: true, force: true });
}
const count = (outcome) => results.filter((result) => result.outcome === outcome).length;
console.log(`${count('passed')} passed, ${count('skipped')} skipped, ${count('FAILED')} failed`);
process.exitCode = count('FAILED') > 0 || results.length === 0 ? 1 : 0;
