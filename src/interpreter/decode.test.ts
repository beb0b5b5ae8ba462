import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { wat } from '../runtime/modules.fixture.js';
import { decodeModule } from '../wasm/decode.js';
import { mnemonic, opcodes } from '../wasm/opcodes.js';
import { FunctionDecoder } from './decode.js';
import { type FunctionBody, wasmOffsetBefore } from './function-body.js';
import {
  branchingComparison,
  branchingConstantComparison,
  Operation,
  operationOf,
  withConstant,
} from './operations.js';

const names = new Map<number, string>(Object.entries(Operation).map(([name, number]) => [number, name]));

function operationName(operation: number): string {
  const own = names.get(operation);
  if (own !== undefined) return own;
  for (const { code, mnemonic: name, kind } of opcodes) {
    if (operationOf[code] === operation) return name;
    if (withConstant(code) === operation) return `${name} constant`;
    if (kind !== 'relop' || !name.startsWith('i32.')) continue;
    if (code + branchingComparison === operation) return `br_if ${name}`;
    if (code + branchingConstantComparison === operation) return `br_if ${name} constant`;
  }
  return `0x${operation.toString(16)}`;
}

/** Function 0 of a module in the binary format. */
function decode(bytes: Uint8Array): FunctionBody {
  return new FunctionDecoder(decodeModule(bytes), () => ({ deterministic: false, fused: false })).decode(0);
}

/** The code of function 0, an operation a line; those with words behind are not for this. */
function codeOf(text: string): string[] {
  const { code } = decode(wat(`(module (memory 1) ${text})`));
  const lines: string[] = [];
  for (let at = 0; at < code.length; at += 4) {
    lines.push(`${operationName(code[at])} ${code.subarray(at + 1, at + 4).join(' ')}`);
  }
  return lines;
}

const i32s = '(param i32 i32) (result i32)';

describe('decoding', () => {
  const examples: readonly (readonly [what: string, text: string, code: readonly string[]])[] = [
    [
      'reads operands from locals, and writes a result to where the caller expects it',
      `(func ${i32s} (i32.add (local.get 0) (local.get 1)))`,
      ['i32.add 0 0 2', 'return 0 0 0'],
    ],
    [
      'has the constant in the operation',
      `(func ${i32s} (i32.add (local.get 1) (i32.const 9)))`,
      ['i32.add constant 0 2 9', 'return 0 0 0'],
    ],
    [
      'writes a result straight to a local',
      '(func (param i32 i32) (local.set 0 (i32.mul (local.get 0) (local.get 1))))',
      ['i32.mul 0 0 2', 'return 0 0 0'],
    ],
    [
      'copies a local away that is written while it is on the operand stack',
      `(func ${i32s} (local.get 0) (local.set 0 (local.get 1)))`,
      ['copy32 4 0 0', 'copy32 0 2 0', 'copy32 0 4 0', 'return 0 0 0'],
    ],
    [
      'copies an f64 as one piece, an i64 as words',
      '(func (param f64 f64 i64 i64) (local.set 0 (local.get 1)) (local.set 2 (local.get 3)))',
      ['copyF64 0 2 0', 'copy64 4 6 0', 'return 0 0 0'],
    ],
    [
      'joins a comparison to its branch',
      `(func ${i32s} (block (br_if 0 (i32.lt_u (local.get 0) (local.get 1))) (unreachable)) (local.get 0))`,
      ['br_if i32.lt_u 8 0 2', 'unreachable 0 0 0', 'return 0 0 0'],
    ],
    [
      'joins a comparison with a constant to its branch',
      `(func ${i32s} (block (br_if 0 (i32.lt_u (local.get 0) (i32.const -7))) (unreachable)) (local.get 0))`,
      ['br_if i32.lt_u constant 8 0 -7', 'unreachable 0 0 0', 'return 0 0 0'],
    ],
    [
      'turns a comparison round for an if',
      `(func ${i32s} (if (i32.lt_u (local.get 0) (local.get 1)) (then (unreachable))) (local.get 0))`,
      ['br_if i32.ge_u 8 0 2', 'unreachable 0 0 0', 'return 0 0 0'],
    ],
    [
      'has no operation for eqz before a branch',
      `(func ${i32s} (block (br_if 0 (i32.eqz (local.get 1))) (unreachable)) (local.get 0))`,
      ['br_unless 8 2 0', 'unreachable 0 0 0', 'return 0 0 0'],
    ],
    [
      'has no operation where only the type of a value changes',
      '(func (param i64) (result f32) (f32.reinterpret_i32 (i32.wrap_i64 (local.get 0))))',
      ['return 0 0 0'],
    ],
    [
      'knows where a loop begins',
      '(func (param i32) (loop (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))))',
      ['i32.sub 0 0 2', 'br_if 0 0 0', 'return 0 0 0'],
    ],
    [
      'leaves out what cannot be reached',
      `(func ${i32s} (return (local.get 1)) (i32.add (local.get 0) (local.get 1)))`,
      ['copy32 0 2 0', 'return 0 0 0'],
    ],
  ];
  for (const [what, text, code] of examples) test(what, () => assert.deepEqual(codeOf(text), code));

  const throwing: readonly (readonly [what: string, text: string, code: string[], handlers: number[]])[] = [
    [
      'lets the pad of a try follow its code',
      `(func ${i32s} (block $out (result i32)
        (try_table (result i32) (catch $t $out) (throw $t (local.get 1)))))`,
      [
        'copy32 4 2 0',
        'throw 0 4 0',
        'catch 16 0 4',
        'br 20 0 0',
        'pass_on 2 0 0',
        'copy32 0 4 0',
        'return 0 0 0',
      ],
      [0, 8, 8, 2],
    ],
    [
      'passes the exception itself to a clause that wants it, and all on to nobody behind catch_all',
      `(func (param i32) (block $out (result exnref)
        (try_table (catch_all_ref $out) (call 0 (local.get 0))) (return)) (throw_ref))`,
      [
        'copy32 2 0 0',
        'call 0 2 0',
        'br 20 0 0',
        'caught 2 0 0',
        'br 24 0 0',
        'return 0 0 0',
        'throw_ref 0 2 0',
      ],
      [0, 12, 12, 2],
    ],
    [
      'keeps the exception of a legacy arm below its values, and jumps over arms',
      `(func ${i32s} (try (result i32) (do (call 0 (local.get 0) (local.get 1)))
        (catch $t) (catch_all (rethrow 0))))`,
      [
        'copy32 4 0 0',
        'copy32 6 2 0',
        'call 0 4 0',
        'br 40 0 0',
        'catch 32 0 6',
        'caught 4 0 0',
        'copy32 4 6 0',
        'br 40 0 0',
        'caught 4 0 0',
        'throw_ref 0 4 0',
        'copy32 0 4 0',
        'return 0 0 0',
      ],
      [0, 16, 16, 1],
    ],
    [
      'passes a delegated exception to the control frames around its target',
      `(func (param i32) (try (do (try (do (call 0 (local.get 0))) (delegate 1))) (catch_all)))`,
      [
        'copy32 2 0 0',
        'call 0 2 0',
        'br 16 0 0',
        'pass_on 1 0 0',
        'br 28 0 0',
        'caught 2 0 0',
        'br 28 0 0',
        'return 0 0 0',
      ],
      [0, 12, 12, 2, 0, 20, 20, 1],
    ],
  ];
  for (const [what, text, code, handlers] of throwing) {
    test(what, () => {
      assert.deepEqual(codeOf(`(tag $t (param i32)) ${text}`), code);
      const { handlers: found } = decode(wat(`(module (memory 1) (tag $t (param i32)) ${text})`));
      assert.deepEqual([...found], handlers);
    });
  }

  test('knows the wasm instructions of operations that can trap', () => {
    const bytes = wat(`(module (memory 1) (func (param i32) (result i32)
      (i32.add (i32.load (local.get 0)) (i32.div_u (local.get 0) (i32.load offset=8 (local.get 0))))))`);
    const body = decode(bytes);
    const found = [4, 8, 12].map((next) => mnemonic(bytes[wasmOffsetBefore(body, next) ?? 0]));
    assert.deepEqual(found, ['i32.load', 'i32.load', 'i32.div_u']);
  });
});
