import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { assertOneLine, example, file, upshift, wasm } from './command.fixture.js';
import type { Inspection } from './inspection.js';

function json(path: string): Inspection {
  const { status, stdout, stderr } = upshift(['inspect', '--json', path]);
  assert.deepEqual({ status, stderr }, { status: 0, stderr: '' });
  return JSON.parse(stdout) as Inspection;
}

describe('upshift inspect', () => {
  it('shows what a program consists of', () => {
    const path = example('hello.wasm');
    const { status, stdout, stderr } = upshift(['inspect', path]);
    assert.deepEqual({ status, stderr }, { status: 0, stderr: '' });
    assert.match(stdout, /^hello\.wasm: 28700 bytes, 54 functions \(and 7 imported\), 1 table, 1 global/);
    assert.match(stdout, /^Memory: +2 pages \(128 KiB\), no maximum$/m);
    assert.match(stdout, /^ {2}func +wasi_snapshot_preview1 fd_write +\[i32 i32 i32 i32\] -> \[i32\]$/m);
    assert.match(stdout, /^ {2}func +_start +\[\] -> \[\]$/m);
    assert.match(stdout, /^processed-by: +Debian clang/m);
    assert.match(stdout, /^Built for: +\+multivalue \+mutable-globals/m);
    assert.match(stdout, /^ +0xa +82 {2}type$/m);
    assert.match(stdout, /^ +0x[\da-f]+ +60 {2}custom "producers"$/m);
  });

  it('tells programs the same, as JSON', () => {
    const path = example('hello.wasm');
    const { byteLength, sections, content, error } = json(path);
    assert.equal(byteLength, readFileSync(path).length);
    assert.equal(error, null);
    assert(content !== null);
    assert.deepEqual(content.functions, { imported: 7, defined: 54, named: 61 });
    assert.equal(content.imports.length, 7);
    assert.deepEqual(content.exports[0], { name: 'memory', kind: 'memory', type: '2' });
    assert.deepEqual(content.memories, [{ min: 2, max: null, address: 'i32', imported: false }]);
    const last = sections[sections.length - 1];
    assert.deepEqual([last.kind, last.name], ['custom', 'target_features']);
    assert.equal(last.offset + last.byteLength, byteLength);
  });

  it('shows imports and exports of all kinds, and a start function', async () => {
    const path = await wasm(
      'kinds',
      `(module (import "a" "memory" (memory 1 300)) (import "a" "table" (table 2 externref))
        (import "a" "global" (global (mut f64))) (func $go) (start $go)
        (global (export "constant") i64 (i64.const 7)) (table (export "own") 1 9 funcref)
        (export "go" (func $go)) (export "again" (memory 0)))`,
    );
    const { stdout } = upshift(['inspect', path]);
    assert.match(stdout, /^Memory: +1 page \(64 KiB\), at most 300 pages \(18.8 MiB\), imported$/m);
    assert.match(stdout, /^Features: +mutable-globals, reference-types$/m);
    assert.match(stdout, /^Start: +go \(func\[0\]\)$/m);
    for (const line of [
      'memory  a memory  1 300',
      'table   a table   2 externref',
      'global  a global  (mut f64)',
    ]) {
      assert(stdout.includes(`\n  ${line}\n`), line);
    }
    for (const line of [
      'global  constant  i64',
      'table   own       1 9 funcref',
      'memory  again     1 300',
    ]) {
      assert(stdout.includes(`\n  ${line}\n`), line);
    }
  });

  it('shows the sections of what cannot be run, and why', async () => {
    // A function that returns anyref.
    const header = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
    const later = file('later.wasm', Uint8Array.of(...header, 1, 5, 1, 0x60, 0, 1, 0x6e, 3, 2, 1, 0));
    const { status, stdout, stderr } = upshift(['inspect', later]);
    assert.equal(status, 1);
    assert.match(stdout, /^later\.wasm: 19 bytes\n/);
    assert.match(stdout, /type\n.* function\n$/);
    assert.match(stderr, /^upshift: .*later\.wasm: unsupported feature: garbage collection: [^\n]*\n$/);
    const outcome = upshift(['inspect', '--json', later]);
    const { error, sections, content } = JSON.parse(outcome.stdout) as Inspection;
    assert.match(error ?? '', /garbage collection/);
    assert.equal(sections.length, 2);
    assert.equal(content, null);
    assert.equal(outcome.status, 1);
  });

  it('escapes what a module could do to a terminal', async () => {
    const { stdout } = upshift(['inspect', await wasm('escape', '(module (func (export "\\1b[31m\\0a")))')]);
    assert(!stdout.includes('\x1b'));
    assert.match(stdout, /^ {2}func +\\u\{1b\}\[31m\\u\{a\} +\[\] -> \[\]$/m);
  });

  it('wants one file', () => {
    assertOneLine(upshift(['inspect']), 2, /a file is missing \(see upshift inspect --help\)/);
    const hello = example('hello.wasm');
    assertOneLine(upshift(['inspect', hello, hello]), 2, /one file at a time/);
  });
});
