import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { Trap } from '../../code/traps.js';
import { baselineCpu } from '../../x64/cpu-features.js';
import type { Imports } from '../instances/linking.js';
import { wat } from '../modules.fixture.js';
import type { Func } from '../objects/func.js';
import { Runtime } from '../runtime.js';
import type { RuntimeOptions } from '../runtime-options.js';
import { TrapError } from './trap-error.js';

type Exports = Readonly<Record<string, Func>>;

const configurations: readonly (readonly [string, RuntimeOptions])[] = [
  ['guarded memory, all extensions', {}],
  ['checked memory, plain x86-64', { memoryMode: 'checked', cpu: baselineCpu }],
];

for (const [name, options] of configurations) describe(name, () => traps(options));

/** What `run` throws. */
function thrown(run: () => unknown): unknown {
  try {
    run();
  } catch (error) {
    return error;
  }
  return assert.fail('nothing was thrown');
}

function trapError(run: () => unknown): TrapError {
  const error = thrown(run);
  assert.ok(error instanceof TrapError, String(error));
  return error;
}

function traps(options: RuntimeOptions): void {
  const runtime = new Runtime(options);
  after(() => runtime.dispose());

  function instantiate(text: string, imports?: Imports): Exports {
    return runtime.instantiate(runtime.compile(wat(text)), imports).exports as Exports;
  }

  test('every kind of trap has its number and message', () => {
    const exports = instantiate(`(module
      (memory 1) (table 2 funcref) (elem (i32.const 0) $other) (type $fn (func (result i32)))
      (func $other)
      (func (export "unreachable") (unreachable))
      (func (export "load") (param i32) (result i32) (i32.load (local.get 0)))
      (func (export "far") (param i32) (result i64) (i64.load offset=0xfffffff8 (local.get 0)))
      (func (export "store") (param i32) (i64.store offset=4 (local.get 0) (i64.const 1)))
      (func (export "div") (param i32 i32) (result i32) (i32.div_s (local.get 0) (local.get 1)))
      (func (export "rem") (param i64 i64) (result i64) (i64.rem_u (local.get 0) (local.get 1)))
      (func (export "trunc") (param f64) (result i32) (i32.trunc_f64_s (local.get 0)))
      (func (export "get") (param i32) (result funcref) (table.get (local.get 0)))
      (func (export "call") (param i32) (result i32) (call_indirect (type $fn) (local.get 0))))`);
    const expect = (trap: number, message: string, name: string, ...args: unknown[]): void => {
      const error = trapError(() => exports[name](...args));
      assert.deepEqual([error.trap, error.message], [trap, message]);
    };
    expect(Trap.unreachable, 'unreachable', 'unreachable');
    for (const address of [65533, 65536, 0x7fff_ffff, -1]) {
      expect(Trap.memoryOutOfBounds, 'out of bounds memory access', 'load', address);
      expect(Trap.memoryOutOfBounds, 'out of bounds memory access', 'far', address);
      expect(Trap.memoryOutOfBounds, 'out of bounds memory access', 'store', address);
    }
    assert.equal(exports['load'](65532), 0);
    expect(Trap.integerDivideByZero, 'integer divide by zero', 'div', 1, 0);
    expect(Trap.integerOverflow, 'integer overflow', 'div', -(2 ** 31), -1);
    expect(Trap.integerDivideByZero, 'integer divide by zero', 'rem', 1n, 0n);
    expect(Trap.invalidConversionToInteger, 'invalid conversion to integer', 'trunc', Number.NaN);
    expect(Trap.integerOverflow, 'integer overflow', 'trunc', 1e10);
    expect(Trap.tableOutOfBounds, 'out of bounds table access', 'get', 2);
    expect(Trap.undefinedElement, 'undefined element', 'call', 2);
    expect(Trap.uninitializedElement, 'uninitialized element', 'call', 1);
    expect(Trap.indirectCallTypeMismatch, 'indirect call type mismatch', 'call', 0);
  });

  test('a backtrace names functions and places, innermost first', () => {
    const exports = instantiate(`(module $app
      (func $inner (param i32) (if (local.get 0) (then (unreachable))))
      (func $middle (param i32) (call $inner (i32.const 0)) (call $inner (local.get 0)))
      (func (export "outer") (param i32) (call $middle (local.get 0))))`);
    const { frames, stack } = trapError(() => exports['outer'](1));
    assert.deepEqual(
      frames.map(({ functionIndex, functionName, moduleName }) => [functionIndex, functionName, moduleName]),
      [
        [0, 'inner', 'app'],
        [1, 'middle', 'app'],
        [2, 'outer', 'app'],
      ],
    );
    const bytes = wat(`(module $app
      (func $inner (param i32) (if (local.get 0) (then (unreachable))))
      (func $middle (param i32) (call $inner (i32.const 0)) (call $inner (local.get 0)))
      (func (export "outer") (param i32) (call $middle (local.get 0))))`);
    const opcodes = frames.map(({ wasmOffset = 0 }) => bytes[wasmOffset]);
    assert.deepEqual(opcodes, [0x00, 0x10, 0x10]);
    // The second of the two calls in $middle.
    assert.deepEqual(
      [...bytes.subarray((frames[1].wasmOffset ?? 0) - 2, (frames[1].wasmOffset ?? 0) + 2)],
      [0x20, 0, 0x10, 0],
    );
    assert.match(stack ?? '', /^(TrapError|Error): unreachable\n {4}at inner \(func\[0\] at offset 0x/);
  });

  test('traps of builtins have a backtrace', () => {
    const { init } = instantiate(
      '(module (memory 1) (data $d "x") (func $init (export "init") (memory.init $d (i32.const 0) (i32.const 0) (i32.const 9))))',
    );
    const error = trapError(() => init());
    assert.equal(error.trap, Trap.memoryOutOfBounds);
    assert.deepEqual(
      error.frames.map(({ functionName }) => functionName),
      ['init'],
    );
  });

  test('what an import throws reaches the caller unchanged', () => {
    const values = [new Error('mine'), undefined, null, 'text', Symbol('s'), { toString: null }];
    let next: unknown;
    const { run } = instantiate(
      '(module (import "env" "fail" (func $fail)) (func $a (call $fail)) (func (export "run") (call $a)))',
      {
        env: {
          fail: () => {
            throw next;
          },
        },
      },
    );
    for (next of values) {
      let caught: unknown = 'nothing';
      try {
        run();
      } catch (error) {
        caught = error;
      }
      assert.equal(caught, next);
    }
  });

  test('calls nest through host functions, and exceptions pass all levels', () => {
    const failure = new Error('at the bottom');
    let fail = false;
    const exports: Exports = instantiate(
      `(module (import "env" "down" (func $down (param i32) (result i32)))
        (func (export "f") (param i32) (result i32)
          (i32.add (call $down (i32.sub (local.get 0) (i32.const 1))) (local.get 0))))`,
      {
        env: {
          down: (n: number) => {
            if (n > 0) return exports['f'](n);
            if (fail) throw failure;
            return 0;
          },
        },
      },
    );
    assert.equal(exports['f'](50), 1275);
    fail = true;
    assert.equal(
      thrown(() => exports['f'](50)),
      failure,
    );
    fail = false;
    assert.equal(exports['f'](50), 1275);
  });

  test('a trap caught by a host function leaves the caller running', () => {
    const exports: Exports = instantiate(
      `(module (import "env" "attempt" (func $attempt (result i32)))
        (func (export "crash") (result i32) (unreachable))
        (func (export "run") (result i32) (i32.add (call $attempt) (i32.const 1))))`,
      {
        env: { attempt: () => (trapError(() => exports['crash']()).trap === Trap.unreachable ? 41 : 0) },
      },
    );
    assert.equal(exports['run'](), 42);
  });

  test('endless recursion exhausts the call stack, again and again', () => {
    const exports = instantiate(`(module
      (func $r (export "r") (param i32) (result i32) (i32.add (call $r (local.get 0)) (i32.const 1)))
      (func $wide (export "wide") (param i64 f64) (result f64)
        (f64.add (call $wide (local.get 0) (local.get 1)) (local.get 1)))
      (func $a (export "a") (call $b)) (func $b (call $a))
      (func (export "ok") (result i32) (i32.const 7)))`);
    for (let round = 0; round < 20; round++) {
      for (const [name, ...args] of [['r', 1], ['wide', 1n, 2], ['a']] as const) {
        const error = trapError(() => exports[name](...args));
        assert.deepEqual([error.trap, error.message], [Trap.callStackExhausted, 'call stack exhausted']);
        assert.ok(error.frames.length >= 10);
        assert.ok(error.backtrace.omittedCount > 100);
      }
      assert.equal(exports['ok'](), 7);
    }
  });

  test('a function with a very large frame exhausts the call stack too', () => {
    const locals = Array.from({ length: 30_000 }, () => 'i64').join(' ');
    const sum = Array.from(
      { length: 300 },
      (_, k) => `(local.set ${k * 100 + 1} (call $f (local.get 0)))`,
    ).join(' ');
    const use = Array.from({ length: 300 }, (_, k) => `(local.get ${k * 100 + 1}) i64.add`).join(' ');
    const exports = instantiate(
      `(module (func $f (export "f") (param i64) (result i64) (local ${locals}) ${sum} (i64.const 0) ${use}))`,
    );
    assert.equal(trapError(() => exports['f'](1n)).trap, Trap.callStackExhausted);
  });

  test('recursion through host functions ends in an error, not a crash', () => {
    const exports: Exports = instantiate(
      '(module (import "env" "again" (func $again)) (func (export "f") (call $again)))',
      { env: { again: () => exports['f']() } },
    );
    for (let round = 0; round < 3; round++) {
      const error = thrown(() => exports['f']());
      assert.ok(
        error instanceof RangeError || (error instanceof TrapError && error.trap === Trap.callStackExhausted),
        String(error),
      );
    }
  });

  test('ten thousand traps', () => {
    const { div } = instantiate(
      '(module (func (export "div") (param i32 i32) (result i32) (i32.div_u (local.get 0) (local.get 1))))',
    );
    for (let k = 0; k < 10_000; k++) trapError(() => div(k, 0));
    assert.equal(div(84, 2), 42);
  });

  test('a trap in the start function fails the instantiation', () => {
    const error = trapError(() => instantiate('(module (func $main (unreachable)) (start $main))'));
    assert.deepEqual(
      error.frames.map(({ functionName }) => functionName),
      ['main'],
    );
  });

  test("V8's own traps still work", () => {
    // (module (memory 1) (func (export "a") (result i32) (i32.load (i32.const 0x10000000))))
    const bytes = wat(
      '(module (memory 1) (func (export "a") (result i32) (i32.load (i32.const 0x10000000))))',
    );
    const { WebAssembly } = globalThis as unknown as {
      WebAssembly: {
        Module: new (bytes: Uint8Array) => object;
        Instance: new (module: object) => { exports: Record<string, () => number> };
        RuntimeError: new () => Error;
      };
    };
    const instance = new WebAssembly.Instance(new WebAssembly.Module(bytes));
    assert.throws(() => instance.exports['a'](), WebAssembly.RuntimeError);
  });
}
