import assert from 'node:assert/strict';
import { test } from 'node:test';
import { wat } from '../../src/runtime/modules.fixture.js';
import { moduleBytes, section, typeSection } from '../../src/wasm/module.fixture.js';
import { ExternKind } from '../../src/wasm/module.js';
import { CatchKind, Opcode } from '../../src/wasm/opcodes.js';
import { nonNull, refTo, ValType } from '../../src/wasm/types.js';
import { features } from '../generator/features.js';
import { generateModule } from '../generator/module.js';
import { decodeDraft } from './decode.js';
import { blockOf, emptyBlock, emptyModule, type ModuleDraft } from './draft.js';
import { encodeModule } from './encode.js';

test('what was decoded is encoded as it was', () => {
  for (let seed = 1; seed <= 60; seed++) {
    const bytes = generateModule(seed, features);
    assert.deepEqual(
      encodeModule(decodeDraft(bytes)),
      encodeModule(decodeDraft(encodeModule(decodeDraft(bytes)))),
    );
    assert.equal(
      decodeDraft(bytes).functions.length,
      decodeDraft(encodeModule(decodeDraft(bytes))).functions.length,
    );
  }
});

test('a draft has what the module has', () => {
  const draft = decodeDraft(
    wat(`(module
      (import "m" "f" (func (param i32)))
      (import "m" "t" (table 1 funcref))
      (memory 1 2)
      (global (mut i64) (i64.const -5))
      (global v128 (v128.const i64x2 1 -2))
      (table 3 externref)
      (elem (i32.const 0) func 0 1)
      (elem declare funcref (ref.func 1))
      (data (i32.const 7) "abc")
      (data "passive")
      (start 1)
      (func (export "g") (local f32 f32 i64)
        (block (loop (br_table 0 1 (i32.const 3))))
        (f32.store offset=4 align=1 (i32.const -1) (f32.const nan:0x200001))
        (drop (select (result externref) (ref.null extern) (ref.null extern) (i32.const 0)))
        (i64.const -9223372036854775808) (drop)))`),
  );
  assert.equal(draft.imports.length, 2);
  assert.deepEqual(draft.memories, [{ min: 1, max: 2 }]);
  assert.deepEqual(draft.globals[0].init, [[0x42, -5n]]);
  assert.deepEqual(draft.globals[1].init, [[Opcode['v128.const'], 1n, 2n ** 64n - 2n]]);
  assert.deepEqual(
    draft.elements.map(({ mode }) => mode),
    ['active', 'declarative'],
  );
  assert.deepEqual(
    draft.data.map(({ bytes }) => Buffer.from(bytes).toString()),
    ['abc', 'passive'],
  );
  const { code, locals } = draft.functions[0];
  assert.equal(locals.length, 3);
  assert.ok(code.some(([opcode, first]) => opcode === 0x43 && first === 0x7fa00001));
  assert.ok(code.some(([opcode, first]) => opcode === 0x42 && first === -(2n ** 63n)));
  assert.ok(code.some((instruction) => String(instruction) === String([0x0e, 0, 1])));
  assert.deepEqual(decodeDraft(encodeModule(draft)), draft);
});

test('groups, subtypes, tags, wide memories and long references stay', () => {
  const draft: ModuleDraft = {
    ...emptyModule(),
    types: [
      { params: [refTo(1)], results: [], groupLength: 2 },
      { params: [], results: [nonNull(refTo(0))] },
      { params: [ValType.i32], results: [], isOpen: true },
      { params: [ValType.i32], results: [], supertype: 2 },
    ],
    imports: [{ module: 'm', name: 't', kind: ExternKind.tag, type: 2 }],
    tags: [3],
    memories: [
      { min: 1, max: 2, address: ValType.i64 },
      { min: 0, max: undefined },
    ],
    tables: [
      { element: nonNull(refTo(2)), limits: { min: 1, max: undefined }, init: [[Opcode['ref.func'], 0]] },
    ],
    functions: [
      {
        type: 2,
        locals: [refTo(1), nonNull(ValType.funcref)],
        code: [
          [Opcode.block, blockOf(nonNull(refTo(1)))],
          [Opcode.try_table, emptyBlock, CatchKind.tagRef, 1, 0, CatchKind.all, 1],
          [Opcode['i64.load'], 3, 2 ** 40, 1],
          [Opcode['i32.load'], 2, 2n ** 64n - 1n, 0],
          [Opcode['memory.copy'], 1, 0],
          [Opcode['select t'], refTo(1)],
          [Opcode['ref.null'], refTo(3)],
          [Opcode.end],
          [Opcode.end],
          [Opcode.end],
        ],
      },
    ],
    data: [{ mode: 'active', memory: 1, offset: [[Opcode['i64.const'], 5n]], bytes: Uint8Array.of(1) }],
  };
  assert.deepEqual(decodeDraft(encodeModule(draft)), draft);
});

test('no room is made for more locals than a function may have', () => {
  const many = [0x01, 0xff, 0xff, 0xff, 0xff, 0x0f, 0x7f, 0x0b];
  const code = section(10, 1, many.length, ...many);
  assert.throws(() => decodeDraft(moduleBytes(typeSection([[], []]), section(3, 1, 0), code)), RangeError);
});
