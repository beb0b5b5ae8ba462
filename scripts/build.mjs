// Builds the project. Every source file goes to build/, where tests, benchmarks and fuzzers run from. The
// library, the CLI and the backend threads' program go to dist/ as one bundled file each, with a launcher.
// Then takes care of libLLVM (install-llvm.mjs). Type checking is `npm run typecheck`; `--types` also writes
// declarations.
import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import * as esbuild from 'esbuild';
import { evaluated } from './evaluated-modules.mjs';
import { installLlvm } from './install-llvm.mjs';
import { late } from './late-modules.mjs';
import { buildProgram } from './programs.mjs';
import { writeTypes } from './types.mjs';

const root = join(import.meta.dirname, '..');
process.chdir(root);
const { version, engines } = JSON.parse(readFileSync('package.json', 'utf8'));
const oldestNode = Number(/\d+/.exec(engines.node)[0]);

function sources(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => join(folder, name));
}

/** Removes the output of source files that are gone; otherwise stale tests would run. */
function removeStale(entryPoints) {
  if (!existsSync('build')) return;
  const wanted = new Set(entryPoints.map((name) => name.replace(/\.ts$/, '.js')));
  for (const name of readdirSync('build', { recursive: true })) {
    const output = name.replace(/\.map$/, '');
    if (output.endsWith('.js') && !wanted.has(output)) rmSync(join('build', name), { force: true });
  }
}

/** A hash of all sources that machine code depends on: code of other sources is never run. */
function codeId() {
  const hash = createHash('sha256');
  for (const name of sources('src').sort()) {
    if (/\.(test|fixture)\.ts$/.test(name)) continue;
    hash.update(`${name}\0`).update(readFileSync(name)).update('\0');
  }
  return hash.digest('hex').slice(0, 16);
}

const common = {
  format: 'esm',
  platform: 'node',
  target: 'node20',
  logLevel: 'warning',
  define: {
    UPSHIFT_VERSION: JSON.stringify(version),
    UPSHIFT_CODE_ID: JSON.stringify(codeId()),
    UPSHIFT_IS_BUNDLE: 'false',
  },
};

const entryPoints = ['src', 'test', 'bench', 'fuzz'].flatMap(sources);
removeStale(entryPoints);
await esbuild.build({ ...common, entryPoints, outdir: 'build', outbase: '.', sourcemap: true });

const bundle = (entry, { plugins = [], ...options }) =>
  esbuild.build({
    ...common,
    entryPoints: [entry],
    bundle: true,
    packages: 'external',
    minifySyntax: true,
    plugins: [...plugins, evaluated],
    ...options,
    define: { ...common.define, ...options.define, UPSHIFT_IS_BUNDLE: 'true' },
  });

// What must start fast is CommonJS: Node takes milliseconds to set up its loader of ES modules. `import()`
// becomes `require`, because code from a cache cannot import.
const commonJs = { format: 'cjs', supported: { 'dynamic-import': false }, minifyWhitespace: true };

/** A program of several files, and its launcher, which runs it through the cache. */
async function launched(name, entry, launcher, outfile, options) {
  const id = await buildProgram(name, entry, {
    ...common,
    packages: 'external',
    minifySyntax: true,
    supported: commonJs.supported,
    plugins: [evaluated, late],
    define: {
      ...common.define,
      'import.meta.url': 'importMetaUrl',
      UPSHIFT_FILE: '__filename',
      UPSHIFT_LAUNCHER: 'upshiftLauncher',
      UPSHIFT_IS_BUNDLE: 'true',
    },
  });
  const define = {
    ...common.define,
    'import.meta.dirname': '__dirname',
    UPSHIFT_BUNDLE_ID: JSON.stringify(id),
  };
  await bundle(launcher, { ...commonJs, outfile, define, ...options });
}

mkdirSync('dist', { recursive: true });
// What an earlier version of this script wrote would be packed too.
for (const name of readdirSync('dist')) if (/\.(m?js|map)$/.test(name)) rmSync(join('dist', name));
writeFileSync('dist/package.json', '{ "type": "commonjs" }\n');
await launched('library', 'src/index.ts', 'src/launch/library.ts', 'dist/index.js', {
  footer: { js: 'module.exports = module.exports.library;' },
});
await launched('backend', 'src/tiering/backend-thread.ts', 'src/launch/backend.ts', 'dist/backend-thread.js');
// Runs before anything that older Nodes do not know, in syntax that they understand.
const versionCheck = `if (parseInt(process.versions.node, 10) < ${oldestNode}) {
  console.error("upshift: Node " + process.versions.node + " is too old: Upshift needs Node ${oldestNode} or newer");
  process.exit(1);
}`;
await launched('upshift', 'src/cli/main.ts', 'src/launch/cli.ts', 'dist/cli.js', {
  target: 'es2015',
  banner: { js: `#!/usr/bin/env node\n${versionCheck}` },
});
// A process must have the library once, whether imported, required or registered. So all load the CommonJS
// module, which every Node can require.
const names = Object.keys(createRequire(import.meta.url)('../dist/library.js').main);
writeFileSync(
  'dist/index.mjs',
  `import library from './index.js';\nexport const { ${names.join(', ')} } = library;\n`,
);
const libraryOutside = (path) => ({
  name: 'library outside',
  setup: (build) =>
    build.onResolve({ filter: /^\.\.?\// }, ({ kind }) =>
      kind === 'entry-point' ? undefined : { path, external: true },
    ),
});
await bundle('src/api/register.ts', {
  ...commonJs,
  outfile: 'dist/register.js',
  banner: { js: 'const importMetaUrl = require("node:url").pathToFileURL(__filename).href;' },
  define: { ...common.define, 'import.meta.url': 'importMetaUrl' },
  plugins: [libraryOutside('./index.js')],
});
writeFileSync('dist/register.mjs', "import './register.js';\n");
// For bundlers (the condition `module`): CommonJS inside an ES module would need a `require` that is not
// there. It contains the text of its backend threads: see `tiering/thread-source.ts`.
const backendThread = await bundle('src/tiering/backend-thread.ts', {
  ...commonJs,
  minify: true,
  write: false,
});
await bundle('src/index.ts', {
  outfile: 'dist/module.mjs',
  define: {
    ...common.define,
    'import.meta.url': 'undefined',
    UPSHIFT_BACKEND_THREAD: JSON.stringify(backendThread.outputFiles[0].text),
  },
});
await bundle('src/api/register.ts', {
  outfile: 'dist/module-register.mjs',
  plugins: [libraryOutside('./module.mjs')],
});
chmodSync('dist/cli.js', 0o755);

if (process.argv.includes('--types')) {
  writeTypes();
} else {
  // Packing for others needs no LLVM.
  await installLlvm();
}
