import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before } from 'node:test';
import { fileURLToPath } from 'node:url';
import { translateWat } from './wat.js';

/** For tests of the built command `upshift`. */

const root = fileURLToPath(new URL('../../../', import.meta.url));
export const dist = join(root, 'dist');
export const cli = join(dist, 'cli.js');
export const version = UPSHIFT_VERSION;
/** The folder for the files of one test file. */
export const folder = mkdtempSync(join(tmpdir(), 'upshift-cli-'));
export const env: NodeJS.ProcessEnv = { ...process.env, XDG_CACHE_HOME: join(folder, 'cache') };

/** Set by the build from package.json. */
declare const UPSHIFT_VERSION: string;

before(() => assert(existsSync(cli), 'dist/cli.js is missing: run `npm run build`'));
after(() => rmSync(folder, { recursive: true }));

export function example(name: string): string {
  return join(root, 'examples', name);
}

export interface Outcome {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export function upshift(
  args: readonly string[],
  input: string | Uint8Array = '',
  variables: NodeJS.ProcessEnv = {},
): Outcome {
  const { status, signal, stdout, stderr } = spawnSync(process.execPath, [cli, ...args], {
    env: { ...env, ...variables },
    input,
    encoding: 'utf8',
    maxBuffer: 1e8,
  });
  assert.equal(signal, null, stderr);
  return { status, stdout, stderr };
}

export function file(name: string, contents: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, contents);
  return path;
}

/** Arguments for python3: it runs the command that follows in a terminal and copies its output unchanged. */
export const terminal: readonly string[] = [
  '-c',
  `
import os, pty, sys
sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))`,
];
/** Why there are no terminals for tests. */
export const withoutTerminal: string | false =
  spawnSync('python3', ['-c', 'import pty']).status === 0 ? false : 'no python3';

/** A module in the binary format. */
export async function wasm(name: string, text: string): Promise<string> {
  return file(`${name}.wasm`, await translateWat(name, Buffer.from(text)));
}

/** Imports and memory of test programs. */
export const imports = `
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_read" (func $fd_read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "args_get" (func $args_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "args_sizes_get" (func $args_sizes_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "environ_get" (func $environ_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "environ_sizes_get" (func $environ_sizes_get (param i32 i32) (result i32)))
  (memory (export "memory") 2)`;

/** Writes all arguments, then the whole environment, as they lie in memory: each followed by a NUL. */
export const echoArguments = `(module ${imports}
  (func (export "_start")
    (drop (call $args_sizes_get (i32.const 0) (i32.const 4)))
    (drop (call $args_get (i32.const 1024) (i32.const 4096)))
    (i32.store (i32.const 8) (i32.const 4096))
    (i32.store (i32.const 12) (i32.load (i32.const 4)))
    (drop (call $fd_write (i32.const 1) (i32.const 8) (i32.const 1) (i32.const 0)))
    (drop (call $environ_sizes_get (i32.const 0) (i32.const 4)))
    (drop (call $environ_get (i32.const 1024) (i32.const 4096)))
    (i32.store (i32.const 12) (i32.load (i32.const 4)))
    (drop (call $fd_write (i32.const 1) (i32.const 8) (i32.const 1) (i32.const 0)))))`;

/** Asserts a failure that is reported in one line. */
export function assertOneLine(outcome: Outcome, status: number, message: RegExp): void {
  assert.match(outcome.stderr, message);
  assert.match(outcome.stderr, /^upshift: [^\n]+\n$/);
  assert.equal(outcome.stdout, '');
  assert.equal(outcome.status, status);
}

/**
 * A function `(turns: i32, bytes: i32) → ()` that spins in an empty loop for `turns`, then has many loops for
 * LLVM's vectorizer. Compile time grows faster than their number: 300 take about a second, 1000 about twenty.
 */
export function slowForLlvm(name: string, loops: number): string {
  const bodies = Array.from(
    { length: loops },
    (_, i) => `
      (local.set $j (i32.const 16))
      (loop $loop${i}
        (i32.store (i32.add (local.get $j) (i32.const ${64 * i}))
          (i32.mul (i32.load (i32.add (local.get $j) (local.get $bytes))) (i32.const ${3 * i + 1})))
        (local.set $j (i32.add (local.get $j) (i32.const 4)))
        (br_if $loop${i} (i32.lt_u (local.get $j) (local.get $bytes))))`,
  );
  return `(func $${name} (export "${name}") (param $turns i32) (param $bytes i32) (local $j i32)
    (loop $turn
      (local.set $turns (i32.sub (local.get $turns) (i32.const 1)))
      (br_if $turn (i32.gt_s (local.get $turns) (i32.const 0))))
    ${bodies.join('')})`;
}
