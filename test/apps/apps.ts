/**
 * Real programs from npm, which use wasm through their own glue code. They are in the folder `apps` of the
 * shared folder, or where UPSHIFT_APPS says. Their packages must be installed there, or in a copy, because
 * they are large.
 */
import { existsSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const repository = fileURLToPath(new URL('../../..', import.meta.url));
const { UPSHIFT_SHARED: shared = resolve(repository, '../shared') } = process.env;

export const { UPSHIFT_APPS: appsFolder = join(shared, 'apps') } = process.env;

/** URL of the module that replaces the process's WebAssembly with ours. */
export const register = pathToFileURL(join(repository, 'dist/register.mjs')).href;

/** Programs that behave differently with us than with V8, and why. */
export const different: Readonly<Record<string, string>> = {
  duckdb: 'takes its module `mvp` where there are no exceptions, which does not work in any engine',
};

/** Why no program of a folder can be run, in one line. */
export function appsProblem(folder = appsFolder): string | undefined {
  if (!existsSync(folder)) return `there is no folder ${folder} (UPSHIFT_APPS can name one)`;
  if (!existsSync(join(folder, 'node_modules'))) {
    return `no packages are installed in ${folder} (npm install --ignore-scripts --force there, or in a copy that UPSHIFT_APPS names)`;
  }
  return undefined;
}

/** Names of a folder's programs, each a file `name.mjs`. */
export function appNames(folder = appsFolder): string[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.mjs') && name !== 'run.mjs')
    .map((name) => name.slice(0, -'.mjs'.length));
}
