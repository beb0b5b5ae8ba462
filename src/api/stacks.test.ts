import '../../test/own-cache.fixture.js';
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { wat } from '../runtime/modules.fixture.js';

const register = fileURLToPath(new URL('../../../dist/register.mjs', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'upshift-stacks-'));
after(() => rmSync(folder, { recursive: true }));

const bytes = wat(`(module $mod
  (import "e" "f" (func $f (param i32)))
  (func $inner (param i32) (call $f (local.get 0)))
  (func $go (export "go") (param i32) (call $inner (local.get 0)))
  (func $unreachable unreachable)
  (func $trap (export "trap") (call $unreachable)))`);

/** Prints the stacks of errors of all kinds, made in and around wasm code. */
const script = `import fs from 'node:fs';
  const kept = new Error('kept');
  class Named extends TypeError { get name() { return 'Named'; } toString() { return 'not this'; } }
  const kinds = {
    100: () => { fs.openSync(5n); },
    101: () => { throw kept; },
    102: () => { const error = new Error('read before'); error.stack.length; throw error; },
    103: () => { throw new Named('mine'); },
    104: () => { throw { stack: 5 }; },
    105: () => { null.x; },
    106: () => { try { go(0); } catch (error) { throw error; } },
    107: () => { try { go(0); } catch (cause) { throw new Error('outer', { cause }); } },
    108: () => { trap(); },
    109: () => { throw 'a text'; },
  };
  const { go, trap } = new WebAssembly.Instance(new WebAssembly.Module(Uint8Array.of(${[...bytes].join()})), {
    e: {
      f: function theImport(kind) {
        if (kind === 0) throw new RangeError('deepest');
        if (kinds[kind] === undefined) go(kind - 1);
        else kinds[kind]();
      },
    },
  }).exports;
  function show(work) {
    try { work(); } catch (error) { console.log(error.stack); }
  }
  show(function user() { trap(); });
  for (const kind of [0, 1, 2, ...Object.keys(kinds)]) show(function user() { go(kind); });
  for (const limit of [100, 10, 5, 4, 3, 2, 1, 0, undefined, 'none']) {
    Error.stackTraceLimit = limit;
    show(() => go(2));
    show(() => trap());
  }
  Error.stackTraceLimit = 20;
  const seen = [];
  Error.prepareStackTrace = (error, sites) => {
    const methods = ['getFunctionName', 'getFileName', 'getLineNumber', 'getColumnNumber', 'getMethodName', 'getTypeName',
      'getEvalOrigin', 'getScriptNameOrSourceURL', 'getPosition', 'isNative', 'isEval', 'isConstructor', 'isAsync', 'isToplevel', 'toString'];
    return error.message + '\\\\n' + sites.map((site) => methods.map((name) => String(site[name]())).join(' ')).join('\\\\n');
  };
  show(() => go(1));
  show(() => trap());
  Error.prepareStackTrace = () => { throw new Error('of a hook'); };
  try { go(0); } catch (error) { console.log(error.message); }`;

/** What it prints, without the hashes of modules. */
function stacks(args: readonly string[], env: Record<string, string> = {}): string[] {
  const file = join(folder, 'stacks.mjs');
  writeFileSync(file, script);
  const { stdout, stderr } = spawnSync(process.execPath, [...args, file], {
    encoding: 'utf8',
    env: { ...process.env, ...env },
  });
  assert.equal(stderr, '');
  return stdout.replaceAll(/(wasm:\/\/wasm\/mod-)[0-9a-f]+/g, '$1hash').split('\n');
}

for (const mode of [[], ['--enable-source-maps']]) {
  const expected = stacks(mode);
  for (const tier of ['interp', 'fast', 'multi']) {
    test(`stacks are those of V8: ${[tier, ...mode].join(' ')}`, () => {
      const found = stacks([...mode, '--import', register], { UPSHIFT_TIER: tier });
      assert.ok(
        expected.some((line) => line.includes('mod.inner (wasm://wasm/mod-hash:wasm-function[1]:0x')),
      );
      assert.deepEqual(found, expected);
    });
  }
}

test('what is thrown arrives as it is, and no code of the program is run to look at it', () => {
  const file = join(folder, 'thrown.mjs');
  writeFileSync(
    file,
    `let thrown;
    const { go } = new WebAssembly.Instance(new WebAssembly.Module(Uint8Array.of(${[...bytes].join()})), {
      e: { f() { throw typeof thrown === 'function' ? (thrown = thrown()) : thrown; } },
    }).exports;
    const ran = [];
    const handler = new Proxy({}, { get(_, trap) { ran.push(trap); throw 5; } });
    const revocable = Proxy.revocable(new Error('revoked'), {});
    revocable.revoke();
    const under = new Error('a prototype that is a proxy');
    Object.setPrototypeOf(under, new Proxy(Error.prototype, { getPrototypeOf() { throw 6; }, ownKeys() { throw 7; } }));
    const all = { proxy: new Proxy(new Error('p'), handler), revoked: revocable.proxy, under, object: {} };
    const show = (name) => {
      thrown = all[name];
      try { go(0); } catch (error) { console.log(name, error === thrown, ran.length); }
    };
    Object.keys(all).forEach(show);
    Object.defineProperty(Error, Symbol.hasInstance, { value() { ran.push('hasInstance'); throw 8; } });
    Object.keys(all).forEach(show);
    for (const make of [() => new Error('e'), () => new DOMException('d')]) {
      thrown = make;
      try { go(0); } catch (error) { console.log(error === thrown, ran.length, error.stack.includes('mod.inner')); }
    }`,
  );
  const names = ['proxy', 'revoked', 'under', 'object'];
  const lines = [...names, ...names].map((name) => `${name} true 0`);
  const expected = `${[...lines, 'true 0 true', 'true 0 true'].join('\n')}\n`;
  for (const tier of ['interp', 'fast']) {
    const { stdout, stderr } = spawnSync(process.execPath, ['--import', register, file], {
      encoding: 'utf8',
      env: { ...process.env, UPSHIFT_TIER: tier },
    });
    assert.deepEqual({ stdout, stderr }, { stdout: expected, stderr: '' });
  }
});
