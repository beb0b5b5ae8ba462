/**
 * Real programs from npm, which use wasm through their own glue. They lie in the folder `apps` of the shared folder, or where
 * UPSHIFT_APPS says; their packages are to be installed there (or in a copy: they are large).
 */
import { existsSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const repository = fileURLToPath(new URL('../../..', import.meta.url));
const { UPSHIFT_SHARED: shared = resolve(repository, '../shared') } = process.env;

export const { UPSHIFT_APPS: appsFolder = join(shared, 'apps') } = process.env;

/** URL of the module that puts our WebAssembly in the place of the process's own. */
export const register = pathToFileURL(join(repository, 'dist/register.mjs')).href;

/** What programs need that is not supported: what they say when they fail names it. */
export const missingFeatures: Readonly<Record<string, string>> = {
  'es-module-lexer': 'SIMD',
  mupdf: 'exception handling',
  onnx: 'SIMD',
  'sharp-wasm': 'threads',
  'snappy-wasi-threads': 'threads',
  stockfish: 'SIMD',
  tesseract: 'SIMD',
  wabt: 'SIMD',
};

/** Programs that do something else with us than with V8, and why. */
export const different: Readonly<Record<string, string>> = {
  duckdb: 'takes another module, which does not work in any engine, where there are no exceptions',
};

/** Why no program can be run, in a line. */
export function appsProblem(): string | undefined {
  if (!existsSync(appsFolder)) return `there is no folder ${appsFolder} (UPSHIFT_APPS can name one)`;
  if (!existsSync(join(appsFolder, 'node_modules'))) {
    return `no packages are installed in ${appsFolder} (npm install --ignore-scripts --force there, or in a copy that UPSHIFT_APPS names)`;
  }
  return undefined;
}

/** Names of the programs: each is a file `name.mjs`. */
export function appNames(): string[] {
  return readdirSync(appsFolder)
    .filter((name) => name.endsWith('.mjs') && name !== 'run.mjs')
    .map((name) => name.slice(0, -'.mjs'.length));
}
