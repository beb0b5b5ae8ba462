// Builds the project: every source file to build/ (tests, benchmarks and fuzzers run from there), the library, the CLI and the
// backend thread of both as one bundled file each to dist/, with a launcher for the CLI; then sees to libLLVM (install-llvm.mjs). Type
// checking is `npm run typecheck`; `--types` also writes declarations.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as esbuild from 'esbuild';
import { installLlvm } from './install-llvm.mjs';

const root = join(import.meta.dirname, '..');
process.chdir(root);
const { version } = JSON.parse(readFileSync('package.json', 'utf8'));

function sources(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => join(folder, name));
}

/** Removes what was built from source files that are gone, so that no stale test runs. */
function removeStale(entryPoints) {
  if (!existsSync('build')) return;
  const wanted = new Set(entryPoints.map((name) => name.replace(/\.ts$/, '.js')));
  for (const name of readdirSync('build', { recursive: true })) {
    const output = name.replace(/\.map$/, '');
    if (output.endsWith('.js') && !wanted.has(output)) rmSync(join('build', name), { force: true });
  }
}

const common = {
  format: 'esm',
  platform: 'node',
  target: 'node20',
  logLevel: 'warning',
  define: { UPSHIFT_VERSION: JSON.stringify(version) },
};

const entryPoints = ['src', 'test', 'bench', 'fuzz'].flatMap(sources);
removeStale(entryPoints);
await esbuild.build({ ...common, entryPoints, outdir: 'build', outbase: '.', sourcemap: true });

const bundle = (entry, options) =>
  esbuild.build({
    ...common,
    entryPoints: [entry],
    bundle: true,
    packages: 'external',
    minifySyntax: true,
    ...options,
  });

// What starts fast is CommonJS: Node takes milliseconds to set up its loader of ES modules. `import()` becomes
// `require`, for code that came from a cache cannot import.
const commonJs = { format: 'cjs', supported: { 'dynamic-import': false } };

mkdirSync('dist', { recursive: true });
writeFileSync('dist/package.json', '{ "type": "commonjs" }\n');
await bundle('src/index.ts', { outfile: 'dist/index.mjs', sourcemap: true });
// With the library beside it: a process has it once, imported or registered.
const libraryOutside = {
  name: 'library outside',
  setup: (build) =>
    build.onResolve({ filter: /^\.\.?\// }, ({ kind }) =>
      kind === 'entry-point' ? undefined : { path: './index.mjs', external: true },
    ),
};
await bundle('src/api/register.ts', { outfile: 'dist/register.mjs', plugins: [libraryOutside] });
const bundleId = (file) => createHash('sha256').update(readFileSync(file)).digest('hex').slice(0, 16);

await bundle('src/tiering/backend-thread.ts', {
  ...commonJs,
  outfile: 'dist/backend-thread.js',
  banner: { js: 'const importMetaUrl = require("node:url").pathToFileURL(__filename).href;' },
  define: { ...common.define, 'import.meta.url': 'importMetaUrl' },
});
await bundle('src/cli/main.ts', {
  ...commonJs,
  outfile: 'dist/upshift.js',
  // The launcher calls this function.
  banner: { js: '(function (require, importMetaUrl, bundleId, saveBytecode) {' },
  footer: { js: '})' },
  define: {
    ...common.define,
    'import.meta.url': 'importMetaUrl',
    UPSHIFT_BUNDLE_ID: 'bundleId',
    UPSHIFT_SAVE_BYTECODE: 'saveBytecode',
  },
});
for (const [entry, outfile, bundled, banner] of [
  ['src/cli/launch.ts', 'dist/cli.js', 'dist/upshift.js', { js: '#!/usr/bin/env node' }],
  ['src/cli/launch-backend.ts', 'dist/launch-backend.js', 'dist/backend-thread.js', {}],
]) {
  const id = JSON.stringify(bundleId(bundled));
  const define = { ...common.define, 'import.meta.dirname': '__dirname', UPSHIFT_BUNDLE_ID: id };
  await bundle(entry, { ...commonJs, outfile, banner, define });
}
chmodSync('dist/cli.js', 0o755);

if (process.argv.includes('--types')) {
  execFileSync(
    process.execPath,
    ['node_modules/typescript/bin/tsc', '--declaration', '--emitDeclarationOnly', '--outDir', 'dist/types'],
    { stdio: 'inherit' },
  );
  for (const name of readdirSync('dist/types', { recursive: true })) {
    if (!name.startsWith('src') || name.endsWith('.test.d.ts'))
      rmSync(join('dist/types', name), { recursive: true, force: true });
  }
  writeFileSync('dist/types/package.json', '{ "type": "module" }\n');
} else {
  // Not when the package is made for others: that needs no LLVM.
  await installLlvm();
}
