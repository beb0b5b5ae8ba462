import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeModule } from './decode.js';
import { CompileError } from './errors.js';
import { body, moduleBytes, nameBytes, section, typeSection, vector } from './module.fixture.js';
import { ValType } from './types.js';
import { validateModule } from './validate.js';

const { i32, i64, funcref, externref } = ValType;
const zero = [0x41, 0, 0x0b];

function validate(...sections: number[][]): void {
  validateModule(decodeModule(moduleBytes(...sections)));
}

function refuses(sections: number[][], detail: string): void {
  assert.throws(
    () => validate(...sections),
    (error) => {
      assert.ok(error instanceof CompileError, String(error));
      assert.equal(error.malformed, false);
      assert.equal(error.detail, detail);
      return true;
    },
  );
}

const importedGlobal = (type: number, mutable: number) => section(2, ...vector([0, 0, 3, type, mutable]));
const memory = section(5, ...vector([0, 1]));
const table = section(4, ...vector([funcref, 0, 1]));

test('types of imports and functions exist', () => {
  refuses([section(2, ...vector([0, 0, 0, 1]))], 'unknown type 1');
  refuses(
    [typeSection([[], []]), section(3, ...vector([0], [2])), section(10, ...vector(body([]), body([])))],
    'unknown type 2',
  );
});

test('limits of memories and tables', () => {
  refuses([section(5, ...vector([1, 2, 1]))], 'size minimum must not be greater than maximum');
  refuses([section(4, ...vector([funcref, 1, 2, 1]))], 'size minimum must not be greater than maximum');
  validate(section(5, ...vector([1, 0x80, 0x80, 0x04, 0x80, 0x80, 0x04])));
  const tooMany = 'memory size must be at most 65536 pages (4GiB)';
  refuses([section(5, ...vector([0, 0x81, 0x80, 0x04]))], tooMany);
  refuses([section(5, ...vector([1, 0, 0x81, 0x80, 0x04]))], tooMany);
  refuses([section(5, ...vector([0, 0x80, 0x80, 0x80, 0x80, 0x10]))], tooMany);
  const tooLong = 'table size must be at most 2³² - 1 elements';
  refuses([section(4, ...vector([funcref, 0, 0x80, 0x80, 0x80, 0x80, 0x10]))], tooLong);
  validate(section(2, ...vector([0, 0, 2, 0, 1])), memory);
  refuses(
    [section(5, ...vector(...new Array<number[]>(101).fill([0, 1])))],
    'too many memories: 101, at most 100',
  );
  const max64 = [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x40];
  validate(section(4, ...vector([funcref, 5, 0, ...max64])), section(5, ...vector([5, 0, ...max64])));
  refuses(
    [section(5, ...vector([4, 0x81, ...max64.slice(1)]))],
    'memory size must be at most 2⁴⁸ pages (2⁶⁴ bytes)',
  );
});

test('globals are initialised with their type, from immutable globals before them', () => {
  validate(importedGlobal(i64, 0), section(6, ...vector([i64, 0, 0x23, 0, 0x42, 1, 0x7c, 0x0b])));
  const init = (type: number, ...code: number[]) => section(6, ...vector([type, 0, ...code, 0x0b]));
  const mismatch = 'type mismatch: expected a constant expression of type';
  refuses([init(i64, 0x41, 0)], `${mismatch} [i64], found [i32]`);
  refuses([init(i32)], `${mismatch} [i32], found []`);
  refuses([init(i32, 0x41, 0, 0x41, 0)], `${mismatch} [i32], found [i32 i32]`);
  refuses([init(i32, 0x41, 0, 0x6a)], 'type mismatch: i32.add needs two operands of type i32');
  refuses([init(i64, 0x42, 0, 0x41, 0, 0x7e)], 'type mismatch: i64.mul needs two operands of type i64');
  refuses(
    [importedGlobal(i32, 1), init(i32, 0x23, 0)],
    'constant expression required, found global.get of mutable global 0',
  );
  const globals = (...entries: number[][]) => section(6, ...vector(...entries));
  validate(globals([i32, 0, ...zero], [i32, 0, 0x23, 0, 0x0b], [i32, 1, 0x23, 1, 0x23, 0, 0x6a, 0x0b]));
  refuses([globals([i32, 0, 0x23, 0, 0x0b])], 'unknown global 0');
  refuses([globals([i32, 0, 0x23, 1, 0x0b], [i32, 0, ...zero])], 'unknown global 1');
  refuses(
    [globals([i32, 1, ...zero], [i32, 0, 0x23, 0, 0x0b])],
    'constant expression required, found global.get of mutable global 0',
  );
  refuses(
    [importedGlobal(i32, 0), globals([i64, 0, 0x42, 0, 0x0b], [i32, 0, 0x23, 1, 0x0b])],
    `${mismatch} [i32], found [i64]`,
  );
  refuses([init(funcref, 0xd2, 0)], 'unknown function 0');
});

test('element segments fit their table', () => {
  validate(table, section(9, ...vector([4, ...zero, ...vector([0xd0, funcref, 0x0b])])));
  const global = (type: number, ...init: number[]) => section(6, ...vector([type, 0, ...init, 0x0b]));
  validate(table, global(i32, 0x41, 0), section(9, ...vector([0, 0x23, 0, 0x0b, 0])));
  validate(global(funcref, 0xd0, funcref), section(9, ...vector([5, funcref, ...vector([0x23, 0, 0x0b])])));
  refuses([section(9, ...vector([0, ...zero, 0]))], 'unknown table 0');
  refuses([table, section(9, ...vector([0, ...zero, ...vector([3])]))], 'unknown function 3');
  refuses(
    [table, section(9, ...vector([6, 0, ...zero, externref, 0]))],
    'type mismatch: the element segment has externref, the table funcref',
  );
  refuses(
    [table, section(9, ...vector([0, 0x42, 0, 0x0b, 0]))],
    'type mismatch: expected a constant expression of type [i32], found [i64]',
  );
});

test('data segments lie in a memory', () => {
  validate(memory, section(11, ...vector([0, ...zero, 0])));
  validate(section(11, ...vector([1, 0])));
  refuses([section(11, ...vector([0, ...zero, 0]))], 'unknown memory 0');
  refuses([memory, section(11, ...vector([2, 1, ...zero, 0]))], 'unknown memory 1');
  refuses([memory, section(11, ...vector([0, 0x23, 0, 0x0b, 0]))], 'unknown global 0');
  const global = (mutable: number) => section(6, ...vector([i32, mutable, ...zero]));
  validate(memory, global(0), section(11, ...vector([0, 0x23, 0, 0x0b, 0])));
  refuses(
    [memory, global(1), section(11, ...vector([0, 0x23, 0, 0x0b, 0]))],
    'constant expression required, found global.get of mutable global 0',
  );
});

test('the start function takes and returns nothing', () => {
  const start = (params: number[], results: number[], code: number[]) => [
    typeSection([params, results]),
    section(3, ...vector([0])),
    section(8, 0),
    section(10, ...vector(body([], ...code))),
  ];
  validate(...start([], [], []));
  refuses(start([i32], [], []), 'start function must have type [] -> []');
  refuses(start([], [i32], [0x41, 0]), 'start function must have type [] -> []');
  refuses([section(8, 1)], 'unknown function 1');
});

test('exports exist and have different names', () => {
  const entry = (name: string, kind: number, index: number) => [...nameBytes(name), kind, index];
  validate(table, memory, section(7, ...vector(entry('a', 1, 0), entry('b', 2, 0), entry('', 2, 0))));
  refuses([memory, section(7, ...vector(entry('a', 2, 0), entry('a', 2, 0)))], 'duplicate export name "a"');
  refuses(
    [memory, section(7, ...vector(entry('\n', 2, 0), entry('\n', 2, 0)))],
    'duplicate export name "\\u{a}"',
  );
  ['function', 'table', 'memory', 'global'].forEach((space, kind) => {
    refuses([section(7, ...vector(entry('a', kind, 7)))], `unknown ${space} 7`);
  });
});

test('an error in a body names its function', () => {
  const bytes = moduleBytes(
    typeSection([[], []]),
    section(2, ...vector([0, 0, 0, 0])),
    section(3, ...vector([0], [0])),
    section(7, ...vector([...nameBytes('broken'), 0, 2])),
    section(10, ...vector(body([]), body([], 0x01, 0x6a))),
  );
  assert.throws(
    () => validateModule(decodeModule(bytes)),
    (error) => {
      assert.ok(error instanceof CompileError);
      assert.deepEqual([error.functionIndex, error.functionName], [2, 'broken']);
      assert.equal(bytes[error.offset], 0x6a);
      assert.equal(
        error.message,
        `type mismatch: i32.add expected i32, found nothing in function 2 "broken" (at offset 0x${(bytes.length - 2).toString(16)})`,
      );
      return true;
    },
  );
});
