import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Trap } from '../../code/traps.js';
import type { WasmValue } from '../../index.js';
import type { Imports } from '../instances/linking.js';
import { wat } from '../modules.fixture.js';
import { Func } from '../objects/func.js';
import { Runtime } from '../runtime.js';
import { trapOf } from '../traps/trap.fixture.js';

type Call = (name: string, ...args: WasmValue[]) => WasmValue;

function callsOf(text: string, runtime = new Runtime({ tier: 'interp' }), imports: Imports = {}): Call {
  const exports: Record<string, unknown> = runtime.instantiate(runtime.compile(wat(text)), imports).exports;
  return (name, ...args) => {
    const func = exports[name];
    assert.ok(func instanceof Func);
    return func(...args);
  };
}

/** Loads and stores: of which type the value is, and how many bytes the access has. */
const accesses: readonly (readonly [name: string, type: 'i32' | 'i64' | 'f32' | 'f64', bytes: number])[] = [
  ['i32.load', 'i32', 4],
  ['i64.load', 'i64', 8],
  ['f32.load', 'f32', 4],
  ['f64.load', 'f64', 8],
  ['i32.load8_s', 'i32', 1],
  ['i32.load8_u', 'i32', 1],
  ['i32.load16_s', 'i32', 2],
  ['i32.load16_u', 'i32', 2],
  ['i64.load8_s', 'i64', 1],
  ['i64.load8_u', 'i64', 1],
  ['i64.load16_s', 'i64', 2],
  ['i64.load16_u', 'i64', 2],
  ['i64.load32_s', 'i64', 4],
  ['i64.load32_u', 'i64', 4],
  ['i32.store', 'i32', 4],
  ['i64.store', 'i64', 8],
  ['f32.store', 'f32', 4],
  ['f64.store', 'f64', 8],
  ['i32.store8', 'i32', 1],
  ['i32.store16', 'i32', 2],
  ['i64.store8', 'i64', 1],
  ['i64.store16', 'i64', 2],
  ['i64.store32', 'i64', 4],
];

const pattern = String.raw`\80\91\a2\b3\c4\d5\e6\f7\08\19\2a\3b\4c\5d\6e\7f`;
const values: Readonly<Record<string, string>> = {
  i32: '0x89abcdef',
  i64: '0x89abcdef01234567',
  f32: 'nan:0x200001',
  f64: 'nan:0x4000000000001',
};

/** A function that does one access to a memory, and returns the bits of what is then at the place. */
function accessOf(name: string, type: string, memory: string, address: 'i32' | 'i64'): string {
  const bits = {
    i32: 'i64.extend_i32_u',
    i64: '',
    f32: 'i64.extend_i32_u (i32.reinterpret_f32',
    f64: 'i64.reinterpret_f64',
  };
  const place = `${memory} offset=3 (${address}.const 2)`;
  if (name.includes('store')) {
    return `(${name} ${place} (${type}.const ${values[type]})) (i64.load ${place})`;
  }
  if (type === 'i64') return `(${name} ${place})`;
  return `(${bits[type as keyof typeof bits]} (${name} ${place})${type === 'f32' ? ')' : ''})`;
}

describe('accesses to memories but the first', () => {
  for (const [name, type, bytes] of accesses) {
    test(name, () => {
      const call = callsOf(`(module (memory $first 1) (memory $second 1) (memory $wide i64 1)
        (data $d "${pattern}")
        (func $fill
          (memory.init $first $d (i32.const 0) (i32.const 0) (i32.const 16))
          (memory.init $second $d (i32.const 0) (i32.const 0) (i32.const 16))
          (memory.init $wide $d (i64.const 0) (i32.const 0) (i32.const 16)))
        (start $fill)
        (func (export "first") (result i64) ${accessOf(name, type, '$first', 'i32')})
        (func (export "second") (result i64) ${accessOf(name, type, '$second', 'i32')})
        (func (export "wide") (result i64) ${accessOf(name, type, '$wide', 'i64')})
        (func (export "at32") (param i32)
          ${name.includes('store') ? `(${name} $second (local.get 0) (${type}.const 0))` : `(drop (${name} $second (local.get 0)))`})
        (func (export "at64") (param i64)
          ${name.includes('store') ? `(${name} $wide (local.get 0) (${type}.const 0))` : `(drop (${name} $wide (local.get 0)))`}))`);
      const first = call('first');
      assert.equal(call('second'), first);
      assert.equal(call('wide'), first);
      call('at32', 65536 - bytes);
      assert.equal(trapOf(() => call('at32', 65536 - bytes + 1)).trap, Trap.memoryOutOfBounds);
      call('at64', BigInt(65536 - bytes));
      assert.equal(trapOf(() => call('at64', BigInt(65536 - bytes + 1))).trap, Trap.memoryOutOfBounds);
    });
  }

  test('know vectors and their lanes', () => {
    const call = callsOf(`(module (memory 1) (memory $m i64 1) (data $d "${pattern}")
      (func $fill (memory.init $m $d (i64.const 0) (i32.const 0) (i32.const 16)))
      (start $fill)
      (func (export "f") (param i64) (result i64)
        (v128.store $m offset=16 (local.get 0) (v128.load8_lane $m offset=1 5 (local.get 0)
          (v128.load $m (local.get 0))))
        (i64.load $m offset=16 (local.get 0))))`);
    assert.equal(BigInt.asUintN(64, call('f', 0n) as bigint), 0xf7e691c4b3a29180n);
    assert.equal(trapOf(() => call('f', 65520n)).trap, Trap.memoryOutOfBounds);
    assert.equal(trapOf(() => call('f', -1n)).trap, Trap.memoryOutOfBounds);
  });
});

describe('addresses of 64 bits', () => {
  const offsets = [
    '0',
    '1',
    '0xffff',
    '0x10000',
    '0xffffffff',
    '0x100000000',
    '0xffffffff0000',
    '0x20000000000000',
    '0x7fffffffffffffff',
    '0xfffffffffffffffe',
    '0xffffffffffffffff',
  ];
  const addresses = [
    0n,
    1n,
    0xfffen,
    0xffffn,
    0x10000n,
    0xffffffffn,
    0x100000000n,
    1n << 53n,
    (1n << 53n) + 1n,
    (1n << 63n) - 1n,
    1n << 63n,
    (1n << 64n) - 0x10000n,
    (1n << 64n) - 2n,
    (1n << 64n) - 1n,
  ];
  test('are added to offsets exactly', () => {
    const call = callsOf(`(module (memory i64 1) (data (i64.const 0xffff) "\\2a")
      ${offsets
        .map(
          (offset, k) => `(func (export "f${k}") (param i64) (result i32)
        (i32.load8_u offset=${offset} (local.get 0)))`,
        )
        .join(' ')})`);
    for (const [k, offset] of offsets.entries()) {
      for (const address of addresses) {
        const at = address + BigInt(offset);
        const load = (): WasmValue => call(`f${k}`, BigInt.asIntN(64, address));
        if (at < 0x10000n) assert.equal(load(), at === 0xffffn ? 42 : 0);
        else assert.equal(trapOf(load).trap, Trap.memoryOutOfBounds, `${address} + ${offset}`);
      }
    }
  });

  test('and lengths, in instructions on whole memories', () => {
    const call = callsOf(`(module (memory $wide i64 1 3) (memory $narrow 1) (data $d "\\01\\02\\03\\04")
      (func (export "fill") (param i64 i32 i64) (memory.fill $wide (local.get 0) (local.get 1) (local.get 2)))
      (func (export "copy") (param i64 i64 i64) (memory.copy $wide $wide (local.get 0) (local.get 1) (local.get 2)))
      (func (export "out") (param i32 i64 i32) (memory.copy $narrow $wide (local.get 0) (local.get 1) (local.get 2)))
      (func (export "in") (param i64 i32 i32) (memory.copy $wide $narrow (local.get 0) (local.get 1) (local.get 2)))
      (func (export "init") (param i64 i32 i32) (memory.init $wide $d (local.get 0) (local.get 1) (local.get 2)))
      (func (export "wide") (param i64) (result i32) (i32.load $wide (local.get 0)))
      (func (export "narrow") (param i32) (result i32) (i32.load $narrow (local.get 0)))
      (func (export "size") (result i64) (memory.size $wide))
      (func (export "grow") (param i64) (result i64) (memory.grow $wide (local.get 0))))`);
    call('init', 0xfffcn, 0, 4);
    assert.equal(call('wide', 0xfffcn), 0x04030201);
    call('copy', 0xfffan, 0xfffcn, 4n);
    assert.equal(call('wide', 0xfffcn), 0x04030403);
    call('out', 8, 0xfffcn, 4);
    assert.equal(call('narrow', 8), 0x04030403);
    call('fill', 0n, 0x1ff, 0x10000n);
    assert.equal(call('wide', 0xfffcn), -1);
    call('in', 4n, 8, 4);
    assert.equal(call('wide', 4n), 0x04030403);
    call('fill', 0x10000n, 0, 0n);
    const outside: readonly (readonly [name: string, ...args: WasmValue[]])[] = [
      ['fill', 0x10001n, 0, 0n],
      ['fill', 1n, 0, 0x10000n],
      ['fill', -1n, 0, 1n],
      ['fill', 1n, 0, -1n],
      ['fill', 1n << 32n, 0, 0n],
      ['copy', 0n, 1n << 53n, 0n],
      ['copy', -4n, 0n, 4n],
      ['copy', 1n, 1n, -1n],
      ['out', 0, 1n << 32n, 0],
      ['out', 0x10001, 0n, 0],
      ['out', 0, 0n, -1],
      ['in', 0x10000n, 0, 1],
      ['init', 1n << 32n, 0, 0],
      ['init', 0n, 3, 2],
    ];
    for (const [name, ...args] of outside) {
      assert.equal(trapOf(() => call(name, ...args)).trap, Trap.memoryOutOfBounds, `${name} ${args.join()}`);
    }
    for (const delta of [3n, 1n << 32n, (1n << 32n) + 1n, 1n << 53n, -1n])
      assert.equal(call('grow', delta), -1n);
    assert.equal(call('grow', 2n), 1n);
    assert.equal(call('size'), 3n);
    call('fill', 0x2fffen, 7, 2n);
  });

  test('name elements of tables', () => {
    const call =
      callsOf(`(module (table $t i64 3 funcref) (table $n 3 funcref) (elem (table $t) (i64.const 1) func $f)
      (elem $e func $f) (type $nullary (func (result i32)))
      (func $f (result i32) (i32.const 5))
      (func (export "call") (param i64) (result i32) (call_indirect $t (type $nullary) (local.get 0)))
      (func (export "tail") (param i64) (result i32) (return_call_indirect $t (type $nullary) (local.get 0)))
      (func (export "null") (param i64) (result i32) (ref.is_null (table.get $t (local.get 0))))
      (func (export "set") (param i64) (table.set $t (local.get 0) (ref.func $f)))
      (func (export "size") (result i64) (table.size $t))
      (func (export "grow") (param i64) (result i64) (table.grow $t (ref.null func) (local.get 0)))
      (func (export "fill") (param i64 i64) (table.fill $t (local.get 0) (ref.func $f) (local.get 1)))
      (func (export "init") (param i64) (table.init $t $e (local.get 0) (i32.const 0) (i32.const 1)))
      (func (export "out") (param i32 i64 i32) (table.copy $n $t (local.get 0) (local.get 1) (local.get 2)))
      (func (export "in") (param i64 i32 i32) (table.copy $t $n (local.get 0) (local.get 1) (local.get 2)))
      (func (export "same") (param i64 i64 i64) (table.copy $t $t (local.get 0) (local.get 1) (local.get 2))))`);
    const wrong = [3n, 0xffffffffn, 1n << 32n, (1n << 32n) + 1n, -1n];
    for (const name of ['call', 'tail']) {
      assert.equal(call(name, 1n), 5);
      assert.equal(trapOf(() => call(name, 0n)).trap, Trap.uninitializedElement);
      for (const index of wrong) assert.equal(trapOf(() => call(name, index)).trap, Trap.undefinedElement);
    }
    for (const name of ['null', 'set', 'init']) {
      for (const index of wrong) assert.equal(trapOf(() => call(name, index)).trap, Trap.tableOutOfBounds);
    }
    assert.equal(call('null', 2n), 1);
    call('init', 2n);
    assert.equal(call('null', 2n), 0);
    for (const delta of [1n << 32n, -1n]) assert.equal(call('grow', delta), -1n);
    assert.equal(call('grow', 1n), 3n);
    assert.equal(call('size'), 4n);
    call('fill', 3n, 1n);
    assert.equal(call('null', 3n), 0);
    call('out', 0, 2n, 2);
    call('in', 0n, 0, 1);
    assert.equal(call('call', 0n), 5);
    call('same', 0n, 1n, 3n);
    const outside: readonly (readonly [name: string, ...args: WasmValue[]])[] = [
      ['fill', 1n << 32n, 0n],
      ['fill', 0n, 1n << 32n],
      ['out', 0, 1n << 32n, 0],
      ['out', -1, 0n, 0],
      ['in', 5n, 0, 0],
      ['same', 0n, 0n, 5n],
      ['same', 0n, 0n, -1n],
    ];
    for (const [name, ...args] of outside) {
      assert.equal(trapOf(() => call(name, ...args)).trap, Trap.tableOutOfBounds, `${name} ${args.join()}`);
    }
  });
});

test('a memory that is imported twice is the same by both indices, also when it has grown', () => {
  const runtime = new Runtime({ tier: 'interp' });
  const m = runtime.memory({ limits: { min: 1, max: 3 } });
  const call = callsOf(
    `(module (import "m" "m" (memory $a 1 3)) (import "m" "m" (memory $b 1 3))
      (func (export "f") (param i32) (result i32)
        (i32.store $b (local.get 0) (i32.const 7))
        (drop (memory.grow $b (i32.const 1)))
        (i32.store $a (i32.const 65536) (i32.load $a (local.get 0)))
        (memory.copy $a $b (i32.const 65537) (i32.const 65536) (i32.const 4))
        (i32.add (i32.load $b (i32.const 65537)) (memory.size $b)))
      (func (export "size") (result i32) (memory.size $a)))`,
    runtime,
    { m: { m } },
  );
  assert.equal(call('f', 8), 7 + 2);
  assert.equal(call('size'), 2);
});
