import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { cli, env as environment, type Outcome } from '../../src/cli/command.fixture.js';
import { buildSqlite, withoutSqliteTools } from './build-sqlite.js';
import { commandLine, type Program, run, runInNode, temporaryFolder, tiers } from './command.js';
import { SourceUnavailableError } from './debian-source.js';
import { readTree } from './tree.js';

/*
 * SQLite's shell, built from Debian's source package, works on databases in a folder. UPSHIFT_REAL=1 builds
 * it; any other value names what `node build/test/real/build-sqlite.js` has built.
 */

const wanted = process.env['UPSHIFT_REAL'] ?? '';
const skip = wanted === '' ? 'UPSHIFT_REAL=1 is not set' : wanted === '1' && withoutSqliteTools();

/** Milliseconds that LLVM may take for all of SQLite on a busy machine. */

/**
 * A table of 6000 rows in transactions, indices, queries; files that the shell reads and writes; a sort that
 * needs a temporary file.
 */
const script = `
.bail on
PRAGMA page_size = 1024;
CREATE TABLE measurement (id INTEGER PRIMARY KEY, station TEXT NOT NULL, value REAL, note TEXT);
${Array.from(
  { length: 12 },
  (_, i) => `
BEGIN;
WITH RECURSIVE n(i) AS (SELECT ${500 * i} UNION ALL SELECT i + 1 FROM n WHERE i < ${500 * i + 499})
  INSERT INTO measurement SELECT i, 's' || (i * 7919 % 101), (i * 104729 % 10007) / 8.0, printf('%.40c', 'a' || i) || i FROM n;
${i % 4 === 3 ? 'ROLLBACK' : 'COMMIT'};
`,
).join('')}
SELECT count(*), sum(value), min(note), max(note) FROM measurement;
PRAGMA cache_size = 10;
PRAGMA temp_store = FILE;
CREATE INDEX by_station ON measurement (station, value);
EXPLAIN QUERY PLAN SELECT value FROM measurement WHERE station = 's42' AND value > 100;
SELECT station, count(*), avg(value) FROM measurement WHERE station IN ('s1', 's42', 's99') GROUP BY station;
SELECT id, value FROM measurement WHERE station = 's42' AND value BETWEEN 100 AND 300 ORDER BY value;
SELECT sum(length(note)) FROM (SELECT note FROM measurement ORDER BY note || station);
UPDATE measurement SET value = value + 1 WHERE id % 3 = 0;
DELETE FROM measurement WHERE id % 10 = 4;
SAVEPOINT s;
DELETE FROM measurement;
ROLLBACK TO s;
RELEASE s;
VACUUM;
PRAGMA integrity_check;
PRAGMA page_count;
SELECT round(sum(value * value), 3), upper(quote(x'c0ffee')) FROM measurement;
.sha3sum
.mode csv
.once /data/stations.csv
SELECT station, count(*), max(value) FROM measurement GROUP BY station ORDER BY station;
.import --csv /data/stations.csv station
.mode list
SELECT count(*) FROM station;
SELECT writefile('/data/hello.bin', x'00ff0102'), hex(readfile('/data/hello.bin'));
.backup /data/copy.db
SELECT name FROM fsdir('/data') ORDER BY name;
`;

/** A transaction that has written many of its changes to the database, and is not finished. */
const unfinished = `
PRAGMA cache_size = 5;
BEGIN;
UPDATE measurement SET note = note || ' changed', value = -1;
DELETE FROM measurement WHERE id % 2 = 0;
SELECT writefile('/data/ready', '');
`;

/** A summary of the table. */
const state = `
PRAGMA integrity_check;
SELECT count(*), sum(value), sum(length(note)) FROM measurement;
.sha3sum
`;

describe("SQLite's shell", { skip }, () => {
  let file = wanted;
  let unavailable = '';
  /** The result of the script in node:wasi. */
  let folderOfNode = '';
  let expected: Outcome = { status: null, stdout: '', stderr: '' };

  function shell(folder: string, input: string): Program {
    const env = { HOME: '/data', SQLITE_TMPDIR: '/data' };
    return { file, args: ['/data/test.db'], folders: { '/data': folder }, env, input };
  }

  /** A folder with the database made by the script. */
  function withDatabase(): string {
    const folder = temporaryFolder();
    copyFileSync(join(folderOfNode, 'test.db'), join(folder, 'test.db'));
    return folder;
  }

  function isUnavailable(context: TestContext): boolean {
    if (unavailable !== '') context.skip(unavailable);
    return unavailable !== '';
  }

  before(() => {
    try {
      if (wanted === '1') file = buildSqlite(temporaryFolder());
    } catch (error) {
      if (!(error instanceof SourceUnavailableError)) throw error;
      unavailable = error.message;
      return;
    }
    folderOfNode = temporaryFolder();
    expected = runInNode(shell(folderOfNode, script));
  });

  test('works in node:wasi', (context) => {
    if (isUnavailable(context)) return;
    assert.deepEqual({ status: expected.status, stderr: expected.stderr }, { status: 0, stderr: '' });
    const values = Array.from({ length: 6000 }, (_, i) => (i % 2000 < 1500 ? ((i * 104729) % 10007) / 8 : 0));
    const sum = values.reduce((total, value) => total + value);
    assert.ok(expected.stdout.startsWith(`4500|${sum}|aaaa`), expected.stdout);
    assert.match(expected.stdout, /^`--SEARCH measurement USING COVERING INDEX by_station/m);
    assert.match(expected.stdout, /^ok$/m);
    assert.match(expected.stdout, /^4\|00FF0102$/m);
    assert.deepEqual(readdirSync(folderOfNode).sort(), ['copy.db', 'hello.bin', 'stations.csv', 'test.db']);
  });

  for (const tier of tiers) {
    test(`makes the same files, ${tier}`, (context) => {
      if (isUnavailable(context)) return;
      const folder = temporaryFolder();
      const start = performance.now();
      assert.deepEqual(run(tier, shell(folder, script)), expected);
      context.diagnostic(`${tier}: ${((performance.now() - start) / 1000).toFixed(2)} s`);
      assert.deepEqual(readTree(folder), readTree(folderOfNode));
    });

    test(`rolls a transaction back that a killed process had begun, ${tier}`, async (context) => {
      if (isUnavailable(context)) return;
      const folder = withDatabase();
      // LLVM takes half a minute for all of it.
      const options = tier === 'llvm' ? ['--lazy'] : [];
      const names = { database: join(folder, 'test.db'), journal: join(folder, 'test.db-journal') };
      const original = readFileSync(names.database);
      const process_ = spawn(
        process.execPath,
        [cli, ...commandLine(tier, { ...shell(folder, ''), options })],
        {
          env: environment,
          stdio: ['pipe', 'ignore', 'inherit'],
        },
      );
      const ended = new Promise<NodeJS.Signals | null>((resolve) => {
        process_.on('exit', (_, signal) => resolve(signal));
      });
      process_.stdin.write(unfinished);
      while (!existsSync(join(folder, 'ready')) && process_.exitCode === null) await sleep(20);
      process_.kill('SIGKILL');
      assert.equal(await ended, 'SIGKILL');
      assert.ok(!readFileSync(names.database).equals(original));
      assert.ok(existsSync(names.journal));

      const { status, stdout, stderr } = run(tier, { ...shell(folder, state), options });
      assert.deepEqual({ status, stderr }, { status: 0, stderr: '' });
      assert.equal(stdout, runInNode(shell(withDatabase(), state)).stdout);
      assert.ok(readFileSync(names.database).equals(original));
      assert.ok(!existsSync(names.journal));
    });
  }

  test('only reads where it may only read', (context) => {
    if (isUnavailable(context)) return;
    const folder = withDatabase();
    const statements = 'SELECT count(*) FROM measurement;\nDELETE FROM measurement;\n';
    const outcome = run('multi', { ...shell(folder, statements), readOnly: true });
    assert.equal(outcome.stdout, '4050\n');
    assert.match(outcome.stderr, /attempt to write a readonly database/);
    assert.equal(outcome.status, 1);
    assert.deepEqual(readTree(folder), { 'test.db': readFileSync(join(folderOfNode, 'test.db'), 'latin1') });
  });

  test("the system's sqlite3 sees the same", (context) => {
    if (isUnavailable(context)) return;
    const statements = state.replace('.sha3sum', 'SELECT station, value, note FROM measurement ORDER BY id;');
    const database = join(withDatabase(), 'test.db');
    const { error, stdout } = spawnSync('sqlite3', [database], { input: statements, encoding: 'utf8' });
    if (error !== undefined) return context.skip('no sqlite3 is installed');
    assert.deepEqual(run('multi', shell(withDatabase(), statements)), { status: 0, stdout, stderr: '' });
  });
});
