import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { wat } from '../../runtime/modules.fixture.js';
import type { Func } from '../../runtime/objects/func.js';
import { llvmMachines } from '../execution.fixture.js';
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

const machines = llvmMachines.map((machine) => ({ ...machine, runtime: machine.make() }));
after(() => {
  for (const { runtime } of machines) runtime.dispose();
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
