import assert from 'node:assert/strict';
import { test } from 'node:test';
import { staleNames } from './stale-names.js';

function stale(prose: string, path = 'src/a/b.ts'): string[] {
  const files = [
    { path: 'src/a/b.ts', text: 'export class Shape { size = 1; } const innerWidth2 = "i32.add";' },
    { path: 'src/c/d.ts', text: 'const localThing = 1; export function makeShape() { return localThing; }' },
    { path: 'docs/page.md', text: '```js\nuserName;\n```' },
  ];
  const written = files.map((file) => {
    return file.path === path
      ? { path, text: `${file.text}\n\n${isPage(path) ? prose : `/* ${prose} */`}` }
      : file;
  });
  return staleNames(written, ['si_value', 'made/here']).map(({ name }) => name);
}

const isPage = (path: string): boolean => path.endsWith('.md');

test('names that occur are not stale', () => {
  assert.deepEqual(stale('`Shape`, `Shape.size`, `innerWidth2`, `i32.add`, `makeShape()`, `userName`'), []);
  assert.deepEqual(stale('`Map.prototype`, `readFileSync`, `Promise<Shape>`, `si_value`, `n`'), []);
  assert.deepEqual(stale('src/c/d.ts, `c/d.ts`, `a`, build/src/c/d.js, docs/*.md, made/here/x, and/or'), []);
  assert.deepEqual(stale('`localThing`, `--size FILE`', 'docs/page.md'), []);
});

test('names that nothing bears are', () => {
  assert.deepEqual(stale('`oldName`, `Shape.colour`, `oldShape(size)`'), [
    'oldName',
    'Shape.colour',
    'colour',
    'oldShape',
  ]);
  assert.deepEqual(stale('src/c/e.ts, `e.ts`, src/b/'), ['src/c/e.ts', 'e.ts', 'src/b/']);
  assert.deepEqual(stale('`oldName` and\n`userName`', 'docs/page.md'), ['oldName']);
  // It belongs to another folder, and is not exported.
  assert.deepEqual(stale('`localThing`'), ['localThing']);
});

test('they are found in their lines', () => {
  const files = [{ path: 'src/a.ts', text: '\n/**\n * One:\n * `missing`.\n */\n// `another`' }];
  assert.deepEqual(staleNames(files, []), [
    { path: 'src/a.ts', line: 4, name: 'missing' },
    { path: 'src/a.ts', line: 6, name: 'another' },
  ]);
});
