import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { Trap } from '../code/traps.js';
import { ValType } from '../wasm/types.js';
import type { Global } from './global.js';
import type { Imports } from './linking.js';
import type { Memory } from './memory.js';
import { Runtime } from './runtime.js';
import type { Table } from './table.js';
import { wat } from './test-modules.js';
import { TrapError } from './trap-error.js';

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
