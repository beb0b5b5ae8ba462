import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { wat } from '../../runtime/modules.fixture.js';
import type { Func } from '../../runtime/objects/func.js';
import { llvmMachines, vectorMachines } from '../execution.fixture.js';
import { withoutLlvm } from '../library.fixture.js';

/*
 * Arithmetic makes NaNs quiet (spec 2.0, section 4.3.3, "NaN propagation"), also by a constant that LLVM can
 * see through locals, calls, memory, globals or a computation, and by which the operator would be its other
 * operand.
 */

/** Functions of an f32 or f64, $x, by the type T. */
const functions: Readonly<Record<string, string>> = {
  'x * 1': '(T.mul (local.get 0) (T.const 1))',
  '1 * x': '(T.mul (T.const 1) (local.get 0))',
  'x * -1': '(T.mul (local.get 0) (T.const -1))',
  'x / 1': '(T.div (local.get 0) (T.const 1))',
  'x / -1': '(T.div (local.get 0) (T.const -1))',
  'x + -0': '(T.add (local.get 0) (T.const -0))',
  'x + 0': '(T.add (local.get 0) (T.const 0))',
  'x - 0': '(T.sub (local.get 0) (T.const 0))',
  '-0 - x': '(T.sub (T.const -0) (local.get 0))',
  '-0 - (-0 - x)': '(T.sub (T.const -0) (T.sub (T.const -0) (local.get 0)))',
  'min(x, 0)': '(T.min (local.get 0) (T.const 0))',
  'max(-0, x)': '(T.max (T.const -0) (local.get 0))',
  'min(x, x)': '(T.min (local.get 0) (local.get 0))',
  'x + nan': '(T.add (local.get 0) (T.const nan:0x200000))',
  'nan + 1': '(T.add (T.const nan:0x200000) (T.const 1))',
  'sqrt(x)': '(T.sqrt (local.get 0))',
  'floor(ceil(x))': '(T.floor (T.ceil (local.get 0)))',
  'trunc(x)': '(T.trunc (local.get 0))',
  'nearest(x)': '(T.nearest (local.get 0))',
  'a local': '(local T) (local.set 1 (T.const 1)) (T.mul (local.get 0) (local.get 1))',
  'a local, -1': '(local T) (local.set 1 (T.const -1)) (T.div (local.get 0) (local.get 1))',
  'a local of a loop': `(local T) (local.set 1 (T.const 1))
    (loop (br_if 0 (T.lt (local.get 0) (T.const 0)))) (T.mul (local.get 0) (local.get 1))`,
  'a local that is zero': '(local T) (T.sub (local.get 0) (local.get 1))',
  'an argument': '(call $multiply (local.get 0) (T.const 1))',
  'a result': '(T.mul (local.get 0) (call $one))',
  memory: '(T.store (i32.const 0) (T.const -0)) (T.add (local.get 0) (T.load (i32.const 0)))',
  'a global': '(global.set $g (T.const -0)) (T.add (local.get 0) (global.get $g))',
  'a constant global': '(T.mul (local.get 0) (global.get $one))',
  'a conversion': '(T.mul (local.get 0) (T.convert_i32_s (i32.const 1)))',
  'an addition': '(T.mul (local.get 0) (T.add (T.const 0.5) (T.const 0.5)))',
  'a selection': '(T.mul (local.get 0) (select (T.const 1) (T.const 1) (T.eq (local.get 0) (local.get 0))))',
};

const types = {
  f32: { signalling: 0x7fa00001n, quiet: 0x00400000n, nan: 0x7f800000n, payload: 'nan:0x200000' },
  f64: {
    signalling: 0x7ff4000000000001n,
    quiet: 0x0008000000000000n,
    nan: 0x7ff0000000000000n,
    payload: 'nan:0x4000000000000',
  },
} as const;

/** Functions of a vector, $x, with lanes of the type T; C is a constant with the same lanes everywhere. */
const vectorFunctions: Readonly<Record<string, string>> = {
  'x * 1': '(V.mul (local.get $x) C(1))',
  '1 * x': '(V.mul C(1) (local.get $x))',
  'x * -1': '(V.mul (local.get $x) C(-1))',
  'x / 1': '(V.div (local.get $x) C(1))',
  'x + -0': '(V.add (local.get $x) C(-0))',
  'x - 0': '(V.sub (local.get $x) C(0))',
  '-0 - x': '(V.sub C(-0) (local.get $x))',
  'min(x, 0)': '(V.min (local.get $x) C(0))',
  'max(-0, x)': '(V.max C(-0) (local.get $x))',
  'max(x, 0)': '(V.max (local.get $x) C(0))',
  'min(x, 5)': '(V.min (local.get $x) C(5))',
  'min(x, x)': '(V.min (local.get $x) (local.get $x))',
  'x + nan': '(V.add (local.get $x) C(nan:0x200000))',
  'nan + 1': '(V.add C(nan:0x200000) C(1))',
  'sqrt(x)': '(V.sqrt (local.get $x))',
  'floor(ceil(x))': '(V.floor (V.ceil (local.get $x)))',
  'nearest(trunc(x))': '(V.nearest (V.trunc (local.get $x)))',
  'a splat': '(V.mul (local.get $x) (V.splat (T.const 1)))',
  'a replaced lane': '(V.mul (local.get $x) (V.replace_lane 0 C(1) (T.const 1)))',
  'a shuffle': `(V.mul (local.get $x)
    (i8x16.shuffle 0 1 2 3 4 5 6 7 24 25 26 27 28 29 30 31 C(1) C(-1)))`,
  'a local': '(local.set $v C(1)) (V.mul (local.get $x) (local.get $v))',
  'a local that is zero': '(V.sub (local.get $x) (local.get $v))',
  'a local of a loop': `(local.set $v C(1))
    (loop (br_if 0 (i32.eqz (v128.any_true (local.get $x))))) (V.mul (local.get $x) (local.get $v))`,
  'an argument': '(call $multiply (local.get $x) C(1))',
  'a result': '(V.mul (local.get $x) (call $one))',
  memory: '(v128.store (i32.const 0) C(-0)) (V.add (local.get $x) (v128.load (i32.const 0)))',
  'a global': '(global.set $g C(-0)) (V.add (local.get $x) (global.get $g))',
  'a constant global': '(V.mul (local.get $x) (global.get $one))',
  'bits of constants': '(V.mul (local.get $x) (v128.and C(1) (v128.not C(0))))',
  'a selection': '(V.mul (local.get $x) (select C(1) C(1) (v128.any_true (local.get $x))))',
};

/** What only lanes of one width can: f64x2 by way of f32x4, whose upper lanes become numbers. */
const narrowFunctions: Readonly<Record<string, string>> = {
  'demote(promote(x))': `(local.set $v (f32x4.demote_f64x2_zero (f64x2.promote_low_f32x4 (local.get $x))))
    (i8x16.shuffle 0 1 2 3 4 5 6 7 0 1 2 3 4 5 6 7 (local.get $v) (local.get $v))`,
  'promote(x)': `(f32x4.splat (f32.demote_f64 (f64x2.extract_lane 1 (f64x2.promote_low_f32x4 (local.get $x)))))`,
};

const machines = llvmMachines.map((machine) => ({ ...machine, runtime: machine.make() }));
const machinesForVectors = vectorMachines.map((machine) => ({ ...machine, runtime: machine.make() }));
after(() => {
  for (const { runtime } of [...machines, ...machinesForVectors]) runtime.dispose();
});

for (const [type, { signalling, quiet, nan, payload }] of Object.entries(types)) {
  describe(type, { skip: withoutLlvm() }, () => {
    const own = (code: string): string => code.replaceAll('T', type).replaceAll('nan:0x200000', payload);
    const bytes = wat(
      own(`(module (memory 1) (global $g (mut T) (T.const 0)) (global $one T (T.const 1))
        (func $multiply (param T T) (result T) (T.mul (local.get 0) (local.get 1)))
        (func $one (result T) (T.const 1))
        ${Object.entries(functions)
          .map(([name, code]) => `(func (export "${name}") (param T) (result T) ${code})`)
          .join('\n')})`),
    );
    for (const { name, runtime } of machines) {
      test(name, () => {
        const exports = runtime.instantiate(runtime.compile(bytes)).exports as Readonly<Record<string, Func>>;
        for (const name of Object.keys(functions)) {
          const [result] = exports[name].callBits([signalling]);
          assert.equal(result & (nan | quiet), nan | quiet, `${name} is 0x${result.toString(16)}`);
        }
      });
    }
  });
}

const vectorTypes = { f32x4: 'f32', f64x2: 'f64' } as const;

/** The same bits in all lanes of an i64. */
function inAllLanes(type: 'f32' | 'f64', bits: bigint): bigint {
  return type === 'f32' ? (bits << 32n) | bits : bits;
}

for (const [vector, type] of Object.entries(vectorTypes)) {
  describe(vector, { skip: withoutLlvm() }, () => {
    const { signalling, quiet, nan, payload } = types[type];
    const count = type === 'f32' ? 4 : 2;
    const own = (code: string): string =>
      code
        .replace(
          /C\(([^)]*)\)/g,
          (_, value) => `(v128.const ${vector} ${new Array(count).fill(value).join(' ')})`,
        )
        .replaceAll(/\bV\b/g, vector)
        .replaceAll(/\bT\b/g, type)
        .replaceAll('nan:0x200000', payload);
    const functions = type === 'f32' ? { ...vectorFunctions, ...narrowFunctions } : vectorFunctions;
    const bytes = wat(
      own(`(module (memory 1) (global $g (mut v128) C(0)) (global $one v128 C(1))
        (func $multiply (param v128 v128) (result v128) (V.mul (local.get 0) (local.get 1)))
        (func $one (result v128) C(1))
        ${Object.entries(functions)
          .map(
            ([
              name,
              code,
            ]) => `(func (export "${name}") (param i64) (result i64 i64) (local $x v128) (local $v v128)
              (local.set $x (i64x2.splat (local.get 0)))
              (local.set $v (block (result v128) ${code}))
              (i64x2.extract_lane 0 (local.get $v)) (i64x2.extract_lane 1 (local.get $v)))`,
          )
          .join('\n')})`),
    );
    for (const { name, runtime } of machinesForVectors) {
      test(name, () => {
        const exports = runtime.instantiate(runtime.compile(bytes)).exports as Readonly<Record<string, Func>>;
        const isQuiet = inAllLanes(type, nan | quiet);
        for (const name of Object.keys(functions)) {
          for (const [half, result] of exports[name].callBits([inAllLanes(type, signalling)]).entries()) {
            assert.equal(result & isQuiet, isQuiet, `half ${half} of ${name} is 0x${result.toString(16)}`);
          }
        }
      });
    }
  });
}
