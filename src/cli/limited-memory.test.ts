import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { describe, it } from 'node:test';
import { assertOneLine, cli, env, file, type Outcome, wasm } from './command.fixture.js';

/** Runs `upshift` with this many KiB of address space. */
function limited(kibibytes: number, args: readonly string[]): Outcome {
  const { status, stdout, stderr } = spawnSync(
    'sh',
    ['-c', `ulimit -v ${kibibytes} && exec "$0" "$@"`, process.execPath, cli, ...args],
    { env, encoding: 'utf8' },
  );
  return { status, stdout, stderr };
}

describe('upshift run with little address space', () => {
  it('tells of a memory that cannot be had', async () => {
    const path = await wasm('large', '(module (memory 65536) (func (export "_start")))');
    assertOneLine(limited(4_000_000, ['run', path]), 1, /large\.wasm: no memory is left for 65536 pages/);
  });

  it('tells that the text format cannot be read, where it cannot', () => {
    const path = file('any.wat', '(module (func (export "_start")))');
    const outcome = limited(4_000_000, ['run', path]);
    // Newer versions of V8 need less to run the parser.
    if (outcome.status === 0) assert.equal(outcome.stderr, '');
    else assertOneLine(outcome, 1, /any\.wat: the text format cannot be read here: /);
  });

  it('starts no thread that would find too little, and stays in the Fast JIT', async () => {
    const path = await wasm(
      'turns',
      `(module (func (export "turns") (param i32) (result i32) (local i32)
        (loop (local.set 1 (i32.add (local.get 1) (i32.const 1)))
          (br_if 0 (i32.lt_u (local.get 1) (local.get 0)))) (local.get 1)))`,
    );
    const args = ['run', '--verbose', '--invoke', 'turns', path, '1000000000'];
    const { status, stdout, stderr } = limited(2_200_000, args);
    assert.deepEqual({ status, stdout }, { status: 0, stdout: '1000000000\n' }, stderr);
    assert.match(
      stderr,
      /; no LLVM: (no thread can be started for LLVM: there is no room|LLVM is switched off)/,
    );
  });
});
