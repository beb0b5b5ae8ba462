import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeModule } from '../wasm/decode.js';
import { validateModule } from '../wasm/validate.js';
import { lineTooDeep } from './text-depth.js';
import { parseText, TextProblem } from './text-parser.js';

const module = (body: string): string => `(module\n(func (result i32)\n${body}))`;
const blocks = (count: number): string => `${'block '.repeat(count)}${'end '.repeat(count)} (i32.const 1)`;
const folded = (count: number): string => `${'(block '.repeat(count)}${')'.repeat(count)} (i32.const 1)`;
const lists = (count: number): string => `${'(i32.eqz '.repeat(count)}(i32.const 1)${')'.repeat(count)}`;

for (const [name, make, deep, tooDeep] of [
  ['blocks', blocks, 120, 300],
  ['folded blocks', folded, 120, 300],
  ['lists', lists, 240, 1000],
] as const) {
  test(`${name} are nested as deeply as the parser bears, and no more deeply`, async () => {
    const bytes = await parseText('x.wat', Buffer.from(module(make(deep))));
    validateModule(decodeModule(bytes));
    await assert.rejects(parseText('x.wat', Buffer.from(module(make(tooDeep)))), (error) => {
      assert.ok(error instanceof TextProblem);
      assert.equal(error.message, 'x.wat:3: the text is nested too deeply for the translator');
      return true;
    });
  });
}

test('comments, strings and what stands side by side are not nested', () => {
  const parts = [
    ';; ((((\n',
    '(; (block ( ;)',
    '"((block \\" ((" ',
    '(block) ',
    'block end ',
    'if else end ',
  ];
  for (const part of parts) assert.equal(lineTooDeep(module(part.repeat(1000))), undefined, part);
  assert.equal(lineTooDeep(')'.repeat(1000) + 'end '.repeat(1000)), undefined);
});
