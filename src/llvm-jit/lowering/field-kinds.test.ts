import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadModule } from '../../fast-jit/modules.fixture.js';
import { functionRecord, memoryInstance, moduleInstance, tableInstance } from '../../layout/structs.js';
import { FieldKind, FieldKinds } from './field-kinds.js';

const { constant, field, global } = FieldKind;

test('what is written while code runs is a field or a global, of a kind of its own; all else is constant', () => {
  const { wasm, layout } = loadModule(`(module
    (import "env" "f" (func)) (import "env" "t" (table 1 funcref)) (import "env" "g" (global (mut i32)))
    (import "env" "h" (global f64))
    (memory 1) (table 1 funcref) (table 2 externref)
    (global (mut i32) (i32.const 1)) (global (mut f64) (f64.const 1))
    (func) (func))`);
  const { byteLength, pageCount, base } = memoryInstance.offsets;
  for (const [mode, kindOfBase] of [
    ['guarded', constant],
    // It moves when the memory grows.
    ['checked', field],
  ] as const) {
    const kinds = new FieldKinds(wasm, layout, mode);
    const areas: readonly (readonly [offset: number, kind: FieldKind, what: string])[] = [
      [moduleInstance.offsets.builtins, constant, 'address of the builtins'],
      [moduleInstance.offsets.execEnv, constant, 'address of the ExecEnv'],
      [layout.memory(0) + base, kindOfBase, 'base of memory 0'],
      [layout.memory(0) + byteLength, field, 'length of memory 0'],
      [layout.memory(0) + pageCount, field, 'pages of memory 0'],
      [layout.global(2), global, 'global 2'],
      [layout.global(3), global, 'global 3'],
      [layout.table(1) + tableInstance.offsets.length, field, 'length of table 1'],
      [layout.table(2) + tableInstance.offsets.elements, field, 'elements of table 2'],
      [layout.function(1) + functionRecord.offsets.code, field, 'code of function 1'],
      [layout.function(2) + functionRecord.offsets.code, field, 'code of function 2'],
      [layout.function(0), constant, 'pointer to an imported function'],
      [layout.table(0), constant, 'pointer to an imported table'],
      [layout.global(0), constant, 'pointer to an imported global'],
      [layout.typeId(0), constant, 'type id'],
    ];
    for (const [offset, kind, what] of areas)
      assert.equal(kinds.inInstance(offset), kind, `${what}, ${mode}`);
    assert.equal(kinds.behindPointer(layout.global(0)), global);
    assert.equal(kinds.behindPointer(layout.global(1)), global);
    assert.equal(kinds.behindPointer(layout.table(0)), field);
    assert.equal(kinds.behindPointer(layout.function(0)), field);
  }
});

test('an imported memory is behind a pointer that stays', () => {
  const { wasm, layout } = loadModule(
    '(module (import "env" "m" (memory 1)) (global (mut i32) (i32.const 0)))',
  );
  for (const mode of ['guarded', 'checked'] as const) {
    const kinds = new FieldKinds(wasm, layout, mode);
    assert.equal(kinds.inInstance(layout.memory(0)), constant);
    assert.equal(kinds.behindPointer(layout.memory(0)), field);
    assert.equal(kinds.inInstance(layout.global(0)), global);
  }
});

test('a module without anything imported has no globals behind pointers', () => {
  const { wasm, layout } = loadModule('(module (memory 1) (global (mut i64) (i64.const 0)) (func))');
  const kinds = new FieldKinds(wasm, layout, 'guarded');
  assert.equal(kinds.behindPointer(0), field);
  assert.equal(kinds.behindPointer(layout.global(0)), field);
});
