import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { readContainer, writeContainer } from '../aot/container-file.js';
import { CacheStore } from '../cache/cache-store.js';
import { withoutLlvm } from '../llvm-jit/library.fixture.js';
import { sha256 } from '../runtime/code-files/digest.js';
import { assertOneLine, env, example, file, upshift, wasm } from './command.fixture.js';

const skip = withoutLlvm();
const arithmetic = example('arithmetic.wat');

const imports = `
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_read" (func $fd_read (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 2)`;

/** Copies standard input to standard output, 1 KiB at a time; ends with exit code 3. */
const cat = `(module ${imports}
  (func (export "_start")
    (i32.store (i32.const 0) (i32.const 1024))
    (loop $again
      (i32.store (i32.const 4) (i32.const 1024))
      (drop (call $fd_read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 4)))
      (if (i32.load (i32.const 4)) (then
        (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))
        (br $again))))
    (call $proc_exit (i32.const 3))))`;

describe('upshift run --self-check', () => {
  for (const [tier, other, skipped] of [
    ['fast', 'interp', false],
    ['multi', 'interp', false],
    ['llvm', 'interp', skip],
    ['interp', 'fast', false],
  ] as const) {
    it(`does what the program does, once, in tier ${tier}`, { skip: skipped }, async () => {
      const program = await wasm('cat-3', cat);
      const input = 'all work and no play '.repeat(1000);
      const { status, stdout, stderr } = upshift(['run', '--self-check', `--tier=${tier}`, program], input);
      assert.equal(status, 3);
      assert.equal(stdout, input);
      assert.equal(
        stderr,
        `upshift: self-check: tiers ${tier} and ${other} do the same; 1 call, 44 calls of imports\n`,
      );
    });
  }

  it('runs programs compiled from C', () => {
    const hello = upshift(['run', '--self-check', example('hello.wasm'), 'reader']);
    assert.deepEqual([hello.status, hello.stdout], [0, 'hello, reader\n']);
    const { status, stdout } = upshift(['run', '--self-check', example('mandelbrot.wasm'), '40']);
    assert.equal(status, 0);
    assert.match(stdout, /^(.{40}\n){15}124 of 600 points inside\n$/);
  });

  it('calls exported functions, after _initialize', async () => {
    const program = await wasm(
      'reactor-check',
      `(module
        (global $g (mut i32) (i32.const 1))
        (func (export "_initialize") (global.set $g (i32.const 42)))
        (func (export "get") (param f64) (result i32 f64 i64)
          (global.get $g) (local.get 0) (i64.const -5)))`,
    );
    const { status, stdout, stderr } = upshift(['run', '--self-check', '--invoke', 'get', program, '0.1']);
    assert.deepEqual([status, stdout], [0, '42\n0.1\n-5\n']);
    assert.match(stderr, /; 2 calls, 0 calls of imports\n$/);
  });

  it('ends with the trap of the program', () => {
    const { status, stderr } = upshift(['run', '--self-check', '--invoke', 'divide', arithmetic, '7', '0']);
    assert.equal(status, 134);
    assert.match(
      stderr,
      /^upshift: self-check: .* do the same.*\nupshift: trap: integer divide by zero\n +at divide .*\n$/,
    );
  });

  it('says where nothing can be compared', async () => {
    const program = await wasm('deep-check', '(module (func $f (export "_start") (call $f) (call $f)))');
    const { status, stderr } = upshift(['run', '--self-check', '--tier=fast', program]);
    assert.equal(status, 134);
    assert.match(stderr, /the stack was exhausted in tier fast, so the last call was not compared\n/);
  });

  it('tells of a difference and what makes it, with status 70', async () => {
    const program = await wasm(
      'kept-wrong',
      `(module ${imports}
        (func $right (param i32) (result i32) (i32.add (local.get 0) (i32.const 1)))
        (func $wrong (param i32) (result i32) (i32.xor (local.get 0) (i32.const 0x12345678)))
        (func (export "f") (param i32) (result i32) (call $right (call $wrong (local.get 0)))))`,
    );
    const args = ['run', '--self-check', '--invoke', 'f', program, '1'];
    assert.equal(upshift(args).status, 0);
    spoilKeptCode(0x12345678, 0x12345679);
    const { status, stdout, stderr } = upshift(args);
    assert.equal(status, 70);
    assert.equal(stdout, '');
    const lines = stderr.split('\n');
    assert.deepEqual(lines.slice(0, 3), [
      'upshift: self-check: tiers multi and interp differ in the call of f:',
      '    multi   returns 305419897 (0x12345679)',
      '    interp  returns 305419898 (0x1234567a)',
    ]);
    assert.match(lines[3], /: it is made by wrong \(func\[4\]\), .* its body is at offsets 0x\w+ to 0x\w+$/);
    assert.equal(lines.length, 5);
  });

  it('needs another tier, and a program', () => {
    const args = ['run', '--self-check', '--invoke', 'gcd', arithmetic, '12', '18'];
    assertOneLine(upshift(args, '', { UPSHIFT_FFI: 'none' }), 1, /tier fast is not available/);
    assertOneLine(
      upshift(['run', '--self-check', '--invoke', 'lcm', arithmetic]),
      1,
      /no exported function lcm/,
    );
    const strange = file('strange.wat', '(module (import "a" "b" (func)))');
    assertOneLine(upshift(['run', '--self-check', strange]), 1, /unknown import: "a" "b"/);
  });
});

/** Replaces a number in the kept machine code of a program. */
function spoilKeptCode(number: number, other: number): void {
  const cache = join(env['XDG_CACHE_HOME'] ?? '', 'upshift');
  const store = CacheStore.open(cache);
  let count = 0;
  for (const name of readdirSync(join(cache, 'code'))) {
    const container = readContainer(store?.read('code', name) ?? new Uint8Array(), sha256);
    const { text } = container;
    const view = new DataView(text.buffer, text.byteOffset, text.length);
    for (let at = 0; at + 4 <= text.length; at++) {
      if (view.getUint32(at, true) !== number) continue;
      view.setUint32(at, other, true);
      count++;
    }
    store?.write('code', name, 'spoilt', writeContainer(container, sha256));
  }
  assert.equal(count, 1);
}
