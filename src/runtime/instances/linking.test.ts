import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { ValType } from '../../wasm/types.js';
import { DisposedError, LinkError } from '../errors.js';
import { wat } from '../modules.fixture.js';
import { Func } from '../objects/func.js';
import { Global } from '../objects/global.js';
import { Memory } from '../objects/memory.js';
import { Table } from '../objects/table.js';
import { Runtime } from '../runtime.js';
import type { Imports } from './linking.js';

const { i32, i64, funcref, externref } = ValType;

const runtime = new Runtime();
after(() => runtime.dispose());

function instantiate(text: string, imports?: Imports): Readonly<Record<string, unknown>> {
  return runtime.instantiate(runtime.compile(wat(text)), imports).exports;
}

function linkMessage(text: string, imports: Imports): string {
  const module = runtime.compile(wat(text));
  try {
    runtime.instantiate(module, imports);
  } catch (error) {
    assert.ok(error instanceof LinkError, String(error));
    return error.message;
  }
  return 'linked';
}

test('exports are of their kind, in order, and the same object each time', () => {
  const exports = instantiate(`(module
    (func $f (export "f")) (memory (export "m") 1) (table (export "t") 1 funcref)
    (global (export "g") i32 (i32.const 42)) (export "again" (func $f)))`);
  assert.deepEqual(Object.keys(exports), ['f', 'm', 't', 'g', 'again']);
  assert.ok(exports['f'] instanceof Func);
  assert.ok(exports['m'] instanceof Memory);
  assert.ok(exports['t'] instanceof Table);
  assert.ok(exports['g'] instanceof Global);
  assert.equal(exports['f'], exports['again']);
  assert.equal(exports['g'].value, 42);
  assert.equal(Object.getPrototypeOf(exports), null);
});

test('a missing import is unknown', () => {
  const text = '(module (import "env" "f" (func)))';
  assert.equal(linkMessage(text, {}), 'unknown import: "env" "f"');
  assert.equal(linkMessage(text, { env: {} }), 'unknown import: "env" "f"');
});

test('names of imports cannot forge lines of a message, or fill it', () => {
  const text = `(module (import "a\\0a" "\\e2\\80\\ae${'x'.repeat(1000)}" (func)))`;
  const name = `"a\\u{a}" "\\u{202e}${'x'.repeat(199)}… (1001 characters)"`;
  assert.equal(linkMessage(text, {}), `unknown import: ${name}`);
  const imports = { 'a\n': { [`\u202e${'x'.repeat(1000)}`]: 1 } } as unknown as Imports;
  assert.equal(linkMessage(text, imports), `incompatible import type: ${name} must be a function, not 1`);
});

test('imports of another kind or type are refused', () => {
  const text = '(module (import "env" "f" (func (param i32) (result i64))))';
  const global = runtime.global({ type: i32, mutable: false }, 0);
  const func = runtime.hostFunction({ params: [i32], results: [i32] }, () => 0);
  assert.equal(
    linkMessage(text, { env: { f: global } }),
    'incompatible import type: "env" "f" must be a function, not a Global',
  );
  assert.equal(
    linkMessage(text, { env: { f: func } }),
    'incompatible import type: "env" "f" must have type [i32] -> [i64], not [i32] -> [i32]',
  );
  const right = runtime.hostFunction({ params: [i32], results: [i64] }, () => 0n);
  assert.equal(linkMessage(text, { env: { f: right } }), 'linked');
  assert.equal(linkMessage(text, { env: { f: () => 0n } }), 'linked');
});

test('mutability and type of globals must agree', () => {
  const text = '(module (import "env" "g" (global (mut i32))))';
  const make = (mutable: boolean, type: ValType) => ({
    env: { g: runtime.global({ type, mutable }, type === i32 ? 1 : 1n) },
  });
  assert.match(linkMessage(text, make(false, i32)), /^incompatible import type: .* must be mutable i32/);
  assert.match(linkMessage(text, make(true, i64)), /^incompatible import type/);
  assert.equal(linkMessage(text, make(true, i32)), 'linked');
});

test('limits: the size now counts, and the maximum must be within that asked for', () => {
  const text = '(module (import "env" "m" (memory 2 4)))';
  const memory = (min: number, max?: number) => ({
    env: { m: runtime.memory({ limits: { min, max } }) },
  });
  assert.match(linkMessage(text, memory(1, 4)), /at least 2 pages, not 1/);
  assert.match(linkMessage(text, memory(2)), /a maximum of 4 pages or less, not none/);
  assert.match(linkMessage(text, memory(2, 5)), /a maximum of 4 pages or less, not 5/);
  assert.equal(linkMessage(text, memory(2, 3)), 'linked');
  const grown = runtime.memory({ limits: { min: 1, max: 4 } });
  grown.grow(1);
  assert.equal(linkMessage(text, { env: { m: grown } }), 'linked');
  const table = runtime.table({ element: externref, limits: { min: 1, max: undefined } });
  const wanted = '(module (import "env" "t" (table 1 funcref)))';
  assert.match(linkMessage(wanted, { env: { t: table } }), /must hold funcref, not externref/);
});

test('what belongs to another runtime is refused', () => {
  const other = new Runtime();
  const memory = other.memory({ limits: { min: 1, max: undefined } });
  const text = '(module (import "env" "m" (memory 1)))';
  assert.match(linkMessage(text, { env: { m: memory } }), /belongs to another Runtime/);
  other.dispose();
  assert.throws(() => memory.buffer, DisposedError);
});

test('imported globals give initial values, and are shared', () => {
  const shared = runtime.global({ type: i64, mutable: true }, 5n);
  const exports = instantiate(
    `(module
      (import "env" "a" (global $a i32)) (global (export "s") (import "env" "s") (mut i64))
      (global (export "sum") i32 (i32.add (global.get $a) (i32.const 2))))`,
    { env: { a: runtime.global({ type: i32, mutable: false }, 40), s: shared } },
  );
  assert.equal((exports['sum'] as Global).value, 42);
  assert.equal(exports['s'], shared);
});

test('a memory is one object for all its users', () => {
  const first = instantiate('(module (memory (export "m") 1 3) (data (i32.const 8) "abc"))');
  const second = instantiate('(module (memory (export "m") (import "x" "m") 1) (data (i32.const 9) "X"))', {
    x: first as Imports[string],
  });
  const memory = first['m'] as Memory;
  assert.equal(second['m'], memory);
  assert.equal(Buffer.from(memory.buffer, 8, 3).toString(), 'aXc');
  const before = memory.buffer;
  assert.equal(memory.buffer, before);
  assert.equal(memory.grow(2), 1);
  assert.equal(before.byteLength, 0);
  assert.equal(memory.buffer.byteLength, 3 * 65536);
  assert.throws(() => memory.grow(1), RangeError);
});

test('functions keep their identity through tables, globals and instances', () => {
  const first = instantiate(`(module
    (func $f (export "f")) (func $hidden) (elem declare func $f)
    (table (export "t") 3 funcref) (elem (i32.const 0) $f $hidden)
    (global (export "g") funcref (ref.func $f)))`);
  const table = first['t'] as Table;
  assert.equal(table.get(0), first['f']);
  assert.equal((first['g'] as Global).value, first['f']);
  assert.ok(table.get(1) instanceof Func);
  assert.equal(table.get(1), table.get(1));
  assert.equal(table.get(2), null);
  const second = instantiate(
    `(module (import "x" "t" (table 3 funcref)) (import "x" "f" (func $f)) (func $own (export "own"))
      (elem (i32.const 1) $own $f))`,
    { x: first as Imports[string] },
  );
  assert.equal(table.get(1), second['own']);
  assert.equal(table.get(2), first['f']);
});

test('host functions have an identity too', () => {
  const table = runtime.table({ element: funcref, limits: { min: 2, max: 4 } });
  const host = runtime.hostFunction({ params: [], results: [] }, () => undefined);
  table.set(0, host);
  assert.equal(table.get(0), host);
  assert.equal(table.grow(2, host), 2);
  assert.equal(table.get(3), host);
  assert.throws(() => table.grow(1), RangeError);
  assert.throws(() => table.get(4), RangeError);
  assert.throws(() => table.set(0, () => undefined), TypeError);
  assert.throws(() => table.set(-1, null), RangeError);
  const exports = instantiate('(module (import "env" "f" (func)) (export "f" (func 0)))', {
    env: { f: host },
  });
  assert.equal(exports['f'], host);
});

test('values in externref tables and globals are those that were put there', () => {
  const exports = instantiate(
    '(module (table (export "t") 2 externref) (global (export "g") (mut externref) (ref.null extern)))',
  );
  const table = exports['t'] as Table;
  const value = { some: 'object' };
  table.set(1, value);
  assert.equal(table.get(1), value);
  assert.equal(table.get(0), null);
  table.set(0, undefined);
  assert.equal(table.get(0), undefined);
  const global = exports['g'] as Global;
  assert.equal(global.value, null);
  global.value = value;
  assert.equal(global.value, value);
});

test('globals convert like the JavaScript API, and keep exact bits', () => {
  const make = (type: ValType, value: unknown): Global => runtime.global({ type, mutable: true }, value);
  assert.equal(make(i32, 2 ** 32 + 5).value, 5);
  assert.equal(make(i32, -1).bits, 0xffff_ffffn);
  assert.equal(make(i64, 2n ** 63n).value, -(2n ** 63n));
  assert.equal(make(ValType.f32, 0.1).value, Math.fround(0.1));
  const double = make(ValType.f64, 0.1);
  assert.equal(double.value, 0.1);
  double.bits = 0x7ff0_0000_0000_0001n;
  assert.equal(double.bits, 0x7ff0_0000_0000_0001n);
  assert.throws(() => make(i64, 1), TypeError);
  assert.throws(() => make(i32, 1n), TypeError);
  assert.throws(() => make(funcref, {}), TypeError);
  const constant = runtime.global({ type: i32, mutable: false }, 1);
  assert.throws(() => {
    constant.value = 2;
  }, /immutable/);
});

test('modules describe what they import and export', () => {
  const module = runtime.compile(
    wat('(module (import "a" "b" (func (param i32))) (memory (export "m") 1 2))'),
  );
  assert.deepEqual(module.imports, [
    { module: 'a', name: 'b', kind: 'func', type: { params: [i32], results: [] } },
  ]);
  assert.deepEqual(module.exports, [{ name: 'm', kind: 'memory', type: { limits: { min: 1, max: 2 } } }]);
  assert.equal(module.customSections('name').length, 1);
  module.dispose();
  assert.throws(() => runtime.instantiate(module), DisposedError);
});
