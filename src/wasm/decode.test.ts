import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeModule } from './decode.js';
import { CompileError, UnsupportedError } from './errors.js';
import {
  body,
  functionModule,
  moduleBytes,
  nameBytes,
  section,
  typeSection,
  vector,
} from './module.fixture.js';
import { ExternKind, functionType } from './module.js';
import { nonNull, ValType } from './types.js';

const { i32, i64, f32, f64, funcref, externref } = ValType;
const zero = [0x41, 0, 0x0b];

function refuses(bytes: Uint8Array, detail: string | RegExp, offset?: number): void {
  assert.throws(
    () => decodeModule(bytes),
    (error) => {
      assert.ok(error instanceof CompileError, String(error));
      assert.equal(error.malformed, true);
      if (typeof detail === 'string') assert.equal(error.detail, detail);
      else assert.match(error.detail, detail);
      if (offset !== undefined) assert.equal(error.offset, offset);
      return true;
    },
  );
}

test('the header is checked', () => {
  refuses(Uint8Array.of(0x00, 0x61, 0x73), 'unexpected end of section or function');
  refuses(Uint8Array.of(0x00, 0x61, 0x73, 0x6e, 1, 0, 0, 0), 'magic header not detected', 0);
  refuses(Uint8Array.of(0x00, 0x61, 0x73, 0x6d, 2, 0, 0, 0), 'unknown binary version', 4);
});

test('an empty module has nothing', () => {
  const module = decodeModule(moduleBytes());
  assert.deepEqual(module.types, []);
  assert.equal(module.functionTypes.length, 0);
  assert.equal(module.start, undefined);
  assert.equal(module.dataCount, undefined);
});

test('imports come first in their index spaces', () => {
  const entry = (name: string, ...description: number[]) => [
    ...nameBytes('env'),
    ...nameBytes(name),
    ...description,
  ];
  const module = decodeModule(
    moduleBytes(
      typeSection(
        [[], []],
        [
          [i32, f64],
          [i64, externref],
        ],
      ),
      section(
        2,
        ...vector(
          entry('f', 0, 1),
          entry('t', 1, externref, 1, 2, 3),
          entry('m', 2, 0, 1),
          entry('g', 3, f32, 1),
        ),
      ),
      section(3, ...vector([0])),
      section(4, ...vector([funcref, 0, 7])),
      section(6, ...vector([i64, 0, 0x42, 0x7f, 0x0b])),
      section(10, ...vector(body([]))),
    ),
  );
  assert.deepEqual(
    module.imports.map(({ module: from, name, kind }) => [from, name, kind]),
    [
      ['env', 'f', ExternKind.func],
      ['env', 't', ExternKind.table],
      ['env', 'm', ExternKind.memory],
      ['env', 'g', ExternKind.global],
    ],
  );
  assert.deepEqual([...module.functionTypes], [1, 0]);
  assert.deepEqual(functionType(module, 0), { params: [i32, f64], results: [i64, externref] });
  assert.deepEqual(module.tables, [
    { element: externref, limits: { min: 2, max: 3 } },
    { element: funcref, limits: { min: 7, max: undefined } },
  ]);
  assert.deepEqual(module.memories, [{ limits: { min: 1, max: undefined } }]);
  assert.deepEqual(module.globals, [
    { type: f32, mutable: true },
    { type: i64, mutable: false },
  ]);
  assert.deepEqual(module.globalInits, [[{ op: 'i64.const', value: -1n }]]);
  const counts = [module.importedFunctionCount, module.importedTableCount, module.importedMemoryCount];
  assert.deepEqual([...counts, module.importedGlobalCount], [1, 1, 1, 1]);
});

test('exports, start, custom sections and bodies are found', () => {
  const bytes = moduleBytes(
    section(0, ...nameBytes('first'), 1, 2, 3),
    typeSection([[], []]),
    section(3, ...vector([0], [0])),
    section(7, ...vector([...nameBytes('run'), 0, 1], [...nameBytes(''), 0, 0])),
    section(8, 1),
    section(10, ...vector(body([i32, i64], 0x01), body([]))),
    section(0, ...nameBytes('last')),
  );
  const module = decodeModule(bytes);
  assert.deepEqual(module.exports, [
    { name: 'run', kind: ExternKind.func, index: 1 },
    { name: '', kind: ExternKind.func, index: 0 },
  ]);
  assert.equal(module.start, 1);
  assert.deepEqual(
    module.customSections.map(({ name, start, end }) => [name, ...bytes.subarray(start, end)]),
    [['first', 1, 2, 3], ['last']],
  );
  const bodies = [0, 1].map((k) => [...bytes.subarray(module.bodyStarts[k], module.bodyEnds[k])]);
  assert.deepEqual(bodies, [
    [2, 1, i32, 1, i64, 0x01, 0x0b],
    [0, 0x0b],
  ]);
  assert.equal(bytes[module.offsets.exports[0] + 1], 'r'.charCodeAt(0));
});

test('all eight kinds of element segments', () => {
  const someFunctions = vector([1], [0]);
  const expressions = vector([0xd2, 1, 0x0b], [0xd0, funcref, 0x0b]);
  const module = decodeModule(
    moduleBytes(
      section(
        9,
        ...vector(
          [0, ...zero, ...someFunctions],
          [1, 0, ...someFunctions],
          [2, 3, ...zero, 0, ...someFunctions],
          [3, 0, ...someFunctions],
          [4, ...zero, ...expressions],
          [5, externref, ...vector([0xd0, externref, 0x0b])],
          [6, 2, ...zero, funcref, ...expressions],
          [7, funcref, ...expressions],
        ),
      ),
    ),
  );
  const offset = [{ op: 'i32.const', value: 0 }];
  const functions = nonNull(funcref);
  const indices = [[{ op: 'ref.func', index: 1 }], [{ op: 'ref.func', index: 0 }]];
  const exprs = [[{ op: 'ref.func', index: 1 }], [{ op: 'ref.null', type: funcref }]];
  assert.deepEqual(module.elements, [
    { mode: 'active', table: 0, offset, type: functions, init: indices },
    { mode: 'passive', type: functions, init: indices },
    { mode: 'active', table: 3, offset, type: functions, init: indices },
    { mode: 'declarative', type: functions, init: indices },
    { mode: 'active', table: 0, offset, type: funcref, init: exprs },
    { mode: 'passive', type: externref, init: [[{ op: 'ref.null', type: externref }]] },
    { mode: 'active', table: 2, offset, type: funcref, init: exprs },
    { mode: 'declarative', type: funcref, init: exprs },
  ]);
  refuses(moduleBytes(section(9, ...vector([8]))), 'malformed elements segment kind 8');
  refuses(moduleBytes(section(9, ...vector([1, 1, 0]))), 'malformed element kind');
  refuses(moduleBytes(section(9, ...vector([5, i32, 0]))), 'malformed reference type 0x7f');
});

test('all three kinds of data segments', () => {
  const bytes = moduleBytes(
    section(12, 4),
    section(
      11,
      ...vector(
        [0, 0x41, 0x7f, 0x0b, ...nameBytes('ab')],
        [1, ...nameBytes('c')],
        [2, 0, 0x23, 5, 0x0b, ...nameBytes('')],
        [0, 0x41, 1, 0x41, 2, 0x6a, 0x0b, ...nameBytes('d')],
      ),
    ),
  );
  const module = decodeModule(bytes);
  assert.equal(module.dataCount, 4);
  const text = module.data.map(({ start, end }) => String.fromCharCode(...bytes.subarray(start, end)));
  assert.deepEqual(text, ['ab', 'c', '', 'd']);
  const [first, second, third, fourth] = module.data;
  assert.equal(second.mode, 'passive');
  assert.ok(first.mode === 'active' && third.mode === 'active' && fourth.mode === 'active');
  assert.equal(first.constantOffset, 0xffff_ffff);
  assert.deepEqual(first.offset, [{ op: 'i32.const', value: -1 }]);
  assert.equal(third.constantOffset, undefined);
  assert.deepEqual(third.offset, [{ op: 'global.get', index: 5 }]);
  assert.deepEqual(
    fourth.offset.map(({ op }) => op),
    ['i32.const', 'i32.const', 'i32.add'],
  );
});

test('constant expressions keep the bits of floats', () => {
  const expression = [0x44, 0x02, 0x00, 0x00, 0x00, 0x00, 0x00, 0xf4, 0x7f, 0x0b];
  const float = [0x43, 0x01, 0x00, 0xa0, 0xff, 0x0b];
  const module = decodeModule(
    moduleBytes(section(6, ...vector([f64, 0, ...expression], [f32, 0, ...float]))),
  );
  assert.deepEqual(module.globalInits, [
    [{ op: 'f64.const', bits: 0x7ff4000000000002n }],
    [{ op: 'f32.const', bits: 0xffa00001 }],
  ]);
});

test('instructions that are not constant are invalid, bytes that are none malformed', () => {
  const global = (...code: number[]) => moduleBytes(section(6, ...vector([i32, 0, ...code, 0x0b])));
  for (const [code, name] of [
    [[0x41, 0, 0x67], 'i32.clz'],
    [[0x10, 0], 'call'],
    [[0xfc, 0], 'i32.trunc_sat_f32_s'],
  ] as const) {
    assert.throws(
      () => decodeModule(global(...code)),
      (error) =>
        error instanceof CompileError &&
        !error.malformed &&
        error.detail === `constant expression required, found ${name}`,
    );
  }
  refuses(global(0xfc, 0x1f), 'illegal opcode 0xfc');
  refuses(global(0xfc, 0x80, 0x02), 'illegal opcode 0xfc');
  refuses(global(0x0a, 0x16), 'illegal opcode 0x16');
  refuses(global(0xff), 'illegal opcode 0xff');
});

test('sections come once, in order, and have their size', () => {
  const types = typeSection([[], []]);
  refuses(moduleBytes(types, types), /^unexpected content after last section/, 8 + types.length);
  refuses(moduleBytes(section(3, 0), types), /^unexpected content after last section/);
  refuses(moduleBytes(section(10, 0), section(12, 0)), /^unexpected content after last section/);
  refuses(moduleBytes(section(14, 0)), 'malformed section id 14');
  refuses(moduleBytes([1, 9, 0]), 'length out of bounds');
  refuses(moduleBytes([1, 2, 0]), 'unexpected end of section or function');
  refuses(moduleBytes(section(1, 0, 0)), 'section size mismatch');
  refuses(moduleBytes([0, 1, 5, 0x61, 0x62]), 'length out of bounds');
  refuses(moduleBytes([0, 1, 1, 0x61]), 'unexpected end of section or function');
});

test('sections agree with each other', () => {
  const inconsistent = 'function and code section have inconsistent lengths';
  refuses(moduleBytes(typeSection([[], []]), section(3, ...vector([0]))), inconsistent);
  refuses(moduleBytes(section(10, ...vector(body([])))), inconsistent);
  refuses(moduleBytes(section(12, 1)), 'data count and data section have inconsistent lengths');
});

test('limits, mutability and kinds are checked', () => {
  refuses(moduleBytes(section(5, 1, 8, 0)), 'malformed limits flags 0x08');
  refuses(moduleBytes(section(5, 1, 0x81, 0)), 'malformed limits flags 0x81');
  refuses(moduleBytes(section(6, 1, i32, 2, ...zero)), 'malformed mutability');
  refuses(moduleBytes(section(7, 1, 0, 5, 0)), 'malformed export kind 5');
  refuses(moduleBytes(section(2, 1, 0, 0, 5, 0)), 'malformed import kind 5');
  refuses(moduleBytes(section(1, 1, 0x60, 1, 0x40, 0)), 'malformed value type 0x40');
  refuses(moduleBytes(section(1, 1, 0x20, 0, 0)), 'malformed function type 0x20');
});

test('a body that is cut short is the error, not what its rest looks like', () => {
  const code = [0x0a, 0x06, 0x01, 0x04, 0x00, 0x41, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00, 0x1a, 0x0b];
  const bytes = moduleBytes(typeSection([[], []]), section(3, ...vector([0])), code);
  assert.throws(
    () => decodeModule(bytes),
    (error) =>
      error instanceof CompileError &&
      error.detail === 'integer representation too long' &&
      error.functionIndex === 0,
  );
});

test('features that we lack are refused by name', () => {
  const cases: [Uint8Array, string][] = [
    [moduleBytes(section(6, 1, i32, 0, 0xfb, 0x00, 0x0b)), 'garbage collection'],
    [moduleBytes(section(5, 1, 3, 1, 1)), 'threads'],
    [moduleBytes(section(5, 1, 7, 1, 1)), 'threads'],
    [moduleBytes(section(1, 1, 0x5f, 0)), 'garbage collection'],
    [moduleBytes(section(1, 1, 0x4e, 1, 0x50, 0, 0x5e, 0x7f, 0)), 'garbage collection'],
    [moduleBytes(typeSection([[0x6e], []])), 'garbage collection'],
    [moduleBytes(section(6, 1, 0x63, 0x6b, 0, 0xd0, 0x6b, 0x0b)), 'garbage collection'],
  ];
  for (const [bytes, feature] of cases) {
    assert.throws(
      () => decodeModule(bytes),
      (error) => error instanceof UnsupportedError && error.feature === feature,
    );
  }
  refuses(moduleBytes(section(2, 1, 0, 0, 5, 0, 0)), 'malformed import kind 5');
});

test('too many parameters are refused', () => {
  const params = new Array<number>(1001).fill(i32);
  assert.throws(
    () => decodeModule(functionModule({ params, code: [] })),
    /too many parameters: 1001, at most 1000/,
  );
});
