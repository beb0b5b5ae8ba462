import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { hostCpu } from '../../native/code/cpu.js';
import { nativeUnavailable } from '../../native/ffi/ffi.js';
import { wat } from '../../runtime/modules.fixture.js';
import { Runtime } from '../../runtime/runtime.js';
import { fusedF32, fusedF64 } from './fused.js';

const largest = Number.MAX_VALUE;
const smallest = Number.MIN_VALUE;
const up = 1 + 2 ** -52;

describe('fusedF64', () => {
  test('rounds once', () => {
    assert.equal(fusedF64(up, 1 - 2 ** -52, -1), -(2 ** -104));
    assert.equal(fusedF64(2 ** 27 + 1, 2 ** 27 + 1, -(2 ** 54)), 2 ** 28 + 1);
    // The product alone is a tie that goes down; what is added decides.
    assert.equal(fusedF64(2 ** 26 + 1, 2 ** 27 + 1, 0), 9007199456067584);
    assert.equal(fusedF64(up, up, 2 ** -104), 1 + 2 ** -51);
    assert.equal(fusedF64(3, 1 / 3, -1), -(2 ** -54));
  });

  test('ties go to even, in both directions', () => {
    assert.equal(fusedF64(1, 1, 2 ** -53), 1);
    assert.equal(fusedF64(1, up, 2 ** -53), 1 + 2 ** -51);
    assert.equal(fusedF64(-1, up, -(2 ** -53)), -(1 + 2 ** -51));
    assert.equal(fusedF64(1, 1, 2 ** -53 + 2 ** -105), up);
  });

  test('overflows only if the result does', () => {
    assert.equal(fusedF64(largest, 2, -largest), largest);
    assert.equal(fusedF64(largest, 2, 0), Number.POSITIVE_INFINITY);
    assert.equal(fusedF64(2 ** 600, -(2 ** 600), 1), Number.NEGATIVE_INFINITY);
    assert.equal(fusedF64(2 ** 1000, 2 ** 1000, Number.NEGATIVE_INFINITY), Number.NEGATIVE_INFINITY);
    assert.equal(fusedF64(largest, 1, 2 ** 969), largest);
    assert.equal(fusedF64(largest, 1, 2 ** 970), Number.POSITIVE_INFINITY);
  });

  test('has the smallest numbers', () => {
    assert.equal(fusedF64(smallest, 0.5, smallest), 2 * smallest);
    assert.equal(fusedF64(smallest, 0.5, 2 * smallest), 2 * smallest);
    assert.equal(fusedF64(2 ** -600, 2 ** -600, smallest), smallest);
    assert.equal(fusedF64(2 ** -537, 2 ** -537, 0), smallest);
    assert.equal(fusedF64(2 ** -538, 2 ** -538, 0), 0);
  });

  test('has zeros with signs, infinities and NaNs', () => {
    assert.equal(fusedF64(1, -1, 1), 0);
    assert.equal(fusedF64(-0, 1, -0), -0);
    assert.equal(fusedF64(-0, 1, 0), 0);
    assert.equal(fusedF64(-(2 ** -600), 2 ** -600, 0), -0);
    assert.equal(fusedF64(0, 5, 7), 7);
    assert.equal(fusedF64(Number.POSITIVE_INFINITY, -1, 7), Number.NEGATIVE_INFINITY);
    for (const [x, y, z] of [
      [Number.POSITIVE_INFINITY, 0, 1],
      [Number.POSITIVE_INFINITY, 1, Number.NEGATIVE_INFINITY],
      [Number.NaN, 1, 1],
      [1, 1, Number.NaN],
    ]) {
      assert.equal(fusedF64(x, y, z), Number.NaN);
    }
  });
});

describe('fusedF32', () => {
  const f32 = (x: number, y: number, z: number): number => Math.fround(fusedF32(x, y, z));

  test('rounds once', () => {
    const near = 1 + 2 ** -23;
    assert.equal(f32(near, 1 - 2 ** -23, -1), -(2 ** -46));
    // In a double the sum is a tie of two f32s; what was cut off decides.
    assert.equal(f32(near, 2 ** -24, 1), 1 + 2 ** -23);
    assert.equal(f32(1, 2 ** -24, 1), 1);
    assert.equal(f32(2 ** -75, 2 ** -75, 1 + 2 ** -23), 1 + 2 ** -23);
    assert.equal(f32(2 ** -24, 1 - 2 ** -24, 1), 1);
    assert.equal(f32(2 ** 12 + 1, 2 ** 12 + 1, 0), 2 ** 24 + 2 ** 13);
    assert.equal(f32(2 ** 12 + 1, 2 ** 12 + 1, 2 ** -60), 2 ** 24 + 2 ** 13 + 2);
    assert.equal(f32(2 ** 12 + 1, 2 ** 12 - 1, -(2 ** 24)), -1);
  });

  test('overflows only if the result does', () => {
    const most = Math.fround(3.4028234663852886e38);
    assert.equal(f32(most, 2, -most), most);
    assert.equal(f32(most, most, 0), Number.POSITIVE_INFINITY);
  });
});

describe('the interpreter and the processor', () => {
  const skip = nativeUnavailable() ?? (hostCpu().fma ? false : 'the processor has no FMA');

  test('multiply and add alike', { skip }, () => {
    const bytes = wat(`(module
      (func (export "f32") (param f32 f32 f32) (result f32)
        (f32x4.extract_lane 1 (f32x4.relaxed_madd
          (f32x4.splat (local.get 0)) (f32x4.splat (local.get 1)) (f32x4.splat (local.get 2)))))
      (func (export "f64") (param f64 f64 f64) (result f64)
        (f64x2.extract_lane 1 (f64x2.relaxed_nmadd
          (f64x2.splat (local.get 0)) (f64x2.splat (local.get 1)) (f64x2.splat (local.get 2))))))`);
    const exponents = [-1074, -1022, -600, -149, -126, -60, -24, -1, 0, 1, 23, 52, 53, 100, 127, 512, 1023];
    const numbers = exponents.flatMap((exponent) => [
      2 ** exponent,
      -(2 ** exponent) * (1 + 2 ** -20 + 2 ** -23),
    ]);
    const values = [...numbers, 0, -0, 0.1, 1 / 3, up, largest, Number.POSITIVE_INFINITY];
    const [a, b] = (['interp', 'fast'] as const).map((tier) => {
      const runtime = new Runtime({ tier });
      return { runtime, exports: runtime.instantiate(runtime.compile(bytes)).exports };
    });
    type Triple = (x: number, y: number, z: number) => number;
    for (const name of ['f32', 'f64']) {
      const [f, g] = [a.exports[name] as Triple, b.exports[name] as Triple];
      for (const x of values) {
        for (const y of values) {
          // Also what nearly cancels the product.
          for (const z of [1, -0, 0.1, -x * y, x * y * up, smallest, -largest]) {
            const [found, expected] = [f(x, y, z), g(x, y, z)];
            if (!Object.is(found, expected)) assert.equal(found, expected, `${name} ${x} ${y} ${z}`);
          }
        }
      }
    }
    for (const { runtime } of [a, b]) runtime.dispose();
  });
});
