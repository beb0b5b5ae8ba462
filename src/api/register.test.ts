import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { wat } from '../runtime/test-modules.js';

const dist = fileURLToPath(new URL('../../../dist/', import.meta.url));
const register = pathToFileURL(join(dist, 'register.mjs')).href;
const library = pathToFileURL(join(dist, 'index.mjs')).href;
const folder = mkdtempSync(join(tmpdir(), 'upshift-register-'));
after(() => rmSync(folder, { recursive: true }));

/** Runs a script that Upshift is registered for. Returns what it prints. */
function run(name: string, script: string, env: Record<string, string> = {}): string {
  const file = join(folder, name);
  writeFileSync(file, script);
  const { stdout, stderr } = spawnSync(process.execPath, ['--import', register, file], {
    encoding: 'utf8',
    env: { ...process.env, ...env },
  });
  return stdout + stderr;
}

/** Prints whose WebAssembly there is. */
const whose = `import { WebAssembly as ours } from '${library}';
const name = WebAssembly === ours ? 'ours' : 'own';
const { enumerable, configurable } = Object.getOwnPropertyDescriptor(globalThis, 'WebAssembly');
console.log(name, enumerable, configurable);`;

test('register puts our WebAssembly in the place of the other', () => {
  assert.equal(run('whose.mjs', whose), 'ours false true\n');
});

test('files can be excluded', () => {
  assert.equal(run('whose.mjs', whose, { UPSHIFT_EXCLUDE: '/other/,/whose.mjs' }), 'own false true\n');
  assert.equal(run('whose.mjs', whose, { UPSHIFT_EXCLUDE: '/other/' }), 'ours false true\n');
  const replaced = `WebAssembly = 5;\nconsole.log(WebAssembly);`;
  assert.equal(run('replaced.mjs', replaced, { UPSHIFT_EXCLUDE: '/other/' }), '5\n');
});

test('the tier is said by the environment', () => {
  assert.match(run('none.mjs', '', { UPSHIFT_TIER: 'fastest' }), /UPSHIFT_TIER must be one of interp, /);
  const script = `import { webAssemblyTier } from '${library}';
    console.log(webAssemblyTier());`;
  for (const tier of ['interp', 'fast'])
    assert.equal(run('tier.mjs', script, { UPSHIFT_TIER: tier }), `${tier}\n`);
});

test('worker threads have it, too', () => {
  const script = `import { Worker } from 'node:worker_threads';
    import { isMainThread } from 'node:worker_threads';
    console.log(isMainThread, WebAssembly.compile.toString().includes('native code'));
    if (isMainThread) new Worker(new URL(import.meta.url));`;
  assert.deepEqual(run('worker.mjs', script).trim().split('\n'), ['true false', 'false false']);
});

test('what Node itself runs as WebAssembly works: its lexer of CommonJS and its HTTP client', () => {
  writeFileSync(join(folder, 'library.cjs'), 'exports.answer = 42; exports.other = 43;');
  const script = `import { createServer } from 'node:http';
    import { answer } from './library.cjs';
    const server = createServer((_, response) => response.end('hello'));
    await new Promise((resolve) => server.listen(0, resolve));
    const response = await fetch('http://localhost:' + server.address().port);
    console.log(answer, await response.text());
    server.closeAllConnections();
    server.close();`;
  assert.equal(run('lexer.mjs', script), '42 hello\n');
  assert.equal(run('lexer.mjs', script, { UPSHIFT_EXCLUDE: 'node:' }), '42 hello\n');
});

test('node:wasi runs our instances', () => {
  const bytes = JSON.stringify([
    ...wat(`(module (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
      (memory (export "memory") 1) (data (i32.const 16) "from wasm\\n")
      (func (export "_start") (drop (memory.grow (i32.const 1)))
        (i32.store (i32.const 0) (i32.const 16)) (i32.store (i32.const 4) (i32.const 10))
        (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))))`),
  ]);
  const script = `import { WASI } from 'node:wasi';
    const wasi = new WASI({ version: 'preview1' });
    const module = new WebAssembly.Module(Uint8Array.from(${bytes}));
    wasi.start(new WebAssembly.Instance(module, wasi.getImportObject()));`;
  assert.match(run('wasi.mjs', script), /from wasm\n/);
});
