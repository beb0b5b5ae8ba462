import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { allMachines, assertAgreesWithV8, exportedFunctions } from '../execution.fixture.js';

const runtimes = allMachines.map(({ make }) => make());
after(() => {
  for (const runtime of runtimes) runtime.dispose();
});

type Type = 'i32' | 'i64' | 'f32' | 'f64';

/** Value k of a type: different ones with all bytes in use, so that a wrong or half-copied one shows. */
function argumentOf(type: Type, k: number): number | bigint {
  switch (type) {
    case 'i32':
      return Math.imul(k + 1, 0x9e3779b1);
    case 'i64':
      return BigInt.asIntN(64, BigInt(k + 1) * 0x9e3779b97f4a7c15n);
    case 'f32':
      return Math.fround((k + 1) * 1.37);
    case 'f64':
      return (k + 1) * Math.E;
  }
}

const shapes: Readonly<Record<string, readonly Type[]>> = {
  'no parameters': [],
  'all integer registers': ['i32', 'i64', 'i32', 'i64', 'i32'],
  'one integer on the stack': ['i32', 'i32', 'i32', 'i32', 'i64', 'i32'],
  'all float registers': Array.from({ length: 8 }, (_, k) => (k % 2 === 0 ? 'f32' : 'f64')),
  'one float on the stack': Array.from({ length: 9 }, (_, k) => (k % 3 === 0 ? 'f32' : 'f64')),
  'integers and floats in turns': Array.from(
    { length: 20 },
    (_, k) => (['i32', 'f64', 'i64', 'f32'] as const)[k % 4],
  ),
  'many integers': Array.from({ length: 40 }, (_, k) => (k % 3 === 0 ? 'i32' : 'i64')),
  'many floats': Array.from({ length: 40 }, (_, k) => (k % 3 === 0 ? 'f64' : 'f32')),
  'floats first': [...Array<Type>(12).fill('f64'), ...Array<Type>(12).fill('i32')],
  'integers first': [...Array<Type>(12).fill('i64'), ...Array<Type>(12).fill('f32')],
};

/** Ways to pass values on; `get(k)` is code that gives value k of the parameters. */
const orders: Readonly<Record<string, (count: number, k: number) => number>> = {
  'in order': (_, k) => k,
  reversed: (count, k) => count - 1 - k,
  rotated: (count, k) => (k + 1) % count,
};

describe('parameters and results', () => {
  for (const [name, types] of Object.entries(shapes)) {
    const args = types.map(argumentOf);
    const params = types.length === 0 ? '' : `(param ${types.join(' ')})`;

    test(`${name}: the callee sees what the caller passes`, () => {
      const gets = types.map((_, k) => `(local.get ${k})`).join(' ');
      const results = types.length === 0 ? '' : `(result ${types.join(' ')})`;
      const text = `(module
        (type $t (func ${params} ${results})) (table funcref (elem $callee))
        (func $callee ${params} ${results} ${gets})
        (func (export "direct") ${params} ${results} (call $callee ${gets}))
        (func (export "indirect") ${params} ${results} (call_indirect (type $t) ${gets} (i32.const 0)))
        (func (export "constants") ${results}
          (call $callee ${types.map((type, k) => `(${type}.const ${argumentOf(type, k)})`).join(' ')})))`;
      const expected = types.length === 0 ? undefined : types.length === 1 ? args[0] : args;
      for (const [k, runtime] of runtimes.entries()) {
        const { direct, indirect, constants } = exportedFunctions(runtime, text);
        assert.deepEqual(direct(...args), expected, allMachines[k].name);
        assert.deepEqual(indirect(...args), expected, allMachines[k].name);
        assert.deepEqual(constants(), expected, allMachines[k].name);
      }
    });

    for (const [order, place] of Object.entries(orders)) {
      test(`${name}: passed on ${order} among those of the same type`, () => {
        const source = types.map((type, k) => {
          const alike = types.flatMap((other, at) => (other === type ? [at] : []));
          return alike[place(alike.length, alike.indexOf(k))];
        });
        const gets = source.map((from) => `(local.get ${from})`).join(' ');
        const plain = types.map((_, k) => `(local.get ${k})`).join(' ');
        const results = types.length === 0 ? '' : `(result ${types.join(' ')})`;
        const shifted = types.map((_, k) => `(local.get ${k + 1})`).join(' ');
        const turned = source.map((from) => `(local.get ${from + 1})`).join(' ');
        const text = `(module
          (type $t (func ${params} ${results}))
          (table funcref (elem $callee))
          (func $callee ${params} ${results} ${plain})
          (func (export "f") ${params} ${results} (call $callee ${gets}))
          (func (export "tail") ${params} ${results} (return_call $callee ${gets}))
          (func (export "tail_by_table") ${params} ${results} (return_call_indirect (type $t) ${gets} (i32.const 0)))
          (func $turns (param i32) ${params} ${results}
            (if (i32.eqz (local.get 0)) (then (return_call $callee ${shifted})))
            (return_call $turns (i32.sub (local.get 0) (i32.const 1)) ${turned}))
          (func (export "thrice") ${params} ${results} (return_call $turns (i32.const 3) ${plain}))
          (func (export "twice") ${params} ${results} (call $callee (call $callee ${gets})))
          (func (export "kept") ${params} ${results} (call $callee ${gets})
            ${types.map(() => 'drop').join(' ')} ${plain}))`;
        const expected = (values: readonly (number | bigint)[]): unknown =>
          values.length === 0 ? undefined : values.length === 1 ? values[0] : values;
        for (const [k, runtime] of runtimes.entries()) {
          const { f, twice, kept, tail, tail_by_table, thrice } = exportedFunctions(runtime, text);
          const moved = source.map((from) => args[from]);
          const movedAgain = source.map((from) => moved[from]);
          assert.deepEqual(tail(...args), expected(moved), allMachines[k].name);
          assert.deepEqual(tail_by_table(...args), expected(moved), allMachines[k].name);
          const movedThrice = source.map((from) => movedAgain[from]);
          assert.deepEqual(thrice(...args), expected(movedThrice), allMachines[k].name);
          assert.deepEqual(f(...args), expected(moved), allMachines[k].name);
          assert.deepEqual(twice(...args), expected(moved), allMachines[k].name);
          assert.deepEqual(kept(...args), expected(args), allMachines[k].name);
        }
      });
    }
  }

  test('many parameters and many results at once', () => {
    const types = Array.from({ length: 200 }, (_, k) => (['f32', 'i32', 'f64', 'i64'] as const)[(k * 7) % 4]);
    const list = types.join(' ');
    const gets = types.map((_, k) => `(local.get ${k})`).join(' ');
    const text = `(module (func $callee (param ${list}) (result ${list}) ${gets})
      (func (export "f") (param ${list}) (result ${list}) (call $callee (call $callee ${gets}))))`;
    const args = types.map(argumentOf);
    for (const runtime of runtimes) assert.deepEqual(exportedFunctions(runtime, text)['f'](...args), args);
  });

  test('results of every count up to 12, of which some are not wanted', () => {
    for (let count = 1; count <= 12; count++) {
      const types = Array.from({ length: count }, (_, k) => (['i64', 'f32', 'i32', 'f64'] as const)[k % 4]);
      const constants = types.map((type, k) => `(${type}.const ${argumentOf(type, k)})`).join(' ');
      for (let wanted = 0; wanted < count; wanted++) {
        const drops = 'drop '.repeat(count - wanted - 1);
        const text = `(module (func $callee (result ${types.join(' ')}) ${constants})
          (func (export "f") (result ${types[wanted]}) (local ${types[wanted]})
            (call $callee) ${drops} (local.set 0) ${'drop '.repeat(wanted)} (local.get 0)))`;
        for (const runtime of runtimes) {
          assert.deepEqual(exportedFunctions(runtime, text)['f'](), argumentOf(types[wanted], wanted));
        }
      }
    }
  });
});

/** Functions of (i32, i64, f64) that call, and use values before, across and behind the calls. */
const survivors: readonly (readonly [name: string, result: string, code: string])[] = [
  ['parameters', 'i64', '(call $clobber) (i64.add (i64.extend_i32_s (local.get 0)) (local.get 1))'],
  ['a float', 'f64', '(call $clobber) (f64.mul (local.get 2) (f64.const 2))'],
  [
    'values on the stack',
    'f64',
    `(f64.mul (local.get 2) (f64.const 3)) (i32.mul (local.get 0) (i32.const 5)) (call $clobber)
      f64.convert_i32_s f64.add`,
  ],
  [
    'more integers than registers that calls preserve',
    'i64',
    `${Array.from({ length: 9 }, (_, k) => `(i64.mul (local.get 1) (i64.const ${k + 2}))`).join(' ')}
      (call $clobber) ${'i64.xor '.repeat(8)}`,
  ],
  [
    'many floats',
    'f64',
    `${Array.from({ length: 20 }, (_, k) => `(f64.add (local.get 2) (f64.const ${k}))`).join(' ')}
      (call $clobber) ${'f64.sub '.repeat(19)}`,
  ],
  ['an argument that lives on', 'i64', '(i64.sub (call $second (local.get 0) (local.get 1)) (local.get 1))'],
  [
    'an argument that is passed twice',
    'i32',
    '(i32.sub (call $difference (local.get 0) (local.get 0)) (local.get 0))',
  ],
  [
    'arguments that change places',
    'i32',
    '(local i32) (local.set 3 (i32.const 77)) (call $difference (local.get 3) (local.get 0))',
  ],
  [
    'results of calls as arguments of calls',
    'i32',
    `(call $difference (call $difference (local.get 0) (i32.const 1))
      (call $difference (i32.const 2) (call $difference (local.get 0) (i32.const 3))))`,
  ],
  [
    'a result that nobody wants',
    'i32',
    '(drop (call $difference (local.get 0) (i32.const 1))) (local.get 0)',
  ],
  [
    'a result that becomes a local that is an argument too',
    'i32',
    '(local.set 0 (call $difference (local.get 0) (i32.const 1))) (call $difference (local.get 0) (local.get 0))',
  ],
  [
    'an index of a table of functions that lives on',
    'i32',
    `(local.set 0 (i32.and (local.get 0) (i32.const 1)))
      (i32.add (call_indirect (type $binary) (i32.const 10) (local.get 0) (local.get 0)) (local.get 0))`,
  ],
  [
    'globals and memory, which are read again behind the call',
    'i32',
    `(global.set $g (local.get 0)) (i32.store (i32.const 8) (local.get 0)) (call $change)
      (i32.sub (global.get $g) (i32.load (i32.const 8)))`,
  ],
];

describe('what outlives calls', () => {
  const args = [0, 1, 5, -1, -0x80000000].flatMap((a) => [0n, -7n, 2n ** 62n].map((b) => [a, b, a / 3]));
  for (const [name, result, code] of survivors) {
    test(name, () => {
      assertAgreesWithV8(
        runtimes,
        `(module (memory 1) (global $g (mut i32) (i32.const 0)) (type $binary (func (param i32 i32) (result i32)))
          (table funcref (elem $difference $sum))
          (func $difference (type $binary) (i32.sub (local.get 0) (local.get 1)))
          (func $sum (type $binary) (i32.add (local.get 0) (local.get 1)))
          (func $second (param i32 i64) (result i64) (local.get 1))
          (func $change (global.set $g (i32.add (global.get $g) (i32.const 5)))
            (i32.store (i32.const 8) (i32.mul (i32.load (i32.const 8)) (i32.const 3))))
          ;; Writes every register that a function may write.
          (func $clobber (local i64 f64 i32)
            (loop
              ${Array.from({ length: 14 }, (_, k) => `(i64.add (local.get 0) (i64.const ${k}))`).join(' ')}
              ${'i64.mul '.repeat(13)} (local.set 0)
              ${Array.from({ length: 16 }, (_, k) => `(f64.add (local.get 1) (f64.const ${k}))`).join(' ')}
              ${'f64.mul '.repeat(15)} (local.set 1)
              (br_if 0 (i32.lt_u (local.tee 2 (i32.add (local.get 2) (i32.const 1))) (i32.const 3)))))
          (func (export "f") (param i32 i64 f64) (result ${result}) ${code}))`,
        { f: args },
      );
    });
  }
});

describe('recursion', () => {
  test('Ackermann, Fibonacci, and a sum over a deep stack', () => {
    const text = `(module
      (func $ack (export "ack") (param i64 i64) (result i64)
        (if (result i64) (i64.eqz (local.get 0)) (then (i64.add (local.get 1) (i64.const 1)))
          (else (if (result i64) (i64.eqz (local.get 1))
            (then (call $ack (i64.sub (local.get 0) (i64.const 1)) (i64.const 1)))
            (else (call $ack (i64.sub (local.get 0) (i64.const 1))
              (call $ack (local.get 0) (i64.sub (local.get 1) (i64.const 1)))))))))
      (func $fib (export "fib") (param f64) (result f64)
        (if (result f64) (f64.lt (local.get 0) (f64.const 2)) (then (f64.const 1))
          (else (f64.add (call $fib (f64.sub (local.get 0) (f64.const 2)))
            (call $fib (f64.sub (local.get 0) (f64.const 1)))))))
      (func $sum (export "sum") (param i32) (result i32)
        (if (result i32) (local.get 0)
          (then (i32.add (call $sum (i32.sub (local.get 0) (i32.const 1))) (local.get 0))) (else (i32.const 0)))))`;
    assertAgreesWithV8(runtimes, text, { ack: [[2n, 5n]], fib: [[15]], sum: [[5000]] });
  });
});
