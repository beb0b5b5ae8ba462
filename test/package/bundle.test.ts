import '../own-cache.fixture.js';
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { withoutLlvm } from '../../src/llvm-jit/library.fixture.js';
import { wat } from '../../src/runtime/modules.fixture.js';

/**
 * The library inside a bundle that is moved to another place. `npm run try:package` does that with other
 * bundlers, and with the installed package.
 */

const root = fileURLToPath(new URL('../../../', import.meta.url));
const nativeModule = join(root, 'node_modules/@koromix/koffi-linux-x64/linux_x64/koffi.node');
const folder = mkdtempSync(join(tmpdir(), 'upshift-bundle-'));
after(() => rmSync(folder, { recursive: true }));
mkdirSync(join(folder, 'node_modules'));
symlinkSync(root, join(folder, 'node_modules/upshift'));

/** Calls a function until the backend threads have started, or have failed to. */
const program = join(folder, 'program.mjs');
writeFileSync(
  program,
  `import { readFileSync } from 'node:fs';
  import { Runtime } from 'upshift';
  const [, , file, tier] = process.argv;
  // Node would print the line that throws, which is all of a minified bundle.
  process.on('uncaughtException', (error) => (console.error(error.message), process.exit(1)));
  // Code from the cache would need no thread.
  const runtime = new Runtime({ ...(tier && { tier }), cache: 'none', tuning: { warmUp: 0, heatThreshold: 10 } });
  const { run } = runtime.instantiate(runtime.compile(readFileSync(file))).exports;
  console.log(run(), runtime.tier);
  if (runtime.tier === 'multi' && process.argv[4]) {
    while (runtime.llvm === undefined) run();
    console.log(runtime.llvm.failure ?? 'LLVM');
  }`,
);
const module = join(folder, 'run.wasm');
const text = `(module (func (export "run") (result i32) (local i32)
  (loop (br_if 0 (i32.lt_u (local.tee 0 (i32.add (local.get 0) (i32.const 1))) (i32.const 100)))) (local.get 0)))`;
writeFileSync(module, wat(text));

type Format = 'esm' | 'cjs';

/** Bundles the program into its own folder. Returns the bundle's file. */
async function bundle(format: Format, minify: boolean): Promise<string> {
  const place = mkdtempSync(join(folder, 'place-'));
  const outfile = join(place, format === 'esm' ? 'bundle.mjs' : 'bundle.cjs');
  const options = { format, minify, outfile, bundle: true, platform: 'node', logLevel: 'silent' } as const;
  const { warnings } = await build({ ...options, entryPoints: [program] });
  assert.deepEqual(warnings, []);
  return outfile;
}

function run(bundle: string, tier: string, variables: NodeJS.ProcessEnv = {}): string {
  const args = [bundle, module, tier, ...(withoutLlvm() === false ? ['LLVM'] : [])];
  const env = { ...process.env, ...variables };
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', env, cwd: '/' });
  return `${stdout}${stderr}${status}`;
}

/** The expected output, which ends in the status. */
const expected = (tier: string): string =>
  `100 ${tier}\n${tier === 'multi' && withoutLlvm() === false ? 'LLVM\n' : ''}0`;

for (const format of ['esm', 'cjs'] as const) {
  for (const minify of [false, true]) {
    describe(`a bundle: ${format}${minify ? ', minified' : ''}`, () => {
      for (const tier of ['interp', 'fast', 'multi', 'llvm']) {
        const skip = tier === 'llvm' && withoutLlvm();
        test(`runs in tier ${tier} with koffi's native module beside it`, { skip }, async () => {
          const file = await bundle(format, minify);
          copyFileSync(nativeModule, join(file, '../koffi.node'));
          assert.equal(run(file, tier), expected(tier));
        });
      }

      test('finds koffi in node_modules', async () => {
        const file = await bundle(format, minify);
        const name = 'node_modules/@koromix/koffi-linux-x64';
        cpSync(join(root, name), join(file, '..', name), { recursive: true });
        assert.equal(run(file, 'fast'), expected('fast'));
      });

      test('says what is missing where there is no koffi', async () => {
        const file = await bundle(format, minify);
        const advice = `koffi could not be loaded: Cannot find module 'koffi': install it, or copy the koffi.node of `;
        assert(run(file, 'fast').includes(advice));
        const output = run(file, '');
        assert(output.startsWith('100 interp\n'), output);
        assert(
          output.includes(
            `Warning: WebAssembly is interpreted, which is many times slower than machine code: ${advice}`,
          ),
          output,
        );
        assert(output.endsWith('\n0'), output);
      });
    });
  }
}

test('a koffi.node that cannot be loaded is told of, and none elsewhere is taken', async () => {
  const file = await bundle('cjs', false);
  const broken = join(file, '../koffi.node');
  writeFileSync(broken, 'no library');
  mkdirSync(join(file, '../node_modules'));
  assert(run(file, 'fast').includes(`koffi could not be loaded: ${broken}: `));
});

test('backend threads start where NODE_OPTIONS says that texts are ES modules', {
  skip: withoutLlvm(),
}, () => {
  const script = `import { Runtime } from 'upshift';
    import { readFileSync } from 'node:fs';
    const runtime = new Runtime({ tier: 'llvm' });
    console.log(runtime.instantiate(runtime.compile(readFileSync(${JSON.stringify(module)}))).exports.run());`;
  const env = { ...process.env, NODE_OPTIONS: '--input-type=module' };
  const { stdout, stderr } = spawnSync(process.execPath, ['-e', script], {
    encoding: 'utf8',
    env,
    cwd: folder,
  });
  assert.equal(stdout, '100\n', stderr);
});

test('the library asks for nothing by the place of its file', () => {
  const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { exports: object };
  const files: readonly string[] = JSON.stringify(exports).match(/dist\/[^"]+\.[cm]?js/g) ?? [];
  assert(files.includes('dist/index.mjs'));
  // `upshift/register` makes workers load itself.
  for (const file of files.filter((name) => !name.endsWith('register.mjs'))) {
    assert(!readFileSync(join(root, file), 'utf8').includes('import.meta'), file);
  }
});
