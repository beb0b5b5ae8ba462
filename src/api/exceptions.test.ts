import assert from 'node:assert/strict';
import { test } from 'node:test';
import wabt from 'wabt';
import { both, outcome, own, show } from './outcomes.fixture.js';
import { WebAssembly } from './web-assembly.js';

/** Loosely typed: what the tests pass is often wrong. */
// biome-ignore lint/suspicious/noExplicitAny: see above
type Loose = any;

const toolkit = await wabt();

function wat(text: string): Uint8Array<ArrayBuffer> {
  const module = toolkit.parseWat('test.wat', text, { exceptions: true });
  try {
    return new Uint8Array(module.toBinary({ write_debug_names: true }).buffer);
  } finally {
    module.destroy();
  }
}

/** Whether V8's classes are those of the standard: older versions check less. */
const isLate = 'stack' in (own as Loose).Exception.prototype;

function instantiate(api: Loose, text: string, imports?: object): Loose {
  return new api.Instance(new api.Module(wat(text)), imports).exports;
}

/** How something ends on ours; V8 must agree, if it is not too old for it. */
function check(name: string, expected: string, run: (api: Loose) => unknown, theirs = isLate): void {
  test(name, () => {
    assert.equal(
      outcome(() => run(WebAssembly)),
      expected,
    );
    if (theirs)
      assert.equal(
        outcome(() => run(own)),
        expected,
        'V8',
      );
  });
}

const typeError = 'throws TypeError';
const made = '[object WebAssembly.Tag] {}';

// Tag: constructor.

for (const [name, type, expected, theirs] of [
  ['no descriptor', undefined, typeError],
  ['null', null, typeError],
  ['a number', 5, typeError],
  ['an empty descriptor', {}, typeError],
  ['parameters that are a number', { parameters: 5 }, typeError],
  ['parameters that are null', { parameters: null }, typeError],
  ['parameters that are a string', { parameters: 'i32' }, typeError],
  ['no parameters', { parameters: [] }, made],
  ['each type', { parameters: ['i32', 'i64', 'f32', 'f64', 'externref', 'anyfunc'] }, made],
  ['a vector', { parameters: ['v128'] }, made],
  ['an unknown type', { parameters: ['i33'] }, typeError],
  ['funcref, which is called anyfunc', { parameters: ['funcref'] }, typeError],
  ['a type that is converted', { parameters: [{ toString: () => 'i32' }] }, made],
  ['as many parameters as a function may have', { parameters: Array(1000).fill('i32') }, made],
  ['more parameters than a function may have', { parameters: Array(1001).fill('i32') }, typeError],
  ['other members', { parameters: [], results: ['i32'] }, made],
  // V8 wants a length, and does not iterate.
  ['a set of parameters', { parameters: new Set(['i32']) }, made, false],
  ['something like an array', { parameters: { length: 0 } }, typeError, false],
] as const) {
  check(`a tag of ${name}`, expected, (api) => new api.Tag(type), isLate && theirs !== false);
}

test('a tag of parameters without end is refused', () => {
  const endless = (function* () {
    for (;;) yield 'i32';
  })();
  assert.throws(() => new (WebAssembly as Loose).Tag({ parameters: endless }), {
    name: 'TypeError',
    message: 'WebAssembly.Tag: more than 1000 parameters',
  });
});

check('a tag without new', typeError, (api) => api.Tag({ parameters: [] }));
check('a tag without an argument', typeError, (api) => new api.Tag());

// Exception: constructor.

const tagOf = (api: Loose): Loose => new api.Tag({ parameters: ['i32', 'i64', 'externref'] });
const exception = '[object WebAssembly.Exception] {}';

for (const [name, args, expected, theirs] of [
  ['all values', [[1, 2n, 'x']], exception],
  ['too few values', [[1, 2n]], typeError],
  ['too many values', [[1, 2n, 3, 4]], typeError],
  ['a value that cannot be converted', [[1, 2, 3]], typeError],
  ['values that are converted', [[{ valueOf: () => 1 }, '2', undefined]], exception],
  ['no payload', [], typeError],
  ['a payload that cannot be iterated', [5], typeError],
  ['a payload like an array', [{ length: 3, 0: 1, 1: 2n, 2: 3 }], typeError, false],
  ['a payload that is iterated', [new Set([1, 2n, 3])], exception, false],
  ['options that are undefined', [[1, 2n, 3], undefined], exception],
  ['options that are null', [[1, 2n, 3], null], exception],
  ['options that are a number', [[1, 2n, 3], 5], typeError],
  ['empty options', [[1, 2n, 3], {}], exception],
] as const) {
  const run = (api: Loose): unknown => new api.Exception(tagOf(api), ...args);
  check(`an exception with ${name}`, expected, run, isLate && theirs !== false);
}

check('an exception without arguments', typeError, (api) => new api.Exception());
check('an exception of something that is no tag', typeError, (api) => new api.Exception({}, []));
check('an exception without new', typeError, (api) => api.Exception(tagOf(api), [1, 2n, 3]));
check('an exception of JSTag', typeError, (api) => new api.Exception(api.JSTag, [5]));
check('a vector as payload', typeError, (api) => {
  return new api.Exception(new api.Tag({ parameters: ['v128'] }), [undefined]);
});
check('a function as payload must be exported', typeError, (api) => {
  return new api.Exception(new api.Tag({ parameters: ['anyfunc'] }), [() => 1]);
});

test('what an exception carries', () => {
  for (const [, api] of both as Loose) {
    const { f } = instantiate(api, '(module (func (export "f")))');
    const object = {};
    const cases: readonly [type: string, value: unknown, expected?: unknown][] = [
      ['i32', 5],
      ['i32', 2 ** 31, -(2 ** 31)],
      ['i64', -(2n ** 63n)],
      ['f32', 0.1, Math.fround(0.1)],
      ['f64', 0.1],
      ['f64', -0],
      ['f64', Number.NaN],
      ['externref', object],
      ['externref', undefined],
      ['externref', null],
      ['anyfunc', f],
      ['anyfunc', null],
    ];
    const tag = new api.Tag({ parameters: cases.map(([type]) => type) });
    const values = cases.map(([, value]) => value);
    const thrown = new api.Exception(tag, values);
    for (const [index, [, value, expected = value]] of cases.entries()) {
      assert.ok(Object.is(thrown.getArg(tag, index), expected), cases[index][0]);
    }
  }
});

// Exception: getArg, is, stack.

const thrownBy = (api: Loose): [Loose, Loose] => {
  const tag = tagOf(api);
  return [new api.Exception(tag, [1, 2n, 'x']), tag];
};

for (const [name, rest, expected] of [
  ['0', [0], '1'],
  ['1', [1], '2n'],
  ['2', [2], '"x"'],
  ['3', [3], 'throws RangeError'],
  ['-1', [-1], typeError],
  ['2 ** 32', [2 ** 32], typeError],
  ['a fraction', [1.9], '2n'],
  ['a string', ['1'], '2n'],
  ['NaN', [Number.NaN], typeError],
  ['nothing', [], typeError],
  ['a bigint', [1n], typeError],
] as const) {
  check(`getArg of ${name}`, expected, (api) => {
    const [thrown, tag] = thrownBy(api);
    return thrown.getArg(tag, ...rest);
  });
}

check('getArg by another tag', typeError, (api) => thrownBy(api)[0].getArg(tagOf(api), 0));
check('getArg by something that is no tag', typeError, (api) => thrownBy(api)[0].getArg(5, 0));
check('is', '[true, false]', (api) => {
  const [thrown, tag] = thrownBy(api);
  return [thrown.is(tag), thrown.is(tagOf(api))];
});
check('is of something that is no tag', typeError, (api) => thrownBy(api)[0].is({}));
check('is without an argument', typeError, (api) => thrownBy(api)[0].is());

for (const [member, args] of [
  ['is', [0]],
  ['getArg', [0, 0]],
  ['stack', []],
] as const) {
  check(`${member} of another receiver`, typeError, (api) => {
    const { get, value } = Object.getOwnPropertyDescriptor(api.Exception.prototype, member) ?? {};
    return Reflect.apply((get ?? value) as never, Object.create(api.Exception.prototype), [
      ...args.slice(0, 1).map(() => tagOf(api)),
      ...args.slice(1),
    ]);
  });
}

test('a stack is there if it is asked for', () => {
  for (const [, api] of both as Loose) {
    const tag = new api.Tag({ parameters: [] });
    for (const options of [undefined, {}, { traceStack: false }, { traceStack: 0 }]) {
      const plain = new api.Exception(tag, [], options);
      assert.equal(plain.stack, undefined);
      assert.deepEqual(Reflect.ownKeys(plain), []);
    }
    const traced = new api.Exception(tag, [], { traceStack: 1 });
    assert.match(traced.stack, /^.*\n {4}at .*exceptions\.test/);
    assert.deepEqual(Reflect.ownKeys(traced), ['stack']);
    // Glue by Emscripten does.
    traced.stack = 'changed';
    assert.equal(traced.stack, 'changed');
  }
});

// Interfaces.

test('the classes have the properties that the standard says', () => {
  const { Tag, Exception } = WebAssembly;
  assert.deepEqual([Tag.length, Tag.name, Exception.length, Exception.name], [1, 'Tag', 2, 'Exception']);
  for (const object of [Tag, Exception]) {
    const { writable, enumerable, configurable } =
      Object.getOwnPropertyDescriptor(WebAssembly, object.name) ?? {};
    assert.deepEqual([writable, enumerable, configurable], [true, false, true]);
    const { writable: isWritable } = Object.getOwnPropertyDescriptor(object, 'prototype') ?? {};
    assert.equal(isWritable, false);
  }
  assert.equal(Object.prototype.toString.call(Tag.prototype), '[object WebAssembly.Tag]');
  assert.equal(Object.prototype.toString.call(Exception.prototype), '[object WebAssembly.Exception]');
  assert.deepEqual(Reflect.ownKeys(Tag.prototype), ['constructor', Symbol.toStringTag]);
  assert.deepEqual(Reflect.ownKeys(Exception.prototype).map(String).sort(), [
    ...['Symbol(Symbol.toStringTag)', 'constructor', 'getArg', 'is', 'stack'],
  ]);
  for (const [name, length] of [
    ['getArg', 2],
    ['is', 1],
  ] as const) {
    const { value, ...rest } = Object.getOwnPropertyDescriptor(Exception.prototype, name) ?? {};
    assert.deepEqual(rest, { writable: true, enumerable: true, configurable: true });
    assert.deepEqual([value.name, value.length], [name, length]);
  }
  const { get, set, enumerable } = Object.getOwnPropertyDescriptor(Exception.prototype, 'stack') ?? {};
  assert.deepEqual([get?.name, set, enumerable], ['get stack', undefined, true]);
  assert.equal(Object.getPrototypeOf(Exception.prototype), Object.prototype);
});

test('JSTag is one tag, and cannot be set', () => {
  const { JSTag } = WebAssembly;
  assert.ok(JSTag instanceof WebAssembly.Tag);
  assert.equal(WebAssembly.JSTag, JSTag);
  assert.throws(() => {
    (WebAssembly as Loose).JSTag = 5;
  }, TypeError);
  assert.equal(Object.getOwnPropertyDescriptor(WebAssembly, 'JSTag')?.get?.name, 'get JSTag');
});

test('both classes can be extended', () => {
  class MyTag extends WebAssembly.Tag {}
  class MyException extends WebAssembly.Exception {}
  const tag = new MyTag({ parameters: ['i32'] });
  const thrown = new MyException(tag, [5]);
  assert.ok(tag instanceof MyTag && thrown instanceof MyException && thrown.is(tag));
  assert.equal(thrown.getArg(tag, 0), 5);
});

// Wasm code.

const thrower = `(module (tag $t (export "t") (param i32 i64)) (tag $u (export "u"))
  (func (export "throw") (param i32 i64) (throw $t (local.get 0) (local.get 1)))
  (func (export "throwU") (throw $u)))`;

/** Calls `f`, and gives what it has caught: the number of the tag, or what the exception carries. */
const catcher = `(module (import "m" "t" (tag $t (param i32 i64))) (import "m" "js" (tag $js (param externref)))
  (import "m" "f" (func $f))
  (func (export "catch") (result i32)
    (block $h (result i32 i64)
      (try_table (catch $t $h) (call $f)) (return (i32.const -1)))
    (drop))
  (func (export "catchJs") (result externref)
    (block $h (result externref)
      (try_table (catch $js $h) (call $f)) (return (ref.null extern))))
  (func (export "catchAll") (result i32)
    (block $h (try_table (catch_all $h) (call $f)) (return (i32.const 0)))
    (i32.const 1))
  (func (export "rethrow")
    (block $h (result exnref) (try_table (catch_all_ref $h) (call $f)) (return))
    (throw_ref)))`;

/** What V8 runs such modules. */
const engines = (both as Loose).filter(([name]: [string]) => name === 'Upshift' || isLate);

for (const [engine, api] of engines as readonly [string, Loose][]) {
  test(`tags are exported and imported: ${engine}`, () => {
    const module = new api.Module(wat(thrower));
    assert.deepEqual(api.Module.exports(module).slice(0, 2), [
      { name: 't', kind: 'tag' },
      { name: 'u', kind: 'tag' },
    ]);
    const { t, u } = new api.Instance(module).exports;
    assert.ok(t instanceof api.Tag && u instanceof api.Tag);
    const user = '(module (import "m" "t" (tag (param i32 i64))) (export "again" (tag 0)))';
    assert.deepEqual(api.Module.imports(new api.Module(wat(user))), [
      { module: 'm', name: 't', kind: 'tag' },
    ]);
    assert.equal(instantiate(api, user, { m: { t } }).again, t);
    const own = new api.Tag({ parameters: ['i32', 'i64'] });
    assert.equal(instantiate(api, user, { m: { t: own } }).again, own);
    for (const wrong of [u, new api.Tag({ parameters: ['i32'] }), {}, undefined, () => {}, 5]) {
      assert.throws(() => instantiate(api, user, { m: { t: wrong } }), api.LinkError);
    }
  });

  test(`an exception that wasm code throws is a WebAssembly.Exception in JavaScript: ${engine}`, () => {
    const { t, u, throw: throwIt } = instantiate(api, thrower);
    let thrown: Loose;
    try {
      throwIt(5, 6n);
    } catch (error) {
      thrown = error;
    }
    assert.ok(thrown instanceof api.Exception && !(thrown instanceof Error));
    assert.deepEqual([thrown.is(t), thrown.is(u)], [true, false]);
    assert.deepEqual([thrown.getArg(t, 0), thrown.getArg(t, 1)], [5, 6n]);
    assert.throws(() => thrown.getArg(u, 0), TypeError);
    assert.equal(thrown.stack, undefined);
  });

  test(`what JavaScript throws is caught by tags and JSTag: ${engine}`, () => {
    const { t, u, throw: throwIt, throwU } = instantiate(api, thrower);
    let thrown: unknown;
    const f = (): void => {
      throw thrown;
    };
    const exports = instantiate(api, catcher, { m: { t, js: api.JSTag, f } });
    const object = {};
    const withT = new api.Exception(t, [7, 8n]);
    for (const [value, caught, caughtJs] of [
      [withT, 7, 'throws it'],
      [new api.Exception(u, []), 'throws it', 'throws it'],
      [object, 'throws it', object],
      ['text', 'throws it', 'text'],
      [undefined, 'throws it', undefined],
      [new RangeError('mine'), 'throws it', 'itself'],
    ] as const) {
      thrown = value;
      const end = (run: () => unknown): unknown => {
        try {
          return run();
        } catch (error) {
          assert.equal(error, value);
          return 'throws it';
        }
      };
      assert.equal(end(exports.catch), caught, show(value));
      assert.equal(end(exports.catchJs), caughtJs === 'itself' ? value : caughtJs, show(value));
      assert.equal(exports.catchAll(), 1);
      assert.equal(end(exports.rethrow), 'throws it');
    }
    for (const f of [() => throwIt(9, 1n), throwU]) {
      const inner = instantiate(api, catcher, { m: { t, js: api.JSTag, f } });
      assert.equal(inner.catchAll(), 1);
      if (f !== throwU) assert.equal(inner.catch(), 9);
    }
  });

  test(`an exception is the same object on its way through wasm code and JavaScript: ${engine}`, () => {
    const { t, throw: throwIt } = instantiate(api, thrower);
    const seen: unknown[] = [];
    const f = (): void => {
      try {
        throwIt(1, 2n);
      } catch (error) {
        seen.push(error);
        throw error;
      }
    };
    const { rethrow } = instantiate(api, catcher, { m: { t, js: api.JSTag, f } });
    assert.throws(rethrow, (error) => {
      seen.push(error);
      return true;
    });
    assert.equal(seen.length, 2);
    assert.equal(seen[0], seen[1]);
  });

  test(`traps and exhausted stacks are not caught: ${engine}`, () => {
    const { t } = instantiate(api, thrower);
    const trap = instantiate(api, '(module (func (export "f") unreachable))').f;
    const { catchAll, rethrow } = instantiate(api, catcher, { m: { t, js: api.JSTag, f: trap } });
    assert.throws(catchAll, api.RuntimeError);
    assert.throws(rethrow, api.RuntimeError);
    const through = instantiate(api, catcher, { m: { t, js: api.JSTag, f: () => trap() } });
    assert.throws(through.catchAll, api.RuntimeError);
  });
}

test('traps of V8s engine, and of builtins, are not caught either', () => {
  const { t } = instantiate(WebAssembly, thrower);
  const { f: trap } = new own.Instance(new own.Module(wat('(module (func (export "f") unreachable))')))
    .exports as Loose;
  // (import "wasm:js-string" "length" (func (export "f") (param externref) (result i32)))
  const length = Uint8Array.of(
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 6, 1, 0x60, 1, 0x6f, 1, 0x7f, 2, 25, 1, 14],
    ...Buffer.from('wasm:js-string'),
    ...[6, ...Buffer.from('length'), 0, 0, 7, 5, 1, 1, 0x66, 0, 0],
  );
  const module = new WebAssembly.Module(length, { builtins: ['js-string'] });
  const { f: lengthOf } = new WebAssembly.Instance(module).exports as Loose;
  for (const f of [trap, () => trap(), lengthOf, () => lengthOf(null)]) {
    const { catchAll, rethrow } = instantiate(WebAssembly, catcher, {
      m: { t, js: WebAssembly.JSTag, f: () => f(5) },
    });
    assert.throws(catchAll, WebAssembly.RuntimeError);
    assert.throws(rethrow, WebAssembly.RuntimeError);
  }
});

test('tags and exceptions of V8s engine', () => {
  // What our engine lacks, and V8's has in every version.
  const foreign = (fields: string): Loose => {
    const module = toolkit.parseWat('test.wat', `(module ${fields} (func (atomic.fence)))`, {
      exceptions: true,
      threads: true,
    });
    return new Uint8Array(module.toBinary({}).buffer);
  };
  const user =
    '(import "m" "t" (tag $t (param i32))) (func (export "throw") (param i32) (throw $t (local.get 0)))';
  const link = (bytes: Loose, m: object): Loose =>
    new WebAssembly.Instance(new WebAssembly.Module(bytes), { m }).exports;
  const end = (run: () => void): Loose => {
    try {
      run();
    } catch (error) {
      return error;
    }
    return assert.fail('nothing is thrown');
  };
  // One that JavaScript makes belongs to who uses it first.
  const tag = new WebAssembly.Tag({ parameters: ['i32'] });
  const theirs = link(foreign(`${user} (export "again" (tag 0))`), { t: tag });
  assert.equal(theirs.again, tag);
  const thrown = end(() => theirs.throw(5));
  assert.ok(thrown instanceof WebAssembly.Exception);
  assert.ok(thrown.is(tag) && !thrown.is(new WebAssembly.Tag({ parameters: ['i32'] })));
  assert.equal((thrown as Loose).getArg(tag, 0), 5);
  assert.equal(thrown.stack, undefined);
  const made = new WebAssembly.Exception(tag, [6]) as Loose;
  assert.deepEqual(
    [made instanceof WebAssembly.Exception, made.is(tag), made.getArg(tag, 0)],
    [true, true, 6],
  );
  assert.throws(() => link(wat(`(module ${user})`), { t: tag }), {
    name: 'LinkError',
    message: /"m" "t" is a tag of V8's engine/,
  });
  const own = new WebAssembly.Tag({ parameters: ['i32'] });
  const ours = link(wat(`(module ${user} (export "again" (tag 0)))`), { t: own });
  const oursThrown = end(() => ours.throw(7)) as Loose;
  assert.ok(oursThrown.is(own) && !oursThrown.is(tag));
  for (const t of [own, link(wat('(module (tag (export "t") (param i32)))'), {}).t]) {
    assert.throws(() => link(foreign(user), { t }), {
      name: 'LinkError',
      message: /"m" "t" is a tag that code of Upshift's uses/,
    });
  }
});

for (const [engine, api] of engines as readonly [string, Loose][]) {
  test(`exceptions in a table cannot be had by JavaScript, nor null: ${engine}`, () => {
    const { table, fill } = instantiate(
      api,
      `(module (tag $t) (table (export "table") 2 exnref)
        (func (export "fill")
          (table.set 0 (i32.const 0)
            (block $h (result exnref) (try_table (catch_all_ref $h) (throw $t)) (unreachable)))))`,
    );
    fill();
    for (const index of [0, 1]) assert.throws(() => table.get(index), TypeError);
    assert.throws(() => table.set(0, null), TypeError);
    assert.throws(() => table.grow(1, null), TypeError);
    assert.deepEqual([table.grow(1), table.length], [2, 3]);
  });
}
