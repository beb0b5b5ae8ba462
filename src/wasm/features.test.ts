import assert from 'node:assert/strict';
import { test } from 'node:test';
import { wat } from '../runtime/modules.fixture.js';
import { decodeModule } from './decode.js';
import { features } from './feature-names.js';
import { usedFeatures } from './features.js';
import { body, moduleBytes, section, typeSection, vector } from './module.fixture.js';
import { listSections } from './sections.js';
import { ValType } from './types.js';
import { validateModule } from './validate.js';

function featuresOf(text: string): string[] {
  const module = decodeModule(wat(text));
  validateModule(module);
  return usedFeatures(module);
}

test('a module of the first version of WebAssembly uses no features', () => {
  const text = `(module (import "m" "g" (global i32)) (memory 1) (table 1 funcref) (global $own (mut i32) (i32.const 0))
    (elem (i32.const 0) $f) (data (i32.const 0) "a")
    (func $f (export "f") (param i32) (result i32)
      (block (result i32) (if (local.get 0) (then (global.set $own (i32.const -1))))
        (i32.const 1) (i64.const 0x40c0c1fc) (drop) (f32.const 1) (f64.const 2) (drop) (drop))))`;
  assert.deepEqual(featuresOf(text), []);
});

test('each feature is told by what needs it', () => {
  const cases: Readonly<Record<string, readonly string[]>> = {
    'mutable-globals': [
      '(module (import "m" "g" (global (mut i32))))',
      '(module (global (export "g") (mut i32) (i32.const 0)))',
    ],
    'nontrapping-fptoint': ['(module (func (param f32) (result i32) (i32.trunc_sat_f32_s (local.get 0))))'],
    'sign-ext': ['(module (func (param i64) (result i64) (i64.extend32_s (local.get 0))))'],
    multivalue: [
      '(module (func (result i32 i32) (i32.const 1) (i32.const 2)))',
      '(module (func (result i32) (i32.const 1) (block (param i32) (result i32))))',
    ],
    'reference-types': [
      '(module (func (param externref)))',
      '(module (table 1 externref))',
      '(module (table 1 funcref) (table 1 funcref))',
      '(module (func (local funcref)))',
      '(module (table 1 funcref) (func (drop (table.size 0))))',
      '(module (func (param i32) (drop (select (result i32) (i32.const 1) (i32.const 2) (local.get 0)))))',
    ],
    'bulk-memory': [
      '(module (memory 1) (func (memory.fill (i32.const 0) (i32.const 0) (i32.const 0))))',
      '(module (memory 1) (data "passive"))',
    ],
    'extended-const': ['(module (global i32 (i32.add (i32.const 1) (i32.const 2))))'],
    simd: [
      '(module (func (param v128)))',
      '(module (global v128 (v128.const i64x2 1 2)))',
      '(module (func (local v128)))',
      '(module (memory 1) (func (param i32) (drop (v128.load (local.get 0)))))',
      '(module (func (drop (block (result v128) (unreachable)))))',
    ],
    'tail-call': [
      '(module (func $f (return_call $f)))',
      '(module (table 1 funcref) (func (return_call_indirect (i32.const 0))))',
    ],
    'exception-handling': [
      '(module (tag (param i32)))',
      '(module (func (param exnref)))',
      '(module (func (local exnref)))',
      '(module (func (try (do) (catch_all))))',
      '(module (func (block $l (try_table (catch_all $l)))))',
    ],
    multimemory: ['(module (memory 1) (memory 1))'],
    memory64: ['(module (memory i64 1))', '(module (table i64 1 funcref))'],
  };
  const others = ['relaxed-simd', 'function-references'];
  assert.deepEqual(new Set([...Object.keys(cases), ...others]), new Set(features));
  const relaxed = '(f32x4.relaxed_min (local.get 0) (local.get 0))';
  const text = `(module (func (param v128) (result v128) ${relaxed}))`;
  assert.deepEqual(featuresOf(text), ['simd', 'relaxed-simd']);
  for (const [feature, texts] of Object.entries(cases)) {
    for (const text of texts) assert.deepEqual(featuresOf(text), [feature], text);
  }
});

test('references to defined types, and those that are not null, are told too', () => {
  const { funcref } = ValType;
  const own = (...code: number[]): Uint8Array =>
    moduleBytes(typeSection([[], []]), section(3, 1, 0), section(10, ...vector(body([], ...code))));
  const modules: [bytes: Uint8Array, features: string[]][] = [
    [moduleBytes(section(1, 2, 0x60, 0, 0, 0x60, 1, 0x63, 0, 0)), ['function-references']],
    [moduleBytes(section(1, 1, 0x50, 0, 0x60, 0, 0)), ['function-references']],
    [moduleBytes(section(4, 1, 0x40, 0, funcref, 0, 0, 0xd0, funcref, 0x0b)), ['function-references']],
    [own(0xd0, 0, 0xd4, 0x1a), ['reference-types', 'function-references']],
    [own(0x02, 0x63, 0, 0x00, 0x0b, 0x1a), ['function-references']],
  ];
  for (const [bytes, expected] of modules) {
    const module = decodeModule(bytes);
    validateModule(module);
    const used = usedFeatures(module);
    assert.deepEqual(used, expected);
  }
});

test('sections lie where they are said to', () => {
  const bytes = wat('(module (memory 3) (func (export "f")))');
  const sections = listSections(bytes);
  assert.deepEqual(
    sections.filter(({ id }) => id !== 0).map(({ kind }) => kind),
    ['type', 'function', 'memory', 'export', 'code'],
  );
  const memory = sections.find(({ kind }) => kind === 'memory');
  assert(memory !== undefined);
  assert.deepEqual([...bytes.subarray(memory.offset, memory.offset + memory.byteLength)], [1, 0, 3]);
  // The last one reaches to the end; one of an unknown kind has a number.
  const last = sections[sections.length - 1];
  assert.equal(last.offset + last.byteLength, bytes.length);
  const more = Uint8Array.of(...bytes, 0, 4, 3, ...Buffer.from('own'), 99, 2, 7, 7);
  const [custom, unknown] = listSections(more).slice(-2);
  assert.deepEqual(custom, { id: 0, kind: 'custom', name: 'own', offset: bytes.length + 2, byteLength: 4 });
  assert.deepEqual([unknown.kind, unknown.byteLength], ['section 99', 2]);
  assert.throws(() => listSections(Uint8Array.of(...bytes, 1, 5, 0)));
});
