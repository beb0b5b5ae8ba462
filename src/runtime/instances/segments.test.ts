import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { Trap } from '../../code/traps.js';
import { allMachines } from '../../fast-jit/execution.fixture.js';
import { ValType } from '../../wasm/types.js';
import { wat } from '../modules.fixture.js';
import type { Func } from '../objects/func.js';
import type { Global } from '../objects/global.js';
import type { Memory } from '../objects/memory.js';
import type { Table } from '../objects/table.js';
import { Runtime } from '../runtime.js';
import { TrapError } from '../traps/trap-error.js';
import type { Imports } from './linking.js';

const { i32, funcref } = ValType;
const runtime = new Runtime();
after(() => runtime.dispose());

function instantiate(text: string, imports?: Imports): Readonly<Record<string, unknown>> {
  return runtime.instantiate(runtime.compile(wat(text)), imports).exports;
}

function trapOf(run: () => unknown): number {
  try {
    run();
  } catch (error) {
    assert.ok(error instanceof TrapError, String(error));
    return error.trap;
  }
  return Trap.none;
}

function text(memory: Memory, start: number, length: number): string {
  return Buffer.from(memory.buffer, start, length).toString('latin1');
}

test('data segments are applied in order, at offsets that may come from globals', () => {
  const base = runtime.global({ type: i32, mutable: false }, 3);
  const exports = instantiate(
    `(module (import "env" "base" (global $base i32)) (memory (export "m") 1)
      (data (i32.const 0) "0123456789") (data (global.get $base) "abc")
      (data (i32.sub (global.get $base) (i32.const 1)) "X") (data "passive") (data (i32.const 65536) ""))`,
    { env: { base } },
  );
  assert.equal(text(exports['m'] as Memory, 0, 10), '01Xabc6789');
});

test('what was written before a segment that does not fit stays', () => {
  const memory = runtime.memory({ limits: { min: 1, max: undefined } });
  const table = runtime.table({ element: funcref, limits: { min: 2, max: undefined } });
  const env = { memory, table };
  const outside = `(module (import "env" "memory" (memory 1)) (import "env" "table" (table 2 funcref))
    (func $f) (elem (i32.const 1) $f) (data (i32.const 4) "kept") (data (i32.const 65535) "no"))`;
  assert.equal(
    trapOf(() => instantiate(outside, { env })),
    Trap.memoryOutOfBounds,
  );
  assert.equal(text(memory, 4, 4), 'kept');
  assert.equal(text(memory, 65535, 1), '\0');
  assert.notEqual(table.get(1), null);
  const tooLong = `(module (import "env" "memory" (memory 1)) (import "env" "table" (table 2 funcref))
    (func $f) (elem (i32.const 0) $f) (elem (i32.const 1) $f $f) (data (i32.const 4) "lost"))`;
  const before = table.get(1);
  assert.equal(
    trapOf(() => instantiate(tooLong, { env })),
    Trap.tableOutOfBounds,
  );
  assert.notEqual(table.get(0), null);
  assert.equal(table.get(1), before);
  assert.equal(text(memory, 4, 4), 'kept');
});

test('offsets are unsigned, and empty segments are checked too', () => {
  assert.equal(
    trapOf(() => instantiate('(module (memory 1) (data (i32.const -1) "x"))')),
    Trap.memoryOutOfBounds,
  );
  assert.equal(
    trapOf(() => instantiate('(module (memory 1) (data (i32.const 65537) ""))')),
    Trap.memoryOutOfBounds,
  );
  assert.equal(
    trapOf(() => instantiate('(module (table 1 funcref) (elem (i32.const 2)))')),
    Trap.tableOutOfBounds,
  );
});

test('element segments hold functions and nulls', () => {
  const exports = instantiate(`(module (table (export "t") 4 funcref) (func $f (export "f"))
    (elem (i32.const 1) funcref (ref.func $f) (ref.null func) (ref.func $f)))`);
  const table = exports['t'] as Table;
  assert.deepEqual(
    [0, 1, 2, 3].map((index) => table.get(index) === exports['f']),
    [false, true, false, true],
  );
});

test('reference globals can be initialised by imported ones', () => {
  const host = runtime.hostFunction({ params: [], results: [] }, () => undefined);
  const value = Symbol('value');
  const exports = instantiate(
    `(module (import "env" "f" (global $f funcref)) (import "env" "x" (global $x externref))
      (global (export "f") funcref (global.get $f)) (global (export "x") externref (global.get $x))
      (table (export "t") 1 externref) (elem (i32.const 0) externref (global.get $x)))`,
    {
      env: {
        f: runtime.global({ type: funcref, mutable: false }, host),
        x: runtime.global({ type: ValType.externref, mutable: false }, value),
      },
    },
  );
  assert.equal((exports['f'] as Global).value, host);
  assert.equal((exports['x'] as Global).value, value);
  assert.equal((exports['t'] as Table).get(0), value);
});

/** Constant expressions that read globals which the module defines, before and after which others are. */
const readsGlobals = `(module
  (import "env" "base" (global $base i32))
  (func $f (result i32) (i32.const 7))
  (func $g (export "call") (param i32) (result i32) (call_indirect (result i32) (local.get 0)))
  (global $next i32 (i32.add (global.get $base) (i32.const 2)))
  (global $far (export "far") i32 (i32.mul (global.get $next) (global.get $base)))
  (global $copy (export "copy") (mut i32) (global.get $far))
  (global $ref funcref (ref.func $f))
  (global $same (export "same") funcref (global.get $ref))
  (global $none externref (ref.null extern))
  (global (export "none") externref (global.get $none))
  (global $wide i64 (i64.const -5))
  (global (export "wide") i64 (global.get $wide))
  (global $real f64 (f64.const -0.5))
  (global (export "real") f64 (global.get $real))
  (table (export "t") 20 funcref)
  (memory (export "m") 1)
  (elem (global.get $far) $f)
  (elem $late funcref (global.get $same) (ref.null func))
  (elem (i32.const 1) funcref (global.get $ref))
  (data (global.get $far) "abc")
  (data (i32.sub (global.get $far) (global.get $base)) "xyz")
  (func (export "init") (param i32) (table.init $late (local.get 0) (i32.const 0) (i32.const 2)))
  (func (export "get") (result i32) (i32.add (global.get $far) (global.get $copy))))`;

for (const { name, make } of allMachines) {
  test(`constant expressions read globals that the module defines: ${name}`, () => {
    const machine = make();
    const exports = machine.instantiate(machine.compile(wat(readsGlobals)), {
      env: { base: machine.global({ type: i32, mutable: false }, 3) },
    }).exports;
    const global = (of: string): unknown => (exports[of] as Global).value;
    assert.deepEqual(['far', 'copy', 'wide', 'real', 'none'].map(global), [15, 15, -5n, -0.5, null]);
    const call = (of: string, ...args: number[]): unknown => (exports[of] as Func)(...args);
    assert.equal(call('get'), 30);
    const table = exports['t'] as Table;
    assert.equal(table.get(1), global('same'));
    assert.equal(table.get(15), global('same'));
    assert.equal(call('call', 1), 7);
    call('init', 3);
    assert.equal(call('call', 3), 7);
    assert.equal(text(exports['m'] as Memory, 12, 6), 'xyzabc');
    machine.dispose();
  });
}
