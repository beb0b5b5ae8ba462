import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { hasWide } from '../native/memory/v8-memory.js';
import { wat } from '../runtime/modules.fixture.js';
import { outcome, own } from './outcomes.fixture.js';
import { WebAssembly } from './web-assembly.js';

/* Memories and tables with 64-bit addresses (JS API 3.0, sections 5.3 and 5.4). */

const { Memory, Table, Module, Instance } = WebAssembly;

const memory = (initial: unknown, maximum?: unknown): InstanceType<typeof Memory> =>
  new Memory({ initial, maximum, address: 'i64' } as never);
const table = (initial: unknown, maximum?: unknown): InstanceType<typeof Table> =>
  new Table({ element: 'externref', initial, maximum, address: 'i64' } as never);

test('sizes of a memory are bigints', () => {
  const wide = memory(1n, 3n);
  const { buffer } = wide;
  assert.equal(wide.grow(2n), 1n);
  assert.equal(buffer.byteLength, 0);
  assert.equal(wide.buffer.byteLength, 3 * 65536);
  assert.equal(wide.grow(0n), 3n);
  assert.throws(() => wide.grow(1n), RangeError);
  for (const size of [2n ** 32n, 2n ** 48n, 2n ** 63n, 2n ** 64n - 1n]) {
    assert.throws(() => wide.grow(size), RangeError, `${size}`);
  }
});

test('sizes and indices of a table are bigints', () => {
  const wide = table(2n);
  assert.equal(wide.length, 2n);
  assert.equal(wide.grow(3n, 'new'), 2n);
  assert.equal(wide.length, 5n);
  wide.set(1n, 'one');
  assert.deepEqual(
    [0n, 1n, 2n, 4n].map((index) => wide.get(index)),
    [undefined, 'one', 'new', 'new'],
  );
  for (const index of [5n, 2n ** 32n, 2n ** 32n + 1n, 2n ** 53n + 1n, 2n ** 64n - 1n]) {
    assert.throws(() => wide.get(index), RangeError, `${index}`);
    assert.throws(() => wide.set(index, 1), RangeError, `${index}`);
    assert.throws(() => wide.grow(index + 2n ** 24n), index < 2n ** 63n ? RangeError : TypeError, `${index}`);
  }
});

/** Values that are no addresses of 64 bits, with the error. */
const refused: readonly (readonly [value: unknown, error: 'TypeError' | 'SyntaxError'])[] = [
  [1, 'TypeError'],
  [null, 'TypeError'],
  [Symbol('1'), 'TypeError'],
  [-1n, 'TypeError'],
  [2n ** 64n, 'TypeError'],
  [2n ** 200n, 'TypeError'],
  ['one', 'SyntaxError'],
  [{ valueOf: () => 1 }, 'TypeError'],
];

/** Values that become bigints, with what they become. */
const accepted: readonly (readonly [value: unknown, size: bigint])[] = [
  [0n, 0n],
  ['2', 2n],
  ['', 0n],
  [true, 1n],
  [{ valueOf: () => 2n }, 2n],
  [[1], 1n],
];

describe('addresses of 64 bits are converted as bigints', () => {
  for (const [value, name] of refused) {
    test(`${String(value)} is refused`, () => {
      assert.throws(() => memory(value), { name });
      assert.throws(() => memory(0n, value), { name });
      assert.throws(() => memory(1n).grow(value as bigint), { name });
      assert.throws(() => table(value), { name });
      assert.throws(() => table(0n, value), { name });
      assert.throws(() => table(1n).grow(value as bigint), { name });
      assert.throws(() => table(1n).get(value as bigint), { name });
      assert.throws(() => table(1n).set(value as bigint, 1), { name });
    });
  }
  for (const [value, size] of accepted) {
    test(`${String(value)} is ${size}`, () => {
      assert.equal(memory(value, 9n).buffer.byteLength, Number(size) * 65536);
      assert.equal(memory(1n, 9n).grow(value as bigint), 1n);
      assert.equal(table(value).length, size);
      assert.equal(table(5n).get(value as bigint), undefined);
    });
  }
  test('undefined is no size, and no maximum', () => {
    assert.throws(() => memory(undefined), TypeError);
    assert.throws(() => table(undefined), TypeError);
    assert.equal(memory(1n, undefined).grow(1n), 1n);
  });
});

test('limits of a memory: what its type can say, and what there is', () => {
  assert.throws(() => memory(2n, 1n), RangeError);
  assert.throws(() => memory(2n ** 18n + 1n), RangeError);
  assert.throws(() => memory(0n, 2n ** 48n + 1n), RangeError);
  assert.throws(() => memory(2n ** 64n - 1n), RangeError);
  assert.equal(memory(0n, 2n ** 48n).buffer.byteLength, 0);
});

test('limits of a table', () => {
  assert.throws(() => table(2n, 1n), RangeError);
  assert.throws(() => table(10_000_001n), RangeError);
  assert.throws(() => table(2n ** 64n - 1n), RangeError);
  assert.equal(table(1n, 2n ** 64n - 1n).length, 1n);
});

test('the type of addresses is read first, and is one of two', () => {
  for (const address of ['i32', undefined]) {
    assert.equal(new Memory({ initial: 1, address } as never).grow(0), 1);
    assert.equal(new Table({ element: 'externref', initial: 1, address } as never).length, 1);
    assert.throws(() => new Memory({ initial: 1n, address } as never), TypeError);
  }
  for (const address of ['', 'I64', null, 64]) {
    assert.throws(() => new Memory({ initial: 1, address } as never), TypeError);
    assert.throws(() => new Table({ element: 'externref', initial: 1, address } as never), TypeError);
  }
  const read: string[] = [];
  const descriptor = new Proxy(
    { initial: 1n, address: { toString: () => 'i64' } },
    {
      get(target, name) {
        read.push(String(name));
        return Reflect.get(target, name);
      },
    },
  );
  void new Memory(descriptor as never);
  assert.deepEqual(read, ['address', 'initial', 'maximum', 'shared']);
});

const user = wat(`(module
  (import "m" "memory" (memory i64 1 5)) (import "m" "table" (table i64 2 externref))
  (memory (export "own") i64 2 3) (table (export "ownTable") i64 3 externref)
  (func (export "load") (param i64) (result i32) (i32.load8_u (local.get 0)))
  (func (export "grow") (param i64) (result i64) (memory.grow (local.get 0)))
  (func (export "get") (param i64) (result externref) (table.get 0 (local.get 0))))`);

test('modules import and export them', () => {
  const module = new Module(user);
  const imported = { memory: memory(1n, 5n), table: table(2n) };
  new Uint8Array(imported.memory.buffer)[70] = 9;
  imported.table.set(1n, 'element');
  const { exports } = new Instance(module, { m: imported });
  const { load, grow, get } = exports as Record<string, (...args: unknown[]) => unknown>;
  assert.equal(load(70n), 9);
  assert.equal(get(1n), 'element');
  assert.throws(() => load(65536n), WebAssembly.RuntimeError);
  assert.throws(() => load(2n ** 64n - 1n), WebAssembly.RuntimeError);
  assert.throws(() => load(2n ** 32n + 70n), WebAssembly.RuntimeError);
  assert.throws(() => get(2n ** 32n + 1n), WebAssembly.RuntimeError);
  assert.equal(grow(1n), 1n);
  assert.equal(grow(2n ** 32n), -1n);
  assert.equal(imported.memory.buffer.byteLength, 2 * 65536);
  assert.equal(imported.memory.grow(1n), 2n);
  assert.equal(load(2n * 65536n), 0);
  const { own: exported, ownTable } = exports as Record<string, unknown>;
  assert.ok(exported instanceof Memory && ownTable instanceof Table);
  assert.equal(exported.grow(1n), 2n);
  assert.throws(() => exported.grow(1n), RangeError);
  assert.equal(ownTable.length, 3n);
});

test('types of addresses must be the same where they are linked', () => {
  const module = new Module(user);
  const narrow = { memory: new Memory({ initial: 1, maximum: 5 }), table: table(2n) };
  assert.throws(() => new Instance(module, { m: narrow }), WebAssembly.LinkError);
  const narrowTable = new Table({ element: 'externref', initial: 2 });
  assert.throws(() => new Instance(module, { m: { memory: memory(1n, 5n), table: narrowTable } }), {
    name: 'LinkError',
    message: /must have i64 addresses, not i32 addresses/,
  });
});

test('a 64-bit memory of V8s own is refused by its name', {
  skip: !hasWide(),
}, () => {
  const theirs = new own.Memory({ initial: 1n, maximum: 5n, address: 'i64' } as never);
  const module = new Module(wat('(module (import "m" "memory" (memory i64 1 5)))'));
  assert.throws(() => new Instance(module, { m: { memory: theirs } }), {
    name: 'LinkError',
    message: /"m" "memory" is a shared or 64-bit memory of V8's engine/,
  });
});

/** Numbers at the limits of what can be asked for. */
const limits = [
  0n,
  1n,
  9n,
  10n,
  -1n,
  2n ** 16n,
  2n ** 31n,
  2n ** 32n - 1n,
  2n ** 48n + 1n,
  2n ** 53n,
  2n ** 63n,
  -(2n ** 63n),
  2n ** 64n - 1n,
  2n ** 64n,
  2n ** 65n,
];

test('V8 does the same at the limits', { skip: !hasWide() }, () => {
  for (const value of limits) {
    const tried = [WebAssembly, own].map((api) => {
      const make = { memory: () => new api.Memory({ initial: 1n, maximum: 10n, address: 'i64' } as never) };
      const elements = (): InstanceType<typeof Table> =>
        new api.Table({ element: 'externref', initial: 3n, maximum: 10n, address: 'i64' } as never) as never;
      const size = (initial: bigint, maximum?: bigint) => ({
        initial,
        maximum,
        address: 'i64',
        element: 'anyfunc',
      });
      return [
        ...(value <= 2n ** 16n || value > 2n ** 48n
          ? [outcome(() => new api.Memory(size(1n, value) as never).buffer.byteLength)]
          : []),
        outcome(() => make.memory().grow(value as never)),
        outcome(() => new api.Table(size(1n, value) as never).length),
        outcome(() => elements().get(value)),
        outcome(() => elements().set(value, 1)),
        outcome(() => elements().grow(value)),
        ...(value < 2n ** 16n || value >= 2n ** 32n
          ? [outcome(() => new api.Table(size(value) as never).length)]
          : []),
        ...(value < 10n || value >= 2n ** 48n
          ? [outcome(() => new api.Memory(size(value) as never).buffer.byteLength)]
          : []),
      ];
    });
    assert.deepEqual(tried[0], tried[1], String(value));
  }
});

test('V8 does the same, where it has them', { skip: !hasWide() }, () => {
  for (const [value] of [...refused, ...accepted]) {
    const tried = [WebAssembly, own].map((api) => [
      outcome(() => new api.Memory({ initial: value, address: 'i64' } as never).buffer.byteLength),
      outcome(() =>
        new api.Memory({ initial: 1n, maximum: 9n, address: 'i64' } as never).grow(value as never),
      ),
      outcome(() => new api.Table({ element: 'externref', initial: value, address: 'i64' } as never).length),
      outcome(() =>
        new api.Table({ element: 'externref', initial: 5n, address: 'i64' } as never).get(value as never),
      ),
    ]);
    assert.deepEqual(tried[0], tried[1], String(value));
  }
});

test('a maximum above what a memory may have is refused, and named as such', () => {
  assert.throws(() => memory(1n, 2n ** 48n + 1n), {
    name: 'RangeError',
    message: /a maximum of more than 281474976710656 pages/,
  });
});
