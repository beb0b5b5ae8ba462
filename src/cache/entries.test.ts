import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { filesOf, isEntryName, removeFile, unfinishedPath } from './entries.js';

const folder = mkdtempSync(join(tmpdir(), 'upshift-entries-'));
after(() => rmSync(folder, { recursive: true }));

test('a file that has been used since it was looked at is not removed', () => {
  const path = join(folder, '12345678.test');
  writeFileSync(path, '');
  utimesSync(path, 1e9, 1e9);
  const [file] = filesOf('code', folder);
  utimesSync(path, 1e9 + 1, 1e9 + 1);
  assert(!removeFile(file));
  assert(existsSync(path));
  const [again] = filesOf('code', folder);
  assert(removeFile(again));
  assert(!existsSync(path));
  // Another process was faster.
  assert(removeFile(again));
});

test('unfinished files have unique names, which tell of which entry they are', () => {
  const name = `${'0123456789abcdef'.repeat(4)}.bytecode`;
  assert(isEntryName(name));
  const paths = new Set(Array.from({ length: 1000 }, () => unfinishedPath(join(folder, name))));
  assert.equal(paths.size, 1000);
  for (const path of paths) writeFileSync(path, '');
  const files = filesOf('bytecode', folder);
  assert.equal(files.length, 1000);
  for (const file of files) {
    assert.equal(file.name, name);
    assert(file.isUnfinished && paths.has(file.path));
  }
});

test('there are no files in what cannot be read', () => {
  for (const place of [join(folder, 'none'), '/dev/null']) assert.deepEqual(filesOf('code', place), []);
});
