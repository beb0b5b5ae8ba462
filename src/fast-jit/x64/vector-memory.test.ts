import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { wat } from '../../runtime/modules.fixture.js';
import { Func } from '../../runtime/objects/func.js';
import { Memory } from '../../runtime/objects/memory.js';
import { TrapError } from '../../runtime/traps/trap-error.js';
import { isV8Trap, v8Exports, vectorMachines } from '../execution.fixture.js';

/*
 * Accesses of vectors and lanes, and what they are fused with, near the end of memory: each traps where V8's
 * does, and leaves the memory as V8 leaves it.
 */

const runtimes = vectorMachines.map(({ make }) => make());
after(() => {
  for (const runtime of runtimes) runtime.dispose();
});

const v = '(local.get $v)';
const at = '(local.get $at)';

/** Name, and code that makes a vector of local `$at` and the vector `$v`. */
const loads: readonly (readonly [string, string])[] = [
  ['v128.load', `(v128.load offset=1 ${at})`],
  ['into an operator', `(i32x4.add ${v} (v128.load ${at}))`],
  ['into an operator, first', `(i16x8.sub (v128.load ${at}) ${v})`],
  ['into a comparison', `(f32x4.lt (v128.load ${at}) ${v})`],
  ['into a comparison, second', `(f32x4.lt ${v} (v128.load ${at}))`],
  ['into a comparison of unsigned lanes', `(i8x16.gt_u ${v} (v128.load ${at}))`],
  ['into an inequality', `(i8x16.ne (v128.load ${at}) ${v})`],
  ['into one operand', `(i16x8.abs (v128.load ${at}))`],
  ['into a test', `(i32x4.splat (v128.any_true (v128.and ${v} (v128.load ${at}))))`],
  ['into a test of what is missing', `(i32x4.splat (v128.any_true (v128.andnot (v128.load ${at}) ${v})))`],
  ['into a mask', `(i32x4.splat (i8x16.bitmask (i8x16.ne ${v} (v128.load ${at}))))`],
  ['into all lanes', `(i32x4.splat (i16x8.all_true (i16x8.ne (v128.load ${at}) ${v})))`],
  ...['8x8_s', '8x8_u', '16x4_s', '16x4_u', '32x2_s', '32x2_u', '32_zero', '64_zero'].map(
    (name) => [`v128.load${name}`, `(v128.load${name} offset=3 ${at})`] as const,
  ),
  ['extended', `(i16x8.extend_low_i8x16_s (v128.load64_zero ${at}))`],
  ['extended twice', `(i32x4.extend_low_i16x8_s (i16x8.extend_low_i8x16_u (v128.load32_zero ${at})))`],
  [
    'extended twice, 8 bytes',
    `(i32x4.extend_low_i16x8_s (i16x8.extend_low_i8x16_s (v128.load64_zero ${at})))`,
  ],
  ['extended twice to 64', `(i64x2.extend_low_i32x4_u (i32x4.extend_low_i16x8_u (v128.load32_zero ${at})))`],
  ['promoted', `(f64x2.promote_low_f32x4 (v128.load64_zero ${at}))`],
  ...['8', '16', '32', '64'].map(
    (bits) => [`v128.load${bits}_splat`, `(v128.load${bits}_splat offset=2 ${at})`] as const,
  ),
  ['splat of an i32', `(i32x4.splat (i32.load ${at}))`],
  ['splat of an i64', `(i64x2.splat (i64.load ${at}))`],
  ['splat of a signed byte', `(i8x16.splat (i32.load8_s ${at}))`],
  ...(
    [
      ['8', [0, 7, 15]],
      ['16', [0, 5]],
      ['32', [0, 3]],
      ['64', [0, 1]],
    ] as const
  ).flatMap(([bits, lanes]) =>
    lanes.map(
      (lane) =>
        [`v128.load${bits}_lane ${lane}`, `(v128.load${bits}_lane offset=5 ${lane} ${at} ${v})`] as const,
    ),
  ),
  ['a lane of floats', `(f32x4.replace_lane 2 ${v} (f32.load ${at}))`],
  ['the upper lane of doubles', `(f64x2.replace_lane 1 ${v} (f64.load ${at}))`],
  ['the lower lane of doubles', `(f64x2.replace_lane 0 ${v} (f64.load ${at}))`],
];

/** Name, and code that stores of the vector `$v` at local `$at`. */
const stores: readonly (readonly [string, string])[] = [
  ['v128.store', `(v128.store offset=1 ${at} ${v})`],
  ...(
    [
      ['8', [0, 1, 15]],
      ['16', [0, 7]],
      ['32', [0, 1, 2, 3]],
      ['64', [0, 1]],
    ] as const
  ).flatMap(([bits, lanes]) =>
    lanes.map(
      (lane) =>
        [`v128.store${bits}_lane ${lane}`, `(v128.store${bits}_lane offset=5 ${lane} ${at} ${v})`] as const,
    ),
  ),
  ['a signed byte', `(i32.store8 ${at} (i8x16.extract_lane_s 9 ${v}))`],
  ['signed 16 bits', `(i32.store16 ${at} (i16x8.extract_lane_s 6 ${v}))`],
  ['a lane wider than what is stored', `(i32.store8 ${at} (i32x4.extract_lane 2 ${v}))`],
  ['a float', `(f32.store ${at} (f32x4.extract_lane 3 ${v}))`],
  ['a double', `(f64.store ${at} (f64x2.extract_lane 1 ${v}))`],
];

const pageSize = 0x10000;
/** Where loads leave their results; the vector `$v` is before that. */
const resultAt = 64;
const vectorAt = 32;

function functionText([name, code]: readonly [string, string], isLoad: boolean): string {
  const body = isLoad ? `(v128.store (i32.const ${resultAt}) ${code})` : code;
  return `(func (export "${name}") (param $at i32) (local $v v128)
    (local.set $v (v128.load (i32.const ${vectorAt}))) ${body})`;
}

const module = wat(`(module (memory (export "memory") 1)
  ${loads.map((load) => functionText(load, true)).join('\n')}
  ${stores.map((store) => functionText(store, false)).join('\n')})`);

function fill(bytes: Uint8Array): void {
  for (let k = 0; k < bytes.length; k++) bytes[k] = (k * 167 + (k >> 8) * 13 + 131) & 0xff;
}

/** Whether the call trapped. Anything else that it throws goes on. */
function traps(call: (address: number) => unknown, address: number): boolean {
  try {
    call(address);
    return false;
  } catch (error) {
    if (isV8Trap(error) || error instanceof TrapError) return true;
    throw error;
  }
}

/** In the middle, unaligned; the last bytes of memory, and beyond. */
const addresses = [
  ...[128, 129, 1003],
  ...Array.from({ length: 24 }, (_, k) => pageSize - 22 + k),
  ...[0x7fffffff, -16, -1],
];

describe('accesses of vectors agree with V8', () => {
  const reference = v8Exports(module);
  const { buffer } = reference['memory'] as unknown as { buffer: ArrayBuffer };
  const expected = new Uint8Array(buffer);
  const own = runtimes.map((runtime) => runtime.instantiate(runtime.compile(module)).exports);

  for (const [name] of [...loads, ...stores]) {
    test(name, () => {
      let trapped = 0;
      for (const address of addresses) {
        fill(expected);
        const doesTrap = traps(reference[name], address);
        if (doesTrap) trapped++;
        for (const [k, exports] of own.entries()) {
          const { memory, [name]: func } = exports;
          assert.ok(memory instanceof Memory && func instanceof Func);
          const actual = new Uint8Array(memory.buffer);
          fill(actual);
          const where = `${address}, ${vectorMachines[k].name}`;
          assert.equal(
            traps((...args) => func(...args), address),
            doesTrap,
            where,
          );
          assert.ok(Buffer.compare(actual, expected) === 0, where);
        }
      }
      assert.ok(trapped > 0 && trapped < addresses.length);
    });
  }
});
