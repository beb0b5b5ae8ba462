import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { foreignNames } from './foreign-names.js';
import { isPage, projectFiles, proseOf } from './project-files.js';
import { staleNames } from './stale-names.js';

const files = projectFiles(fileURLToPath(new URL('../../..', import.meta.url)));

/** The longest a line of prose may be. Code has its own limit, `lineWidth` in biome.json. */
const maxColumns = 110;

test('names in backticks and paths exist', () => {
  const stale = staleNames(files, foreignNames);
  assert.equal(stale.map(({ path, line, name }) => `${path}:${line}: ${name}`).join('\n'), '');
});

test('every foreign name occurs', () => {
  // Not those that would be stale without the list: what is foreign to one version of Node the next may know.
  const prose = files.flatMap((file) => proseOf(file).map(({ text }) => text)).join('\n');
  const unused = foreignNames.filter((name) => !prose.includes(name));
  assert.deepEqual(unused, []);
});

/** Whether a line of prose fits. Links and addresses cannot be broken, nor rows of tables. */
function fits(line: string, path: string): boolean {
  const isRow = isPage(path) && /^\s*\|/.test(line);
  return isRow || line.replace(/\]\([^)]*\)|\bhttps?:\S+/g, '').length <= maxColumns;
}

test(`lines of prose have at most ${maxColumns} columns`, () => {
  const long = files.flatMap((file) =>
    proseOf(file).flatMap(({ line, text }) =>
      text
        .split('\n')
        .flatMap((row, index) => (fits(row, file.path) ? [] : [`${file.path}:${line + index}`])),
    ),
  );
  assert.equal(long.join('\n'), '');
});
