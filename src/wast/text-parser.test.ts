import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeModule } from '../wasm/decode.js';
import { validateModule } from '../wasm/validate.js';
import { parseText } from './text-parser.js';

/** Modules in the text format, by the feature that they need. */
const cases: readonly [feature: string, modules: readonly string[]][] = [
  [
    'threads',
    [
      '(memory 1 1 shared)',
      '(memory 1) (func (drop (i32.atomic.load (i32.const 0))))',
      '(func (atomic.fence))',
    ],
  ],
  [
    'typed function references in the text format',
    [
      '(type $t (func)) (func (param (ref $t)) (call_ref $t (local.get 0)))',
      '(func (param (ref null func)))',
      '(func (param funcref) (drop (ref.as_non_null (local.get 0))))',
      '(rec (type $t (func)))',
      '(type $t (sub (func)))',
    ],
  ],
  [
    'garbage collection',
    [
      '(type $s (struct (field i32))) (func (drop (struct.new $s (i32.const 1))))',
      '(type $a (array i8))',
      '(func (param anyref))',
      '(func (drop (ref.i31 (i32.const 1))))',
    ],
  ],
  ['wide arithmetic', ['(func (param i64) (i64.mul_wide_s (local.get 0) (local.get 0)) drop drop)']],
  ['stack switching', ['(type $f (func)) (type $c (cont $f))']],
  ['custom page sizes', ['(memory 1 (pagesize 1))']],
];

/** The message about a module, whether the parser or the decoder refuses it. */
async function refusal(fields: string): Promise<string> {
  try {
    validateModule(decodeModule(await parseText('text.wat', Buffer.from(`(module ${fields})`))));
  } catch (error) {
    if (error instanceof Error) return error.message;
  }
  return 'nothing';
}

test('text with features of later versions is read', async () => {
  for (const fields of [
    '(func (drop (v128.const i64x2 0 0)))',
    '(func (param v128) (drop (i8x16.relaxed_swizzle (local.get 0) (local.get 0))))',
    '(func $f (return_call $f))',
    '(tag $e (param i32)) (func (throw $e (i32.const 1)))',
    '(func (block $l (try_table (catch_all $l)))) (func (param exnref) (throw_ref (local.get 0)))',
    '(func (try (do) (catch_all)))',
    '(memory i64 1) (table i64 1 funcref)',
    '(memory $a 1) (memory $b 1) (func (drop (i32.load $b (i32.const 0))))',
    '(@custom "note" "text") (func (@metadata.code.branch_hint "\\00"))',
  ]) {
    assert.equal(await refusal(fields), 'nothing', fields);
  }
});

test('text that needs a later feature is refused by its name', async () => {
  for (const [feature, modules] of cases) {
    for (const module of modules) {
      const message = await refusal(module);
      assert(message.includes(`unsupported feature: ${feature}`), `${module}: ${message}`);
    }
  }
});

test('other errors in text stay what they are, and name the place', async () => {
  for (const [module, message] of [
    ['(func (i32.konst 1))', /^text\.wat:1:16: error: unexpected token "i32\.konst"/],
    ['(func (call $nope))', /^text\.wat:1:21: error: undefined function variable "\$nope"$/],
    ['(func (param $any i32) local.get $any drop x)', /^text\.wat:1:\d+: error: unexpected token x/],
    ['(func (result i32) (i64.const 0))', /^type mismatch/],
  ] as const) {
    assert.match(await refusal(module), message);
  }
});
