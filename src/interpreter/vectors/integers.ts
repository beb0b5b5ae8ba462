/** Arithmetic, comparisons and shifts of integers (spec 3.0, section 4.6.8). */
import {
  allTrue,
  binary,
  binaryBig,
  bitmask,
  clamp,
  comparison,
  comparisonBig,
  unary,
  unaryBig,
} from './lanewise.js';
import { a, b, result, type VectorOperation, type VectorOperations } from './registers.js';

/** A shape of lanes up to 32 bits: its name and the lanes, signed and unsigned. */
type Shape =
  | readonly [name: 'i8x16', signed: 'i8', unsigned: 'u8', bits: 8]
  | readonly [name: 'i16x8', signed: 'i16', unsigned: 'u16', bits: 16]
  | readonly [name: 'i32x4', signed: 'i32', unsigned: 'u32', bits: 32];

const i8x16: Shape = ['i8x16', 'i8', 'u8', 8];
const i16x8: Shape = ['i16x8', 'i16', 'u16', 16];
const i32x4: Shape = ['i32x4', 'i32', 'u32', 32];

/** What all shapes up to 32 bits have. */
function common([name, s, u, bits]: Shape): VectorOperations {
  const count = (): number => b.i32[0] & (bits - 1);
  return {
    [`${name}.eq`]: comparison(s, (x, y) => x === y),
    [`${name}.ne`]: comparison(s, (x, y) => x !== y),
    [`${name}.lt_s`]: comparison(s, (x, y) => x < y),
    [`${name}.lt_u`]: comparison(u, (x, y) => x < y),
    [`${name}.gt_s`]: comparison(s, (x, y) => x > y),
    [`${name}.gt_u`]: comparison(u, (x, y) => x > y),
    [`${name}.le_s`]: comparison(s, (x, y) => x <= y),
    [`${name}.le_u`]: comparison(u, (x, y) => x <= y),
    [`${name}.ge_s`]: comparison(s, (x, y) => x >= y),
    [`${name}.ge_u`]: comparison(u, (x, y) => x >= y),
    [`${name}.abs`]: unary(s, Math.abs),
    [`${name}.neg`]: unary(s, (x) => -x),
    [`${name}.all_true`]: allTrue(s),
    [`${name}.bitmask`]: bitmask(s),
    [`${name}.shl`]: unary(s, (x) => x << count()),
    [`${name}.shr_s`]: unary(s, (x) => x >> count()),
    [`${name}.shr_u`]: unary(u, (x) => x >>> count()),
    [`${name}.add`]: binary(s, (x, y) => x + y),
    [`${name}.sub`]: binary(s, (x, y) => x - y),
    [`${name}.min_s`]: binary(s, Math.min),
    [`${name}.min_u`]: binary(u, Math.min),
    [`${name}.max_s`]: binary(s, Math.max),
    [`${name}.max_u`]: binary(u, Math.max),
  };
}

/** What shapes up to 16 bits have in addition. */
function narrow([name, s, u, bits]: typeof i8x16 | typeof i16x8): VectorOperations {
  const most = 2 ** bits - 1;
  const mostSigned = 2 ** (bits - 1) - 1;
  const saturate = (x: number): number => clamp(x, -mostSigned - 1, mostSigned);
  return {
    [`${name}.add_sat_s`]: binary(s, (x, y) => saturate(x + y)),
    [`${name}.add_sat_u`]: binary(u, (x, y) => clamp(x + y, 0, most)),
    [`${name}.sub_sat_s`]: binary(s, (x, y) => saturate(x - y)),
    [`${name}.sub_sat_u`]: binary(u, (x, y) => clamp(x - y, 0, most)),
    [`${name}.avgr_u`]: binary(u, (x, y) => (x + y + 1) >> 1),
  };
}

const i64x2: VectorOperations = {
  'i64x2.eq': comparisonBig((x, y) => x === y),
  'i64x2.ne': comparisonBig((x, y) => x !== y),
  'i64x2.lt_s': comparisonBig((x, y) => x < y),
  'i64x2.gt_s': comparisonBig((x, y) => x > y),
  'i64x2.le_s': comparisonBig((x, y) => x <= y),
  'i64x2.ge_s': comparisonBig((x, y) => x >= y),
  'i64x2.abs': unaryBig('i64', (x) => (x < 0n ? -x : x)),
  'i64x2.neg': unaryBig('i64', (x) => -x),
  'i64x2.all_true': () => {
    result.i32[0] = a.i64.includes(0n) ? 0 : 1;
  },
  'i64x2.bitmask': () => {
    result.i32[0] = (a.i32[1] < 0 ? 1 : 0) | (a.i32[3] < 0 ? 2 : 0);
  },
  'i64x2.shl': unaryBig('i64', (x) => x << BigInt(b.i32[0] & 63)),
  'i64x2.shr_s': unaryBig('i64', (x) => x >> BigInt(b.i32[0] & 63)),
  'i64x2.shr_u': unaryBig('u64', (x) => x >> BigInt(b.i32[0] & 63)),
  'i64x2.add': binaryBig('i64', (x, y) => x + y),
  'i64x2.sub': binaryBig('i64', (x, y) => x - y),
  'i64x2.mul': binaryBig('i64', (x, y) => x * y),
};

const bits: VectorOperations = {
  'v128.not': unary('i32', (x) => ~x),
  'v128.and': binary('i32', (x, y) => x & y),
  'v128.andnot': binary('i32', (x, y) => x & ~y),
  'v128.or': binary('i32', (x, y) => x | y),
  'v128.xor': binary('i32', (x, y) => x ^ y),
  'v128.any_true': () => {
    result.i32[0] = (a.i32[0] | a.i32[1] | a.i32[2] | a.i32[3]) === 0 ? 0 : 1;
  },
};

/** Bits that are set in a byte. */
function bitCount(byte: number): number {
  let count = 0;
  for (let rest = byte; rest !== 0; rest >>= 1) count += rest & 1;
  return count;
}

/** (a × b + 2¹⁴) / 2¹⁵, rounded down: a product of fixed-point numbers. */
export function q15Product(x: number, y: number): number {
  return (x * y + 0x4000) >> 15;
}

/** Each lane is the sum of the products of two neighbours. */
const dot: VectorOperation = () => {
  for (let k = 0; k < 4; k++) {
    result.i32[k] = a.i16[2 * k] * b.i16[2 * k] + a.i16[2 * k + 1] * b.i16[2 * k + 1];
  }
};

export const integerOperations: VectorOperations = {
  ...bits,
  ...common(i8x16),
  ...narrow(i8x16),
  'i8x16.popcnt': unary('u8', bitCount),
  ...common(i16x8),
  ...narrow(i16x8),
  'i16x8.mul': binary('i16', Math.imul),
  'i16x8.q15mulr_sat_s': binary('i16', (x, y) => Math.min(q15Product(x, y), 0x7fff)),
  ...common(i32x4),
  'i32x4.mul': binary('i32', Math.imul),
  'i32x4.dot_i16x8_s': dot,
  ...i64x2,
};
