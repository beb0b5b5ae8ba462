import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { describe, test } from 'node:test';
import { compileLibrary, withoutCompiler } from '../../test/natives/library.fixture.js';
import { withoutLlvm } from '../llvm-jit/library.fixture.js';
import { wat } from '../runtime/modules.fixture.js';

const url = (name: string): string => JSON.stringify(new URL(name, import.meta.url).href);

const hex = Buffer.from(
  wat(`(module (func (export "sum") (param i32) (result i32) (local i32)
    (loop (local.set 1 (i32.add (local.get 1) (local.get 0)))
      (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
    (local.get 1)))`),
).toString('hex');

/** A program that gets hot until something is known of LLVM's failure, and tells of it. */
const program = (tier: string): string => `
  import { writeSync } from 'node:fs';
  import { Runtime } from ${url('../runtime/runtime.js')};
  const bytes = Uint8Array.from(Buffer.from('${hex}', 'hex'));
  const runtime = new Runtime({ tier: '${tier}', llvm: { threads: 1 }, tuning: { warmUp: 0, heatThreshold: 10 } });
  try {
    const { sum } = runtime.instantiate(runtime.compile(bytes)).exports;
    let isRight = true;
    while (runtime.llvm === undefined || !('failure' in runtime.llvm)) {
      isRight &&= sum(1000) === 500500;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    writeSync(1, (isRight && sum(1000) === 500500) + ' ' + runtime.llvm.failure + '\\n');
  } catch (error) {
    writeSync(1, error.name + ' ' + error.message + '\\n');
  }
  process.on('exit', () => writeSync(1, 'end'));`;

function run(
  tier: string,
  variables: NodeJS.ProcessEnv,
  options: readonly string[] = [],
): { readonly stdout: string; readonly stderr: string; readonly status: number | null } {
  const { stdout, stderr, status } = spawnSync(
    process.execPath,
    [...options, '--input-type=module', '-e', program(tier)],
    { encoding: 'utf8', env: { ...process.env, ...variables }, timeout: 300_000, killSignal: 'SIGKILL' },
  );
  return { stdout, stderr, status };
}

const ways: readonly (readonly [way: string, reason: string])[] = [
  ['malloc', 'LLVM has failed: Allocation failed'],
  ['new', 'LLVM has failed: a C++ exception, as where there is no memory'],
  ['abort', 'LLVM has failed: SIGABRT'],
  ['fault', 'LLVM has failed: SIGSEGV'],
  ['overflow', 'LLVM has failed: SIGSEGV'],
  ['trap', 'LLVM has failed: SIGILL'],
  ['report', 'LLVM has failed: cannot go on: a test'],
  ['exit', 'the backend thread has ended'],
  ['thread', 'no thread can be started for LLVM: EAGAIN (ERR_WORKER_INIT_FAILED)'],
];

describe('LLVM fails', { skip: withoutLlvm() || withoutCompiler }, () => {
  const library = withoutCompiler
    ? ''
    : compileLibrary('failing', { file: 'test/natives/failing-library.c' }, ['-ldl']);
  for (const [way, reason] of ways) {
    test(`the program goes on in the Fast JIT, and says why: ${way}`, () => {
      const { stdout, stderr, status } = run('multi', { LD_PRELOAD: library, FAIL: way });
      assert.deepEqual({ stdout, status }, { stdout: `true ${reason}\nend`, status: 0 }, stderr);
    });
  }

  test('in the middle of a function that it compiles', () => {
    const { stdout, stderr, status } = run('multi', { LD_PRELOAD: library, FAIL: 'abort', FAIL_AFTER: '60' });
    assert.deepEqual({ stdout, status }, { stdout: 'true LLVM has failed: SIGABRT\nend', status: 0 }, stderr);
  });

  for (const way of ['abort', 'exit', 'thread']) {
    test(`tier llvm cannot be had: ${way}`, () => {
      const { stdout, stderr, status } = run('llvm', { LD_PRELOAD: library, FAIL: way });
      const reason = ways.find(([name]) => name === way)?.[1];
      assert.deepEqual(
        { stdout, status },
        { stdout: `LlvmUnavailableError ${reason}\nend`, status: 0 },
        stderr,
      );
    });
  }
});

test('where Node does not permit threads, the program goes on in the Fast JIT', (context) => {
  const name = '--permission';
  const permission = process.allowedNodeEnvironmentFlags.has(name) ? name : '--experimental-permission';
  const options = [permission, '--allow-addons', '--allow-fs-read=*', '--allow-fs-write=*'];
  if (!process.allowedNodeEnvironmentFlags.has('--allow-addons')) return context.skip('no --allow-addons');
  const { stdout, stderr, status } = run('multi', {}, options);
  assert.match(stdout, /^true no thread can be started for LLVM: .*\(ERR_ACCESS_DENIED\)\nend$/, stderr);
  assert.equal(status, 0);
});
