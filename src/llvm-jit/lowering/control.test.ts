import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { assertAgreesWithV8, exportedFunctions } from '../../fast-jit/execution.fixture.js';
import { llvmMachines } from '../execution.fixture.js';
import { withoutLlvm } from '../library.fixture.js';

const names = llvmMachines.map(({ name }) => name);
const runtimes = llvmMachines.map(({ make }) => make());
after(() => {
  for (const runtime of runtimes) runtime.dispose();
});

type Calls = Readonly<Record<string, readonly (readonly unknown[])[]>>;

function agrees(text: string, calls: Calls): void {
  assertAgreesWithV8(runtimes, text, calls, names);
}

function repeated(count: number, code: (k: number) => string, separator = ' '): string {
  return Array.from({ length: count }, (_, k) => code(k)).join(separator);
}

describe('tables of branches', { skip: withoutLlvm() }, () => {
  for (const count of [1, 2, 3, 7, 300, 2000]) {
    test(`${count} targets, some of them the same, with values`, () => {
      const blocks = Math.min(count, 40);
      const targets = repeated(count, (k) => `${(k * 7) % blocks}`);
      const open = repeated(blocks, () => '(block (result i32)');
      const close = repeated(blocks, (k) => `(i32.add (i32.const ${k * k})))`);
      agrees(
        `(module (func (export "f") (param i32) (result i32)
          ${open} (br_table ${targets} ${blocks - 1} (i32.mul (local.get 0) (i32.const 3)) (local.get 0)) ${close}))`,
        { f: [0, 1, 2, 5, 6, 7, 8, 299, 300, 301, 1999, 2000, -1, 2 ** 31 - 1].map((k) => [k]) },
      );
    });
  }

  test('a table in a loop, that goes on with it or ends it', () => {
    agrees(
      `(module (func (export "f") (param i32) (result i32) (local i32)
        (block $end (loop $next
          (local.set 1 (i32.add (i32.mul (local.get 1) (i32.const 10)) (i32.and (local.get 0) (i32.const 3))))
          (local.set 0 (i32.shr_u (local.get 0) (i32.const 2)))
          (br_table $end $next $next $end $next (i32.and (local.get 0) (i32.const 7)))))
        (local.get 1)))`,
      { f: [0, 1, 0x55, 0xaa, 0x1b1b, -1, 0x7654321].map((k) => [k]) },
    );
  });
});

describe('blocks', { skip: withoutLlvm() }, () => {
  test('several values of all types into and out of blocks, loops and ifs', () => {
    agrees(
      `(module
        (func (export "f") (param $n i32) (param i64 f32 f64) (result i32 i64 f32 f64)
          (local.get $n) (local.get 1) (local.get 2) (local.get 3)
          (loop $l (param i32 i64 f32 f64) (result i32 i64 f32 f64)
            (local.set 3) (local.set 2) (local.set 1) (local.set $n)
            (block (result i32 i64 f32 f64)
              (i32.sub (local.get $n) (i32.const 1)) (i64.add (local.get 1) (i64.const 3))
              (f32.mul (local.get 2) (f32.const 1.5)) (f64.sub (local.get 3) (f64.const 2)))
            (if (param i32 i64 f32 f64) (result i32 i64 f32 f64) (i32.and (local.get $n) (i32.const 1))
              (then (local.set 3) (f64.promote_f32) (local.get 3) (f64.add) (local.set 3)
                (f32.convert_i64_s (local.get 1)) (local.get 3))
              (else))
            (br_if $l (i32.gt_s (local.get $n) (i32.const 1)))))
        (func (export "swap") (param $n i32) (result i32 i32) (local i32 i32)
          (local.set 1 (i32.const 1)) (local.set 2 (i32.const 2))
          (loop $l
            (local.get 1) (local.get 2) (local.set 1) (local.set 2)
            (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
          (local.get 1) (local.get 2)))`,
      {
        f: [1, 2, 3, 10].map((n) => [n, 5n, 1.25, -7.5]),
        swap: [[1], [2], [7]],
      },
    );
  });

  test('nested deep, left from the middle', () => {
    const depth = 60;
    const leave = (k: number): string => `i32.const ${k} local.get 0 i32.const ${k} i32.eq br_if ${k} drop`;
    agrees(
      `(module (func (export "f") (param i32) (result i32)
        ${repeated(depth, () => 'block (result i32)')} ${repeated(depth - 1, leave)}
        i32.const 7 ${repeated(depth, () => 'i32.const 1 i32.add end')}))`,
      { f: [0, 1, 30, 58, 59, 1000].map((k) => [k]) },
    );
  });

  test('code that control does not reach', () => {
    agrees(
      `(module (memory 1)
        (func $never (result i32) (loop (br 0)) (i32.const 1))
        (func (export "br") (param i32) (result i32)
          (block (result i32) (br 0 (local.get 0)) (i32.add (i32.const 1)) (br_if 0 (i32.const 1)) (if (then)) (i32.load)))
        (func (export "return") (param i32) (result i32)
          (return (local.get 0)) (loop (result i32) (br 0)) (call $never) drop)
        (func (export "unreachable") (param i32) (result i32)
          (if (result i32) (local.get 0) (then (unreachable) (i32.div_s) (block (br 0))) (else (i32.const 3))))
        (func (export "table") (param i32) (result i32)
          (block (result i32) (br_table 0 0 (i32.const 5) (local.get 0)) (drop) (f64.const 1) (unreachable)))
        (func (export "loop") (param i32) (result i32)
          (block $a (loop $b (br_if $a (local.get 0)) (local.set 0 (i32.const 4)) (br $b) (unreachable)) (br $a))
          (local.get 0))
        (func (export "both") (param i32) (result i32)
          (if (local.get 0) (then (return (i32.const 1))) (else (return (i32.const 2)))) (i32.const 3))
        (func (export "empty") (param i32) (result i32) (block) (loop) (if (local.get 0) (then) (else)) (local.get 0)))`,
      Object.fromEntries(
        ['br', 'return', 'unreachable', 'table', 'loop', 'both', 'empty'].map((name) => [
          name,
          [[0], [1], [9]],
        ]),
      ),
    );
  });

  test('a function that is nothing but a trap, or a loop without an end that a trap ends', () => {
    agrees(
      `(module (memory 1) (func (export "trap") (unreachable))
        (func (export "endless") (param i32)
          (loop (i32.store (local.get 0) (i32.const 1)) (local.set 0 (i32.add (local.get 0) (i32.const 4))) (br 0))))`,
      { trap: [[]], endless: [[0], [65530]] },
    );
  });
});

describe('variables', { skip: withoutLlvm() }, () => {
  const types = ['i32', 'i64', 'f32', 'f64'] as const;
  const count = 400;
  const type = (k: number): (typeof types)[number] => types[k % 4];
  const toF64 = {
    i32: 'f64.convert_i32_s',
    i64: 'f64.convert_i64_s',
    f32: 'f64.promote_f32',
    f64: '',
  } as const;

  test('hundreds of locals that live across loops and calls', () => {
    const next = (k: number): number => 1 + ((k + 4) % count);
    agrees(
      `(module
        (global $g (mut i32) (i32.const 0))
        (func $other (global.set $g (i32.add (global.get $g) (i32.const 1))))
        (func (export "f") (param $n i32) (result f64) (local ${repeated(count, type)})
          ${repeated(count, (k) => `(local.set ${1 + k} (${type(k)}.const ${k}))`)}
          (loop $l
            ${repeated(count, (k) => `(local.set ${1 + k} (${type(k)}.add (local.get ${1 + k}) (local.get ${next(k)})))`)}
            (call $other)
            (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
          (f64.convert_i32_s (global.get $g))
          ${repeated(count, (k) => `local.get ${1 + k} ${toF64[type(k)]} f64.add`)}))`,
      { f: [[1], [2], [5]] },
    );
  });

  test('variables that are read before they are written are zero', () => {
    agrees(
      `(module (func (export "f") (param i32) (result i32 i64 f32 f64) (local i32 i64 f32 f64)
        (if (local.get 0) (then (local.set 1 (i32.const 5)) (local.set 3 (f32.const 6))))
        (local.get 1) (local.get 2) (local.get 3) (local.get 4)))`,
      { f: [[0], [1]] },
    );
  });

  test('values on the stack keep what a local had before it was set', () => {
    agrees(
      `(module (func (export "f") (param i32) (result i32)
        (local.get 0) (local.set 0 (i32.const 100)) (local.get 0) (local.tee 0 (i32.add (local.get 0) (i32.const 1)))
        (i32.mul) (i32.sub)))`,
      { f: [[0], [1], [-7]] },
    );
  });
});

test('a condition is any i32, as a value too', { skip: withoutLlvm() }, () => {
  const conditions = ['(local.get 0)', '(i32.eqz (local.get 0))', '(i32.lt_s (local.get 0) (i32.const 3))'];
  for (const condition of conditions) {
    agrees(
      `(module (func (export "f") (param i32) (result i32) (local i32)
        (local.set 1 ${condition})
        (if (local.get 1) (then (local.set 1 (i32.add (local.get 1) (i32.const 10)))))
        (br_if 0 (local.get 1) (i32.eq (local.get 0) (i32.const 2)))
        (drop) (select (local.get 1) (i32.const 77) ${condition})))`,
      { f: [0, 1, 2, 3, 256, 65536, -1, -(2 ** 31)].map((k) => [k]) },
    );
  }
});

test('an index that is compared as i64 has no rest of before in its upper half', {
  skip: withoutLlvm(),
}, () => {
  for (const runtime of runtimes) {
    const { f } = exportedFunctions(
      runtime,
      `(module (func (export "f") (param i64) (result i64)
        (i64.extend_i32_u (i32.add (i32.wrap_i64 (local.get 0)) (i32.wrap_i64 (i64.shr_u (local.get 0) (i64.const 32)))))))`,
    );
    assert.equal(f(0x7fffffff_ffffffffn), 0x7ffffffen);
  }
});
