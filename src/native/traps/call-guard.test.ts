import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';

const url = (name: string): string => JSON.stringify(new URL(name, import.meta.url).href);

/** Runs a script with `bind`, `attempt` and `threadId`, in a process of its own; what it prints. */
function run(script: string): { readonly output: string; readonly signal: string | null } {
  const prelude = `
    import { writeSync } from 'node:fs';
    import { Worker } from 'node:worker_threads';
    import { callGuard } from ${url('./call-guard.js')};
    import { func, openLibrary, symbol } from ${url('../ffi/ffi.js')};
    import { isThreadAlive, threadId } from ${url('../process/threads.js')};
    const print = (text) => writeSync(1, text + '\\n');
    const bind = (types, library = 'libc.so.6') => callGuard().bind(openLibrary(library), types);
    const attempt = (work) => { try { return work(); } catch (error) { return error.name + ': ' + error.message; } };
    const { getpid, abort } = bind({ getpid: ['int', []], abort: ['void', []] });
    const isPid = () => attempt(getpid) === process.pid;
  `;
  const { stdout, signal, stderr } = spawnSync(
    process.execPath,
    ['--input-type=module', '-e', prelude + script],
    { encoding: 'utf8', timeout: 120_000, killSignal: 'SIGKILL' },
  );
  assert.ok(stdout !== '' || signal !== null, stderr);
  return { output: stdout.trimEnd(), signal };
}

test('a guarded function gets its arguments, on the stack too, and returns its result', () => {
  const { output } = run(`
    const { snprintf } = bind({ snprintf: ['int', ['buffer', 'size', 'string', ...Array(9).fill('int')]] });
    const bytes = new Uint8Array(64);
    const length = snprintf(bytes, 64, '%d %d %d %d %d %d %d %d %d', 1, 2, 3, 4, 5, 6, 7, 8, 9);
    print(length + ' ' + Buffer.from(bytes.subarray(0, length)) + ' ' + isPid());`);
  assert.equal(output, '17 1 2 3 4 5 6 7 8 9 true');
});

test('a library that aborts ends its call, and no function is called any more', () => {
  const { output, signal } = run(`
    print(isPid() + ' ' + attempt(abort) + ' ' + attempt(getpid) + ' ' + (func('getpid', 'int', [])() === process.pid));`);
  assert.equal(output, 'true LibraryFailure: SIGABRT LibraryFailure: SIGABRT true');
  assert.equal(signal, null);
});

test('a fault ends its call', () => {
  const { output } = run(
    `const { strlen } = bind({ strlen: ['size', ['address']] }); print(attempt(() => strlen(8)));`,
  );
  assert.equal(output, 'LibraryFailure: SIGSEGV');
});

test('an exception that nothing catches ends its call, without a word on the standard error', () => {
  const { output } = run(`
    const { _ZSt9terminatev: terminate } = bind({ _ZSt9terminatev: ['void', []] }, 'libstdc++.so.6');
    print(attempt(terminate));`);
  assert.equal(output, 'LibraryFailure: a C++ exception, as where there is no memory');
});

test('what is not guarded ends the process as before', () => {
  for (const name of ['abort', '_ZSt9terminatev']) {
    assert.equal(run(`print('now'); func('${name}', 'void', [])();`).signal, 'SIGABRT', name);
  }
  assert.equal(run(`print('now'); func('strlen', 'size', ['address'])(8);`).signal, 'SIGSEGV');
  assert.equal(run(`print('now'); process.kill(process.pid, 'SIGTRAP'); for (;;);`).signal, 'SIGTRAP');
});

test('where it is allowed, what is not guarded ends its thread alone', () => {
  const { output, signal } = run(`
    const shared = new Int32Array(new SharedArrayBuffer(4));
    new Worker(new URL(${url('../threads/ending-thread.fixture.js')}), { workerData: shared, execArgv: [] });
    Atomics.wait(shared, 0, 0);
    while (isThreadAlive(shared[0]));
    print('alone');
    func('_exit', 'void', ['int'])(0);`);
  assert.deepEqual({ output, signal }, { output: 'alone', signal: null });
});
