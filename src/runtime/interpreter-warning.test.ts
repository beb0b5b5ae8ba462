import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { describe, test } from 'node:test';

const url = (name: string): string => JSON.stringify(new URL(name, import.meta.url).href);

/** What a script prints that may use `Runtime` and `Worker`, where koffi may not be loaded. */
function run(script: string, variables: NodeJS.ProcessEnv = {}, options = ['--no-addons']): string {
  const prelude = `
    import { Runtime } from ${url('./runtime.js')};
    import { Worker } from 'node:worker_threads';
    process.on('warning', ({ code, message }) => code === 'UPSHIFT_INTERPRETED' && console.log(code, message));`;
  const { UPSHIFT_FFI: _, UPSHIFT_WARNINGS: __, ...env } = process.env;
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [...options, '--input-type=module', '-e', prelude + script],
    { encoding: 'utf8', env: { ...env, ...variables } },
  );
  assert.equal(status, 0, stderr);
  return stdout;
}

const warning =
  /^UPSHIFT_INTERPRETED WebAssembly is interpreted, which is many times slower than machine code: koffi could not be loaded: [^\n]+\n$/;
const two = 'new Runtime(); new Runtime();';

describe('functions are interpreted because koffi cannot be loaded', () => {
  test('a warning says so, once', () => assert.match(run(two), warning));

  test('by the WebAssembly of JavaScript, too', () => {
    const script = `await import(${url('../api/register.js')}); new WebAssembly.Memory({ initial: 1 });`;
    assert.match(run(script), warning);
  });

  test('workers do not repeat it', () => {
    const worker = `import(${url('./runtime.js')}).then(({ Runtime }) => {
      process.on('warning', ({ code }) => console.log('again', code));
      new Runtime();
      setTimeout(() => {}, 10);
    });`;
    assert.match(run(`${two} new Worker(${JSON.stringify(worker)}, { eval: true, execArgv: [] });`), warning);
  });

  test('nothing is said to who does not want to hear it', () => {
    assert.equal(run(two, { UPSHIFT_WARNINGS: 'none' }), '');
    assert.equal(run("new Runtime({ tier: 'interp' });"), '');
    assert.equal(run(two, { UPSHIFT_FFI: 'none' }, []), '');
    assert.equal(run(two, {}, []), '');
  });
});
