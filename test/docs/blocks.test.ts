import assert from 'node:assert/strict';
import { test } from 'node:test';
import { outputPattern, readBlocks, readSession } from './blocks.js';

test('blocks are read with their directives', () => {
  const markdown = [
    '# Title',
    '<!-- lost: yes -->',
    'text',
    '<!-- needs: LLVM -->',
    '',
    '<!-- not run: it is long -->',
    '```sh',
    'a',
    '',
    'b',
    '```',
    '',
    '- item',
    '  ```js',
    '  x;',
    '  ```',
    '```',
    '```',
  ].join('\n');
  const [first, second, third] = readBlocks(markdown);
  assert.deepEqual(first, {
    line: 7,
    language: 'sh',
    text: 'a\n\nb\n',
    directives: new Map([
      ['needs', 'LLVM'],
      ['not run', 'it is long'],
    ]),
  });
  assert.deepEqual(second, { line: 14, language: 'js', text: 'x;\n', directives: new Map() });
  assert.deepEqual([third.language, third.text], ['', '']);
});

test('sessions are commands and their outputs', () => {
  assert.deepEqual(readSession('$ one\n$ two \\\n  more\nout\n\nput\n$ three\n'), [
    { command: 'one', output: '' },
    { command: 'two \\\n  more', output: 'out\n\nput\n' },
    { command: 'three', output: '' },
  ]);
  assert.throws(() => readSession('output\n'));
});

test('an ellipsis stands for anything', () => {
  const matches = (expected: string, output: string): boolean => outputPattern(expected).test(output);
  assert(matches('a (b)\n', 'a (b)\n'));
  assert(!matches('a.c\n', 'abc\n'));
  assert(matches('offset 0x…)\n', 'offset 0x12)\n'));
  assert(!matches('a…\n', 'a\nb\n'));
  assert(matches('a\n…\nz\n', 'a\nz\n'));
  assert(matches('a\n…\nz\n', 'a\nb\n\nc\nz\n'));
  assert(!matches('a\n…\nz\n', 'a\nb\n'));
  assert(matches('', ''));
  assert(!matches('', '\n'));
});
