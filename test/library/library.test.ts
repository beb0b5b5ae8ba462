import '../own-cache.fixture.js';
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { inspect } from 'node:util';
import * as library from '../../src/index.js';
import { wat } from '../../src/runtime/modules.fixture.js';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const dist = join(root, 'dist');

function isErrorClass(value: unknown): value is { readonly name: string } {
  return typeof value === 'function' && value.prototype instanceof Error;
}

test('docs/library.md has the codes of all errors', () => {
  const rows = readFileSync(join(root, 'docs/library.md'), 'utf8').matchAll(/^\| `(\w+)` +\| `(ERR_\w+)`/gm);
  const documented = new Map([...rows].map(([, name, code]) => [name, code]));
  const classes = (Object.values(library) as unknown[]).filter(isErrorClass);
  assert.deepEqual(
    [...documented.keys()].sort(),
    [...classes.map(({ name }) => name), 'TypeError', 'RangeError'].sort(),
  );
  const place = { offset: 0 };
  const made: readonly Error[] = [
    new library.CodeFileError('damaged', 'x'),
    new library.CompileError('x', true, place),
    new library.UnsupportedError('x', 'y', place),
    new library.LinkError('x'),
    new library.TrapError(library.Trap.unreachable),
    new library.DisposedError('x'),
    new library.MemoryLimitError(2, 1),
    new library.OutOfMemoryError('x'),
    new library.TierUnavailableError('fast', 'x'),
    new library.LlvmUnavailableError('missing', 'x'),
    new library.PreopenError('x'),
    new library.ProcExit(1),
    new library.SelfCheckError({ checkedTier: 'fast', referenceTier: 'interp' } as never, {} as never, []),
    // Only wasm code makes these.
    Reflect.construct(library.WasmException as never, [{}, { tag: { type: { params: [], results: [] } } }]),
  ];
  assert.deepEqual(made.map(({ name }) => name).sort(), classes.map(({ name }) => name).sort());
  for (const error of made)
    assert.equal((error as { code?: unknown }).code, documented.get(error.name), error.name);
});

test('console.log shows what things are', () => {
  const runtime = new library.Runtime({ tier: 'interp' });
  const module = runtime.compile(
    wat(`(module (import "m" "f" (func (param i32))) (memory (export "memory") 1 4)
      (global (export "g") (mut i64) (i64.const 5)) (table (export "t") 2 funcref)
      (func (export "add") (param i32 i32) (result i32) (i32.const 1)))`),
  );
  const instance = runtime.instantiate(module, { m: { f: () => {} } });
  const { memory, g, t, add } = instance.exports;
  assert.equal(inspect(memory), 'Memory { pages: 1, maximum: 4, bytes: 65536 }');
  assert.equal(inspect(g), 'Global { type: mut i64, value: 5n }');
  assert.equal(inspect(t), 'Table { element: funcref, length: 2 }');
  assert.equal(inspect(add), "Func { name: '1', type: [i32 i32] -> [i32] }");
  const shown = inspect(instance);
  for (const part of [
    "tier: 'interp'",
    'memory: Memory {',
    'add: func [i32 i32] -> [i32]',
    'g: global mut i64',
  ]) {
    assert.ok(shown.includes(part), shown);
  }
  assert.ok(inspect(module).includes('m.f: func [i32] -> []'), inspect(module));
  assert.equal(inspect(runtime), "Runtime { tier: 'interp', modules: 1, instances: 1 }");
  assert.ok([shown, inspect(module)].every((text) => text.length < 1000));
  instance.dispose();
  assert.equal(inspect(memory), 'Memory { state: disposed }');
  assert.ok(inspect(instance).includes('state: disposed'));
  assert.doesNotThrow(() => inspect(library.Memory.prototype));
  runtime.dispose();
});

test('using gives back what has been made', () => {
  const runtime = new library.Runtime({ tier: 'interp' });
  {
    using memory = runtime.memory({ limits: { min: 1 } });
    using host = runtime.hostFunction({ params: [], results: [] }, () => {});
    assert.equal(memory.pageCount, 1);
    host();
    assert.equal(runtime.store.hostResources.size, 2);
  }
  assert.equal(runtime.store.hostResources.size, 0);
  {
    using again = runtime;
    assert.equal(again.tier, 'interp');
  }
  assert.throws(() => runtime.memory({ limits: { min: 1 } }), library.DisposedError);
});

test('once it is registered, the process still says whether a large module is valid', () => {
  const bytes = wat(`(module (func ${'(drop (i32.const 123456))'.repeat(2000)}))`);
  const script = `
    const { validate } = WebAssembly;
    let count = 0;
    WebAssembly.validate = (bytes) => { count++; return validate(bytes); };
    require(${JSON.stringify(join(dist, 'register.js'))});
    const valid = WebAssembly.validate(Buffer.from('${Buffer.from(bytes).toString('base64')}', 'base64'));
    console.log(valid, count);`;
  // Before, it is asked about a module that is not valid.
  assert.equal(execFileSync(process.execPath, ['-e', script], { encoding: 'utf8' }), 'true 2\n');
});

test('the library is one, whether it is required, imported or registered', () => {
  const script = `
    const assert = require('node:assert');
    const library = require(${JSON.stringify(join(dist, 'index.js'))});
    require(${JSON.stringify(join(dist, 'register.js'))});
    assert.equal(WebAssembly, library.WebAssembly);
    import(${JSON.stringify(pathToFileURL(join(dist, 'index.mjs')).href)}).then(async (imported) => {
      for (const name of Object.keys(library)) assert.equal(imported[name], library[name], name);
      assert.deepEqual(Object.keys(imported).sort(), Object.keys(library).sort());
      await import(${JSON.stringify(pathToFileURL(join(dist, 'register.mjs')).href)});
      assert.equal(WebAssembly, library.WebAssembly);
      console.log('one');
    });`;
  assert.equal(execFileSync(process.execPath, ['-e', script], { encoding: 'utf8' }), 'one\n');
});
