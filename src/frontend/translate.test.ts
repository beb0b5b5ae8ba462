import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { firstIr, irLines, loadModule } from '../fast-jit/modules.fixture.js';
import { printInstruction } from '../ir/print.js';
import { wat } from '../runtime/modules.fixture.js';
import { opcodes } from '../wasm/opcodes.js';

/** A module in which every instruction is valid. Local 200 is an i64. */
const module = (code: string): string => `(module
  (memory 1) (table $t 2 funcref) (table $e 2 externref) (global $g (mut i32) (i32.const 0))
  (data "data") (elem func $f) (type $two (func (param i32 i32) (result i32 i32)))
  (tag $tag (param i32))
  (func $f (result i32) (local i32 f32) (local ${'i64 '.repeat(200)}) ${code}))`;

/**
 * Every instruction with immediates, with operands where the text format wants some; the immediates are of
 * several bytes where that is possible.
 */
const withImmediates: readonly string[] = [
  '(block (result i32) (i32.const 1)) drop',
  '(loop (br 0))',
  '(if (i32.const 0) (then (nop)) (else (nop)))',
  '(if (result i32) (i32.const 0) (then (i32.const 1)) (else (i32.const -1))) drop',
  '(i32.const 1) (i32.const 2) (block (param i32 i32) (result i32 i32)) drop drop',
  '(br 0)',
  '(br_if 0 (i32.const 1))',
  `(block ${'(block '.repeat(140)} (br_table 0 1 139 130 (i32.const 1)) ${')'.repeat(140)})`,
  '(drop (call $f))',
  '(call_indirect (type $two) (i32.const 0) (i32.const 0) (i32.const 0)) drop drop',
  '(drop (select (i32.const 1) (i32.const 2) (i32.const 3)))',
  '(drop (select (result i64) (i64.const 1) (i64.const 2) (i32.const 3)))',
  '(drop (local.get 200))',
  '(local.set 200 (i64.const 1))',
  '(drop (local.tee 200 (i64.const 1)))',
  '(global.set $g (global.get $g))',
  '(table.set $e (i32.const 0) (table.get $e (i32.const 1)))',
  '(table.init $t 0 (i32.const 0) (i32.const 0) (i32.const 0))',
  '(elem.drop 0)',
  '(table.copy $e $e (i32.const 0) (i32.const 0) (i32.const 0))',
  '(drop (table.grow $e (ref.null extern) (i32.const 0)))',
  '(drop (table.size $e))',
  '(table.fill $e (i32.const 0) (ref.null extern) (i32.const 0))',
  '(drop (i64.load offset=4294967295 (i32.const 0)))',
  '(f32.store offset=300 align=1 (i32.const 0) (f32.const 0))',
  '(drop (memory.size))',
  '(drop (memory.grow (i32.const 0)))',
  '(memory.init 0 (i32.const 0) (i32.const 0) (i32.const 0))',
  '(data.drop 0)',
  '(memory.copy (i32.const 0) (i32.const 0) (i32.const 0))',
  '(memory.fill (i32.const 0) (i32.const 0) (i32.const 0))',
  '(drop (i32.const -2147483648))',
  '(drop (i64.const -9223372036854775808))',
  // Constants whose bytes look like `end`, `else` and openings of blocks.
  `(drop (f32.const nan:0x0b0b0b)) (drop (i32.const 11)) (drop (i64.const 0x0b050b))`,
  `(drop (f64.const nan:0x0b0b0505040302)) (drop (i32.const 5))`,
  '(drop (v128.const i64x2 0x0b0b0505040302ff 0x0b05)) (drop (i32.const 5))',
  '(drop (i8x16.shuffle 0 11 2 5 4 3 2 1 31 5 11 11 11 11 0 0 (v128.const i64x2 0 0) (v128.const i64x2 0 0)))',
  ...['i8x16', 'i16x8'].flatMap((shape) => [
    `(drop (${shape}.extract_lane_s 5 (v128.const i64x2 0 0)))`,
    `(drop (${shape}.extract_lane_u 5 (v128.const i64x2 0 0)))`,
  ]),
  ...['i32x4', 'f32x4', 'i64x2', 'f64x2'].map(
    (shape) => `(drop (${shape}.extract_lane 1 (v128.const i64x2 0 0)))`,
  ),
  ...['i8x16.', 'i16x8.', 'i32x4.'].map((shape) => {
    return `(drop (${shape}replace_lane 2 (v128.const i64x2 0 0) (i32.const 1)))`;
  }),
  ...['i64', 'f32', 'f64'].map((type) => {
    const shape = type === 'f32' ? 'f32x4' : `${type}x2`;
    return `(drop (${shape}.replace_lane 1 (v128.const i64x2 0 0) (${type}.const 1)))`;
  }),
  '(v128.store8_lane offset=3000000000 11 (i32.const 0) (v128.const i64x2 0 0))',
  '(drop (ref.is_null (ref.func $f)))',
  '(drop (i32.trunc_sat_f64_u (f64.const 1)))',
  '(drop (i32.extend8_s (i32.eqz (i32.const 1))))',
  'unreachable',
  'nop',
  '(return (i32.const 5))',
  '(throw $tag (i32.const 1))',
  '(block (result i32) (try_table (catch $tag 0) (catch_all 1)) (i32.const 1)) drop',
  '(try (do (nop)) (catch $tag (drop) (rethrow 0)) (catch_all (rethrow 0)))',
  '(try (result i32) (do (i32.const 1)) (delegate 0)) drop',
  '(return_call $f)',
  '(return_call_indirect (result i32) (i32.const 0))',
];

/** The same that the parser does not know: their bytes. Type 0 is $two, type 2 that of $f. */
const withoutText: readonly (readonly [name: string, ...bytes: number[]])[] = [
  ['call_ref', 0x14, 0x80, 0x00, 0x1a, 0x1a],
  ['return_call_ref', 0x15, 0x82, 0x00],
  ['br_on_null', 0xd5, 0x80, 0x00, 0x1a],
  ['br_on_non_null', 0x02, 0x64, 0x70, 0x00, 0xd6, 0x00, 0x0b, 0x1a],
];

/** A module in whose unreachable code, otherwise empty, the bytes of an instruction stand. */
function withBytes(bytes: readonly number[]): Uint8Array {
  const binary = wat(module(`(block (br 0) ${'nop '.repeat(bytes.length)}) (i32.const 77)`));
  const start = Buffer.from(binary).indexOf(Buffer.alloc(bytes.length, 1));
  binary.set(bytes, start);
  return binary;
}

describe('unreachable code', () => {
  test('every instruction is skipped whole, up to the end of its frame', () => {
    for (const code of withImmediates) {
      const text = module(`(block (br 0) ${code}) (i32.const 77)`);
      assert.deepEqual(irLines(text), ['br L0', 'L0:', 'return (77)'], code);
    }
    for (const [name, ...bytes] of withoutText) {
      assert.deepEqual(irLines(withBytes(bytes)), ['br L0', 'L0:', 'return (77)'], name);
    }
  });

  test('that was every instruction with immediates, and loads and stores by example', () => {
    const words = new Set(withImmediates.flatMap((code) => code.match(/[a-z][\w.]*/g) ?? []));
    for (const [name] of withoutText) words.add(name);
    const missing = opcodes.filter(
      ({ mnemonic, immediates, access }) =>
        immediates.length > 0 && access === 0 && !words.has(mnemonic.replace('select t', 'select')),
    );
    assert.deepEqual(missing, []);
  });

  test('the else of a construct that was skipped is skipped too', () => {
    const lines = irLines(`(module (func (param i32) (result i32)
      (if (result i32) (local.get 0)
        (then (return (i32.const 1)) (if (i32.const 1) (then (nop)) (else (nop))) (i32.const 9))
        (else (i32.const 2)))))`);
    assert.deepEqual(lines, ['br_if $0, L0 unless', 'return (1)', 'L0:', 'return (2)']);
  });

  const enders: readonly (readonly [string, string])[] = [
    ['unreachable', 'trap trap 1'],
    ['(return (i32.const 3))', 'return (3)'],
    ['(br 0 (i32.const 3))', 'return (3)'],
    ['(br_table 0 0 (i32.const 3) (i32.const 1))', 'br_table 1, L0 L0'],
  ];
  for (const [code, last] of enders) {
    test(`nothing follows ${code}`, () => {
      const lines = irLines(
        `(module (func (result i32) ${code} (i32.add (i32.const 1)) (i32.mul (i32.const 8))))`,
      );
      assert.ok(lines.includes(last), lines.join('\n'));
      assert.ok(!lines.some((line) => /add|mul/.test(line)), lines.join('\n'));
    });
  }

  test('a loop that is left by no way makes what follows unreachable', () => {
    const lines = irLines('(module (func (result i32) (loop (br 0)) (i32.add (i32.const 1) (i32.const 2))))');
    assert.deepEqual(lines, ['L0: loop', 'br L0']);
  });

  test('a block that some branch leaves makes what follows reachable', () => {
    const lines = irLines(
      '(module (func (param i32) (result i32) (block (br_if 0 (local.get 0)) unreachable) (i32.const 2)))',
    );
    assert.deepEqual(lines, ['br_if $0, L0', 'trap trap 1', 'L0:', 'return (2)']);
  });
});

describe('translation', () => {
  test('instructions know the offset of the wasm instruction that they come from', () => {
    const bytes = wat(`(module (memory 1) (table 1 funcref) (func $main (param i32) (result i32)
      (i32.store (i32.const 300) (i32.const 70000))
      (if (local.get 0) (then (return (i32.load offset=200 (i32.const 1)))))
      (loop $l (br_if $l (i32.div_u (local.get 0) (i32.const 3))))
      (call_indirect (param i32) (result i32) (i32.const 1) (local.get 0))))`);
    const ir = firstIr(loadModule(bytes));
    const opcodeAt: Readonly<Record<string, number>> = {
      'i32.store': 0x36,
      'i32.load': 0x28,
      'i32.div_u': 0x6e,
      return: 0x0f,
      call_record: 0x11,
      trap_if: 0x11,
      'element.load': 0x11,
    };
    let checked = 0;
    for (let at = 0; at < ir.count; at++) {
      const text = printInstruction(ir, at);
      for (const [name, opcode] of Object.entries(opcodeAt)) {
        if (!new RegExp(`(^|= )${name} `).test(text) || at === ir.count - 1) continue;
        assert.equal(bytes[ir.wasmOffset[at]], opcode, text);
        checked++;
      }
    }
    assert.equal(checked, 9);
    // The last return is that of the function's end.
    assert.equal(bytes[ir.wasmOffset[ir.count - 1]], 0x0b);
  });

  test('locals are numbered behind the parameters, group by group', () => {
    const ir = firstIr(loadModule('(module (func (param f32 i64) (local i32 i32 f64) (local externref)))'));
    assert.deepEqual([ir.paramCount, ir.localCount], [2, 6]);
    assert.deepEqual([...ir.vtype.subarray(0, 6)], [2, 1, 0, 0, 3, 1]);
    assert.deepEqual([...ir.tracked.subarray(0, 8)], [0, 1, 2, 3, 4, 5, 6, 7]);
    assert.deepEqual([ir.instance, ir.memoryBase], [6, 7]);
  });
});
