import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeModule } from './decode.js';
import { CompileError, UnsupportedError } from './errors.js';
import {
  body,
  functionModule,
  moduleBytes,
  section,
  type TestFunction,
  typeSection,
  vector,
} from './module.fixture.js';
import { ValType } from './types.js';
import { validateModule } from './validate.js';

const { i32, i64, f32, f64, funcref, externref } = ValType;
const const32 = [0x41, 0];
const const64 = [0x42, 0];

function accepts(test: TestFunction): void {
  validateModule(decodeModule(functionModule(test)));
}

function refuses(test: TestFunction, detail: string, malformed = false): void {
  assert.throws(
    () => accepts(test),
    (error) => {
      assert.ok(error instanceof CompileError, String(error));
      assert.equal(error.detail, detail);
      assert.equal(error.malformed, malformed);
      assert.equal(error.functionIndex, 0);
      return true;
    },
  );
}

test('operands are checked', () => {
  accepts({ results: [i32], code: [...const32, ...const32, 0x6a] });
  refuses(
    { results: [i32], code: [...const32, ...const64, 0x6a] },
    'type mismatch: i32.add expected i32, found i64',
  );
  refuses(
    { results: [i32], code: [...const64, ...const32, 0x6a] },
    'type mismatch: i32.add expected i32, found i64',
  );
  refuses({ results: [i32], code: [...const32, 0x6a] }, 'type mismatch: i32.add expected i32, found nothing');
  refuses({ code: [0x1a] }, 'type mismatch: drop expected a value, found nothing');
  refuses({ results: [i32], code: [...const64] }, 'type mismatch: end expected i32, found i64');
  refuses({ code: [...const64] }, 'type mismatch: 1 more values than results at the end of a block');
});

test('a block sees its parameters only', () => {
  refuses(
    { code: [...const32, 0x02, 0x40, 0x1a, 0x0b] },
    'type mismatch: drop expected a value, found nothing',
  );
  const block = [...const32, 0x02, 2, ...const64, 0x0b, 0x1a, 0x1a];
  accepts({ code: block });
  refuses({ code: [...const64, 0x02, 2, ...const64, 0x0b] }, 'type mismatch: block expected i32, found i64');
  refuses({ code: [0x02, 9, 0x0b] }, 'unknown type 9');
});

test('branches carry what their label takes', () => {
  accepts({ results: [i32], code: [...const32, 0x0c, 0] });
  accepts({ results: [i32], code: [...const32, ...const32, 0x0d, 0] });
  refuses({ results: [i32], code: [...const64, 0x0c, 0] }, 'type mismatch: br expected i32, found i64');
  accepts({ code: [...const32, 0x03, 2, 0x0c, 0, 0x0b, 0x1a, 0x1a] });
  refuses({ code: [0x0c, 1] }, 'unknown label 1');
  refuses(
    { code: [0x02, i32, ...const32, ...const32, 0x0e, 1, 0, 1, 0x0b, 0x1a] },
    'type mismatch: labels of br_table take different numbers of values',
  );
  refuses({ results: [i32], code: [...const64, 0x0f] }, 'type mismatch: return expected i32, found i64');
});

test('unreachable code yields whatever is asked for', () => {
  accepts({ results: [i32], code: [0x00] });
  accepts({ results: [i32], code: [0x00, 0x6a] });
  accepts({ results: [i64], code: [0x00, 0x1b] });
  accepts({ results: [i32], code: [0x00, 0x1b, 0xd1] });
  accepts({ results: [i32], code: [0x00, ...const32, 0x0d, 0] });
  accepts({ results: [i32, i64], code: [0x00, ...const64] });
  refuses(
    { results: [i32], code: [0x00, ...const64, 0x6a] },
    'type mismatch: i32.add expected i32, found i64',
  );
  refuses({ code: [0x00, ...const32] }, 'type mismatch: 1 more values than results at the end of a block');
  refuses(
    { results: [i64], code: [0x00, ...const32, ...const32, 0x1b] },
    'type mismatch: end expected i64, found i32',
  );
});

test('if needs an else where its parameters are not its results', () => {
  accepts({ code: [...const32, 0x04, 0x40, 0x0b] });
  accepts({ results: [i32], code: [...const32, 0x04, i32, ...const32, 0x05, ...const32, 0x0b] });
  refuses(
    { results: [i32], code: [...const32, 0x04, i32, ...const32, 0x0b] },
    'type mismatch: if without else has different parameters and results',
  );
  refuses({ code: [0x05] }, 'END opcode expected: else without if', true);
  refuses({ code: [...const32, 0x04, 0x40, 0x05, 0x05, 0x0b] }, 'END opcode expected: else without if', true);
});

test('locals and globals', () => {
  accepts({ params: [i64], results: [i64], locals: [f32], code: [0x20, 0, 0x22, 0, 0x20, 1, 0x21, 1] });
  refuses({ locals: [f32], code: [...const32, 0x21, 0] }, 'type mismatch: local.set expected f32, found i32');
  refuses(
    { locals: [f32], code: [...const32, 0x22, 0, 0x1a] },
    'type mismatch: local.tee expected f32, found i32',
  );
  for (const opcode of [0x20, 0x21, 0x22])
    refuses({ code: [...const32, opcode, 0x81, 0x01] }, 'unknown local 129');
  accepts({ code: [0x23, 1, 0x24, 0] });
  refuses({ code: [...const32, 0x24, 1] }, 'immutable global 1');
  refuses({ code: [0x23, 2] }, 'unknown global 2');
  refuses({ code: [...const32, 0x24, 2] }, 'unknown global 2');
});

test('the number of locals is limited', () => {
  const withLocals = (...groups: number[]) =>
    moduleBytes(
      typeSection([[i32], []]),
      section(3, ...vector([0])),
      section(10, 1, groups.length + 1, ...groups, 0x0b),
    );
  const validate = (bytes: Uint8Array) => validateModule(decodeModule(bytes));
  validate(withLocals(1, 0xcf, 0x86, 0x03, i32));
  assert.throws(
    () => validate(withLocals(1, 0xd0, 0x86, 0x03, i32)),
    /^CompileError: too many locals: 50001, at most/,
  );
  const huge = withLocals(2, 0xff, 0xff, 0xff, 0xff, 0x0f, i32, 0x01, i64);
  assert.throws(
    () => validate(huge),
    (error) => error instanceof CompileError && error.malformed && error.detail === 'too many locals',
  );
});

test('calls', () => {
  accepts({ results: [i32, i64], code: [...const32, 0x10, 2] });
  accepts({ results: [i32, i64], code: [...const32, ...const32, 0x11, 2, 0] });
  refuses({ code: [...const64, 0x10, 2] }, 'type mismatch: call expected i32, found i64');
  refuses({ code: [0x10, 3] }, 'unknown function 3');
  refuses({ code: [...const32, 0x11, 3, 0] }, 'unknown type 3');
  refuses({ code: [...const32, 0x11, 1, 2] }, 'unknown table 2');
  refuses(
    { code: [...const32, 0x11, 1, 1] },
    'type mismatch: call_indirect expected funcref, found externref',
  );
});

test('select', () => {
  accepts({
    results: [f64],
    code: [...[1, 2].flatMap(() => [0x44, ...new Array<number>(8).fill(0)]), ...const32, 0x1b],
  });
  refuses(
    { code: [...const32, ...const64, ...const32, 0x1b, 0x1a] },
    'type mismatch: select expected i32, found i64',
  );
  const nulls = [0xd0, externref, 0xd0, externref, ...const32];
  refuses({ code: [...nulls, 0x1b, 0x1a] }, 'type mismatch: select expected a number, found externref');
  accepts({ results: [externref], code: [...nulls, 0x1c, 1, externref] });
  refuses({ code: [0x00, 0x1c, 2, i32, i32] }, 'invalid result arity: select with 2 types');
});

test('memory instructions', () => {
  accepts({ results: [i64], code: [...const32, 0x29, 3, 0xff, 0xff, 0xff, 0xff, 0x0f] });
  refuses({ code: [...const32, 0x28, 3, 0, 0x1a] }, 'alignment must not be larger than natural');
  refuses({ code: [...const32, 0x28, 32, 0, 0x1a] }, 'alignment must not be larger than natural');
  refuses({ code: [...const32, ...const32, 0x37, 0, 0] }, 'type mismatch: i64.store expected i64, found i32');
  refuses({ code: [...const32, 0x28, 0x80, 1, 0, 0x1a] }, 'malformed memop flags 128', true);
  accepts({ code: [...const32, 0x28, 0x42, 0, 0, 0x1a] });
  refuses({ code: [...const32, 0x28, 0x42, 1, 0, 0x1a] }, 'unknown memory 1');
  refuses({ code: [...const32, 0x28, 0x43, 0, 0, 0x1a] }, 'alignment must not be larger than natural');
  refuses({ code: [0x3f, 1, 0x1a] }, 'unknown memory 1');
  accepts({ code: [...const32, 0x28, 2, 0xff, 0xff, 0xff, 0xff, 0x8f, 0x80, 0x00, 0x1a] });
  refuses(
    { code: [...const32, 0x28, 2, 0x80, 0x80, 0x80, 0x80, 0x10, 0x1a] },
    'offset out of range: 4294967296',
  );
  accepts({ code: [...const32, ...const32, ...const32, 0xfc, 8, 0, 0, 0xfc, 9, 0] });
  refuses({ code: [...const32, ...const32, ...const32, 0xfc, 8, 1, 0] }, 'unknown data segment 1');
  refuses(
    { code: [...const32, ...const32, ...const64, 0xfc, 10, 0, 0] },
    'type mismatch: memory.copy expected i32, found i64',
  );
});

test('instructions that need a memory or a data count', () => {
  const bare = (...code: number[]) =>
    moduleBytes(typeSection([[], []]), section(3, ...vector([0])), section(10, ...vector(body([], ...code))));
  const validate = (bytes: Uint8Array) => validateModule(decodeModule(bytes));
  for (const code of [
    [0x28, 0, 0],
    [0x36, 0, 0],
    [0x3f, 0],
    [0x40, 0],
    [0xfc, 10, 0, 0],
    [0xfc, 11, 0],
  ]) {
    assert.throws(() => validate(bare(0x00, ...code, 0x00)), /: unknown memory 0 in function 0/);
  }
  assert.throws(() => validate(bare(0x00, 0xfc, 9, 0)), /: data count section required in function 0/);
});

test('references and tables', () => {
  accepts({ results: [i32], code: [0xd2, 1, 0xd1] });
  refuses({ code: [0xd2, 2, 0x1a] }, 'undeclared function reference 2');
  refuses({ code: [0xd2, 3, 0x1a] }, 'unknown function 3');
  refuses({ code: [...const32, 0xd1, 0x1a] }, 'type mismatch: ref.is_null expected a reference, found i32');
  accepts({ results: [externref], code: [...const32, 0x25, 1] });
  accepts({ code: [...const32, 0xd0, funcref, 0x26, 0] });
  refuses(
    { code: [...const32, 0xd0, externref, 0x26, 0] },
    'type mismatch: table.set expected funcref, found externref',
  );
  accepts({ results: [i32], code: [0xd0, externref, ...const32, 0xfc, 15, 1] });
  accepts({ results: [i32], code: [0xfc, 16, 1] });
  accepts({ code: [...const32, 0xd0, funcref, ...const32, 0xfc, 17, 0] });
  const operands = [...const32, ...const32, ...const32];
  accepts({ code: [...operands, 0xfc, 12, 0, 0, 0xfc, 13, 1] });
  accepts({ code: [...operands, 0xfc, 14, 1, 1] });
  refuses(
    { code: [...operands, 0xfc, 12, 1, 0] },
    'type mismatch: table.init expected funcref, found externref',
  );
  refuses(
    { code: [...operands, 0xfc, 14, 0, 1] },
    'type mismatch: table.copy expected funcref, found externref',
  );
  refuses({ code: [...operands, 0xfc, 12, 2, 0] }, 'unknown elem segment 2');
  refuses({ code: [...operands, 0xfc, 12, 2, 2] }, 'unknown table 2');
});

test('what is no instruction is malformed or a feature we lack', () => {
  refuses({ code: [0x27] }, 'illegal opcode 0x27', true);
  refuses({ code: [0xfc, 0x1f] }, 'illegal opcode 0xfc 0x1f', true);
  const features: [number[], string][] = [
    [[0xfe, 0x00], 'threads'],
    [[0xfb, 0x00], 'garbage collection'],
    [[0xd3], 'garbage collection'],
    [[0x02, 0x6d, 0x0b], 'garbage collection'],
  ];
  for (const [code, feature] of features) {
    assert.throws(
      () => accepts({ code }),
      (error) => error instanceof UnsupportedError && error.feature === feature && error.functionIndex === 0,
    );
  }
});

test('a body ends where it says', () => {
  const withBody = (...bytes: number[]) =>
    moduleBytes(
      typeSection([[], []]),
      section(3, ...vector([0])),
      section(10, 1, bytes.length, ...bytes),
      section(0, 0),
    );
  const detail = (bytes: Uint8Array) => {
    try {
      validateModule(decodeModule(bytes));
      return 'valid';
    } catch (error) {
      return error instanceof CompileError && error.malformed ? error.detail : String(error);
    }
  };
  assert.equal(detail(withBody(0, 0x0b)), 'valid');
  assert.equal(detail(withBody(0, 0x0b, 0x01)), 'section size mismatch: code behind the end of a function');
  assert.equal(detail(withBody(0, 0x01)), 'END opcode expected');
  assert.equal(detail(withBody(0, 0x41)), 'END opcode expected');
  assert.equal(detail(withBody(0, 0x43, 0, 0)), 'END opcode expected');
  assert.equal(detail(withBody(0, 0x20)), 'END opcode expected');
  const last = moduleBytes(
    typeSection([[], []]),
    section(3, ...vector([0])),
    section(10, 1, 3, 0, 0x02, 0x40),
  );
  assert.equal(detail(last), 'unexpected end of section or function');
});

test('deep nesting and many values grow the stacks', () => {
  const depth = 10_000;
  const nested = [
    ...new Array<number[]>(depth).fill([0x02, 0x40]).flat(),
    ...new Array<number>(depth).fill(0x0b),
  ];
  accepts({ code: nested });
  const results = new Array<number>(1000).fill(i64);
  const many = [...new Array<number[]>(40).fill([0x10, 0]).flat(), ...new Array<number>(39_000).fill(0x1a)];
  accepts({ results, code: many });
});
