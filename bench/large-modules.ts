/** Large real modules from npm, installed once into a cache folder outside of the project. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { cacheFolder } from './cache-folder.js';

interface LargeModule {
  readonly package: string;
  readonly version: string;
  readonly file: string;
  /**
   * A function that works with stubs for all imports and returns at once, and arguments for it: an allocator
   * mostly.
   */
  readonly call: readonly string[];
}

const largeModules: readonly LargeModule[] = [
  { package: 'esbuild-wasm', version: '0.28.2', file: 'esbuild.wasm', call: ['getsp'] },
  {
    package: '@ruby/3.4-wasm-wasi',
    version: '2.10.1',
    file: 'dist/ruby+stdlib.wasm',
    call: ['cabi_realloc', '0', '0', '1', '64'],
  },
  {
    package: '@swc/wasm',
    version: '1.16.18',
    file: 'wasm_bg.wasm',
    call: ['__wbindgen_export_0', '64', '1'],
  },
  {
    package: '@php-wasm/node-8-3',
    version: '3.1.54',
    file: 'asyncify/8_3_33/php_8_3.wasm',
    call: ['malloc', '64'],
  },
  { package: '@duckdb/duckdb-wasm', version: '1.32.0', file: 'dist/duckdb-mvp.wasm', call: ['pthread_self'] },
  { package: 'canvaskit-wasm', version: '0.42.0', file: 'bin/canvaskit.wasm', call: ['Ad', '64'] },
];

/** Paths of the modules; installs those that are missing. */
export function largeModuleFiles(): string[] {
  return installedModules().map(({ path }) => path);
}

/** The modules, installed, each with the arguments that follow the file for module-host.js. */
export function installedModules(): { readonly path: string; readonly call: readonly string[] }[] {
  const folder = cacheFolder();
  const pathOf = (module: LargeModule): string => join(folder, 'node_modules', module.package, module.file);
  if (!largeModules.every((module) => existsSync(pathOf(module)))) {
    console.error(`installing large modules into ${folder} (about 400 MB, once)`);
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'package.json'), '{ "private": true }\n');
    const packages = largeModules.map((module) => `${module.package}@${module.version}`);
    execFileSync('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund', ...packages], {
      cwd: folder,
      stdio: ['ignore', 2, 2],
    });
  }
  return largeModules.map((module) => ({ path: pathOf(module), call: module.call }));
}

/** The last part of a path that says which module it is. */
export function shortName(file: string): string {
  const afterPackages = file.split('node_modules/').at(-1) ?? file;
  return afterPackages === file ? relative('.', file) : afterPackages;
}
