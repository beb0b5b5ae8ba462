import '../../test/own-cache.fixture.js';
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { wat } from '../runtime/modules.fixture.js';
import type { TierReport } from '../runtime/tiers/tier-report.js';

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

/** Starts workers in all ways, and prints for each whether it has ours. */
const workers = `import { Worker, isMainThread, parentPort } from 'node:worker_threads';
  const tell = "import('${library}').then(({ WebAssembly: ours }) => parentPort.postMessage(WebAssembly === ours));";
  const required = "'use strict'; const { parentPort, Worker } = require('node:worker_threads');";
  const nested = "new Worker(" + JSON.stringify(required + tell) + ", { eval: true }).on('message', (value) => parentPort.postMessage(value));";
  const url = new URL('data:text/javascript,' + encodeURIComponent("import { parentPort } from 'node:worker_threads';" + tell));
  const here = new URL(import.meta.url);
  const other = { OTHER: '1' };
  const ways = {
    file: [here], 'file, no options of Node': [here, { execArgv: [] }], 'file, environment': [here, { env: other }],
    data: [url], 'data, an option of Node': [url, { execArgv: ['--no-warnings'] }], 'data, environment': [url, { env: other }],
    text: [required + tell, { eval: true }],
    'text, no options of Node, environment': [required + tell, { eval: true, execArgv: [], env: other }],
    'nested text': [required + nested, { eval: true }],
  };
  if (isMainThread) {
    for (const [name, args] of Object.entries(ways)) {
      await new Promise((resolve) => {
        new Worker(...args)
          .on('message', (value) => console.log(name + ': ' + value))
          .on('error', (error) => console.log(name + ': ' + error))
          .on('exit', resolve);
      });
    }
  } else eval(tell);`;
const allWorkers = [
  ...['file', 'file, no options of Node', 'file, environment'],
  ...['data', 'data, an option of Node', 'data, environment'],
  ...['text', 'text, no options of Node, environment', 'nested text'],
].map((name) => `${name}: true`);

test('worker threads have it, however they are made', () => {
  assert.deepEqual(run('workers.mjs', workers).trim().split('\n'), allWorkers);
});

test('worker threads have it, too, where the environment or the program registers it', () => {
  const file = join(folder, 'workers.mjs');
  writeFileSync(file, workers);
  const importing = join(folder, 'importing.mjs');
  writeFileSync(importing, `import '${register}'; await import('./workers.mjs');`);
  for (const [script, env] of [
    [file, { NODE_OPTIONS: `--import=${register}` }],
    [importing, {}],
  ] as const) {
    const { stdout, stderr } = spawnSync(process.execPath, [script], {
      encoding: 'utf8',
      env: { ...process.env, ...env },
    });
    assert.deepEqual((stdout + stderr).trim().split('\n'), allWorkers);
  }
});

test('workers whose program is a text behave as without', () => {
  const script = `import { Worker } from 'node:worker_threads';
    const run = (text, options) => new Promise((resolve) => {
      const worker = new Worker(text, { ...options, eval: true });
      worker.on('message', (value) => console.log(value));
      worker.on('error', (error) => console.log('error', error.name, error.message));
      worker.on('exit', (code) => { console.log('exit', code); resolve(); });
      worker.postMessage('hello');
      console.log(worker instanceof Worker, worker.constructor.name, Worker.name);
    });
    await run('throw new RangeError("mine")');
    await run('let x = = 3');
    await run('process.exit(3)');
    await run('"use strict"; require("node:worker_threads").parentPort.postMessage((function () { return this; })() === undefined)');
    await run('const { parentPort, workerData } = require("node:worker_threads");' +
      'parentPort.once("message", (m) => parentPort.postMessage([m, workerData, typeof module, __filename, process.argv.length]))',
      { workerData: 5, argv: ['a'] });
    await run('import { parentPort } from "node:worker_threads"; parentPort.postMessage(await 7);');
    class Mine extends Worker {}
    console.log(new Mine('', { eval: true }) instanceof Mine);
    try { new Worker(5); } catch (error) { console.log(error.message); }`;
  const file = join(folder, 'texts.mjs');
  writeFileSync(file, script);
  const { stdout } = spawnSync(process.execPath, [file], { encoding: 'utf8' });
  assert.match(stdout, /exit 3/);
  assert.equal(run('texts.mjs', script), stdout);
});

test('new contexts have it, unless the user puts something else there', () => {
  const script = `import vm, { createContext } from 'node:vm';
    import { WebAssembly as ours } from '${library}';
    const sandbox = { print: console.log };
    const context = createContext(sandbox);
    console.log(context === sandbox, createContext(sandbox) === sandbox, Object.keys(sandbox).join());
    const values = [
      vm.runInContext('WebAssembly', context),
      vm.runInNewContext('WebAssembly', { x: 1 }, 'file.js'),
      vm.runInNewContext('WebAssembly', undefined, { contextName: 'name', microtaskMode: 'afterEvaluate' }),
      new vm.Script('WebAssembly').runInNewContext({}, { timeout: 60_000 }),
      new vm.Script('WebAssembly').runInNewContext(),
    ];
    console.log(values.map((value) => value === ours).join());
    console.log(vm.runInNewContext('WebAssembly', { WebAssembly: 5 }), vm.runInNewContext('WebAssembly = 3; WebAssembly'));
    console.log(vm.runInNewContext('new WebAssembly.Memory({ initial: 1 }).buffer.byteLength'));
    try { vm.runInNewContext('x.y', {}, 'file.js'); } catch (error) { console.log(error.stack.split('\\n')[0]); }
    try { createContext(1); } catch (error) { console.log(error.code); }`;
  assert.deepEqual(run('contexts.mjs', script).trim().split('\n'), [
    ...['true true print', 'true,true,true,true,true', '5 3', '65536', 'file.js:1', 'ERR_INVALID_ARG_TYPE'],
  ]);
});

test('functions of the API, and exported ones, have the text of built-in functions', () => {
  const script = `const text = (fn) => Function.prototype.toString.call(fn);
    const lines = [];
    const skipped = ['JSTag', 'Exception', 'Suspending', 'SuspendError', 'promising', 'type', 'toFixedLengthBuffer', 'toResizableBuffer'];
    const visit = (path, holder) => {
      for (const key of Reflect.ownKeys(holder)) {
        if (skipped.includes(key) || ['constructor', 'arguments', 'caller'].includes(key)) continue;
        const { value, get, set } = Object.getOwnPropertyDescriptor(holder, key);
        for (const each of [value, get, set]) {
          if (typeof each === 'function') {
            lines.push(path + String(key) + ' ' + text(each));
            visit(path + String(key) + '.', each);
          } else if (key === 'prototype') visit(path + 'prototype.', each ?? {});
        }
      }
    };
    visit('', WebAssembly);
    console.log(lines.sort().join('\\n'));
    const { f, again } = new WebAssembly.Instance(new WebAssembly.Module(Uint8Array.of(${[
      ...wat('(module (import "m" "g" (func)) (func (export "f")) (export "again" (func 0)))'),
    ].join()})), { m: { g() {} } }).exports;
    Object.defineProperty(f, 'name', { value: 'changed' });
    console.log(text(f), String(again), text(Function.prototype.toString), Function.prototype.toString.length);
    console.log(text((a, b) => a + b), text(class A { m() {} }), text(Array.prototype.map), text(f.bind()));
    try { text({}); } catch (error) { console.log(error.message); }
    try { new Function.prototype.toString(); } catch (error) { console.log(error.name); }`;
  const file = join(folder, 'text.mjs');
  writeFileSync(file, script);
  const { stdout } = spawnSync(process.execPath, [file], { encoding: 'utf8' });
  assert.match(stdout, /function get buffer\(\) \{ \[native code\] \}/);
  assert.equal(run('text.mjs', script), stdout);
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

/** Uses two modules, in the main thread and in a worker, and then ends as the first argument says. */
const reported = `import { Worker, isMainThread } from 'node:worker_threads';
  for (let k = 0; k < 2; k++) {
    const bytes = Uint8Array.of(${[...wat('(module $mod (func $answer (export "f") (result i32) (i32.const 42)))')].join()});
    new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports.f();
  }
  if (!isMainThread) process.exit(0);
  new Worker(new URL(import.meta.url)).on('exit', () => {
    const end = process.env.END;
    if (end === 'throw') throw new Error('mine');
    if (end === 'exit') process.exit(3);
  });`;

for (const end of ['return', 'exit', 'throw']) {
  test(`a tier report of each thread is written at the end: ${end}`, () => {
    const env = {
      UPSHIFT_TIER_REPORT: join(folder, `${end}-%p.json`),
      UPSHIFT_TIER: 'fast',
      UPSHIFT_CACHE: 'none',
      END: end,
    };
    run('reported.mjs', reported, env);
    const names = readdirSync(folder).filter((name) => name.startsWith(`${end}-`));
    assert.equal(names.length, 2);
    assert.deepEqual(names.map((name) => name.replace(/[0-9]+/, 'N')).sort(), [
      `${end}-N.json`,
      `${end}-N.json.1`,
    ]);
    for (const name of names) {
      const report = JSON.parse(readFileSync(join(folder, name), 'utf8')) as TierReport;
      assert.equal(report.tier, 'fast');
      assert.equal(report.totals.fast.functions, 2);
      assert.deepEqual(
        report.modules.map((module) => module.name),
        ['mod', 'mod'],
      );
      assert.deepEqual(
        report.functions.map((one) => [one.module, one.index, one.name, one.events.map(({ kind }) => kind)]),
        [
          [0, 0, 'answer', ['fast']],
          [1, 0, 'answer', ['fast']],
        ],
      );
    }
  });
}

/** Uses a module that ours refuses, in a thread: (func (export "f") atomic.fence). */
const foreign = `const bytes = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 4, 1, 0x60, 0, 0, 3, 2, 1, 0,
    7, 5, 1, 1, 0x66, 0, 0, 10, 7, 1, 5, 0, 0xfe, 3, 0, 0x0b);
  const module = new WebAssembly.Module(bytes);
  console.log(module instanceof WebAssembly.Module, typeof new WebAssembly.Instance(module).exports.f);`;

test('a module that ours refuses runs on the engine of V8, which reports say', () => {
  const file = join(folder, 'fallback.json');
  const env = { UPSHIFT_TIER_REPORT: file, UPSHIFT_VERBOSE: '1', UPSHIFT_CACHE: 'none' };
  const lines = run('foreign.mjs', foreign, env).trim().split('\n');
  assert.equal(lines[0], 'true function');
  assert.match(lines[1], /^upshift: version .*, tier multi; /);
  assert.match(lines[2], /^upshift: a module of 34 bytes runs on V8's engine: unsupported feature: threads/);
  const { fallbacks } = JSON.parse(readFileSync(file, 'utf8')) as TierReport;
  assert.equal(fallbacks.length, 1);
  const [{ name, wasmBytes, reason }] = fallbacks;
  assert.deepEqual([name, wasmBytes], [null, 34]);
  assert.match(reason, /^unsupported feature: threads: opcode 0xfe/);
});

test('UPSHIFT_FALLBACK=none refuses such a module by name', () => {
  const found = run('foreign.mjs', foreign, { UPSHIFT_FALLBACK: 'none' });
  assert.match(found, /CompileError: unsupported feature: threads/);
  assert.match(
    run('foreign.mjs', foreign, { UPSHIFT_FALLBACK: 'nowhere' }),
    /UPSHIFT_FALLBACK must be one of v8, none/,
  );
});

test('a tier report that cannot be written is said at once', () => {
  const found = run('none.mjs', 'console.log("ran")', {
    UPSHIFT_TIER_REPORT: join(folder, 'none/report.json'),
  });
  assert.match(found, /UPSHIFT_TIER_REPORT: cannot write .*report\.json/);
  assert.doesNotMatch(found, /^ran$/m);
});

/** Posts a module that V8's engine runs to a worker, which looks what it is, and runs it. */
const posting = `import { Worker } from 'node:worker_threads';
  // (module (func (export "f") (result i32) (atomic.fence) (i32.const 7)))
  const bytes = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 5, 1, 0x60, 0, 1, 0x7f, 3, 2, 1, 0,
    7, 5, 1, 1, 0x66, 0, 0, 10, 9, 1, 7, 0, 0xfe, 3, 0, 0x41, 7, 0x0b);
  const text = \`const { parentPort, workerData } = require('node:worker_threads');
    const is = workerData instanceof WebAssembly.Module;
    parentPort.postMessage(is && new WebAssembly.Instance(workerData).exports.f());\`;
  new Worker(text, { eval: true, workerData: new WebAssembly.Module(bytes) }).on('message', console.log);`;

test("a module on V8's engine is one in other threads, too", () => {
  assert.equal(run('posting.mjs', posting), '7\n');
});
