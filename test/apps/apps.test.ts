import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';

/*
 * Real programs from npm, which use wasm through their own glue, print the same with `--import upshift/register` as
 * without. They lie in the folder `apps` of the shared folder, or where UPSHIFT_APPS says; their packages are to be installed
 * there (or in a copy: they are large).
 */

const repository = fileURLToPath(new URL('../../..', import.meta.url));
const { UPSHIFT_SHARED: shared = resolve(repository, '../shared') } = process.env;
const { UPSHIFT_APPS: folder = join(shared, 'apps') } = process.env;
const register = pathToFileURL(join(repository, 'dist/register.mjs')).href;

/** What programs need that is not supported: what they say when they fail names it. */
const missingFeatures: Readonly<Record<string, RegExp>> = {
  'es-module-lexer': /SIMD/,
  mupdf: /exception handling/,
  onnx: /SIMD/,
  'sharp-wasm': /threads/,
  'snappy-wasi-threads': /threads/,
  stockfish: /SIMD/,
  tesseract: /SIMD/,
  wabt: /SIMD/,
};

/** Chooses another program where there are no exceptions, which does not print the same in any engine. */
const different = ['duckdb'];

function skipReason(): string | undefined {
  if (!existsSync(folder)) return `there is no folder ${folder} (UPSHIFT_APPS can name one)`;
  if (!existsSync(join(folder, 'node_modules'))) {
    return `no packages are installed in ${folder} (npm install --ignore-scripts --force there, or in a copy that UPSHIFT_APPS names)`;
  }
  return undefined;
}

const reason = skipReason();
const apps =
  reason === undefined
    ? readdirSync(folder)
        .filter((name) => name.endsWith('.mjs') && name !== 'run.mjs')
        .map((name) => name.slice(0, -'.mjs'.length))
    : [];

test('real programs', { skip: reason ?? false }, () => {
  assert.ok(apps.length > 0);
});

for (const app of apps) {
  const skip = different.includes(app) && 'chooses another program where there are no exceptions';
  test(`${app} prints what it prints with V8`, { skip }, () => {
    const { stdout, stderr, status } = spawnSync(
      process.execPath,
      ['--no-warnings', '--import', register, `${app}.mjs`],
      { cwd: folder, encoding: 'utf8', maxBuffer: 2 ** 28, env: { ...process.env, UPSHIFT_VERIFY_IR: '0' } },
    );
    if (app in missingFeatures) {
      assert.notEqual(status, 0);
      assert.match(stdout + stderr, missingFeatures[app]);
      return;
    }
    assert.equal(stdout, readFileSync(join(folder, 'expected', `${app}.txt`), 'utf8'), stderr.slice(-2000));
    assert.equal(status, 0);
  });
}
