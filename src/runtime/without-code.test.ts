import '../../test/own-cache.fixture.js';
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { slotCount } from '../layout/exec-env.js';
import { ValType } from '../wasm/types.js';
import type { Imports } from './instances/linking.js';
import { wat } from './modules.fixture.js';
import { Func } from './objects/func.js';
import { Memory } from './objects/memory.js';
import { Table } from './objects/table.js';
import { Runtime } from './runtime.js';

const { i32, i64, f64, funcref, externref } = ValType;

/** Everything that an instance can have, without a function being run. */
const everything = wat(`(module
  (import "env" "host" (func $host (param i32) (result i32)))
  (memory (export "m") 1 8) (data (i32.const 8) "upshift")
  (table (export "t") 4 funcref) (elem (i32.const 1) $f $host)
  (global (export "g") (mut i64) (i64.const 42))
  (func $f (export "f") (param i32) (result i32) (call $host (local.get 0)))
  (func (export "g2") (param f64 f64 f64) (result f64) (local.get 2)))`);

const user = wat(`(module
  (import "env" "host" (func $host (param i32) (result i32)))
  (import "x" "m" (memory 1)) (import "x" "t" (table 4 funcref))
  (import "x" "g" (global $g (mut i64))) (import "x" "f" (func $f (param i32) (result i32)))
  (type $unary (func (param i32) (result i32)))
  (func (export "host") (param i32) (result i32) (call $host (local.get 0)))
  (func (export "f") (param i32) (result i32) (call $f (local.get 0)))
  (func (export "indirect") (param i32 i32) (result i32)
    (call_indirect (type $unary) (local.get 0) (local.get 1)))
  (func (export "load") (param i32) (result i32) (i32.load8_u (local.get 0)))
  (func (export "store") (param i32 i32) (i32.store8 (local.get 0) (local.get 1)))
  (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
  (func (export "global") (result i64) (global.get $g)))`);

function call(exports: Readonly<Record<string, unknown>>, name: string, ...args: unknown[]): unknown {
  const func = exports[name];
  assert.ok(func instanceof Func);
  return func(...args);
}

test('a runtime of tier interp has no machine code until an instance of another tier is made', () => {
  const runtime = new Runtime({ tier: 'interp' });
  assert.equal(runtime.tier, 'interp');
  const module = runtime.compile(everything);
  const host = runtime.hostFunction({ params: [i32], results: [i32] }, (x: number) => x + 1);
  const { store } = runtime;
  const instance = runtime.instantiate(module, { env: { host } });
  assert.equal(instance.tier, 'interp');
  assert.equal(instance.memoryMode, 'checked');
  const { m, t, g, f } = instance.exports;
  assert.ok(m instanceof Memory && t instanceof Table && f instanceof Func);
  assert.equal(Buffer.from(m.buffer, 8, 7).toString(), 'upshift');
  assert.equal(t.get(1), f);
  assert.equal(t.get(2), host);
  assert.equal(m.grow(1), 1);
  assert.equal(store.native, false);

  const users = runtime.compile(user);
  const { exports } = runtime.instantiate(
    users,
    { env: { host }, x: { m, t, g: g as never, f } },
    { tier: 'fast' },
  );
  assert.equal(store.native, true);
  assert.equal(call(exports, 'host', 5), 6);
  assert.equal(call(exports, 'indirect', 5, 2), 6);
  assert.equal(call(exports, 'load', 8), 'u'.charCodeAt(0));
  call(exports, 'store', 131071, 9);
  assert.equal(new Uint8Array(m.buffer)[131071], 9);
  assert.equal(call(exports, 'grow', 1), 2);
  assert.equal(m.pageCount, 3);
  call(exports, 'store', 3 * 65536 - 1, 7);
  assert.equal(new Uint8Array(m.buffer)[3 * 65536 - 1], 7);
  assert.throws(() => call(exports, 'load', 3 * 65536), /out of bounds memory access/);
  assert.equal(call(exports, 'global'), 42n);
  // Machine code gets to functions of the instance that was there before.
  assert.equal(call(exports, 'f', 1), 2);
  assert.equal(call(exports, 'indirect', 1, 1), 2);
  assert.equal(call(exports, 'f', 2), 3);
  assert.equal(f(1), 2);
  // And to functions of those that come later.
  const late = runtime.instantiate(module, { env: { host } });
  const second = runtime.instantiate(users, { env: { host }, x: late.exports }, { tier: 'fast' });
  assert.equal(call(second.exports, 'f', 1), 2);
  assert.equal(call(second.exports, 'load', 9), 'p'.charCodeAt(0));
  runtime.dispose();
});

test('a runtime without machine code can be disposed of', () => {
  const runtime = new Runtime({ tier: 'interp' });
  const module = runtime.compile(everything);
  const instance = runtime.instantiate(module, { env: { host: (x: number) => x } });
  const memory = runtime.memory({ limits: { min: 1, max: 2 } });
  const { buffer } = memory;
  module.dispose();
  instance.dispose();
  runtime.dispose();
  assert.equal(buffer.byteLength, 0);
  assert.throws(() => memory.buffer);
});

test('an instance of tier interp lives beside others of a runtime with machine code', () => {
  const runtime = new Runtime({ tier: 'fast' });
  const env = { host: (x: number) => 2 * x };
  const module = runtime.compile(everything);
  const users = runtime.compile(user);
  for (let round = 0; round < 3; round++) {
    const first = runtime.instantiate(module, { env }, { tier: 'interp' });
    const second = runtime.instantiate(users, { env, x: first.exports });
    assert.equal(first.memoryMode, 'guarded');
    assert.equal(call(second.exports, 'f', 3), 6);
    assert.equal(call(second.exports, 'indirect', 4, 2), 8);
    const third = runtime.instantiate(module, { env });
    assert.equal(call(third.exports, 'f', 8), 16);
    for (const instance of [first, second, third]) instance.dispose();
  }
  runtime.dispose();
});

test('host functions are called without machine code', () => {
  const runtime = new Runtime({ tier: 'interp' });
  const add = runtime.hostFunction({ params: [i32, i32], results: [i32] }, (a: number, b: number) => a + b);
  assert.equal(add(2 ** 31 - 1, 1), -(2 ** 31));
  const none = runtime.hostFunction({ params: [], results: [] }, () => 5);
  assert.equal(none(), undefined);
  const many = runtime.hostFunction(
    { params: [i64, f64, externref, i32, i32], results: [i32, externref, i64] },
    (a: bigint, b: number, c: unknown, d: number, e: number) => [b + d + e, c, a],
  );
  const object = {};
  assert.deepEqual(many(-5n, 1.5, object, 2, 3), [6, object, -5n]);
  assert.deepEqual(many.callBits([2n ** 64n - 5n, 0n, 0n, 0xffff_ffffn, 0n]), [
    0xffff_ffffn,
    0n,
    2n ** 64n - 5n,
  ]);
  const error = new RangeError('mine');
  const thrower = runtime.hostFunction({ params: [], results: [i32] }, () => {
    throw error;
  });
  assert.throws(
    () => thrower(),
    (thrown) => thrown === error,
  );
  // They share cells.
  const outer: Func = runtime.hostFunction({ params: [i32, i32], results: [i32] }, (a: number, b: number) =>
    a === 0 ? b : (outer(a - 1, b + 1) as number) + a,
  );
  assert.equal(outer(3, 10), 13 + 6);
  const identity = runtime.hostFunction({ params: [funcref], results: [funcref] }, (f: unknown) => f);
  assert.equal(identity(add), add);
  assert.equal(identity(null), null);
  const wide = { params: new Array<ValType>(slotCount + 1).fill(i32), results: [] };
  assert.throws(() => runtime.hostFunction(wide, () => {})(), RangeError);
  add.dispose();
  assert.throws(() => add(1, 2), /disposed/);
  assert.equal(add.store.native, false);
  runtime.dispose();
});

test('a host function may be disposed of, and the runtime too, while it runs without wasm around it', () => {
  const runtime = new Runtime({ tier: 'interp' });
  const func: Func = runtime.hostFunction({ params: [i32], results: [i32] }, (x: number) => {
    func.dispose();
    runtime.dispose();
    return x + 1;
  });
  assert.equal(func(1), 2);
  assert.throws(() => func(1), /disposed/);
});

test('many host functions that were there before get code', () => {
  const runtime = new Runtime({ tier: 'interp' });
  const count = 3000;
  const type = { params: [i32], results: [i32] };
  const funcs = Array.from({ length: count }, (_, k) => runtime.hostFunction(type, (x: number) => x + k));
  const gone = funcs.splice(100, 50);
  for (const func of gone) func.dispose();
  const table = runtime.table({ element: funcref, limits: { min: funcs.length, max: undefined } });
  for (const [k, func] of funcs.entries()) table.set(k, func);
  const module = runtime.compile(
    wat(`(module (import "env" "t" (table 0 funcref)) (type $t (func (param i32) (result i32)))
      (func (export "f") (param i32 i32) (result i32) (call_indirect (type $t) (local.get 1) (local.get 0))))`),
  );
  const { exports } = runtime.instantiate(module, { env: { t: table } }, { tier: 'fast' });
  for (const k of [0, 99, 100, 2000, funcs.length - 1]) {
    assert.equal(call(exports, 'f', k, 7), 7 + (k < 100 ? k : k + 50));
  }
  runtime.dispose();
});

test('what machine code imports cannot be taken from it', () => {
  // V8 without WebAssembly has memories that can be taken.
  const output = run(
    `
    const runtime = new Runtime({ tier: 'interp' });
    const memory = runtime.memory({ limits: { min: 1, max: 3 } });
    const { buffer } = memory;
    new Uint8Array(buffer)[8] = 5;
    const load = () => instance.exports.load(8);
    const imports = { env: { host: () => 0 }, x: {
      m: memory,
      t: runtime.table({ element: ValType.funcref, limits: { min: 4 } }),
      g: runtime.global({ type: ValType.i64, mutable: true }, 1n),
      f: runtime.hostFunction({ params: [ValType.i32], results: [ValType.i32] }, () => 0),
    } };
    const instance = runtime.instantiate(runtime.compile(modules[1]), imports, { tier: 'fast' });
    console.log(buffer.byteLength, load());
    try { structuredClone(memory.buffer, { transfer: [memory.buffer] }); } catch {}
    console.log(memory.buffer.byteLength, load(), memory.grow(2), load());
    let message;
    try { memory.grow(1); } catch (error) { message = error.message; }
    console.log(message);
    `,
    { options: ['--jitless'] },
  );
  assert.equal(output, '0 5\n65536 5 1 5\na memory of 3 pages cannot grow by 1 pages');
});

interface Run {
  readonly options?: readonly string[];
  readonly variables?: NodeJS.ProcessEnv;
  /** Instead of the library as it is built for tests. */
  readonly library?: URL;
}

/** Runs a script that has the library's exports and the two modules above, and returns what it prints. */
function run(script: string, { options = [], variables = {}, library }: Run = {}): string {
  const url = library ?? new URL('../index.js', import.meta.url);
  const program = `
    const { Runtime, TierUnavailableError, ValType } = await import(${JSON.stringify(url.href)});
    const modules = process.argv.slice(1).map((text) => Buffer.from(text, 'base64'));
    ${script}`;
  const modules = [everything, user].map((bytes) => Buffer.from(bytes).toString('base64'));
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [...options, '--input-type=module', '-e', program, '--', ...modules],
    { encoding: 'utf8', env: { ...process.env, ...variables } },
  );
  assert.equal(status, 0, stderr);
  return stdout.trim();
}

test('nothing executable is mapped before an instance of another tier is made', () => {
  // V8 itself maps nothing executable then.
  const output = run(
    `
    const { readFileSync } = await import('node:fs');
    const executable = () => {
      const lines = readFileSync('/proc/self/maps', 'latin1').split('\\n');
      return lines.filter((line) => /^\\S+ ..x/.test(line) && !/ \\/(?!memfd:)\\S+$|\\[v\\w+\\]$/.test(line)).length;
    };
    const before = executable();
    const runtime = new Runtime({ tier: 'interp' });
    const env = { host: runtime.hostFunction({ params: [ValType.i32], results: [ValType.i32] }, (x) => x + 1) };
    const instance = runtime.instantiate(runtime.compile(modules[0]), { env });
    const { m, t } = instance.exports;
    m.grow(1);
    t.grow(100);
    runtime.memory({ limits: { min: 1 } }).grow(2);
    console.log(instance.exports.f(1), before, executable());
    instance.dispose();
    const again = runtime.instantiate(runtime.compile(modules[0]), { env });
    console.log(executable());
    const user = runtime.instantiate(runtime.compile(modules[1]), { env, x: again.exports }, { tier: 'fast' });
    console.log(user.exports.host(1), executable() > 0);
    runtime.dispose();
    `,
    { options: ['--jitless'] },
  );
  assert.equal(output, '2 0 0\n0\n2 true');
});

/** What a runtime can do where nothing native can be had. */
const plain = `
  const runtime = new Runtime();
  const messages = [runtime.tier];
  const fail = (work) => {
    try {
      work();
      messages.push('nothing was thrown');
    } catch (error) {
      messages.push(error instanceof TierUnavailableError ? error.message : String(error));
    }
  };
  const module = runtime.compile(modules[0]);
  fail(() => runtime.instantiate(module, { env: { host: () => 0 } }, { tier: 'multi' }));
  for (const tier of ['fast', 'llvm', 'multi']) fail(() => new Runtime({ tier }));
  const env = { host: runtime.hostFunction({ params: [ValType.i32], results: [ValType.i32] }, (x) => x + 1) };
  const instances = Array.from({ length: 200 }, () => runtime.instantiate(module, { env }));
  const { m, t, f, g } = instances[150].exports;
  messages.push(Buffer.from(m.buffer, 8, 7).toString(), t.get(1) === f, t.get(2) === env.host, g.value);
  messages.push(env.host(5), m.grow(7), m.pageCount);
  fail(() => m.grow(1));
  const memory = runtime.memory({ limits: { min: 2 } });
  memory.grow(1);
  messages.push(memory.buffer.byteLength / 65536);
  const table = runtime.table({ element: ValType.externref, limits: { min: 3 } }, messages);
  table.grow(100000, table);
  messages.push(table.get(2) === messages, table.get(100002) === table);
  for (const instance of instances) instance.dispose();
  runtime.dispose();
  console.log(messages.join('\\n'));
`;

function plainOutput(reason: string): string {
  const unavailable = (tier: string): string => `tier ${tier} is not available: ${reason}`;
  return [
    'interp',
    ...['multi', 'fast', 'llvm', 'multi'].map(unavailable),
    ...['upshift', 'true', 'true', '42', '6', '1', '8'],
    'RangeError: a memory of 8 pages cannot grow by 1 pages',
    ...['3', 'true', 'true'],
  ].join('\n');
}

test('without an FFI everything works that needs no machine code, and the rest says why not', () => {
  const expected = plainOutput('the FFI is switched off by UPSHIFT_FFI=none');
  const variables = { UPSHIFT_FFI: 'none' };
  assert.equal(run(plain, { variables }), expected);
  assert.equal(run(plain, { variables, options: ['--jitless'] }), expected);
});

test('so it is where koffi is not installed', () => {
  const root = fileURLToPath(new URL('../../../', import.meta.url));
  const dist = join(root, 'dist');
  assert.ok(existsSync(join(dist, 'index.js')), 'dist/index.js is missing: run `npm run build`');
  const folder = mkdtempSync(join(tmpdir(), 'upshift-alone-'));
  try {
    const file = join(folder, 'index.mjs');
    cpSync(dist, folder, { recursive: true });
    const advice = `install it, or copy the koffi.node of @koromix/koffi-linux-x64 3.x to ${folder}`;
    const expected = plainOutput(`koffi could not be loaded: Cannot find module 'koffi': ${advice}`);
    assert.equal(run(plain, { library: pathToFileURL(file) }), expected);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('imports that do not fit, and segments that lie outside, leave nothing behind', () => {
  const runtime = new Runtime({ tier: 'interp' });
  const module = runtime.compile(everything);
  runtime.hostFunction({ params: [i32], results: [i32] }, (x: number) => x);
  const { store } = runtime;
  assert.throws(() => runtime.instantiate(module, {}), /unknown import/);
  const outside = runtime.compile(wat('(module (memory 1) (data (i32.const 65535) "ab"))'));
  assert.throws(() => runtime.instantiate(outside), /out of bounds memory access/);
  const wrong: Imports = { env: { host: runtime.hostFunction({ params: [], results: [] }, () => {}) } };
  assert.throws(() => runtime.instantiate(module, wrong), /incompatible import type/);
  assert.equal([...store.instances].length, 0);
  assert.equal(store.native, false);
  runtime.dispose();
});
