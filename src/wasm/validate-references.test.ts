import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeModule } from './decode.js';
import { CompileError } from './errors.js';
import { body, moduleBytes, section, vector } from './module.fixture.js';
import { ValType } from './types.js';
import { validateModule } from './validate.js';

/*
 * Typed references and exceptions in the validator. Type 0 is [] -> [], type 1 is [(ref 0)] -> [], type 2 is
 * [i32] -> [i32]. Function 0 has the code and type 0, function 1 has type 0 and may be referred to; tag 0 has
 * type 1, tag 1 type 0.
 */

const { i32, funcref, externref, exnref } = ValType;
const types = section(1, ...vector([0x60, 0, 0], [0x60, 1, 0x64, 0, 0], [0x60, 1, i32, 1, i32]));

/** `locals` are groups as in the binary format: a count, and a type of one byte or several. */
function accepts(code: readonly number[], locals: readonly (readonly number[])[] = []): void {
  const content = [...vector(...locals), ...code, 0x0b];
  const bytes = moduleBytes(
    types,
    section(3, ...vector([0], [0])),
    section(13, ...vector([0, 1], [0, 0])),
    section(7, ...vector([1, 0x66, 0, 1])),
    section(10, ...vector([content.length, ...content], body([]))),
  );
  validateModule(decodeModule(bytes));
}

function refuses(detail: string, code: readonly number[], locals: readonly (readonly number[])[] = []): void {
  assert.throws(
    () => accepts(code, locals),
    (error) => error instanceof CompileError && error.detail === detail,
    detail,
  );
}

const unset = [[1, 0x64, 0]];
const reference = [0xd2, 1];

test('a local without a default value is set before it is read, in the same block', () => {
  refuses('uninitialized local 0', [0x20, 0, 0x1a], unset);
  accepts([...reference, 0x21, 0, 0x20, 0, 0x1a], unset);
  accepts([...reference, 0x22, 0, 0x1a, 0x02, 0x40, 0x20, 0, 0x1a, 0x0b], unset);
  refuses('uninitialized local 0', [0x02, 0x40, ...reference, 0x21, 0, 0x0b, 0x20, 0, 0x1a], unset);
  const arm = [...reference, 0x21, 0];
  refuses('uninitialized local 0', [0x41, 0, 0x04, 0x40, ...arm, 0x05, 0x20, 0, 0x1a, 0x0b], unset);
  refuses('uninitialized local 0', [0x06, 0x40, ...arm, 0x19, 0x20, 0, 0x1a, 0x0b], unset);
  refuses('uninitialized local 0', [0x06, 0x40, ...arm, 0x18, 0, 0x20, 0, 0x1a], unset);
  // What was set outside stays set, whatever happens inside.
  accepts([...arm, 0x41, 0, 0x04, 0x40, ...arm, 0x05, 0x20, 0, 0x1a, 0x0b, 0x20, 0, 0x1a], unset);
  accepts([0x20, 0, 0x1a], [[1, 0x63, 0]]);
});

test('a reference may be used where a supertype is expected, and nowhere else', () => {
  accepts([...reference, 0x21, 0], [[1, funcref]]);
  accepts([...reference, 0x21, 0], [[1, 0x63, 0]]);
  accepts([0xd0, 0x73, 0x21, 0], [[1, 0x63, 2]]);
  for (const [local, expected] of [
    [[1, externref], 'externref'],
    [[1, 0x63, 2], '(ref null (func [i32] -> [i32]))'],
  ] as const) {
    refuses(
      `type mismatch: local.set expected ${expected}, found (ref (func [] -> []))`,
      [...reference, 0x21, 0],
      [local],
    );
  }
  refuses(
    'type mismatch: local.set expected (ref func), found funcref',
    [0xd0, 0x70, 0x21, 0],
    [[1, 0x64, funcref]],
  );
});

test('references that may be null are called, tested and branched on', () => {
  accepts([0xd0, 0, 0x14, 0]);
  accepts([...reference, 0x15, 0]);
  refuses(
    'type mismatch: call_ref expected (ref null (func [] -> [])), found funcref',
    [0xd0, 0x70, 0x14, 0],
  );
  accepts([0xd0, 0, 0xd5, 0, 0x14, 0]);
  accepts([0x02, 0x64, 0, 0xd0, 0, 0xd6, 0, 0x00, 0x0b, 0x14, 0]);
  refuses('type mismatch: the label of br_on_non_null takes no reference at last', [0xd0, 0, 0xd6, 0]);
  refuses('type mismatch: ref.as_non_null expected a reference, found i32', [0x41, 0, 0xd4, 0x1a]);
  // In code that cannot be reached the operand may be any reference, but nothing else.
  accepts([0x00, 0xd4, 0x14, 0]);
  refuses('type mismatch: i32.eqz expected i32, found a reference', [0x00, 0xd4, 0x45, 0x1a]);
  refuses('type mismatch: select expected a number, found a reference', [0x00, 0xd4, 0x41, 0, 0x1b, 0x1a]);
});

test('handlers hand over what their labels take', () => {
  accepts([0x1f, 0x40, 2, 0, 1, 0, 2, 0, 0x0b]);
  accepts([0x02, exnref, 0x1f, 0x40, 2, 1, 1, 0, 3, 0, 0x0b, 0x00, 0x0b, 0x0a]);
  accepts([0x02, 0x64, 0, 0x1f, 0x40, 1, 0, 0, 0, 0x0b, 0x00, 0x0b, 0x1a]);
  accepts([0x02, 0x64, exnref, 0x1f, 0x40, 1, 3, 0, 0x0b, 0x00, 0x0b, 0x1a]);
  refuses(
    'type mismatch: a handler catches [(ref (func [] -> []))], its label takes []',
    [0x1f, 0x40, 1, 0, 0, 0, 0x0b],
  );
  refuses('unknown tag 2', [0x1f, 0x40, 1, 0, 2, 0, 0x0b]);
  refuses('unknown label 1', [0x1f, 0x40, 1, 2, 1, 0x0b]);
  refuses('malformed catch clause 4', [0x1f, 0x40, 1, 4, 0, 0x0b]);
  accepts([...reference, 0x08, 0]);
  refuses(
    'type mismatch: throw expected (ref (func [] -> [])), found (ref null (func [] -> []))',
    [0xd0, 0, 0x08, 0],
  );
});

test('the older handlers follow their try in order', () => {
  accepts([0x06, 0x40, 0x07, 0, 0x1a, 0x07, 1, 0x19, 0x09, 0, 0x0b]);
  accepts([0x06, 0x40, 0x06, 0x40, 0x18, 0, 0x19, 0x0b]);
  refuses('END opcode expected: catch without try', [0x06, 0x40, 0x19, 0x07, 1, 0x0b]);
  refuses('END opcode expected: catch_all without try', [0x02, 0x40, 0x19, 0x0b]);
  refuses('END opcode expected: delegate without try', [0x06, 0x40, 0x19, 0x18, 0]);
  refuses('invalid rethrow label 0', [0x06, 0x40, 0x09, 0, 0x19, 0x0b]);
  refuses('unknown label 1', [0x06, 0x40, 0x18, 1]);
});

test('a tail call returns what the function returns', () => {
  accepts([0x12, 1]);
  refuses(
    'type mismatch: return_call_ref must return [], but its callee returns [i32]',
    [0x41, 0, 0xd0, 2, 0x15, 2],
  );
  refuses('unknown function 2', [0x12, 2]);
});

test('declared supertypes match', () => {
  const declare = (...entries: number[][]): void =>
    validateModule(decodeModule(moduleBytes(section(1, ...vector(...entries)))));
  declare([0x50, 0, 0x60, 0, 1, funcref], [0x4f, 1, 0, 0x60, 0, 1, 0x64, 0]);
  const wrong: [number[][], RegExp][] = [
    [
      [
        [0x60, 0, 0],
        [0x50, 1, 0, 0x60, 0, 0],
      ],
      /sub type: its supertype is final/,
    ],
    [
      [
        [0x50, 0, 0x60, 0, 1, i32],
        [0x50, 1, 0, 0x60, 0, 0],
      ],
      /sub type: \[\] -> \[\] does not match/,
    ],
    [
      [
        [0x50, 0, 0x60, 1, externref, 0],
        [0x50, 1, 0, 0x60, 1, 0x64, externref, 0],
      ],
      /sub type: .* does not match/,
    ],
    [[[0x50, 1, 0, 0x60, 0, 0]], /unknown type 0/],
  ];
  for (const [entries, message] of wrong) assert.throws(() => declare(...entries), message);
  const chain = (length: number): number[][] =>
    Array.from({ length }, (_, k) => [0x50, ...(k === 0 ? [0] : [1, k - 1]), 0x60, 0, 0]);
  declare(...chain(64));
  assert.throws(() => declare(...chain(65)), /sub type: more than 63 supertypes/);
});

test('a table of references that are not null has an initial element', () => {
  const table = (...entry: number[]): void =>
    validateModule(
      decodeModule(moduleBytes(types, section(3, 1, 0), section(4, 1, ...entry), section(10, 1, 2, 0, 0x0b))),
    );
  assert.throws(() => table(0x64, 0, 0, 1), /needs an initial element/);
  table(0x40, 0, 0x64, 0, 0, 1, 0xd2, 0, 0x0b);
  assert.throws(() => table(0x40, 0, 0x64, 0, 0, 1, 0xd0, 0, 0x0b), /CompileError: type mismatch/);
  assert.throws(() => table(0x40, 0, funcref, 0, 1, 0x23, 0, 0x0b), /unknown global 0/);
});
