import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { firstIr, loadModule } from '../../fast-jit/modules.fixture.js';
import { isLoad } from '../../ir/ops.js';
import { heldLoads } from './held-loads.js';
import { loadsOfPlainLoops } from './plain-loops.js';

/** A loop that adds 4 to $p, until it reaches the second parameter. */
function loop(body: string): string {
  return `(loop $l ${body} (br_if $l (i32.lt_u (local.tee $p (i32.add (local.get $p) (i32.const 4))) (local.get $end))))`;
}

/** A function with parameters, locals and things to call, whose first body it is. */
function ir(body: string, results = ''): ReturnType<typeof firstIr> {
  return firstIr(
    loadModule(`(module (memory 1) (table 1 funcref) (global $g (mut i32) (i32.const 0)) (type $t (func))
    (func (param $p i32) (param $end i32) (param $x i32) ${results}
      (local $a i32) (local $b i32) (local $f f64) (local $v v128) ${body})
    (func $callee (param i32)))`),
  );
}

const load = '(i32.load (local.get $p))';
const address = '(i32.add (local.get $p) (i32.const 1024))';

interface Example {
  readonly body: string;
  readonly results?: string;
  /**
   * For each load of the function, in order: f where it is free, h where it is held, o where the operator
   * that follows is held for it.
   */
  readonly loads: string;
}

const examples: Readonly<Record<string, Example>> = {
  'outside of loops': { body: load, results: '(result i32)', loads: 'h' },
  'stored, in a loop': { body: loop(`(i32.store ${address} ${load})`), loads: 'f' },
  'two that become one value': {
    body: loop(`(i32.store ${address} (i32.add ${load} (i32.load offset=8 (local.get $p))))`),
    loads: 'ff',
  },
  'the address of a store': { body: loop(`(i32.store ${load} (i32.const 1))`), loads: 'f' },
  'the address of a load that is stored': {
    body: loop(`(i32.store ${address} (i32.load ${load}))`),
    loads: 'ff',
  },
  'summed up and returned': {
    body: `${loop(`(local.set $a (i32.add (local.get $a) ${load}))`)} (local.get $a)`,
    results: '(result i32)',
    loads: 'f',
  },
  'summed up and stored behind the loop': {
    body: `${loop(`(local.set $a (i32.add (local.get $a) ${load}))`)} (i32.store (i32.const 0) (local.get $a))`,
    loads: 'f',
  },
  'summed up and forgotten': {
    body: loop(`(local.set $a (i32.add (local.get $a) ${load}))`),
    loads: 'h',
  },
  'summed up for a global': {
    body: `${loop(`(local.set $a (i32.add (local.get $a) ${load}))`)} (global.set $g (local.get $a))`,
    loads: 'h',
  },
  'summed up for a callee, which may not want it': {
    body: `${loop(`(local.set $a (i32.add (local.get $a) ${load}))`)} (call $callee (local.get $a))`,
    loads: 'h',
  },
  'summed up, and returned behind a call': {
    body: `${loop(`(local.set $a (i32.add (local.get $a) ${load}))`)} (call $callee (i32.const 0)) (local.get $a)`,
    results: '(result i32)',
    loads: 'h',
  },
  'summed up, and returned behind a division': {
    body: `${loop(`(local.set $a (i32.add (local.get $a) ${load}))`)}
      (drop (i32.div_u (i32.const 1) (local.get $x))) (local.get $a)`,
    results: '(result i32)',
    loads: 'h',
  },
  'summed up, and returned on one way of two': {
    body: `${loop(`(local.set $a (i32.add (local.get $a) ${load}))`)}
      (if (result i32) (local.get $x) (then (local.get $a)) (else (i32.const 1)))`,
    results: '(result i32)',
    loads: 'h',
  },
  'dropped, next to one that is stored': {
    body: loop(`(drop (i32.load offset=16 (local.get $p))) (i32.store ${address} ${load})`),
    loads: 'hf',
  },
  overwritten: {
    body: loop(`(local.set $a ${load}) (local.set $a (i32.const 1)) (i32.store ${address} (local.get $a))`),
    loads: 'h',
  },
  'stored on one way of two': {
    body: loop(`(local.set $a ${load}) (if (local.get $x) (then (i32.store ${address} (local.get $a))))`),
    loads: 'h',
  },
  'stored on both ways': {
    body: loop(`(local.set $a ${load})
      (if (local.get $x) (then (i32.store ${address} (local.get $a))) (else (i32.store (i32.const 0) (local.get $a))))`),
    loads: 'f',
  },
  'a condition': {
    body: loop(
      `(if ${load} (then (i32.store ${address} (i32.const 1))) (else (i32.store ${address} (i32.const 2))))`,
    ),
    loads: 'f',
  },
  'a condition for nothing': { body: loop(`(if ${load} (then))`), loads: 'h' },
  'a condition of a branch to what follows': { body: loop(`(block (br_if 0 ${load}))`), loads: 'h' },
  'an index for nothing': { body: loop(`(block (br_table 0 0 0 ${load}))`), loads: 'h' },
  'an index': {
    body: loop(`(block $b (block $a (br_table $a $b ${load})) (i32.store ${address} (i32.const 1)))`),
    loads: 'f',
  },
  'in the outer of two loops, and in the inner': {
    body: `(loop $o (i32.store (i32.const 0) (i32.load (i32.const 4)))
      ${loop(`(i32.store ${address} ${load})`)}
      (br_if $o (local.tee $x (i32.sub (local.get $x) (i32.const 1)))))`,
    loads: 'hf',
  },
  'behind an inner loop': {
    body: `(loop $o ${loop('')} (i32.store (i32.const 0) (i32.load (i32.const 4)))
      (br_if $o (local.tee $x (i32.sub (local.get $x) (i32.const 1)))))`,
    loads: 'h',
  },
  'in a loop that is gone on with in its middle, with one inside': {
    body: `(loop $o (i32.store (i32.const 0) (i32.load (i32.const 4))) (br_if $o (local.get $x))
      ${loop('')} (br_if $o (local.tee $x (i32.sub (local.get $x) (i32.const 1)))))`,
    loads: 'h',
  },
  'in a loop that is gone on with in its middle': {
    body: loop(`(br_if $l (local.get $x)) (i32.store ${address} ${load})`),
    loads: 'f',
  },
  'in a loop without an end': {
    body: `(loop $l (local.set $a (i32.add (local.get $a) ${load}))
      (local.set $p (i32.add (local.get $p) (i32.const 4))) (br $l))`,
    loads: 'h',
  },
  'in a loop that ends in its middle': {
    body: `(block $end (loop $l (br_if $end (i32.eq (local.get $p) (local.get $end)))
      (i32.store ${address} ${load}) (local.set $p (i32.add (local.get $p) (i32.const 4))) (br $l)))`,
    loads: 'f',
  },
  'in a loop that calls': {
    body: loop(`(i32.store ${address} ${load}) (call $callee (i32.const 0))`),
    loads: 'h',
  },
  'in a loop that calls through a table': {
    body: loop(`(i32.store ${address} ${load}) (call_indirect (type $t) (i32.const 0))`),
    loads: 'h',
  },
  'in a loop that fills memory': {
    body: loop(`(i32.store ${address} ${load}) (memory.fill (i32.const 0) (i32.const 0) (i32.const 8))`),
    loads: 'h',
  },
  'in a loop that may return': {
    body: loop(`(if (local.get $x) (then (return))) (i32.store ${address} ${load})`),
    loads: 'h',
  },
  'in a loop that may trap': {
    body: loop(`(if (local.get $x) (then (unreachable))) (i32.store ${address} ${load})`),
    loads: 'h',
  },
  'in a loop that divides by what it finds': {
    body: loop(`(i32.store ${address} (i32.div_u (i32.const 100) ${load}))`),
    loads: 'h',
  },
  'in a loop that divides by a constant': {
    body: loop(`(i32.store ${address} (i32.rem_s ${load} (i32.const 10)))`),
    loads: 'f',
  },
  'before a division by a constant': {
    body: loop(
      `(local.set $a ${load}) (drop (i32.div_u (local.get $x) (i32.const 7))) (i32.store ${address} (local.get $a))`,
    ),
    loads: 'f',
  },
  'in a loop that divides by 0 or -1': {
    body: loop(`(i32.store ${address} (i32.div_s ${load} (i32.const -1)))`),
    loads: 'h',
  },
  'in a loop that converts': {
    body: loop(`(i32.store ${address} (i32.trunc_f64_s (f64.load (local.get $p))))`),
    loads: 'h',
  },
  'in a loop that converts without traps': {
    body: loop(`(i32.store ${address} (i32.trunc_sat_f64_s (f64.load (local.get $p))))`),
    loads: 'f',
  },
};

const vector = '(v128.load (local.get $p))';
const others = '(v128.load offset=64 (local.get $p))';
const stored = (value: string): string => loop(`(v128.store ${address} ${value})`);
const lowerHalf = '0 1 2 3 4 5 6 7';

const vectorExamples: Readonly<Record<string, Example>> = {
  'a vector that is stored': { body: stored(vector), loads: 'f' },
  'lanes of two that become one': { body: stored(`(f32x4.mul ${vector} ${others})`), loads: 'ff' },
  'summed up, lane by lane': {
    body: `${loop(`(local.set $v (f32x4.add (local.get $v) ${vector}))`)}
      (f32x4.extract_lane 0 (f32x4.add (local.get $v)
        (i8x16.shuffle 4 5 6 7 8 9 10 11 12 13 14 15 0 1 2 3 (local.get $v) (local.get $v)))) (drop)
      (v128.store (i32.const 0) (local.get $v))`,
    loads: 'f',
  },
  'all lanes summed up and returned': {
    body: `${loop(`(local.set $v (i32x4.add (local.get $v) ${vector}))`)}
      (local.set $v (i32x4.add (local.get $v)
        (i8x16.shuffle 8 9 10 11 12 13 14 15 0 1 2 3 4 5 6 7 (local.get $v) (local.get $v))))
      (i32.add (i32x4.extract_lane 0 (local.get $v)) (i32x4.extract_lane 1 (local.get $v)))`,
    results: '(result i32)',
    loads: 'f',
  },
  'half of the lanes summed up and returned': {
    body: `${loop(`(local.set $v (i32x4.add (local.get $v) ${vector}))`)}
      (i32.add (i32x4.extract_lane 0 (local.get $v)) (i32x4.extract_lane 1 (local.get $v)))`,
    results: '(result i32)',
    loads: 'o',
  },
  'the lower half is stored': { body: stored(`(i16x8.extend_low_i8x16_s ${vector})`), loads: 'h' },
  'both halves are stored': {
    body: loop(`(v128.store ${address} (i16x8.extend_low_i8x16_s (local.tee $v ${vector})))
      (v128.store offset=16 ${address} (i16x8.extend_high_i8x16_s (local.get $v)))`),
    loads: 'f',
  },
  'both halves are stored, one by a shuffle': {
    body: loop(`(v128.store ${address} (i64x2.extend_low_i32x4_u (local.tee $v ${vector})))
      (v128.store offset=16 ${address} (i8x16.shuffle 8 9 10 11 12 13 14 15 ${lowerHalf} (local.get $v)
        (v128.const i64x2 0 0)))`),
    loads: 'f',
  },
  'a shuffle of one of two': {
    body: stored(`(i8x16.shuffle ${lowerHalf} 15 14 13 12 11 10 9 8 ${vector} ${others})`),
    loads: 'fh',
  },
  'a lane is stored': { body: loop(`(i32.store ${address} (i32x4.extract_lane 2 ${vector}))`), loads: 'h' },
  'a mask of all lanes is stored': {
    body: loop(`(i32.store ${address} (i8x16.bitmask ${vector}))`),
    loads: 'f',
  },
  'a constant mask': { body: stored(`(v128.and ${vector} (v128.const i64x2 -1 0))`), loads: 'h' },
  'a mask that is loaded': { body: stored(`(v128.and ${vector} ${others})`), loads: 'ff' },
  'a lane is replaced': {
    body: stored(`(i32x4.replace_lane 1 ${vector} (i32.load (local.get $p)))`),
    loads: 'hf',
  },
  'a vector that is narrowed': { body: stored(`(i8x16.narrow_i16x8_u ${vector} ${vector})`), loads: 'ff' },
  'a few bytes, extended twice': {
    body: stored('(i32x4.extend_low_i16x8_u (i16x8.extend_low_i8x16_u (v128.load32_zero (local.get $p))))'),
    loads: 'f',
  },
  'eight bytes, of which four are extended': {
    body: stored('(i32x4.extend_low_i16x8_u (i16x8.extend_low_i8x16_u (v128.load64_zero (local.get $p))))'),
    loads: 'o',
  },
  'outside of loops, added': {
    body: `(v128.store (i32.const 0) (f32x4.add (local.get $v) ${vector}))`,
    loads: 'o',
  },
  'outside of loops, two added': {
    body: `(v128.store (i32.const 0) (i32x4.add ${others} ${vector}))`,
    loads: 'ho',
  },
  'outside of loops, multiplied by what may be zero': {
    body: `(v128.store (i32.const 0) (i32x4.mul (local.get $v) ${vector}))`,
    loads: 'h',
  },
  'outside of loops, in all lanes': {
    body: '(v128.store (i32.const 0) (v128.load16_splat (local.get $p)))',
    loads: 'o',
  },
};
describe('loads that are held', () => {
  for (const [name, { body, results = '', loads }] of Object.entries({ ...examples, ...vectorExamples })) {
    test(name, () => {
      const function_ = ir(body, results);
      const { held, anyFree } = heldLoads(function_);
      const found: string[] = [];
      for (let at = 0; at < function_.count; at++) {
        if (!isLoad(function_.op[at])) {
          if (held[at] === 1) {
            assert.equal(found.pop(), 'f');
            found.push('o');
          }
          continue;
        }
        found.push(held[at] === 1 ? 'h' : 'f');
      }
      assert.equal(found.join(''), loads);
      assert.equal(anyFree, loads.includes('f'));
    });
  }

  test('where there are more values and blocks than sets may take memory for, none is needed across blocks', () => {
    const blocks = 9000;
    const locals = Array.from({ length: blocks }, () => 'i32').join(' ');
    const body = Array.from(
      { length: blocks },
      (_, k) => `(if (local.get $x) (then (local.set ${7 + k} (local.get ${7 + ((k * 7) % blocks)}))))`,
    ).join('\n');
    const large = (rest: string): ReturnType<typeof ir> => ir(`(local ${locals}) ${rest} ${body}`);
    const { held } = heldLoads(
      large(
        `${loop(`(local.set $a (i32.add (local.get $a) ${load}))`)} (i32.store (i32.const 0) (local.get $a))`,
      ),
    );
    assert.equal(held.includes(1), true);
    assert.equal(heldLoads(large(loop(`(i32.store ${address} ${load})`))).anyFree, true);
  });
});

test('a function without loads in loops has no plain loops', () => {
  assert.equal(loadsOfPlainLoops(ir(load, '(result i32)')), undefined);
  assert.equal(loadsOfPlainLoops(ir(loop('(i32.store (i32.const 0) (i32.const 1))'))), undefined);
});
