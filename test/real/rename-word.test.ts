import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { lstatSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { example, type Outcome, upshift } from '../../src/cli/command.fixture.js';
import { temporaryFolder, tiers } from './command.js';
import { plant, readStatus, readTree, type Tree } from './tree.js';

/* The example rename-word, which changes contents, names, links, directories and times in a tree of files. */

/** More entries than one call of fd_readdir returns. */
const many = Array.from(
  { length: 300 },
  (_, i) => `many/a rather long name of a file ${String(i).padStart(3, '0')}`,
);
const deep = Array.from({ length: 40 }, (_, i) => `deep${'/d'.repeat(i)}`);
const line = 'A line with one colour, and discoloured colours. ';

const before: Tree = {
  'colour.txt': 'colour\ncolour_s colours, my colour',
  binary: 'colour\0colour',
  'empty.txt': '',
  'long.txt': line.repeat(2_000),
  'bytes.txt': '\xff\xfe colour \x80',
  'grün ☂.txt': 'x',
  other: { pointsAt: 'src/colour' },
  none: { pointsAt: 'colour/is not there' },
  unchanged: { pointsAt: 'long.txt' },
  src: null,
  'src/colour': null,
  'src/colour/colour.h': '#define colour(colour) (colour)\n',
  'src/colour/up': { pointsAt: '../../colour.txt' },
  hollow: null,
  'hollow/colour': null,
  'hollow/of an earlier run.unfinished': 'half a fi',
  many: null,
  ...Object.fromEntries(many.map((name, i) => [name, i % 50 === 7 ? `${i} colour` : `${i}`])),
  ...Object.fromEntries(deep.map((name) => [name, null])),
  [`${deep.at(-1)}/colour`]: 'colour',
};

const after: Tree = {
  'color.txt': 'color\ncolour_s colours, my color',
  binary: 'colour\0colour',
  'empty.txt': '',
  'long.txt': line.replace('colour', 'color').repeat(2_000),
  'bytes.txt': '\xff\xfe color \x80',
  'grün ☂.txt': 'x',
  other: { pointsAt: 'src/color' },
  none: { pointsAt: 'color/is not there' },
  unchanged: { pointsAt: 'long.txt' },
  src: null,
  'src/color': null,
  'src/color/color.h': '#define color(color) (color)\n',
  'src/color/up': { pointsAt: '../../color.txt' },
  many: null,
  ...Object.fromEntries(many.map((name, i) => [name, i % 50 === 7 ? `${i} color` : `${i}`])),
  ...Object.fromEntries(deep.map((name) => [name, null])),
  [`${deep.at(-1)}/color`]: 'color',
};

/** What was rewritten is kept under its old name. */
const kept: Tree = {
  'bytes.txt': '\xff\xfe colour \x80',
  'colour.txt': 'colour\ncolour_s colours, my colour',
  'long.txt': line.repeat(2_000),
  many: null,
  src: null,
  'src/colour': null,
  'src/colour/colour.h': '#define colour(colour) (colour)\n',
  ...Object.fromEntries(many.flatMap((name, i) => (i % 50 === 7 ? [[name, `${i} colour`]] : []))),
  ...Object.fromEntries(deep.map((name) => [name, null])),
  [`${deep.at(-1)}/colour`]: 'colour',
};

const expectedOutput = `bytes.txt: 1
colour.txt: 2
colour.txt => color.txt
${deep.at(-1)}/colour: 1
${deep.at(-1)}/colour => color
hollow/colour removed
hollow/of an earlier run.unfinished removed
hollow removed
long.txt: 2000
${[7, 57, 107, 157, 207, 257].map((i) => `${many[i]}: 1\n`).join('')}\
none -> color/is not there
other -> src/color
src/colour/colour.h: 3
src/colour/colour.h => color.h
src/colour/up -> ../../color.txt
src/colour => color
46 directories, 308 files, 4 links: 2013 words in 14 of them, 4 renamed, 3 removed
`;

/** Names that lead out of the directory. */
const links = ['relative', 'absolute', 'within/twice', 'relative/src', 'absolute/src/colour', '../outside'];

function plantTree(name: string): string {
  const folder = join(temporaryFolder(), name);
  mkdirSync(folder);
  plant(folder, before);
  return folder;
}

function renameWord(tier: string, directories: readonly string[], args: readonly string[]): Outcome {
  return upshift([
    ...['run', `--tier=${tier}`, ...directories.flatMap((directory) => ['--dir', directory])],
    example('rename-word.wasm'),
    ...args,
  ]);
}

for (const tier of tiers) {
  describe(`rename-word, ${tier}`, () => {
    test('changes a tree as it should, and copies what it changes to another', () => {
      const folder = plantTree('project');
      const copies = temporaryFolder();
      const long = join(folder, 'long.txt');
      execFileSync('touch', ['-d', '@981173106.123456789', long]);
      const outcome = renameWord(
        tier,
        [`${folder}::/project`, `${copies}::/old`],
        ['/project/', 'colour', 'color', '/old'],
      );
      assert.deepEqual(outcome, { status: 0, stdout: expectedOutput, stderr: '' });
      assert.deepEqual(readTree(folder), after);
      assert.deepEqual(readTree(copies), kept);
      for (const path of [long, join(copies, 'long.txt')]) {
        assert.equal(lstatSync(path, { bigint: true }).mtimeNs, 981173106_123456789n, path);
      }
    });

    test('changes nothing where it may only read', () => {
      const folder = plantTree('project');
      const statusBefore = readStatus(folder);
      const outcome = renameWord(tier, [`${folder}::/project::ro`], ['/project', 'colour', 'color']);
      assert.deepEqual(outcome, {
        status: 1,
        stdout: '',
        stderr: 'rename-word: /project/bytes.txt.unfinished: Capabilities insufficient\n',
      });
      assert.deepEqual(readTree(folder), before);
      assert.deepEqual(readStatus(folder), statusBefore);
      const quiet = renameWord(tier, [`${folder}::/project::ro`], ['/project/many', 'color', 'colour']);
      assert.deepEqual(quiet, {
        status: 0,
        stdout: '1 directories, 300 files, 0 links: 0 words in 0 of them, 0 renamed, 0 removed\n',
        stderr: '',
      });
    });

    test('reaches nothing outside by links', () => {
      const outside = plantTree('outside');
      const inside = join(outside, '../inside');
      plant(join(outside, '..'), {
        inside: null,
        'inside/relative': { pointsAt: '../outside' },
        'inside/absolute': { pointsAt: outside },
        'inside/within': null,
        'inside/within/twice': { pointsAt: '../relative/src' },
      });
      const statusBefore = readStatus(outside);
      const run = (...args: string[]) => renameWord(tier, [`${inside}::/inside`], args);
      const refused = (name: string) => ({
        status: 1,
        stdout: '',
        stderr: `rename-word: /inside/${name}: Capabilities insufficient\n`,
      });

      // LLVM takes a second to compile the program.
      const few = tier === 'llvm';
      for (const name of few ? ['within/twice'] : links) {
        assert.deepEqual(run(`/inside/${name}`, 'colour', 'color'), refused(name));
      }
      // Links themselves can be changed, but not to absolute ones.
      assert.deepEqual(run('/inside/within', 'relative', 'rel'), {
        status: 0,
        stdout:
          'twice -> ../rel/src\n1 directories, 0 files, 1 links: 0 words in 1 of them, 0 renamed, 0 removed\n',
        stderr: '',
      });
      assert.deepEqual(run('/inside', 'outside', 'elsewhere'), refused('absolute.unfinished'));
      assert.deepEqual(readTree(outside), before);
      assert.deepEqual(readStatus(outside), statusBefore);
    });
  });
}
