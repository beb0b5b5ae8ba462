import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { disassemble } from '../../x64/disassemble.js';
import { type CompileOptions, compileFunction } from '../compile.js';
import { fullCpu, loadModule } from '../modules.fixture.js';

const guarded: CompileOptions = { memoryMode: 'guarded', cpu: fullCpu };

/**
 * Instructions of the loop that comes last in a function's code: from where its branch back goes to, to that
 * branch.
 */
async function lastLoop(text: string, options = guarded): Promise<string[]> {
  const { wasm, layout } = loadModule(text);
  const { bytes, entry, codeEnd } = compileFunction(wasm, layout, wasm.importedFunctionCount, options);
  const instructions = await disassemble(bytes, entry, codeEnd);
  for (let last = instructions.length - 1; last >= 0; last--) {
    const target = Number(/^j\w+ (\w+)$/.exec(instructions[last].text)?.[1]);
    if (!(target <= instructions[last].offset)) continue;
    const first = instructions.findIndex(({ offset }) => offset === target);
    return instructions.slice(first, last + 1).map((instruction) => instruction.text);
  }
  return assert.fail('there is no loop');
}

/** Accesses of the frame: values that are loaded or saved in each turn. */
const ofFrame = (code: readonly string[]): string[] => code.filter((text) => /\[rbp/.test(text));
const ofMemory = (code: readonly string[]): string[] => code.filter((text) => text.includes('ptr ['));

const counting = (body: string): string => `
  (loop $l ${body} (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))`;

describe('values in loops', () => {
  test('a sum in a loop is an addition, a subtraction and a branch on the result', async () => {
    const code = await lastLoop(
      `(module (func (param i32) (result i32) (local i32)
        ${counting('(local.set 1 (i32.add (local.get 1) (local.get 0)))')} (local.get 1)))`,
    );
    assert.ok(code.length <= 4, code.join('\n'));
    assert.ok(
      code.every((text) => /^(add|sub|test|jne) /.test(text)),
      code.join('\n'),
    );
  });

  test('stay in registers where there are enough, of both kinds', async () => {
    const integers = Array.from({ length: 8 }, (_, k) => k + 1);
    const floats = Array.from({ length: 10 }, (_, k) => k + 9);
    const code =
      await lastLoop(`(module (func (param i32) (result f64) (local ${'i64 '.repeat(8)} ${'f64 '.repeat(10)})
      ${counting(`
        ${integers.map((k) => `(local.set ${k} (i64.add (local.get ${k}) (local.get ${(k % 8) + 1})))`).join(' ')}
        ${floats.map((k) => `(local.set ${k} (f64.mul (local.get ${k}) (local.get ${(k % 10) + 9})))`).join(' ')}`)}
      ${integers.slice(1).reduce((sum, k) => `(i64.add ${sum} (local.get ${k}))`, '(local.get 1)')}
      f64.convert_i64_s ${floats.map((k) => `(local.get ${k}) f64.add`).join(' ')}))`);
    assert.deepEqual(ofMemory(code), []);
  });

  test("the memory's base is fetched before the loop", async () => {
    const code = await lastLoop(`(module (memory 1) (func (param i32 i32)
      ${counting('(i32.store (local.get 0) (i32.load (local.get 1)))')}))`);
    assert.equal(ofMemory(code).length, 2);
    assert.deepEqual(ofFrame(code), []);
  });

  test('so it is where a call stood before the loop', async () => {
    const code =
      await lastLoop(`(module (memory 1) (func $f (param i32 i32) (call $f (local.get 1) (local.get 0))
      ${counting('(i32.store (local.get 0) (local.get 1))')}))`);
    assert.equal(ofMemory(code).length, 1);
  });

  test('outlive calls in registers that calls preserve', async () => {
    const code = await lastLoop(`(module (func $f (param i32 i32 i32) (result i32)
      ${counting('(local.set 1 (i32.add (local.get 1) (call $g (local.get 2))))')} (local.get 1))
      (func $g (param i32) (result i32) (local.get 0)))`);
    assert.ok(code.some((text) => text.startsWith('call')));
    // The instance may lie in the frame; the three locals do not.
    assert.ok(
      ofFrame(code).every((text) => text.includes('qword ptr')),
      code.join('\n'),
    );
    assert.ok(ofFrame(code).length <= 1, code.join('\n'));
  });

  test('an inner loop is not made to pay for what only the outer one needs', async () => {
    const others = Array.from({ length: 12 }, (_, k) => k + 3);
    const code = await lastLoop(`(module (func (param i32 i32) (result i64) (local i64 ${'i64 '.repeat(12)})
      (loop $outer
        ${others.map((k) => `(local.set ${k} (i64.add (local.get ${k}) (i64.extend_i32_u (local.get 1))))`).join(' ')}
        (loop $inner
          (local.set 2 (i64.add (i64.mul (local.get 2) (i64.const 3)) (i64.extend_i32_u (local.get 0))))
          (br_if $inner (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
        (local.set 0 (i32.const 10))
        (br_if $outer (local.tee 1 (i32.sub (local.get 1) (i32.const 1)))))
      ${others.reduce((sum, k) => `(i64.xor ${sum} (local.get ${k}))`, '(local.get 2)')}))`);
    // The last branch back is that of the outer loop; the inner one lies within.
    const back = code.findIndex((text, k) => k < code.length - 1 && text.startsWith('jne'));
    const start = code
      .slice(0, back)
      .findLastIndex((text) => text.startsWith('lea') || text.startsWith('imul'));
    assert.ok(start >= 0 && back > start);
    assert.deepEqual(ofFrame(code.slice(start, back)), [], code.join('\n'));
  });

  test('a value that no turn changes is saved before the loop, not in it', async () => {
    const kept = Array.from({ length: 20 }, (_, k) => k + 2);
    const code = await lastLoop(`(module (func $f (param i32 i64) (result i64) (local ${'i64 '.repeat(20)})
      ${kept.map((k) => `(local.set ${k} (i64.mul (local.get 1) (i64.const ${k + 10})))`).join(' ')}
      ${counting(`(local.set 1 ${kept.reduce((sum, k) => `(i64.add ${sum} (local.get ${k}))`, '(local.get 1)')})
        (call $g)`)}
      ${kept.reduce((sum, k) => `(i64.xor ${sum} (local.get ${k}))`, '(local.get 1)')}) (func $g))`);
    const stores = ofFrame(code).filter((text) => /^mov\w* \w*word ptr \[rbp/.test(text));
    // What the loop itself changes may have to be saved around the call.
    assert.ok(stores.length <= 2, stores.join('\n'));
  });
});

describe('heads of loops', () => {
  test('innermost ones begin at multiples of 16', async () => {
    for (let padding = 0; padding < 8; padding++) {
      const { wasm, layout } = loadModule(`(module (func (param i32 i32)
        ${'(local.set 1 (i32.add (local.get 1) (i32.const 1000)))'.repeat(padding)}
        ${counting('(local.set 1 (i32.mul (local.get 1) (local.get 1)))')}))`);
      const { bytes, entry, codeEnd } = compileFunction(wasm, layout, 0, guarded);
      const instructions = await disassemble(bytes, entry, codeEnd);
      const back = instructions.find(({ text }) => text.startsWith('jne'));
      assert.ok(back !== undefined);
      assert.equal(Number(back.text.split(' ')[1]) % 16, 0);
    }
  });
});
