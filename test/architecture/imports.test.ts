import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import {
  circles,
  edgesOf,
  folderEdges,
  type ImportGraph,
  importsOf,
  isTestOnly,
  offences,
  productOf,
  readImports,
  roomEdges,
  unused,
} from './imports.fixture.js';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const graph = readImports(root, ['src', 'fuzz', 'bench', 'test']);
const product = productOf(graph);

/** Each is loaded by Node, by a bundle or by a thread. */
const entries = [
  'src/api/register.ts',
  'src/cli/main.ts',
  'src/index.ts',
  'src/launch/backend.ts',
  'src/launch/cli.ts',
  'src/launch/library.ts',
  'src/tiering/backend-thread.ts',
];

/** Folders that compute, and know nothing of a process. */
const pure = ['aot', 'code', 'fast-jit', 'frontend', 'interpreter', 'ir', 'layout', 'wasm', 'x64'];

/** Files whose types name each other, and why that is well. */
const typeCircles = [
  // An instance, its form for the interpreter, and the native functions that it imports and that see it.
  [
    'src/runtime/instances/instance-view.ts',
    'src/runtime/instances/instance.ts',
    'src/runtime/natives/bind.ts',
    'src/runtime/natives/native.ts',
    'src/runtime/natives/services.ts',
  ],
];

const isPure = (file: string): boolean => pure.includes(file.split('/')[1]);

/** What a pure file may not import: the operating system, Node, and folders that reach them. */
function isImpure(file: string, target: string): boolean {
  if (!isPure(file)) return false;
  return target.startsWith('src/') ? !isPure(target) : true;
}

const native = 'src/native';
const assembler = ['src/x64/assembler.ts', 'src/x64/instructions.ts'];

const writesCode = (_: string, target: string): boolean => assembler.includes(target);

const isTestSupport = (_: string, target: string): boolean => isTestOnly(target);

describe('imports', () => {
  test('are read at all', () => {
    assert.ok(product.size > 300 && graph.size > product.size);
    assert.ok(edgesOf(graph, { types: true }).get('src/index.ts')?.has('src/runtime/runtime.ts'));
  });

  test('are in no circle', () => {
    assert.deepEqual(circles(edgesOf(graph, { types: false })), []);
  });

  test('of types are in few circles', () => {
    assert.deepEqual(circles(edgesOf(product, { types: true })), typeCircles);
  });

  test('of folders in src are in no circle, types included', () => {
    assert.deepEqual(circles(folderEdges(edgesOf(product, { types: true }))), []);
  });

  test('of the product are no test support, whose files are named so', () => {
    assert.deepEqual(offences(product, isTestSupport), []);
    assert.deepEqual(unused(product, entries), []);
    assert.deepEqual(
      [...product.keys()].filter((file) => /\/test-[^/]*$/.test(file)),
      [],
    );
  });

  test('of the rooms of src/native go one way, types included', () => {
    const rooms = roomEdges(edgesOf(product, { types: true }), native);
    assert.ok(rooms.size > 10);
    assert.ok(!rooms.has(native), 'a file is in no room');
    assert.deepEqual(circles(rooms), []);
  });

  test('of what writes machine code are in folders named x64 only', () => {
    assert.ok(offences(product, writesCode).length > 30);
    const outside = new Map([...product].filter(([file]) => !file.split('/').includes('x64')));
    assert.deepEqual(offences(outside, writesCode), []);
  });

  test('of pure folders are pure', () => {
    assert.deepEqual(offences(product, isImpure), []);
  });
});

describe('the rules find', () => {
  /** A graph of files by their texts. */
  const made = (files: Readonly<Record<string, string>>): ImportGraph =>
    new Map(Object.entries(files).map(([file, text]) => [file, importsOf(file, text)]));

  test('every form of an import', () => {
    const text = `import a, { b } from './a.js';
import type { C } from './c.js';
import type { D, E } from '../d.js';
import { type F, g } from './f.js';
import * as h from 'node:fs';
import './i.js';
export {
  j,
  k,
} from './j.js';
export type { L } from './l.js';
const m = await import('./m.js');
const text = "import('./n.js')";
`;
    const found = importsOf('src/x/y.ts', text);
    assert.deepEqual(
      found.filter(({ isType }) => !isType).map(({ target }) => target),
      ['src/x/a.ts', 'src/x/f.ts', 'node:fs', 'src/x/j.ts', 'src/x/i.ts', 'src/x/m.ts'],
    );
    assert.deepEqual(
      found.filter(({ isType }) => isType).map(({ target }) => target),
      ['src/x/c.ts', 'src/d.ts', 'src/x/l.ts'],
    );
    assert.deepEqual(
      found.filter(({ isDynamic }) => isDynamic).map(({ target }) => target),
      ['src/x/m.ts'],
    );
  });

  test('circles of files and of folders', () => {
    const round = made({
      'src/a/1.ts': `import { b } from '../b/1.js';`,
      'src/a/2.ts': `import { c } from '../c/1.js';`,
      'src/b/1.ts': `import { c } from '../c/1.js';`,
      'src/c/1.ts': `import type { b } from '../b/1.js';\nimport { a } from '../a/1.js';`,
    });
    const all = ['src/a/1.ts', 'src/b/1.ts', 'src/c/1.ts'];
    assert.deepEqual(circles(edgesOf(round, { types: false })), [all]);
    assert.deepEqual(circles(folderEdges(edgesOf(round, { types: false }))), [['a', 'b', 'c']]);
    const byTypes = made({
      'src/a/1.ts': `import { b } from '../b/1.js';`,
      'src/b/1.ts': `import type { a } from '../a/1.js';`,
    });
    assert.deepEqual(circles(edgesOf(byTypes, { types: false })), []);
    assert.deepEqual(circles(edgesOf(byTypes, { types: true })), [['src/a/1.ts', 'src/b/1.ts']]);
  });

  test('test support in the product, by its name and by who uses it', () => {
    const wrong = productOf(
      made({
        'src/index.ts': `import { a } from './a/a.fixture.js';`,
        'src/a/a.fixture.ts': '',
        'src/a/a.test.ts': `import { b } from './b.js';`,
        'src/a/b.ts': '',
      }),
    );
    assert.deepEqual(offences(wrong, isTestSupport), ['src/index.ts imports src/a/a.fixture.ts']);
    assert.deepEqual(unused(wrong, ['src/index.ts']), ['src/a/b.ts']);
  });

  test('what is not pure', () => {
    const wrong = made({
      'src/ir/a.ts': `import { readFileSync } from 'node:fs';\nimport { b } from '../wasm/b.js';`,
      'src/wasm/b.ts': `import type { Address } from '../native/ffi/ffi.js';`,
      'src/native/ffi/ffi.ts': `import { join } from 'node:path';`,
    });
    assert.deepEqual(offences(wrong, isImpure), [
      'src/ir/a.ts imports node:fs',
      'src/wasm/b.ts imports src/native/ffi/ffi.ts',
    ]);
  });
});
