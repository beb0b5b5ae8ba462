import '../own-cache.fixture.js';
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { transform } from 'esbuild';
import { commands } from '../../src/cli/options.js';
import { translateWat } from '../../src/cli/wat.js';
import { withoutLlvm } from '../../src/llvm-jit/library.fixture.js';
import { type Block, outputPattern, readBlocks, readSession } from './blocks.js';

/**
 * Runs the examples of the documentation; docs/testing.md says how to write them. Each page has its own
 * folder with copies of the examples, in which its blocks are run one after the other.
 */

const root = fileURLToPath(new URL('../../../', import.meta.url));
const pages = [
  'README.md',
  'CONTRIBUTING.md',
  'RATIONALE.md',
  'SECURITY.md',
  'examples/README.md',
  'bench/README.md',
  ...readdirSync(join(root, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];

/** Languages of blocks that are run unless a comment says why not. */
const runnable = ['sh', 'console', 'js', 'ts'];
/** How many blocks of all pages may stay unrun. Each says why. */
const mostUnrun = 8;

/** What blocks may need: why it is missing, or false. */
const missing: Readonly<Record<string, string | false>> = {
  LLVM: withoutLlvm(),
  cc: spawnSync('cc', ['--version']).status === 0 ? false : 'no C compiler',
  zlib:
    spawnSync('cc', ['-x', 'c', '-shared', '-', '-l:libz.so.1', '-o', '/dev/null'], { input: '' }).status ===
    0
      ? false
      : 'no zlib',
};

/** What `module.wasm` is in examples that use the library. */
const exampleModule = `(module (import "env" "log" (func $log (param i32)))
  (func (export "add") (param i32 i32) (result i32)
    (call $log (local.get 0)) (i32.add (local.get 0) (local.get 1))))`;
const exampleApp = `import { readFileSync } from 'node:fs';
  const { instance } = await WebAssembly.instantiate(readFileSync('module.wasm'), { env: { log: console.log } });
  console.log(instance.exports.add(1, 2));`;

const folder = mkdtempSync(join(tmpdir(), 'upshift-docs-'));
after(() => rmSync(folder, { recursive: true }));

/** Makes the folder of a page. */
async function prepare(page: string): Promise<string> {
  const place = join(folder, page.replaceAll('/', '-'));
  mkdirSync(join(place, 'node_modules'), { recursive: true });
  symlinkSync(root, join(place, 'node_modules/upshift'));
  for (const name of ['examples', 'include'])
    cpSync(join(root, name), join(place, name), { recursive: true });
  copyFileSync(join(root, 'README.md'), join(place, 'README.md'));
  copyFileSync(join(root, 'examples/hello.wasm'), join(place, 'program.wasm'));
  copyFileSync(join(root, 'examples/hello.wasm'), join(place, 'server.wasm'));
  for (const name of ['data', 'lib']) mkdirSync(join(place, name));
  writeFileSync(join(place, 'module.wasm'), await translateWat('module', Buffer.from(exampleModule)));
  writeFileSync(join(place, 'app.mjs'), exampleApp);
  writeFileSync(join(place, 'package.json'), '{ "type": "module" }');
  return place;
}

before(() => {
  const bin = join(folder, 'bin');
  mkdirSync(bin);
  const script = `#!/bin/sh\nexec ${JSON.stringify(process.execPath)} ${JSON.stringify(join(root, 'dist/cli.js'))} "$@"\n`;
  writeFileSync(join(bin, 'upshift'), script, { mode: 0o755 });
  symlinkSync(process.execPath, join(bin, 'node'));
});

function run(
  place: string,
  command: string,
  args: readonly string[],
): { status: number | null; output: string } {
  const env = { ...process.env, PATH: `${join(folder, 'bin')}:${process.env['PATH']}` };
  for (const name of Object.keys(env))
    if (/^(UPSHIFT|NO_COLOR|FORCE_COLOR|NODE_OPTIONS)/.test(name)) Reflect.deleteProperty(env, name);
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    cwd: place,
    env: { ...env, XDG_CACHE_HOME: join(folder, 'cache') },
    encoding: 'utf8',
    input: '',
  });
  if (error !== undefined) throw error;
  return { status, output: `${stdout}${stderr}` };
}

/** Printed after each command of a session. */
const mark = '<<< end of the command >>>';

function runSession(place: string, text: string): void {
  const steps = readSession(text);
  // The next command can still print the status of the one before it.
  const script = steps.map(
    ({ command }) => `{ ${command}\n} 2>&1; status=$?; echo; echo '${mark}'; (exit $status)\n`,
  );
  const { output } = run(place, 'bash', ['-c', script.join('')]);
  const outputs = output.split(`\n${mark}\n`);
  for (const [k, { command, output: expected }] of steps.entries()) {
    assert.match(outputs[k] ?? 'it did not end', outputPattern(expected), `$ ${command}`);
  }
}

async function runBlock(place: string, { language, text }: Block): Promise<void> {
  if (language === 'console') {
    runSession(place, text);
    return;
  }
  if (language === 'sh') {
    const { status, output } = run(place, 'bash', ['-e', '-c', text]);
    assert.equal(status, 0, output);
    return;
  }
  const { code } = await transform(text, { loader: language === 'ts' ? 'ts' : 'js', target: 'node20' });
  writeFileSync(join(place, 'example.mjs'), code);
  const { status, output } = run(place, process.execPath, ['example.mjs']);
  assert.equal(status, 0, output);
}

let unrun = 0;
for (const page of pages) {
  const blocks = readBlocks(readFileSync(join(root, page), 'utf8'));
  const files = blocks.filter(({ directives }) => directives.has('file'));
  const examples = blocks.filter((block) => runnable.includes(block.language) && !files.includes(block));
  if (examples.length === 0) continue;

  describe(page, () => {
    let place = '';
    before(async () => {
      place = await prepare(page);
    });
    for (const block of blocks) {
      const { line, language, text, directives } = block;
      const file = directives.get('file');
      if (file !== undefined) {
        test(`${file}, line ${line}`, () => {
          assert.equal(file, basename(file));
          writeFileSync(join(place, file), text);
        });
        continue;
      }
      if (!examples.includes(block)) continue;
      const reason = directives.get('not run');
      if (reason !== undefined) {
        unrun++;
        test(`${language}, line ${line}, says why it is not run`, () => assert(reason.length > 0));
        continue;
      }
      const needs = (directives.get('needs') ?? '').split(', ').filter((name) => name !== '');
      const skip =
        needs.map((name) => missing[name] ?? `nobody knows what ${name} is`).find(Boolean) || false;
      test(`${language}, line ${line}`, { skip }, () => runBlock(place, block));
    }
  });
}

test('few blocks are not run', () => {
  assert(unrun <= mostUnrun, `${unrun} blocks are not run`);
});

test('docs/cli.md has all commands and options', () => {
  const text = readFileSync(join(root, 'docs/cli.md'), 'utf8');
  for (const [name, { options }] of Object.entries(commands)) {
    const start = text.indexOf(`\n## upshift ${name}\n`);
    assert(start >= 0, name);
    const section = text.slice(start, text.indexOf('\n## ', start + 1));
    for (const option of Object.keys(options).filter((option) => option !== 'help')) {
      assert(section.includes(`\`--${option}`), `${name} --${option}`);
    }
  }
});
