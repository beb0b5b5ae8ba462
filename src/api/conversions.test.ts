import assert from 'node:assert/strict';
import { test } from 'node:test';
import { wat } from '../runtime/modules.fixture.js';
import { asyncOutcome, both, outcome, own } from './outcomes.fixture.js';
import { WebAssembly, type WebAssemblyNamespace } from './web-assembly.js';

/** Loosely typed: what the tests pass is often wrong. */
// biome-ignore lint/suspicious/noExplicitAny: see above
type Loose = any;

/** Runs the same on ours and on V8's, and compares how it ends. */
function agree(name: string, run: (api: Loose) => unknown): void {
  test(name, () => {
    const expected = outcome(() => run(own));
    assert.equal(
      outcome(() => run(WebAssembly)),
      expected,
    );
  });
}

/** Objects that cannot be converted, and some that can, to numbers. */
const values: readonly (readonly [string, () => unknown])[] = [
  ['undefined', () => undefined],
  ['null', () => null],
  ['true', () => true],
  ['0', () => 0],
  ['-0', () => -0],
  ['1.9', () => 1.9],
  ['-1', () => -1],
  ['NaN', () => Number.NaN],
  ['Infinity', () => Number.POSITIVE_INFINITY],
  ['2^31', () => 2 ** 31],
  ['2^32', () => 2 ** 32],
  ['2^32 + 5', () => 2 ** 32 + 5],
  ['2^53', () => 2 ** 53],
  ['16777217', () => 16777217],
  ["'3'", () => '3'],
  ["'x'", () => 'x'],
  ['5n', () => 5n],
  ['2n ** 64n + 1n', () => 2n ** 64n + 1n],
  ['a symbol', () => Symbol('s')],
  ['{}', () => ({})],
  ['[]', () => []],
  ['valueOf', () => ({ valueOf: () => 2 })],
  ['valueOf to 2n', () => ({ valueOf: () => 2n })],
  [
    'a valueOf that throws',
    () => ({
      valueOf: () => {
        throw new RangeError('mine');
      },
    }),
  ],
  ['a function', () => () => 1],
];

const identities = wat(`(module
  (func (export "i32") (param i32) (result i32) (local.get 0))
  (func (export "i64") (param i64) (result i64) (local.get 0))
  (func (export "f32") (param f32) (result f32) (local.get 0))
  (func (export "f64") (param f64) (result f64) (local.get 0))
  (func (export "anyfunc") (param funcref) (result funcref) (local.get 0))
  (func (export "externref") (param externref) (result externref) (local.get 0))
  (func (export "pair") (param i64 f32) (result f32 i64) (local.get 1) (local.get 0))
  (func (export "mixed") (param i32 funcref i64) (result i32) (local.get 0)))`);

const calls = wat(`(module
  (import "m" "i32" (func $i32 (result i32))) (import "m" "i64" (func $i64 (result i64)))
  (import "m" "f32" (func $f32 (result f32))) (import "m" "f64" (func $f64 (result f64)))
  (import "m" "anyfunc" (func $anyfunc (result funcref)))
  (import "m" "externref" (func $externref (result externref)))
  (import "m" "pair" (func $pair (result i32 i64))) (import "m" "none" (func $none))
  (func (export "i32") (result i32) (call $i32)) (func (export "i64") (result i64) (call $i64))
  (func (export "f32") (result f32) (call $f32)) (func (export "f64") (result f64) (call $f64))
  (func (export "anyfunc") (result funcref) (call $anyfunc))
  (func (export "externref") (result externref) (call $externref))
  (func (export "pair") (result i32 i64) (call $pair)) (func (export "none") (call $none)))`);

const types = ['i32', 'i64', 'f32', 'f64', 'anyfunc', 'externref'] as const;

function importing(api: Loose, value: () => unknown): Loose {
  const m = Object.fromEntries([...types, 'pair', 'none'].map((name) => [name, value]));
  return new api.Instance(new api.Module(calls), { m }).exports;
}

for (const type of types) {
  for (const [name, value] of values) {
    agree(`${name} as an argument of type ${type}`, (api) =>
      new api.Instance(new api.Module(identities)).exports[type](value()),
    );
    agree(`${name} as an import's result of type ${type}`, (api) => importing(api, value)[type]());
    agree(`${name} as a global's next value of type ${type}`, (api) => {
      const global = new api.Global({ value: type, mutable: true });
      global.value = value();
      return global.value;
    });
    // See below.
    if (name === 'undefined' && type === 'anyfunc') continue;
    agree(`${name} as a new global's value of type ${type}`, (api) => {
      const global = new api.Global({ value: type, mutable: true }, value());
      return [global.value, global.valueOf()];
    });
  }
  agree(`a missing argument of type ${type}`, (api) =>
    new api.Instance(new api.Module(identities)).exports[type](),
  );
  if (type !== 'externref') {
    agree(`the default of a global of type ${type}`, (api) => new api.Global({ value: type }).value);
  }
  agree(`an immutable global of type ${type}`, (api) => {
    new api.Global({ value: type }).value = 1;
  });
}

for (const [name, value] of values) {
  agree(`${name} as Memory.grow's argument`, (api) =>
    new api.Memory({ initial: 0, maximum: 3 }).grow(value()),
  );
  agree(`${name} as Table.get's argument`, (api) =>
    new api.Table({ element: 'anyfunc', initial: 3 }).get(value()),
  );
  agree(`${name} as Table.set's index`, (api) => {
    const table = new api.Table({ element: 'externref', initial: 3 }, 'before');
    table.set(value(), 'after');
    return [table.get(0), table.get(1), table.get(2)];
  });
  agree(`${name} as Table.grow's argument`, (api) =>
    new api.Table({ element: 'externref', initial: 0, maximum: 4 }).grow(value(), 'new'),
  );
  for (const element of ['anyfunc', 'externref']) {
    agree(`${name} as an element of ${element}`, (api) => {
      const table = new api.Table({ element, initial: 2 });
      table.set(1, value());
      return [table.get(0), table.get(1)];
    });
    agree(`${name} as what a new table of ${element} holds`, (api) =>
      new api.Table({ element, initial: 1 }, value()).get(0),
    );
    // See below.
    if (name === 'undefined' && element === 'anyfunc') continue;
    agree(`${name} as what a table of ${element} grows by`, (api) => {
      const table = new api.Table({ element, initial: 0 });
      return [table.grow(1, value()), table.get(0)];
    });
  }
  agree(`${name} as a memory's descriptor`, (api) => new api.Memory(value()).buffer);
  agree(`${name} as a memory's initial size`, (api) => {
    return new api.Memory({ initial: value() }).buffer;
  });
  agree(`${name} as a memory's maximum`, (api) => {
    return new api.Memory({ initial: 0, maximum: value() }).buffer;
  });
  agree(`${name} as a table's kind`, (api) => new api.Table({ element: value(), initial: 0 }).length);
  agree(`${name} as a global's type`, (api) => new api.Global({ value: value() }).value);
  agree(`${name} as a global's mutability`, (api) => {
    const global = new api.Global({ value: 'i32', mutable: value() });
    global.value = 3;
    return global.value;
  });
  agree(`${name} as a module's bytes`, (api) => new api.Module(value()));
  agree(`${name} as bytes to validate`, (api) => api.validate(value()));
  agree(`${name} as a module to instantiate`, (api) => new api.Instance(value()));
  agree(`${name} as imports`, (api) => new api.Instance(new api.Module(calls), value()));
  agree(`${name} as imports of a module without any`, (api) =>
    Object.keys(new api.Instance(new api.Module(identities), value()).exports),
  );
  agree(`${name} as a module to describe`, (api) => api.Module.exports(value()));
  agree(`${name} as several results`, (api) => importing(api, value).pair());
  agree(`${name} as no result`, (api) => importing(api, value).none());
  for (const operation of ['compile', 'instantiate', 'compileStreaming', 'instantiateStreaming']) {
    test(`${name} as the source of ${operation}`, async () => {
      const [ours, theirs] = await Promise.all(
        [WebAssembly, own].map((api: Loose) => asyncOutcome(() => api[operation](value()))),
      );
      assert.equal(ours, theirs);
    });
  }
}

agree('what an array and an iterable give as several results', (api) => {
  const results = [[1, 2n], new Set([3, 4n]), [1], [1, 2n, 3], [1, 2], [1n, 2n]];
  return results.map((result) => outcome(() => importing(api, () => result).pair()));
});

agree('too few and too many arguments', (api) => {
  const { exports } = new api.Instance(new api.Module(identities));
  return [exports.pair(1n), outcome(() => exports.pair()), exports.pair(1n, 2, 3), exports.i32(1, 2)];
});

agree('the order in which arguments are converted', (api) => {
  const { exports } = new api.Instance(new api.Module(identities));
  const log: string[] = [];
  const logged = (name: string, value: unknown): unknown => ({
    valueOf: () => {
      log.push(name);
      return value;
    },
  });
  const first = outcome(() => exports.mixed(logged('a', 1), {}, logged('c', 2n)));
  const second = outcome(() => exports.mixed(logged('a', 1), null, logged('c', 2n)));
  const third = outcome(() => exports.pair(logged('d', 1n), logged('e', 2)));
  return [first, second, third, log];
});

agree('the order in which descriptors are read', (api) => {
  const log: string[] = [];
  const descriptor = (values: Record<string, unknown>): object =>
    new Proxy(values, {
      get: (target, key) => {
        log.push(String(key));
        return target[String(key)];
      },
    });
  const seen = ['element', 'initial', 'maximum', 'mutable', 'value'];
  new api.Table(descriptor({ element: 'anyfunc', initial: 1, maximum: 2 }));
  new api.Global(descriptor({ value: 'i32', mutable: true }));
  return log.filter((key) => seen.includes(key));
});

agree('what is required', (api) => {
  const memory = new api.Memory({ initial: 0 });
  const table = new api.Table({ element: 'anyfunc', initial: 1 });
  const global = new api.Global({ value: 'i32', mutable: true }, 1);
  const module = new api.Module(identities);
  const setter = Object.getOwnPropertyDescriptor(api.Global.prototype, 'value')?.set;
  return [
    () => new api.Memory(),
    () => new api.Memory({}),
    () => new api.Memory({ initial: 2, maximum: 1 }),
    () => new api.Table({ element: 'anyfunc' }),
    () => new api.Table({ initial: 1 }),
    () => new api.Table({ element: 'anyfunc', initial: 2, maximum: 1 }),
    () => new api.Table({ element: 'funcref2', initial: 2 }),
    () => new api.Global(),
    () => new api.Global({}),
    () => memory.grow(),
    () => table.get(),
    () => table.set(),
    () => table.set(0),
    () => table.grow(),
    () => Reflect.apply(setter ?? Object, global, []),
    () => new api.Module(),
    () => new api.Instance(),
    () => new api.Instance(module).exports === undefined,
    () => api.Module.exports(),
    () => api.Module.imports(),
    () => api.Module.customSections(module),
    () => api.validate(),
  ].map(outcome);
});

agree('sizes above the limits', (api) =>
  [
    () => new api.Memory({ initial: 65537 }),
    () => new api.Memory({ initial: 0, maximum: 65537 }),
    () => new api.Table({ element: 'anyfunc', initial: 10_000_001 }),
    () => new api.Table({ element: 'anyfunc', initial: 0, maximum: 2 ** 32 - 1 }).length,
    () => new api.Table({ element: 'anyfunc', initial: 0 }).grow(10_000_001),
  ].map(outcome),
);

agree('detached buffers as bytes are none', (api) => {
  const detached = (view: (buffer: ArrayBuffer) => unknown): unknown => {
    const { buffer } = Uint8Array.from(identities);
    const source = view(buffer);
    structuredClone(buffer, { transfer: [buffer] });
    return source;
  };
  const sources = [
    detached((buffer) => buffer),
    detached((buffer) => new Uint8Array(buffer)),
    detached((buffer) => new Uint16Array(buffer, 4, 2)),
  ];
  return sources.flatMap((source) => [
    outcome(() => api.validate(source)),
    outcome(() => new api.Module(source)),
  ]);
});

test('detached buffers as bytes of asynchronous functions are none', async () => {
  for (const operation of ['compile', 'instantiate'] as const) {
    const [ours, theirs] = await Promise.all(
      [WebAssembly, own].map((api: Loose) => {
        const { buffer } = Uint8Array.from(identities);
        structuredClone(buffer, { transfer: [buffer] });
        return asyncOutcome(() => api[operation](buffer));
      }),
    );
    assert.equal(ours, theirs);
  }
});

agree('buffer sources', (api) => {
  const padded = new Uint8Array(identities.length + 8);
  padded.set(identities, 4);
  const { buffer } = padded;
  return [
    () => api.validate(identities),
    () => api.validate(Uint8Array.from(identities).buffer),
    () => api.validate(new Uint8Array(buffer, 4, identities.length)),
    () => api.validate(new Uint8Array(buffer)),
    () => api.validate(new Uint8Array(0)),
    () => api.validate(new SharedArrayBuffer(8)),
    () => api.validate(new Uint8Array(new SharedArrayBuffer(8))),
    () => new api.Module(new Uint8Array(0)),
    () => api.validate(Buffer.from(identities)),
    () => api.Module.customSections(new api.Module(identities), 'name').length,
    () => api.Module.customSections(new api.Module(identities), 'none'),
  ].map(outcome);
});

const importer = wat(`(module
  (import "m" "f" (func (param i32))) (import "m" "g" (global i32)) (import "m" "l" (global i64))
  (import "m" "e" (global externref)) (import "m" "r" (global funcref))
  (import "m" "mem" (memory 1)) (import "m" "t" (table 1 funcref)) (import "m" "v" (global (mut i32)))
  (export "g" (global 0)) (export "e" (global 2)))`);

const fitting = (api: Loose): Record<string, unknown> => ({
  f: () => 0,
  g: 1,
  l: 2n,
  e: 'any',
  r: null,
  mem: new api.Memory({ initial: 1 }),
  t: new api.Table({ element: 'anyfunc', initial: 1 }),
  v: new api.Global({ value: 'i32', mutable: true }, 3),
});

for (const name of ['f', 'g', 'l', 'e', 'r', 'mem', 't', 'v']) {
  for (const [text, value] of values) {
    agree(`${text} as import ${name}`, (api) => {
      const m = { ...fitting(api), [name]: value() };
      const { exports } = new api.Instance(new api.Module(importer), { m });
      return [exports.g.value, exports.e.value];
    });
  }
  for (const other of ['mem', 't', 'v', 'f']) {
    agree(`${other} as import ${name}`, (api) => {
      const all = fitting(api);
      new api.Instance(new api.Module(importer), { m: { ...all, [name]: all[other] } });
    });
  }
}

agree('imports are read once, in order', (api) => {
  const log: string[] = [];
  const m = new Proxy(fitting(api), {
    get: (target, key) => {
      log.push(String(key));
      return target[String(key)];
    },
  });
  new api.Instance(new api.Module(importer), { m });
  return log;
});

agree('limits that do not fit', (api) => {
  const module = new api.Module(importer);
  return [
    { mem: new api.Memory({ initial: 0 }) },
    { t: new api.Table({ element: 'externref', initial: 1 }) },
    { t: new api.Table({ element: 'anyfunc', initial: 0 }) },
    { v: new api.Global({ value: 'i32' }, 1) },
    { v: new api.Global({ value: 'f32', mutable: true }, 1) },
    { g: new api.Global({ value: 'i32', mutable: true }, 1) },
    { g: new api.Global({ value: 'i32' }, 1) },
  ].map((other) => outcome(() => new api.Instance(module, { m: { ...fitting(api), ...other } })));
});

test('where V8 is not as the standard says', () => {
  // The integer part of -0.5 is 0.
  assert.equal(new WebAssembly.Memory({ initial: -0.5 }).grow(-0.5), 0);
  // An undefined argument that is optional is taken for a missing one.
  assert.equal(new WebAssembly.Global({ value: 'anyfunc' }, undefined).value, null);
  assert.equal(new WebAssembly.Table({ element: 'anyfunc', initial: 0 }).grow(1, undefined), 0);
  assert.equal(new WebAssembly.Global({ value: 'externref' }).value, undefined);
  // Every view of a buffer passes as bytes.
  assert.ok(WebAssembly.validate(new DataView(Uint8Array.from(identities).buffer)));
});

/** Whether this V8 knows memories with 64-bit addresses by the member that the standard has. */
const knowsAddress =
  outcome(() => new own.Memory({ initial: 1, address: 'x' } as never)) === 'throws TypeError';

for (const [name, value] of [...values, ["'i32'", () => 'i32'], ["'i64'", () => 'i64']] as const) {
  for (const [kind, make] of [
    ['memory', (api: Loose) => new api.Memory({ initial: 1, address: value() }).buffer],
    ['table', (api: Loose) => new api.Table({ element: 'anyfunc', initial: 1, address: value() }).length],
  ] as const) {
    test(`${name} as the address type of a ${kind}`, () => {
      const found = outcome(() => make(WebAssembly));
      // What has an address type of i64 has a bigint as its size.
      if (knowsAddress)
        assert.equal(
          found,
          outcome(() => make(own)),
        );
      else if (!["'i32'", 'undefined'].includes(name)) assert.match(found, /^throws (Type|Range)Error$/);
      else assert.doesNotMatch(found, /throws/);
    });
  }
}

agree('members of descriptors that are no part of the standard are ignored', (api) =>
  [
    () => new api.Memory({ initial: 1, minimum: 2, index: 'i64', pageSize: 1 }).buffer,
    () => new api.Memory({ minimum: 1 }),
    () => new api.Table({ element: 'anyfunc', initial: 1, minimum: 2, index: 'i64', shared: true }).length,
    () => new api.Global({ value: 'i32', shared: true }, 1).value,
    () => new api.Table({ element: 'funcref', initial: 1 }),
    () => new api.Global({ value: 'funcref' }),
  ].map(outcome),
);

agree('compile options of modules that import nothing of theirs change nothing', (api) => {
  // All that V8 makes of them from version 12.5 on are imports that need not be given.
  const options = { builtins: ['js-string'], importedStringConstants: 'texts' };
  return [
    outcome(() => new api.Module(identities, options)),
    api.validate(identities, options),
    outcome(() => new api.Module(identities, 1)),
  ];
});

test('both of them are tested', () => {
  const names: readonly WebAssemblyNamespace[] = both.map(([, api]) => api);
  assert.notEqual(names[0], names[1]);
});
