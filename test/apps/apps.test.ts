import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { appsFolder as folder, withoutApps } from './folder.js';

/*
 * Real programs from npm, which use wasm through their own glue, print the same with `--import upshift/register` as
 * without.
 */

const register = new URL('../../../dist/register.mjs', import.meta.url).href;

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

const reason = withoutApps();
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
