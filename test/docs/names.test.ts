import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { hasPath, readNames } from './names.js';

/** Whatever pages name, files or scripts, is there: a file that is renamed takes its mentions along. */

const root = fileURLToPath(new URL('../../../', import.meta.url));
/** What builds and tests make. */
const made = ['build', 'dist', 'docs/api', 'fuzz/failures'];
const hidden = ['.git', 'node_modules', 'build', 'dist'];

const top = readdirSync(root, { withFileTypes: true }).filter(({ name }) => !hidden.includes(name));
const folders = top.filter((entry) => entry.isDirectory()).map(({ name }) => name);
const files = [
  ...top.filter((entry) => entry.isFile()).map(({ name }) => name),
  ...folders.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name)),
  ),
];
const pages = files.filter((name) => name.endsWith('.md') && !name.startsWith('docs/api/'));
const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  scripts: Record<string, string>;
};

test('names are found in inline code and in diagrams, and not in programs', () => {
  const page = [
    'See `src/ir/ops.ts`, `unsupported.ts` and ops.ts; `src/wasm`, `program.wasm`, `../shared/a.ts`.',
    '`node --test build/src/a/b.test.js` and `npm run -s hash:code`',
    '```',
    'bytes ─► decode.ts, run.ts',
    '```',
    '```sh',
    'node other.mjs',
    'node scripts/test.mjs unit',
    '```',
    '```js',
    'import "src/none.ts"',
    '```',
  ].join('\n');
  const names = readNames(page, ['src', 'scripts']);
  assert.deepEqual(
    names.paths.map(({ line, path }) => `${line} ${path}`),
    [
      '1 src/ir/ops.ts',
      '1 unsupported.ts',
      '1 src/wasm',
      '2 src/a/b.test.ts',
      '4 decode.ts',
      '4 run.ts',
      '8 scripts/test.mjs',
    ],
  );
  assert.deepEqual(names.scripts, [{ line: 2, script: 'hash:code' }]);
});

test('a path may leave out its first folders, and have stars', () => {
  const has = (path: string): boolean => hasPath(['src/x64/regalloc/edges.ts', 'README.md'], path);
  for (const path of ['src/x64', 'src/x64/', 'x64/regalloc/edges.ts', 'edges.ts', '*.ts', 'src/**/*.ts'])
    assert(has(path), path);
  for (const path of ['ges.ts', 'src/edges.ts', 'src/x6', 'edgesxts', '*.mjs']) assert(!has(path), path);
});

describe('files and scripts that pages name are there', () => {
  for (const page of pages) {
    test(page, () => {
      const names = readNames(readFileSync(join(root, page), 'utf8'), folders);
      const missing = [
        ...names.paths
          .filter(({ path }) => !made.some((folder) => path === folder || path.startsWith(`${folder}/`)))
          .filter(({ path }) => !hasPath(files, path))
          .map(({ line, path }) => `line ${line}: ${path}`),
        ...names.scripts
          .filter(({ script }) => !Object.hasOwn(scripts, script))
          .map(({ line, script }) => `line ${line}: npm run ${script}`),
      ];
      assert.deepEqual(missing, []);
    });
  }
});
