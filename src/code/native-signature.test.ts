import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type FuncType, ValType } from '../wasm/types.js';
import { addressType, parseNativeSignature, signatureMismatch, usesMemory } from './native-signature.js';

const { i32, i64, f32, f64, externref, funcref, v128 } = ValType;

test('all letters', () => {
  const signature = parseNativeSignature('(iIfFr**8*~$V)V');
  assert.deepEqual(
    signature.params.map((param) => (param.kind === 'value' ? param.letter : param.kind)),
    ['i', 'I', 'f', 'F', 'r', 'object', 'object', 'bytes', 'length', 'string', 'V'],
  );
  assert.deepEqual(signature.params[6], { kind: 'object', byteLength: 8, nullable: true });
  assert.equal(signature.result, 'V');
  assert.equal(usesMemory(signature), true);
  const type: FuncType = {
    params: [i32, i64, f32, f64, externref, i32, i32, i32, i32, i32, v128],
    results: [v128],
  };
  assert.equal(signatureMismatch(signature, type), undefined);
  assert.deepEqual(addressType(signature, type), {
    params: [i32, i64, f32, f64, externref, i64, i64, i64, i32, i64, v128],
    results: [v128],
  });
});

test('a pointer that may not be NULL has an exclamation mark behind it', () => {
  assert.deepEqual(parseNativeSignature('(*!**8!*~!$!$i)').params, [
    { kind: 'object', byteLength: 1, nullable: false },
    { kind: 'object', byteLength: 1, nullable: true },
    { kind: 'object', byteLength: 8, nullable: false },
    { kind: 'bytes', nullable: false },
    { kind: 'length' },
    { kind: 'string', nullable: false },
    { kind: 'string', nullable: true },
    { kind: 'value', letter: 'i' },
  ]);
});

test('what is no signature says where', () => {
  for (const [text, message] of [
    ['', 'native signature "": "(" expected at character 1'],
    ['i', 'native signature "i": "(" expected at character 1'],
    ['(i', 'native signature "(i": ")" expected at character 3'],
    ['(ix)', 'native signature "(ix)": unknown letter "x" at character 3'],
    ['(i~)', 'native signature "(i~)": "~" must follow "*" at character 3'],
    ['(i!)', 'native signature "(i!)": "!" must follow a pointer at character 3'],
    ['($!!)', 'native signature "($!!)": "!" must follow a pointer at character 4'],
    ['(*!~)', 'native signature "(*!~)": "~" must follow "*" at character 4'],
    ['(*!8)', 'native signature "(*!8)": unknown letter "8" at character 4'],
    ['(*0)', 'native signature "(*0)": "0" is no number of bytes at character 3'],
    ['(*4294967296)', 'native signature "(*4294967296)": "4294967296" is no number of bytes at character 3'],
    ['(i)*', 'native signature "(i)*": nothing or one of the letters i I f F V r expected at character 4'],
    ['(i)ii', 'native signature "(i)ii": nothing or one of the letters i I f F V r expected at character 4'],
    ['(i)i ', 'native signature "(i)i ": nothing or one of the letters i I f F V r expected at character 4'],
  ]) {
    assert.throws(() => parseNativeSignature(text), { name: 'SyntaxError', message });
  }
});

test('types that do not fit', () => {
  const type = (params: ValType[], results: ValType[] = []): FuncType => ({ params, results });
  for (const [text, found, message] of [
    ['(i)', type([i64]), 'must have type [i32] -> [], not [i64] -> []'],
    ['(i)i', type([i32]), 'must have type [i32] -> [i32], not [i32] -> []'],
    ['(i)', type([i32], [i32]), 'must have type [i32] -> [], not [i32] -> [i32]'],
    ['(*~)', type([i32]), 'must have type [i32 i32] -> [], not [i32] -> []'],
    ['($)', type([i64]), 'must have type [i32] -> [], not [i64] -> []'],
    ['(r)F', type([f64], [f64]), 'must have type [reference] -> [f64], not [f64] -> [f64]'],
    ['(i)i', type([i32], [i32, i32]), 'returns several values'],
    ['(i)', type([v128]), 'must have type [i32] -> [], not [v128] -> []'],
    ['(V)V', type([i64], [v128]), 'must have type [v128] -> [v128], not [i64] -> [v128]'],
    ['(V)r', type([v128], [v128]), 'must have type [v128] -> [reference], not [v128] -> [v128]'],
  ] as const) {
    assert.equal(signatureMismatch(parseNativeSignature(text), found), message);
  }
  for (const reference of [externref, funcref]) {
    assert.equal(signatureMismatch(parseNativeSignature('(r)r'), type([reference], [reference])), undefined);
  }
});
