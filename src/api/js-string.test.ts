import assert from 'node:assert/strict';
import { test } from 'node:test';
import { body, leb, moduleBytes, nameBytes, section, vector } from '../wasm/module.fixture.js';
import { outcome, own, show } from './outcomes.fixture.js';
import { WebAssembly } from './web-assembly.js';

/** Loosely typed, as modules are. */
// biome-ignore lint/suspicious/noExplicitAny: see above
type Loose = any;

const i32 = 0x7f;
const extern = 0x6f;
/** `(ref extern)`, which takes two bytes. */
const text = -1;

const options = { builtins: ['js-string'], importedStringConstants: 'texts' };

const typeBytes = (type: number): number[] => (type === text ? [0x64, 0x6f] : [type]);

function functionType(params: readonly number[], result: number): number[] {
  return [0x60, ...leb(params.length), ...params.flatMap(typeBytes), 1, ...typeBytes(result)];
}

/** Imports a function, exports it as `f`, and as `g` one that calls it. */
function importing(
  name: string,
  params: readonly number[],
  result: number,
  from = 'wasm:js-string',
): Uint8Array<ArrayBuffer> {
  const plain = functionType(params, result === text ? extern : result);
  return moduleBytes(
    section(1, ...vector(functionType(params, result), plain)),
    section(2, ...vector([...nameBytes(from), ...nameBytes(name), 0, 0])),
    section(3, ...vector([1])),
    section(7, ...vector([...nameBytes('f'), 0, 0], [...nameBytes('g'), 0, 1])),
    section(10, ...vector(body([], ...params.flatMap((_, k) => [0x20, k]), 0x10, 0))),
  ) as Uint8Array<ArrayBuffer>;
}

/** Imports a global, and exports it as `g`. */
function importingGlobal(
  name: string,
  type: number,
  mutable: number,
  from = 'texts',
): Uint8Array<ArrayBuffer> {
  return moduleBytes(
    section(2, ...vector([...nameBytes(from), ...nameBytes(name), 3, ...typeBytes(type), mutable])),
    section(7, ...vector([...nameBytes('g'), 3, 0])),
  ) as Uint8Array<ArrayBuffer>;
}

const types: Readonly<Record<string, readonly [params: readonly number[], result: number]>> = {
  cast: [[extern], text],
  test: [[extern], i32],
  fromCharCode: [[i32], text],
  fromCodePoint: [[i32], text],
  charCodeAt: [[extern, i32], i32],
  codePointAt: [[extern, i32], i32],
  length: [[extern], i32],
  concat: [[extern, extern], text],
  substring: [[extern, i32, i32], text],
  equals: [[extern, extern], i32],
  compare: [[extern, extern], i32],
};

const trap = 'throws RuntimeError';
const smile = '\u{1f600}';

const calls: readonly (readonly [name: string, args: readonly unknown[], expected: unknown])[] = [
  ['cast', ['abc'], 'abc'],
  ['cast', [''], ''],
  ...[null, undefined, 5, new String('abc'), Symbol('a')].map((value) => ['cast', [value], trap] as const),
  ['test', ['abc'], 1],
  ['test', [''], 1],
  ...[null, undefined, 5, new String('abc')].map((value) => ['test', [value], 0] as const),
  ['fromCharCode', [65], 'A'],
  ['fromCharCode', [65536 + 65], 'A'],
  ['fromCharCode', [-1], '\uffff'],
  ['fromCodePoint', [65], 'A'],
  ['fromCodePoint', [0x1f600], smile],
  ['fromCodePoint', [0xd800], '\ud800'],
  ['fromCodePoint', [0x10ffff], '\u{10ffff}'],
  ['fromCodePoint', [0x110000], trap],
  ['fromCodePoint', [-1], trap],
  ['charCodeAt', ['abc', 0], 97],
  ['charCodeAt', ['abc', 2], 99],
  ['charCodeAt', ['abc', 3], trap],
  ['charCodeAt', ['abc', -1], trap],
  ['charCodeAt', ['', 0], trap],
  ['charCodeAt', [null, 0], trap],
  ['charCodeAt', [smile, 1], 0xde00],
  ['codePointAt', [smile, 0], 0x1f600],
  ['codePointAt', [smile, 1], 0xde00],
  ['codePointAt', [smile, 2], trap],
  ['codePointAt', ['abc', -1], trap],
  ['codePointAt', [5, 0], trap],
  ['length', [''], 0],
  ['length', [smile], 2],
  ['length', [null], trap],
  ['length', [[1, 2]], trap],
  ['concat', ['ab', 'c'], 'abc'],
  ['concat', ['', ''], ''],
  ['concat', ['ab', null], trap],
  ['concat', [5, 'ab'], trap],
  ['substring', ['hello', 1, 3], 'el'],
  ['substring', ['hello', 3, 1], ''],
  ['substring', ['hello', 2, -1], 'llo'],
  ['substring', ['hello', -1, 2], ''],
  ['substring', ['hello', -2, -1], ''],
  ['substring', ['hello', 5, 9], ''],
  ['substring', ['hello', 0, 5], 'hello'],
  ['substring', [undefined, 0, 5], trap],
  ['equals', ['a', 'a'], 1],
  ['equals', ['a', 'b'], 0],
  ['equals', [null, null], 1],
  ['equals', [null, 'a'], 0],
  ['equals', ['a', null], 0],
  ['equals', ['a', 5], trap],
  ['equals', [undefined, null], trap],
  ['compare', ['a', 'b'], -1],
  ['compare', ['b', 'a'], 1],
  ['compare', ['a', 'a'], 0],
  ['compare', ['', 'a'], -1],
  ['compare', ['\ud800', '\uffff'], -1],
  ['compare', [null, 'a'], trap],
  ['compare', ['a', null], trap],
];

for (const [name, args, expected] of calls) {
  test(`${name} of ${args.map((arg) => (typeof arg === 'symbol' ? 'a symbol' : show(arg))).join(', ')}`, () => {
    const [params, result] = types[name];
    const module = new WebAssembly.Module(importing(name, params, result), options);
    const { exports } = new WebAssembly.Instance(module) as Loose;
    const wanted = expected === trap ? trap : show(expected);
    assert.equal(
      outcome(() => exports.g(...args)),
      wanted,
      'called by wasm code',
    );
    assert.equal(
      outcome(() => exports.f(...args)),
      wanted,
      'called by JavaScript',
    );
  });
}

test('each builtin is bound, and none is told as an import', () => {
  for (const [name, [params, result]] of Object.entries(types)) {
    const bytes = importing(name, params, result);
    assert.ok(WebAssembly.validate(bytes, options));
    assert.deepEqual(WebAssembly.Module.imports(new WebAssembly.Module(bytes, options)), []);
    assert.equal(WebAssembly.Module.imports(new WebAssembly.Module(bytes)).length, 1);
    // It is the same function wherever it is exported.
    const [a, b] = [1, 2].map(
      () => new WebAssembly.Instance(new WebAssembly.Module(bytes, options)) as Loose,
    );
    assert.equal(a.exports.f, b.exports.f);
  }
});

test('types of builtins are checked', async () => {
  for (const [name, params, result] of [
    ['cast', [extern], extern],
    ['cast', [text], text],
    ['length', [extern, extern], i32],
    ['length', [i32], i32],
    ['test', [extern], extern],
    ['substring', [extern, i32], text],
  ] as const) {
    const bytes = importing(name, params, result);
    assert.ok(WebAssembly.validate(bytes));
    assert.ok(!WebAssembly.validate(bytes, options));
    const expected = { name: 'CompileError', message: /"wasm:js-string" ".*" must be a function of type/ };
    assert.throws(() => new WebAssembly.Module(bytes, options), expected);
    await assert.rejects(WebAssembly.compile(bytes, options), expected);
    await assert.rejects(WebAssembly.instantiate(bytes, {}, options), expected);
    const response = (): Response => new Response(bytes, { headers: { 'Content-Type': 'application/wasm' } });
    await assert.rejects(WebAssembly.compileStreaming(response(), options), expected);
    await assert.rejects(WebAssembly.instantiateStreaming(response(), {}, options), expected);
  }
});

test('other names are looked up as ever', () => {
  const bytes = importing('length', [extern], i32);
  const given = { 'wasm:js-string': { length: () => 77 } };
  for (const other of [
    undefined,
    {},
    { builtins: [] },
    { builtins: ['js-text'] },
    { importedStringConstants: 'x' },
  ]) {
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes, other), given) as Loose;
    assert.equal(exports.g('abc'), 77);
  }
  const unknown = importing('trim', [extern], i32);
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(unknown, options), {
    'wasm:js-string': { trim: () => 78 },
  }) as Loose;
  assert.equal(exports.g('abc'), 78);
  const bound = new WebAssembly.Instance(new WebAssembly.Module(bytes, options), given) as Loose;
  assert.equal(bound.exports.g('abc'), 3);
});

test('the asynchronous functions bind, too', async () => {
  const bytes = importing('length', [extern], i32);
  const response = (): Response => new Response(bytes, { headers: { 'Content-Type': 'application/wasm' } });
  const instances: Loose[] = [
    await WebAssembly.instantiate(await WebAssembly.compile(bytes, options)),
    (await WebAssembly.instantiate(bytes, undefined, options)).instance,
    await WebAssembly.instantiate(await WebAssembly.compileStreaming(response(), options)),
    (await WebAssembly.instantiateStreaming(response(), undefined, options)).instance,
  ];
  assert.deepEqual(
    instances.map(({ exports }) => exports.g('abcd')),
    [4, 4, 4, 4],
  );
});

test('imported texts are their names', () => {
  for (const name of ['', 'abc', 'with\0zero', smile]) {
    for (const type of [extern, text]) {
      const module = new WebAssembly.Module(importingGlobal(name, type, 0), options);
      assert.deepEqual(WebAssembly.Module.imports(module), []);
      const { g } = (new WebAssembly.Instance(module) as Loose).exports;
      assert.ok(g instanceof WebAssembly.Global);
      assert.equal(g.value, name);
    }
  }
  const empty = new WebAssembly.Module(importingGlobal('abc', extern, 0, ''), {
    importedStringConstants: '',
  });
  assert.equal((new WebAssembly.Instance(empty) as Loose).exports.g.value, 'abc');
  for (const wrong of [
    importingGlobal('abc', extern, 1),
    importingGlobal('abc', i32, 0),
    importing('abc', [extern], i32, 'texts'),
  ]) {
    assert.ok(WebAssembly.validate(wrong) && !WebAssembly.validate(wrong, options));
    assert.throws(() => new WebAssembly.Module(wrong, options), WebAssembly.CompileError);
  }
});

test('compile options are converted as the standard says', () => {
  const bytes = importing('cast', [extern], extern);
  const log: string[] = [];
  const given = new Proxy({}, { get: (_, key) => void log.push(String(key)) });
  assert.ok(WebAssembly.validate(bytes, given));
  assert.deepEqual(log, ['builtins', 'importedStringConstants']);
  for (const builtins of [
    new Set(['js-string']),
    ['js-string', 'js-string'],
    [{ toString: () => 'js-string' }],
  ]) {
    assert.ok(!WebAssembly.validate(bytes, { builtins } as never));
  }
  for (const builtins of [5, null, 'js-string', { length: 1, 0: 'js-string' }, [Symbol('a')]]) {
    assert.throws(() => WebAssembly.validate(bytes, { builtins } as never), TypeError);
  }
  const global = importingGlobal('abc', i32, 0, '5');
  assert.ok(!WebAssembly.validate(global, { importedStringConstants: 5 } as never));
  for (const importedStringConstants of [null, undefined])
    assert.ok(WebAssembly.validate(global, { importedStringConstants }));
  // As in V8.
  for (const none of [null, undefined, 5, 'x']) assert.ok(WebAssembly.validate(bytes, none as never));
});

/** Whether this V8 has the builtins. */
const theirs = !(own as Loose).validate(importing('length', [i32], i32), options);

test('modules with arrays of characters run on the engine of V8, or are refused', () => {
  // (type $a (array (mut i16)))
  const bytes = moduleBytes(
    section(
      1,
      ...vector([0x5e, 0x77, 1], [0x60, 3, 0x63, 0, i32, i32, 1, 0x64, extern], [0x60, 0, 1, 0x64, extern]),
    ),
    section(2, ...vector([...nameBytes('wasm:js-string'), ...nameBytes('fromCharCodeArray'), 0, 1])),
    section(3, ...vector([2])),
    section(7, ...vector([...nameBytes('g'), 0, 1])),
    // (call 0 (array.new $a (i32.const 97) (i32.const 3)) (i32.const 0) (i32.const 3))
    section(10, ...vector(body([], 0x41, ...[0xe1, 0], 0x41, 3, 0xfb, 6, 0, 0x41, 0, 0x41, 3, 0x10, 0))),
  ) as Uint8Array<ArrayBuffer>;
  if (theirs) {
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes, options)) as Loose;
    assert.equal(exports.g(), 'aaa');
  } else {
    assert.throws(() => new WebAssembly.Module(bytes, options), /unsupported feature: garbage collection/);
  }
});
