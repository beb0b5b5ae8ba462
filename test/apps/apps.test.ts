import '../own-cache.fixture.js';
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { appNames, appsFolder, appsProblem, different, register } from './apps.js';

/* Real programs print the same with `--import upshift/register` as without it. */

const reason = appsProblem();
const apps = reason === undefined ? appNames() : [];

test('real programs', { skip: reason ?? false }, () => {
  assert.ok(apps.length > 0);
});

for (const app of apps) {
  const skip = different[app] ?? false;
  test(`${app} prints what it prints with V8`, { skip }, () => {
    const { stdout, stderr, status } = spawnSync(
      process.execPath,
      ['--no-warnings', '--import', register, `${app}.mjs`],
      {
        cwd: appsFolder,
        encoding: 'utf8',
        maxBuffer: 2 ** 28,
        env: { ...process.env, UPSHIFT_VERIFY_IR: '0' },
      },
    );
    assert.equal(
      stdout,
      readFileSync(join(appsFolder, 'expected', `${app}.txt`), 'utf8'),
      stderr.slice(-2000),
    );
    assert.equal(status, 0);
  });
}
