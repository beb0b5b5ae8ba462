import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readComments, readParagraphs, withoutComments, withoutParagraphs } from './prose.js';

test('comments are read by their lines', () => {
  const source = [
    '// one',
    '// and two',
    "const text = 'no // comment'; // three",
    '/**',
    ' * four',
    ' */',
    'const pattern = /[/*"]/; // five',
    'const template = `// none /* none */`;',
    '  // six',
    '',
    '  // seven',
  ].join('\n');
  assert.deepEqual(readComments(source), [
    { line: 1, text: '// one\n// and two' },
    { line: 3, text: '// three' },
    { line: 4, text: '/**\n * four\n */' },
    { line: 7, text: '// five' },
    { line: 9, text: '  // six' },
    { line: 11, text: '  // seven' },
  ]);
  assert.match(withoutComments(source), /'no \/\/ comment';[\s\S]*\[\/\*"\][\s\S]*none \*\//);
  assert.doesNotMatch(withoutComments(source), /one\b(?<!none)|two|three|four|five|six|seven/);
});

test('paragraphs are what stands outside blocks of code', () => {
  const page = '# Title\n\nfirst\nline\n```sh\ncode\n```\n- item\n\n  ```js\n  more\n  ```\nlast';
  assert.deepEqual(readParagraphs(page), [
    { line: 1, text: '# Title' },
    { line: 3, text: 'first\nline' },
    { line: 8, text: '- item' },
    { line: 13, text: 'last' },
  ]);
  assert.equal(withoutParagraphs(page), '```sh\ncode\n```\n\n  ```js\n  more\n  ```');
});
