import assert from 'node:assert/strict';
import { test } from 'node:test';
import { outcome, own } from '../../src/api/outcomes.fixture.js';
import { WebAssembly as upshift, type WebAssemblyNamespace } from '../../src/api/web-assembly.js';
import { suiteBinaryOf } from '../spec/suite-parser.js';

/* References to types at the border to JavaScript (JS API 3.0, ToWebAssemblyValue and sections 5.4, 5.5). */

const takers = ['nullable', 'nonNull', 'func', 'extern', 'nofunc', 'noextern', 'exn'] as const;
const holders = ['Nullable', 'NonNull', 'Func', 'Extern', 'Exn'] as const;

const bytes = await suiteBinaryOf({
  form: 'text',
  text: `(module
    (type $t (func (param i32) (result i32)))
    (import "m" "e" (global $e (ref extern)))
    (func $right (export "right") (type $t) (local.get 0))
    (func (export "wrong") (param i64))
    (func (export "nullable") (param (ref null $t)) (result i32) (ref.is_null (local.get 0)))
    (func (export "nonNull") (param (ref $t)) (result i32) (call_ref $t (i32.const 5) (local.get 0)))
    (func (export "func") (param (ref func)) (result i32) (i32.const 1))
    (func (export "extern") (param (ref extern)) (result i32) (i32.const 1))
    (func (export "nofunc") (param nullfuncref) (result i32) (i32.const 1))
    (func (export "noextern") (param nullexternref) (result i32) (i32.const 1))
    (func (export "exn") (param exnref) (result i32) (i32.const 1))
    (func (export "giveNull") (result (ref null $t)) (ref.null $t))
    (func (export "giveFunc") (result (ref $t)) (ref.func $right))
    (func (export "giveExn") (result exnref) (ref.null exn))
    (global (export "globalNullable") (mut (ref null $t)) (ref.null $t))
    (global (export "globalNonNull") (mut (ref $t)) (ref.func $right))
    (global (export "globalFunc") (mut (ref func)) (ref.func $right))
    (global (export "globalExtern") (mut (ref extern)) (global.get $e))
    (global (export "globalExn") (mut exnref) (ref.null exn))
    (table (export "tableNullable") 2 10 (ref null $t))
    (table (export "tableNonNull") 2 10 (ref $t) (ref.func $right))
    (table (export "tableFunc") 2 10 (ref func) (ref.func $right))
    (table (export "tableExtern") 2 10 (ref extern) (global.get $e))
    (table (export "tableExn") 2 10 exnref))`,
});

type Tried = Readonly<Record<string, readonly string[]>>;
type Fn = (...args: unknown[]) => unknown;
interface Holder {
  value: unknown;
  get(index: number): unknown;
  set(index: number, ...value: unknown[]): void;
  grow(delta: number, ...value: unknown[]): number;
}

/** How each use ends, for each value. */
function tryAll(api: WebAssemblyNamespace): Tried {
  const { exports } = new api.Instance(new api.Module(bytes), { m: { e: 'e' } } as never);
  const functions = exports as Record<string, Fn>;
  const objects = exports as unknown as Record<string, Holder>;
  const { right, wrong } = functions;
  const values: readonly (readonly [name: string, args: readonly unknown[]])[] = [
    ['right', [right]],
    ['wrong', [wrong]],
    ['a function of JavaScript', [(a: number) => a]],
    ['a bound one', [right.bind(null)]],
    ['a proxy', [new Proxy(right, {})]],
    ['null', [null]],
    ['undefined', [undefined]],
    ['nothing', []],
    ['0', [0]],
    ['text', ['text']],
  ];
  const tried: Record<string, string[]> = {};
  const each = (title: string, use: (args: readonly unknown[]) => unknown): void => {
    tried[title] = values.map(([name, args]) => `${name}: ${outcome(() => use(args))}`);
  };
  for (const name of takers) each(name, (args) => functions[name](...args));
  for (const name of holders) {
    const global = objects[`global${name}`];
    const table = objects[`table${name}`];
    each(`global ${name}`, ([value]) => {
      global.value = value;
      return global.value;
    });
    each(`table ${name} set`, (args) => {
      table.set(1, ...args);
      return table.get(1);
    });
    each(`table ${name} grow`, (args) => table.grow(0, ...args));
    tried[`table ${name}`] = [outcome(() => table.get(0)), outcome(() => table.set(9, right))];
  }
  for (const name of ['giveNull', 'giveFunc', 'giveExn']) tried[name] = [outcome(() => functions[name]())];
  return tried;
}

/** The values that are taken, with what comes of them; all others are TypeErrors. */
const taken: Readonly<Record<string, readonly string[]>> = {
  nullable: ['right: 0', 'null: 1'],
  nonNull: ['right: 5'],
  func: ['right: 1', 'wrong: 1'],
  nofunc: ['null: 1'],
  noextern: ['null: 1'],
  exn: [],
  'global Nullable': ['right: function 0/1', 'null: null'],
  'global NonNull': ['right: function 0/1'],
  'global Func': ['right: function 0/1', 'wrong: function 1/1'],
  'global Exn': [],
  'table Nullable set': ['right: function 0/1', 'null: null', 'nothing: null'],
  'table Nullable grow': ['right: 2', 'null: 2', 'undefined: 2', 'nothing: 2'],
  'table NonNull set': ['right: function 0/1'],
  'table NonNull grow': ['right: 2'],
  'table Func set': ['right: function 0/1', 'wrong: function 1/1'],
  'table Func grow': ['right: 2', 'wrong: 2'],
  'table Exn set': [],
  'table Exn grow': ['undefined: 2', 'nothing: 2'],
};

test('functions, globals and tables take what the standard lets them', () => {
  const tried = tryAll(upshift);
  for (const [title, expected] of Object.entries(taken)) {
    assert.deepEqual(
      tried[title].filter((each) => !each.endsWith('throws TypeError')),
      expected,
      title,
    );
  }
  for (const title of ['extern', 'global Extern', 'table Extern set', 'table Extern grow']) {
    const refused = tried[title].filter((each) => each.endsWith('throws TypeError'));
    const names = refused.map((each) => each.split(':')[0]);
    // An optional argument that is undefined is missing, and there is no value for those by default.
    assert.deepEqual(
      names,
      {
        extern: ['null'],
        'global Extern': ['null'],
        'table Extern set': ['null', 'nothing'],
        'table Extern grow': ['null', 'undefined', 'nothing'],
      }[title],
      title,
    );
  }
  assert.deepEqual(tried['giveNull'], ['null']);
  assert.deepEqual(tried['giveFunc'], ['function 0/1']);
  assert.deepEqual(tried['giveExn'], ['throws TypeError']);
  assert.deepEqual(tried['table Exn'], ['throws TypeError', 'throws TypeError']);
  assert.deepEqual(tried['table NonNull'], ['function 0/1', 'throws RangeError']);
});

test('V8 does the same, where it can', { skip: !own.validate(bytes) }, () => {
  const [ours, theirs] = [tryAll(upshift), tryAll(own)];
  for (const title of Object.keys(ours)) {
    // An undefined that is passed to grow: see docs/js-api.md. Outside of a table, V8 looks at the index
    // first.
    const compared = ({ [title]: list }: Tried): readonly string[] =>
      list.filter((each) => !(title.endsWith('grow') && each.startsWith('undefined')));
    if (title !== 'table Exn') assert.deepEqual(compared(ours), compared(theirs), title);
  }
});
