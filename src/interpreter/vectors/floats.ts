/** Arithmetic and comparisons of floats, and conversions from and to them. NaNs are as for scalars. */
import { nearest, quiet } from '../float.js';
import {
  binary,
  choiceF32,
  choiceF64,
  clamp,
  comparison,
  comparisonF64,
  type NumberLanes,
  unary,
} from './lanewise.js';
import { a, result, type VectorOperation, type VectorOperations } from './registers.js';

/** What is computed in the same way for both shapes; doubles are exact enough for what rounds to an f32. */
function arithmetic(lanes: 'f32' | 'f64'): VectorOperations {
  const name = lanes === 'f32' ? 'f32x4' : 'f64x2';
  return {
    [`${name}.ceil`]: unary(lanes, (x) => quiet(Math.ceil(x))),
    [`${name}.floor`]: unary(lanes, (x) => quiet(Math.floor(x))),
    [`${name}.trunc`]: unary(lanes, (x) => quiet(Math.trunc(x))),
    [`${name}.nearest`]: unary(lanes, nearest),
    [`${name}.sqrt`]: unary(lanes, Math.sqrt),
    [`${name}.add`]: binary(lanes, (x, y) => x + y),
    [`${name}.sub`]: binary(lanes, (x, y) => x - y),
    [`${name}.mul`]: binary(lanes, (x, y) => x * y),
    [`${name}.div`]: binary(lanes, (x, y) => x / y),
    [`${name}.min`]: binary(lanes, Math.min),
    [`${name}.max`]: binary(lanes, Math.max),
  };
}

/** Signs are bits, of NaNs too. */
function signs(change: (upperWord: number) => number): { f32: VectorOperation; f64: VectorOperation } {
  return {
    f32: unary('i32', change),
    f64: () => {
      for (let k = 0; k < 4; k += 2) {
        result.i32[k] = a.i32[k];
        result.i32[k + 1] = change(a.i32[k + 1]);
      }
    },
  };
}

const abs = signs((word) => word & 0x7fffffff);
const neg = signs((word) => word ^ 0x80000000);

/** Each lane of one kind as one of another; lanes of the result that no operand has become 0. */
function convert(from: NumberLanes, to: NumberLanes, f: (x: number) => number): VectorOperation {
  const [x, lanes] = [a[from], result[to]];
  return () => {
    for (let k = 0; k < lanes.length; k++) lanes[k] = k < x.length ? f(x[k]) : 0;
  };
}

/** Whole numbers; NaN becomes 0 when it is written. */
export function saturateS32(x: number): number {
  return clamp(x, -0x80000000, 0x7fffffff);
}

function saturateU32(x: number): number {
  return clamp(x, 0, 0xffffffff);
}

function same(x: number): number {
  return x;
}

export const floatOperations: VectorOperations = {
  ...arithmetic('f32'),
  ...arithmetic('f64'),
  'f32x4.abs': abs.f32,
  'f64x2.abs': abs.f64,
  'f32x4.neg': neg.f32,
  'f64x2.neg': neg.f64,
  'f32x4.pmin': choiceF32((x, y) => !(y < x)),
  'f64x2.pmin': choiceF64((x, y) => !(y < x)),
  'f32x4.pmax': choiceF32((x, y) => !(x < y)),
  'f64x2.pmax': choiceF64((x, y) => !(x < y)),
  'f32x4.eq': comparison('f32', (x, y) => x === y),
  'f32x4.ne': comparison('f32', (x, y) => x !== y),
  'f32x4.lt': comparison('f32', (x, y) => x < y),
  'f32x4.gt': comparison('f32', (x, y) => x > y),
  'f32x4.le': comparison('f32', (x, y) => x <= y),
  'f32x4.ge': comparison('f32', (x, y) => x >= y),
  'f64x2.eq': comparisonF64((x, y) => x === y),
  'f64x2.ne': comparisonF64((x, y) => x !== y),
  'f64x2.lt': comparisonF64((x, y) => x < y),
  'f64x2.gt': comparisonF64((x, y) => x > y),
  'f64x2.le': comparisonF64((x, y) => x <= y),
  'f64x2.ge': comparisonF64((x, y) => x >= y),
  'f32x4.demote_f64x2_zero': convert('f64', 'f32', same),
  'f64x2.promote_low_f32x4': convert('f32', 'f64', quiet),
  'i32x4.trunc_sat_f32x4_s': convert('f32', 'i32', saturateS32),
  'i32x4.trunc_sat_f32x4_u': convert('f32', 'u32', saturateU32),
  'f32x4.convert_i32x4_s': convert('i32', 'f32', same),
  'f32x4.convert_i32x4_u': convert('u32', 'f32', same),
  'i32x4.trunc_sat_f64x2_s_zero': convert('f64', 'i32', saturateS32),
  'i32x4.trunc_sat_f64x2_u_zero': convert('f64', 'u32', saturateU32),
  'f64x2.convert_low_i32x4_s': convert('i32', 'f64', same),
  'f64x2.convert_low_i32x4_u': convert('u32', 'f64', same),
};
