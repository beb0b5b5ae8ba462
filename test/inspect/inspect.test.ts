import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { inspect } from 'node:util';
import type { AotInspection } from '../../src/cli/aot-inspection.js';
import { file, folder, upshift } from '../../src/cli/command.fixture.js';
import type { Inspection } from '../../src/cli/inspection.js';
import { withoutLlvm } from '../../src/llvm-jit/library.fixture.js';
import { Runtime } from '../../src/runtime/runtime.js';
import { suiteBinaryOf } from '../spec/suite-parser.js';

/* What `upshift inspect` shows of modules that only the suite's parser can read. */

const binaryOf = (text: string): Promise<Uint8Array> => suiteBinaryOf({ form: 'text', text });

const all = await binaryOf(`(module
  (rec (type $a (func (param (ref null $b)) (result (ref $a))))
       (type $b (func (param (ref $a) i32) (result (ref null $c))))
       (type $c (func (result funcref (ref func) (ref extern) exnref (ref exn)))))
  (type $plain (func (param (ref null $a))))
  (type $above (sub (func (result i32))))
  (type $below (sub final $above (func (result i32))))
  (import "m" "f" (func $imported (type $b)))
  (import "m" "tag" (tag (param i32 i64)))
  (import "m" "t" (table i64 1 5 (ref null $a)))
  (import "m" "mem" (memory i64 2))
  (tag (export "own") (param (ref null $a)))
  (memory (export "second") 1 2)
  (memory i64 1 8)
  (table (export "init") 3 4 (ref $b) (ref.func $imported))
  (table (export "null") 3 (ref null $b) (ref.null $b))
  (table (export "wide") i64 0 funcref)
  (global (export "g") (mut (ref null $c)) (ref.null $c))
  (func (export "f") (type $plain))
  (func (export "h") (param i32)
    (@metadata.code.branch_hint "\\00") (if (local.get 0) (then))
    (@metadata.code.branch_hint "\\01") (if (local.get 0) (then))))`);

describe('upshift inspect', () => {
  const path = file('references.wasm', all);

  test('names types by their indices, and lists them by groups, with subtypes', () => {
    const { stdout } = upshift(['inspect', path]);
    assert.ok(
      stdout.includes(`
Types (8):
  rec
    0  [(ref null 1)] -> [(ref 0)]
    1  [(ref 0) i32] -> [(ref null 2)]
    2  [] -> [funcref (ref func) (ref extern) exnref (ref exn)]
  3  [(ref null 0)] -> []
  4  sub [] -> [i32]
  5  sub final 4 [] -> [i32]
`),
      stdout,
    );
    for (const line of [
      'func    m f    [(ref 0) i32] -> [(ref null 2)]',
      'table   m t    i64 1 5 (ref null 0)',
      'global  g       (mut (ref null 2))',
      'func    f       [(ref null 0)] -> []',
    ]) {
      assert.ok(stdout.includes(`\n  ${line}\n`), line);
    }
  });

  test('shows tags, tables with what they begin with, memories with their addresses, and branch hints', () => {
    const { stdout } = upshift(['inspect', path]);
    assert.match(stdout, /^references\.wasm: .*, 4 tables, 1 global, 2 tags\n/);
    assert.ok(
      stdout.includes(`
Memory:        2 pages (128 KiB), no maximum, 64-bit addresses, imported
               1 page (64 KiB), at most 2 pages (128 KiB)
               1 page (64 KiB), at most 8 pages (512 KiB), 64-bit addresses
Tables:        1 element of (ref null 0), at most 5, 64-bit indices, imported
               3 elements of (ref 1), at most 4, at first ref.func 0
               3 elements of (ref null 1), no maximum, at first ref.null 1
               0 elements of funcref, no maximum, 64-bit indices
Tags:          [i32 i64] -> [], imported
               [(ref null 0)] -> []
`),
      stdout,
    );
    assert.match(stdout, /^Branch hints: {2}2 in 1 function$/m);
    for (const line of [
      'tag     m tag  [i32 i64] -> []',
      'memory  m mem  i64 2',
      'tag     own     [(ref null 0)] -> []',
    ]) {
      assert.ok(stdout.includes(`\n  ${line}\n`), line);
    }
  });

  test('tells programs the same', () => {
    const { content } = JSON.parse(upshift(['inspect', '--json', path]).stdout) as Inspection;
    assert.ok(content !== null);
    const { types, tags, branchHints, tables, memories } = content;
    assert.deepEqual(
      types.map(({ group, supertype, final }) => [group, supertype, final]),
      [
        [0, null, true],
        [0, null, true],
        [0, null, true],
        [3, null, true],
        [4, null, false],
        [5, 4, true],
        [6, null, true],
        [7, null, true],
      ],
    );
    assert.deepEqual(
      tags.map(({ imported }) => imported),
      [true, false],
    );
    assert.deepEqual(branchHints, { hints: 2, functions: 1 });
    assert.deepEqual(
      tables.map(({ address, init }) => [address, init]),
      [
        ['i64', null],
        ['i32', 'ref.func 0'],
        ['i32', 'ref.null 1'],
        ['i64', null],
      ],
    );
    assert.deepEqual(
      memories.map(({ address }) => address),
      ['i64', 'i32', 'i64'],
    );
  });

  test('lists no types where there are only plain ones', async () => {
    const plain = file(
      'plain.wasm',
      await binaryOf('(module (func (export "f") (param i32) (local.get 0) (drop)))'),
    );
    assert.doesNotMatch(upshift(['inspect', plain]).stdout, /^Types/m);
  });

  test('counts the handlers of an AOT file', async () => {
    const module = file(
      'handlers.wasm',
      await binaryOf(`(module (import "m" "f" (func $f))
        (func (export "two") (block $b (try_table (catch_all $b) (call $f) (call $f))))
        (func (export "none") (call $f)))`),
    );
    const tiers = withoutLlvm() === false ? (['fast', 'llvm'] as const) : (['fast'] as const);
    for (const tier of tiers) {
      const aot = join(folder, `handlers-${tier}.aot`);
      assert.equal(upshift(['compile', `--tier=${tier}`, '-o', aot, module]).status, 0);
      const { code } = JSON.parse(upshift(['inspect', '--json', aot]).stdout) as AotInspection;
      // The Fast JIT has one for each call, LLVM for calls that follow one another.
      const handlers = tier === 'fast' ? 2 : 1;
      assert.equal(code[tier].handlers, handlers);
      const line = tier === 'fast' ? /^Fast JIT: .* bytes, 2 handlers/m : /^LLVM: .* bytes, 1 handler$/m;
      assert.match(upshift(['inspect', aot]).stdout, line);
    }
  });
});

test('the views of modules in the library say once that addresses have 64 bits', () => {
  const runtime = new Runtime();
  const view = inspect(runtime.compile(all));
  assert.match(view, /m\.mem: memory i64 2 pages or more/);
  assert.match(view, /m\.t: table i64 1 to 5 elements/);
  runtime.dispose();
});
