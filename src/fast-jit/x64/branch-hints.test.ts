import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { Op } from '../../ir/ops.js';
import { llvmMachines } from '../../llvm-jit/execution.fixture.js';
import { wat } from '../../runtime/modules.fixture.js';
import { withHints } from '../../wasm/branch-hints.fixture.js';
import { disassemble } from '../../x64/disassemble.js';
import { allMachines } from '../execution.fixture.js';
import { allOptions, compileAll, firstIr, irLines, loadModule } from '../modules.fixture.js';

/** The second branch to `$out` finds other values in registers than the first one. */
const text = `(module (import "m" "f" (func $f (param i32) (result i32)))
  (func (export "g") (param $a i32) (param $b i32) (result i32) (local $c i32)
    (block $out
      (br_if $out (i32.lt_s (local.get $a) (i32.const 3)))
      (local.set $c (call $f (local.get $b)))
      (local.set $b (i32.add (local.get $c) (local.get $b)))
      (br_if $out (i32.gt_s (local.get $c) (i32.const 7)))
      (if (i32.eq (local.get $b) (i32.const 5))
        (then (local.set $a (call $f (i32.mul (local.get $a) (local.get $c)))))
        (else (local.set $b (i32.const 9))))
      (loop $l
        (local.set $a (i32.sub (local.get $a) (i32.const 1)))
        (br_if $l (i32.gt_s (local.get $a) (local.get $c)))))
    (i32.add (i32.mul (local.get $a) (i32.const 10)) (i32.xor (local.get $b) (local.get $c)))))`;

const plain = wat(text);
const hinted = [0, 1].map((value) => withHints(plain, branches(plain), value));

/** Byte offsets of the `if`s and `br_if`s of the first function. */
function branches(bytes: Uint8Array): number[] {
  const ir = firstIr(loadModule(bytes));
  return [...ir.wasmOffset.subarray(0, ir.count)].filter((_, at) => ir.op[at] === Op.br_if);
}

/** What is said of each branch in IR. */
function hintsOf(bytes: Uint8Array): (string | undefined)[] {
  return irLines(bytes)
    .filter((line) => line.includes('br_if'))
    .map((line) => /(un)?likely/.exec(line)?.[0]);
}

test('the frontend hands hints on; an if branches where its condition is false', () => {
  assert.deepEqual(hintsOf(plain), [undefined, undefined, undefined, undefined]);
  assert.deepEqual(hintsOf(hinted[0]), ['unlikely', 'unlikely', 'likely', 'unlikely']);
  assert.deepEqual(hintsOf(hinted[1]), ['likely', 'likely', 'unlikely', 'likely']);
});

async function instructions(bytes: Uint8Array): Promise<string[]> {
  const [{ bytes: code }] = compileAll(loadModule(bytes), allOptions[0]);
  return (await disassemble(code, 0, code.length)).map((instruction) => instruction.text);
}

test('the Fast JIT puts what is seldom done behind the function', async () => {
  const [usual, cold, hot] = await Promise.all([plain, ...hinted].map(instructions));
  const behind = (lines: readonly string[]): readonly string[] => lines.slice(lines.indexOf('ret') + 1);
  assert.deepEqual(behind(usual), []);
  const moves = behind(cold);
  assert.match(moves.at(-1) ?? '', /^jmp /);
  assert.ok(moves.length > 1 && moves.slice(0, -1).every((line) => line.startsWith('mov ')));
  // It is the same work in another order.
  assert.ok(cold.length <= usual.length);
  // The way that is likely goes on where it did.
  const flow = hot.filter((line) => line.startsWith('jl') || line.startsWith('jle'));
  assert.ok(flow.length > 0);
});

const runtimes = allMachines.map(({ make }) => make());
after(() => {
  for (const runtime of runtimes) runtime.dispose();
});

for (const [k, { name }] of allMachines.entries()) {
  test(`hints change no result: ${name}`, () => {
    const values = [-3, 0, 2, 3, 5, 8, 1000];
    const results = [plain, ...hinted].map((bytes) => {
      const calls: unknown[] = [];
      const f = (value: number): number => {
        calls.push(value);
        return value ^ 4;
      };
      const runtime = runtimes[k];
      const { g } = runtime.instantiate<{ g(a: number, b: number): number }>(runtime.compile(bytes), {
        m: { f },
      }).exports;
      return [values.map((a) => values.map((b) => g(a, b))), calls];
    });
    assert.deepEqual(results[1], results[0]);
    assert.deepEqual(results[2], results[0]);
  });
}

test('LLVM is among the machines where it can be had', () => {
  assert.equal(allMachines.filter(({ name }) => name.startsWith('LLVM')).length, llvmMachines.length);
});
