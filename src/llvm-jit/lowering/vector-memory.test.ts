import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { v8Exports } from '../../fast-jit/execution.fixture.js';
import { wat } from '../../runtime/modules.fixture.js';
import type { Memory } from '../../runtime/objects/memory.js';
import { TrapError } from '../../runtime/traps/trap-error.js';
import { vectorMachines } from '../execution.fixture.js';
import { withoutLlvm } from '../library.fixture.js';

/*
 * Loads and stores of vectors: at every alignment, up to the memory's end and beyond, also where only a part
 * of what is loaded is used, or nothing.
 */

const machines = vectorMachines.map((machine) => ({ ...machine, runtime: machine.make() }));
after(() => {
  for (const { runtime } of machines) runtime.dispose();
});

const page = 0x10000;

/** Loads by the bytes that each touches. */
const loads: Readonly<Record<string, number>> = {
  'v128.load': 16,
  ...Object.fromEntries(
    ['8x8_s', '8x8_u', '16x4_s', '16x4_u', '32x2_s', '32x2_u', '64_zero', '64_splat'].map((name) => [
      `v128.load${name}`,
      8,
    ]),
  ),
  'v128.load32_zero': 4,
  'v128.load32_splat': 4,
  'v128.load16_splat': 2,
  'v128.load8_splat': 1,
};
const lanes: readonly (readonly [bits: number, lane: number])[] = [
  [8, 0],
  [8, 13],
  [16, 5],
  [32, 3],
  [64, 0],
  [64, 1],
];

const vector = '(v128.const i32x4 0x01020384 0x85868788 0x090a0b8c 0x8d8e8f90)';

/** Functions of an address that return a vector as two i64, with the bytes that they touch. */
const loading: readonly (readonly [code: string, size: number])[] = [
  ...Object.entries(loads).map(([name, size]) => [`(${name} (local.get 0))`, size] as const),
  ...lanes.map(
    ([bits, lane]) => [`(v128.load${bits}_lane ${lane} (local.get 0) ${vector})`, bits / 8] as const,
  ),
  ['(f32x4.add (v128.load (local.get 0)) (v128.load offset=16 (local.get 0)))', 32],
  // Of what these load, a part makes no difference.
  ['(i64x2.splat (i64x2.extract_lane 0 (v128.load (local.get 0))))', 16],
  ['(i16x8.extend_low_i8x16_s (v128.load (local.get 0)))', 16],
  ['(f64x2.promote_low_f32x4 (v128.load (local.get 0)))', 16],
  ['(i8x16.shuffle 0 1 2 3 4 5 6 7 0 1 2 3 4 5 6 7 (v128.load (local.get 0)) (v128.load (local.get 0)))', 16],
  ['(v128.and (v128.load (local.get 0)) (v128.const i64x2 -1 0))', 16],
  ['(i32x4.mul (v128.load (local.get 0)) (v128.const i32x4 0 0 0 0))', 16],
  ['(i64x2.sub (local.tee 1 (v128.load (local.get 0))) (local.get 1))', 16],
  [`(drop (v128.load (local.get 0))) ${vector}`, 16],
  [`(drop (v128.load8_splat (local.get 0))) ${vector}`, 1],
];

const storing: readonly (readonly [code: string, size: number])[] = [
  [`(v128.store (local.get 0) ${vector})`, 16],
  ['(v128.store (local.get 0) (i8x16.splat (local.get 0)))', 16],
  ...lanes.map(
    ([bits, lane]) => [`(v128.store${bits}_lane ${lane} (local.get 0) ${vector})`, bits / 8] as const,
  ),
];

const source = `(module (memory (export "memory") 1)
  ${loading
    .map(
      ([code], k) => `(func (export "load ${k}") (param i32) (result i64 i64) (local v128)
        (local.set 1 (block (result v128) ${code}))
        (i64x2.extract_lane 0 (local.get 1)) (i64x2.extract_lane 1 (local.get 1)))`,
    )
    .join('\n')}
  ${storing.map(([code], k) => `(func (export "store ${k}") (param i32) ${code})`).join('\n')})`;

/** A pattern without repetitions. */
const pattern = Uint8Array.from({ length: page }, (_, k) => (k * 73 + (k >> 7)) & 0xff);

describe('loads and stores of vectors', { skip: withoutLlvm() }, () => {
  const bytes = wat(source);
  for (const { name, runtime } of machines) {
    test(name, () => {
      const reference = v8Exports(bytes);
      const instance = runtime.instantiate(runtime.compile(bytes));
      const memory = instance.exports['memory'] as Memory;
      const own = instance.exports as unknown as Readonly<Record<string, (address: number) => unknown>>;
      const expectedBytes = new Uint8Array(
        (reference['memory'] as unknown as { buffer: ArrayBuffer }).buffer,
      );
      const actualBytes = new Uint8Array(memory.buffer);
      expectedBytes.set(pattern);
      actualBytes.set(pattern);
      const check = (kind: string, k: number, code: string, size: number): void => {
        const [function_, expected] = [own[`${kind} ${k}`], reference[`${kind} ${k}`]];
        for (const address of [0, 1, 7, 8, 33, page - size - 1, page - size]) {
          assert.deepEqual(function_(address), expected(address), `${code} at ${address}`);
        }
        for (const address of [page - size + 1, page, page + 1, -1, -size]) {
          assert.throws(() => function_(address), TrapError, `${code} at ${address}`);
        }
      };
      for (const [k, [code, size]] of loading.entries()) check('load', k, code, size);
      for (const [k, [code, size]] of storing.entries()) check('store', k, code, size);
      assert.deepEqual(actualBytes, expectedBytes);
      instance.dispose();
    });
  }
});

describe('loops over vectors', { skip: withoutLlvm() }, () => {
  /** Iterations from an address, 16 bytes each, that store what $body makes of a vector at $p, until $end. */
  const loop = (body: string): string => `(module (memory (export "memory") 1)
    (func (export "run") (param $p i32) (param $end i32) (local $v v128)
      (loop $next
        ${body}
        (br_if $next (i32.lt_u (local.tee $p (i32.add (local.get $p) (i32.const 16))) (local.get $end))))))`;
  const store = (value: string): string => `(v128.store offset=0x8000 (local.get $p) ${value})`;
  const bodies: Readonly<Record<string, string>> = {
    'all of it is stored': store('(v128.load (local.get $p))'),
    'a part is stored': store('(i32x4.extend_low_i16x8_u (v128.load (local.get $p)))'),
    'a part is stored, by a mask': store('(v128.and (v128.load (local.get $p)) (v128.const i64x2 -1 0))'),
    'a lane is stored':
      '(i32.store offset=0x8000 (local.get $p) (i32x4.extract_lane 0 (v128.load (local.get $p))))',
    'a lane of a sum is stored': `(i32.store offset=0x8000 (local.get $p) (i32x4.extract_lane 1
      (i32x4.add (v128.load (local.get $p)) (v128.load offset=8 (local.get $p)))))`,
    'two are multiplied': store('(f32x4.mul (v128.load (local.get $p)) (v128.load offset=4 (local.get $p)))'),
    'stores come first': `${store('(i8x16.splat (local.get $p))')} (drop (v128.load offset=16 (local.get $p)))`,
  };
  for (const [name, body] of Object.entries(bodies)) {
    const bytes = wat(loop(body));
    for (const machine of machines) {
      test(`${name}: ${machine.name}`, () => {
        // Up to the end, and into it: what came before the trap has been done.
        for (const [from, end] of [
          [0, 0x8000],
          [0x7f00, 0x10100],
          [0xfee4, 0x10000],
          [0xfefc, 0x10100],
        ]) {
          const reference = v8Exports(bytes);
          const instance = machine.runtime.instantiate(machine.runtime.compile(bytes));
          const own = instance.exports as unknown as {
            readonly memory: Memory;
            run(p: number, end: number): void;
          };
          const expectedBytes = new Uint8Array(
            (reference['memory'] as unknown as { buffer: ArrayBuffer }).buffer,
          );
          const actualBytes = new Uint8Array(own.memory.buffer);
          expectedBytes.set(pattern);
          actualBytes.set(pattern);
          const traps = (run: () => unknown): boolean => {
            try {
              run();
              return false;
            } catch {
              return true;
            }
          };
          const expected = traps(() => reference['run'](from, end));
          assert.equal(
            traps(() => own.run(from, end)),
            expected,
            `${from} to ${end}`,
          );
          assert.equal(Buffer.compare(actualBytes, expectedBytes), 0, `${from} to ${end}`);
          instance.dispose();
        }
      });
    }
  }
});
