import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { LinkError } from '../errors.js';
import { wat } from '../modules.fixture.js';
import { Func } from '../objects/func.js';
import { Runtime } from '../runtime.js';
import type { NativeDescription } from './native.js';

function register(description: Partial<NativeDescription>, library?: string): void {
  const runtime = new Runtime({ tier: 'interp' });
  runtime.registerNatives('env', [{ name: 'f', ...description }], { library });
}

test('descriptions that contradict themselves', () => {
  const native = 'native function "env" "f"';
  for (const [description, message] of [
    [{ symbol: 'abs', address: 1 }, `${native}: only one of symbol, address and function can be given`],
    [{ address: 1, function: () => 0 }, `${native}: only one of symbol, address and function can be given`],
    [{ function: 5 as never }, `${native}: function must be a function`],
    [{ function: () => 0, execEnv: true }, `${native}: execEnv and littleStack are for C functions`],
    [
      { symbol: 'abs', execEnv: true, littleStack: true },
      `${native}: a function with execEnv may call back, so it cannot have littleStack`,
    ],
    [{ symbol: 'abs', attachment: 1 }, `${native}: a C function finds its attachment only with execEnv`],
    [{ address: 1.5 }, `${native}: 1.5 is not an address`],
    [{ address: -1n }, `${native}: -1 is not an address`],
    [{ address: 2 ** 47 }, `${native}: 140737488355328 is not an address`],
    [{ symbol: 'abs', execEnv: true, attachment: 'text' }, `${native}: text is not an address`],
  ] as const) {
    assert.throws(() => register(description), { name: 'TypeError', message });
  }
});

test('libraries and symbols that do not exist', () => {
  assert.throws(() => register({ symbol: 'no_such_function' }), {
    message: 'native function "env" "f": there is no symbol no_such_function',
  });
  assert.throws(() => register({}, '/nowhere/libnothing.so'), {
    message: /^cannot load \/nowhere\/libnothing\.so: .*No such file/,
  });
  assert.throws(
    () => register({ symbol: 'no_such_function' }, 'libm.so.6'),
    /there is no symbol no_such_function/,
  );
  const runtime = new Runtime({ tier: 'interp' });
  assert.throws(
    () => runtime.registerNativeLibrary('/nowhere/lib.so'),
    /^Error: cannot load \/nowhere\/lib\.so: /,
  );
  assert.equal(runtime.registerNativeLibrary('libm.so.6'), undefined);
});

test('a registration that throws registers nothing', () => {
  const runtime = new Runtime({ tier: 'interp' });
  assert.throws(() => runtime.registerNatives('env', [{ name: 'abs' }, { name: 'no_such_function' }]));
  const module = runtime.compile(wat('(module (import "env" "abs" (func (param i32) (result i32))))'));
  assert.throws(() => runtime.instantiate(module), new LinkError('unknown import: "env" "abs"'));
  runtime.dispose();
});

test('what is given beats what is registered, and the last that is registered counts', () => {
  const runtime = new Runtime({ tier: 'fast' });
  const module = runtime.compile(
    wat(`(module (import "env" "f" (func $f (param i32) (result i32)))
      (func (export "f") (param i32) (result i32) (call $f (local.get 0))))`),
  );
  const f = (imports = {}): unknown => {
    const { f: func } = runtime.instantiate(module, imports).exports;
    assert.ok(func instanceof Func);
    return func(-5);
  };
  assert.throws(() => f(), new LinkError('unknown import: "env" "f"'));
  runtime.registerNatives('env', [{ name: 'f', function: (x: number) => 2 * x }]);
  assert.equal(f(), -10);
  runtime.registerNatives('env', [{ name: 'f', symbol: 'abs', signature: '(i)i' }]);
  assert.equal(f(), 5);
  assert.equal(f({ env: { f: () => 3 } }), 3);
  runtime.dispose();
});

test('a type that does not fit is a LinkError', () => {
  const runtime = new Runtime({ tier: 'fast' });
  runtime.registerNatives('env', [{ name: 'abs', signature: '(i)i' }]);
  const module = runtime.compile(wat('(module (import "env" "abs" (func (param i64) (result i32))))'));
  assert.throws(
    () => runtime.instantiate(module),
    new LinkError('incompatible import type: "env" "abs" must have type [i32] -> [i32], not [i64] -> [i32]'),
  );
  runtime.dispose();
});

test('instances come and go, with what C code was given to call', () => {
  const runtime = new Runtime({ tier: 'fast' });
  runtime.registerNatives('env', [
    { name: 'strlen', signature: '($)i' },
    { name: 'abs', execEnv: false, signature: '(i)i' },
  ]);
  const module = runtime.compile(
    wat(`(module (import "env" "strlen" (func $strlen (param i32) (result i32)))
      (import "env" "abs" (func $abs (param i32) (result i32)))
      (memory 1) (data (i32.const 8) "hello\\00") (table 2 funcref) (elem (i32.const 0) $abs $strlen)
      (func (export "f") (result i32) (call $abs (i32.sub (i32.const 0) (call $strlen (i32.const 8))))))`),
  );
  const before = runtime.store.arena.blockCount;
  for (let round = 0; round < 500; round++) {
    const instance = runtime.instantiate(module);
    const { f } = instance.exports;
    assert.ok(f instanceof Func);
    assert.equal(f(), 5);
    instance.dispose();
  }
  assert.ok(runtime.store.arena.blockCount <= before + 2);
  runtime.dispose();
});

test('without an FFI there are JavaScript functions only, and C functions are refused in one line', () => {
  const script = `
    import { Runtime } from ${JSON.stringify(new URL('../runtime.js', import.meta.url).href)};
    const runtime = new Runtime();
    const bytes = new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 2, 7, 1, 1, 101, 1, 102, 0, 0]);
    for (const native of [{ name: 'f', symbol: 'abs' }, { name: 'f', address: 4096 }, { name: 'f', function: () => {} }]) {
      try {
        runtime.registerNatives('e', [native]);
        runtime.instantiate(runtime.compile(bytes));
        console.log('made');
      } catch (error) {
        console.log(String(error));
      }
    }`;
  const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
    encoding: 'utf8',
    env: { ...process.env, UPSHIFT_FFI: 'none' },
  });
  assert.deepEqual(stdout.trim().split('\n'), [
    'Error: cannot load abs: the FFI is switched off by UPSHIFT_FFI=none',
    'LinkError: native function "e" "f" needs machine code: the FFI is switched off by UPSHIFT_FFI=none',
    'made',
  ]);
});
