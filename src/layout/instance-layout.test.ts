import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { wat } from '../runtime/modules.fixture.js';
import { decodeModule } from '../wasm/decode.js';
import type { WasmModule } from '../wasm/module.js';
import { type InstanceLayout, layoutInstance } from './instance-layout.js';
import { functionRecord, globalSize, memoryInstance, moduleInstance, tableInstance } from './structs.js';
import { pointerSize } from './widths.js';

const everything = `(module
  (type (func)) (type (func (param i32))) (type (func (result i64)))
  (import "env" "f" (func (type 0))) (import "env" "g" (func (type 1)))
  (import "env" "t" (table 1 funcref)) (import "env" "m" (memory 1))
  (import "env" "a" (global i32)) (import "env" "b" (global f64)) (import "env" "c" (global externref))
  (table 1 externref) (table 1 funcref)
  (global i32 (i32.const 0)) (global (mut i64) (i64.const 0))
  (func (type 2) (i64.const 0)) (func (type 0)) (func (type 1)))`;

const modules: Readonly<Record<string, string>> = {
  'an empty module': '(module)',
  'a module that defines one of each': `(module (memory 1) (table 1 funcref) (global i32 (i32.const 0)) (func))`,
  'a module that imports one of each': `(module (import "e" "m" (memory 1)) (import "e" "t" (table 1 funcref))
    (import "e" "g" (global i32)) (import "e" "f" (func)))`,
  'a module that has all': everything,
  'a module with an odd number of types':
    '(module (type (func)) (type (func (param i32))) (type (func (param i64))))',
};

/** Everything in an instance block: what it is, where it starts and how long it is. */
function pieces(
  module: WasmModule,
  layout: InstanceLayout,
): Array<readonly [name: string, at: number, size: number]> {
  const list = (
    name: 'memory' | 'table' | 'function',
    count: number,
    imported: number,
    size: number,
  ): Array<readonly [string, number, number]> =>
    Array.from(
      { length: count },
      (_, k) => [`${name} ${k}`, layout[name](k), k < imported ? pointerSize : size] as const,
    );
  return [
    ['header', 0, moduleInstance.size],
    ...list('memory', module.memories.length, module.importedMemoryCount, memoryInstance.size),
    ...module.globals.map(({ type }, k): readonly [string, number, number] => [
      `global ${k}`,
      layout.global(k),
      k < module.importedGlobalCount ? pointerSize : globalSize(type),
    ]),
    ...list('table', module.tables.length, module.importedTableCount, tableInstance.size),
    ...list('function', module.functionTypes.length, module.importedFunctionCount, functionRecord.size),
    ...module.types.map((_, k) => [`type ${k}`, layout.typeId(k), 4] as const),
    ...Array.from(module.bodyStarts, (_, k) => {
      const index = module.importedFunctionCount + k;
      return [`heat ${index}`, layout.heat(index), 4] as const;
    }),
  ];
}

describe('instance blocks', () => {
  for (const [name, text] of Object.entries(modules)) {
    const module = decodeModule(wat(text));
    const layout = layoutInstance(module);

    test(`${name}: nothing overlaps, and all lies within`, () => {
      const sorted = pieces(module, layout).sort((a, b) => a[1] - b[1]);
      let end = 0;
      for (const [what, at, size] of sorted) {
        assert.ok(at >= end, `${what} at ${at}, before ${end}`);
        end = at + size;
      }
      assert.ok(end <= layout.size && layout.size < end + 16);
      assert.equal(layout.size % 16, 0);
    });

    test(`${name}: everything is aligned`, () => {
      for (const [what, at, size] of pieces(module, layout)) assert.equal(at % (size === 4 ? 4 : 8), 0, what);
    });

    test(`${name}: counts of imports`, () => {
      assert.deepEqual(
        [
          layout.importedMemoryCount,
          layout.importedGlobalCount,
          layout.importedTableCount,
          layout.importedFunctionCount,
        ],
        [
          module.importedMemoryCount,
          module.importedGlobalCount,
          module.importedTableCount,
          module.importedFunctionCount,
        ],
      );
    });
  }

  test('the same module is laid out the same way again', () => {
    const module = decodeModule(wat(everything));
    assert.deepEqual(pieces(module, layoutInstance(module)), pieces(module, layoutInstance(module)));
  });
});
