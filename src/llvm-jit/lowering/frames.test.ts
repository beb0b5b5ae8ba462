import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { Trap } from '../../code/traps.js';
import { exportedFunctions } from '../../fast-jit/execution.fixture.js';
import { trapOf } from '../../runtime/traps/trap.fixture.js';
import { llvmMachines } from '../execution.fixture.js';
import { withoutLlvm } from '../library.fixture.js';

/** Deep stacks and large frames of LLVM's code. */

const machines = llvmMachines.map((machine) => ({ ...machine, runtime: machine.make() }));
after(() => {
  for (const { runtime } of machines) runtime.dispose();
});

function repeated(count: number, code: (k: number) => string): string {
  return Array.from({ length: count }, (_, k) => code(k)).join(' ');
}

/** A function that calls itself with `count` values alive, which are all other ones and needed afterwards. */
function wide(count: number): string {
  return `(module
    (func $f (export "f") (param $depth i32) (param $x i64) (result i64) (local ${repeated(count, () => 'i64')})
      ${repeated(count, (k) => `(local.set ${2 + k} (i64.mul (local.get $x) (i64.const ${2 * k + 3})))`)}
      (if (local.get $depth)
        (then (local.set $x (call $f (i32.sub (local.get $depth) (i32.const 1)) (i64.add (local.get $x) (i64.const 1))))))
      local.get $x ${repeated(count, (k) => `local.get ${2 + k} i64.add`)}
      ${repeated(count, (k) => `local.get ${2 + k} i64.xor`)})
    (func (export "ok") (result i32) (i32.const 7)))`;
}

describe('frames', { skip: withoutLlvm() }, () => {
  for (const { name, runtime } of machines) {
    for (const count of [30, 600, 2500]) {
      test(`${count} values alive across recursion, to the end of the stack and back: ${name}`, () => {
        const { f, ok } = exportedFunctions(runtime, wide(count));
        const values = (x: bigint): bigint[] =>
          Array.from({ length: count }, (_, k) => BigInt.asIntN(64, x * BigInt(2 * k + 3)));
        const expected = (depth: number, x: bigint): bigint => {
          let sum = depth === 0 ? x : expected(depth - 1, x + 1n);
          for (const value of values(x)) sum = BigInt.asIntN(64, sum + value);
          for (const value of values(x)) sum ^= value;
          return sum;
        };
        assert.equal(f(0, 5n), expected(0, 5n));
        assert.equal(f(5, -9n), expected(5, -9n));
        for (let round = 0; round < 3; round++) {
          const error = trapOf(() => f(1_000_000, 5n));
          assert.equal(error.trap, Trap.callStackExhausted);
          assert.ok(error.frames.every(({ functionIndex }) => functionIndex === 0));
          assert.equal(ok(), 7);
          assert.equal(f(3, 1n), expected(3, 1n));
        }
      });
    }

    test(`recursion of all kinds exhausts the stack, again and again: ${name}`, () => {
      const functions = exportedFunctions(
        runtime,
        `(module (type $t (func (param i32) (result i32))) (table funcref (elem $through))
          (func $r (export "r") (param i32) (result i32) (i32.add (call $r (local.get 0)) (i32.const 1)))
          (func $a (export "a") (param i32) (result i32) (i32.add (call $b (local.get 0)) (i32.const 1)))
          (func $b (param i32) (result i32) (i32.sub (call $a (local.get 0)) (i32.const 1)))
          (func $through (export "through") (param i32) (result i32)
            (i32.add (call_indirect (type $t) (local.get 0) (i32.const 0)) (i32.const 1)))
          (func $tail (export "tail") (param i32) (result i32) (call $tail (local.get 0)))
          (func $several (export "several") (param i32) (result i32)
            (call $more (local.get 0)) (i32.add) (i32.add))
          (func $more (param i32) (result i32 i32 i32)
            (call $more (local.get 0)) (i32.const 1) (i32.add))
          (func (export "ok") (result i32) (i32.const 7)))`,
      );
      for (let round = 0; round < 10; round++) {
        for (const recursive of ['r', 'a', 'through', 'tail', 'several']) {
          const error = trapOf(() => functions[recursive](1));
          assert.equal(error.trap, Trap.callStackExhausted, recursive);
          assert.ok(error.frames.length >= 10 && error.backtrace.omittedCount > 100, recursive);
        }
        assert.equal(functions['ok'](), 7);
      }
    });
  }
});
