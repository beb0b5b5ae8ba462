/** Fused multiplication and addition: x × y + z, rounded once (IEEE 754-2019, section 5.4.1). */

const float64 = new Float64Array(1);
const bits64 = new BigUint64Array(float64.buffer);

/** Bits of a double's significand, and the exponent of the last bit of the smallest doubles. */
const precision = 53;
const leastExponent = -1074;

/**
 * The same for operands that are f32s; the result is to be rounded to an f32.
 *
 * The product of two f32s is exact in a double. Where the sum is not, it is rounded to odd: then rounding it
 * once more, to less than half the bits, gives what rounding once would have given (Boldo, Melquiond, 2008).
 */
export function fusedF32(x: number, y: number, z: number): number {
  const product = x * y;
  const sum = product + z;
  if (!Number.isFinite(sum)) return sum;
  // What rounding has cut off, exactly (Knuth, TAOCP 2, section 4.2.2, theorem B).
  const part = sum - product;
  const rest = product - (sum - part) + (z - part);
  if (rest === 0) return sum;
  float64[0] = sum;
  if ((bits64[0] & 1n) === 0n) bits64[0] += rest > 0 === sum > 0 ? 1n : -1n;
  return float64[0];
}

export function fusedF64(x: number, y: number, z: number): number {
  // Then nothing is rounded but perhaps the product, once.
  if (!Number.isFinite(x) || !Number.isFinite(y) || x === 0 || y === 0) return x * y + z;
  if (!Number.isFinite(z)) return z + 0;
  if (z === 0) return x * y;
  const [xDigits, xExponent] = decompose(x);
  const [yDigits, yExponent] = decompose(y);
  const [zDigits, zExponent] = decompose(z);
  const productExponent = xExponent + yExponent;
  const exponent = Math.min(productExponent, zExponent);
  const sum =
    ((xDigits * yDigits) << BigInt(productExponent - exponent)) + (zDigits << BigInt(zExponent - exponent));
  return sum < 0n ? -rounded(-sum, exponent) : rounded(sum, exponent);
}

/** A finite number as digits × 2 ** exponent. */
function decompose(value: number): readonly [digits: bigint, exponent: number] {
  float64[0] = value;
  const bits = bits64[0];
  const field = Number((bits >> 52n) & 0x7ffn);
  const fraction = bits & 0xf_ffff_ffff_ffffn;
  const digits = field === 0 ? fraction : fraction | (1n << 52n);
  return [value < 0 ? -digits : digits, Math.max(field, 1) - 1 + leastExponent];
}

/** The double nearest to digits × 2 ** exponent, ties to even; the digits are not negative. */
function rounded(digits: bigint, exponent: number): number {
  const bits = digits.toString(2).length;
  const cut = Math.max(bits - precision, leastExponent - exponent, 0);
  const unit = 1n << BigInt(cut);
  const rest = digits & (unit - 1n);
  let kept = digits >> BigInt(cut);
  if (2n * rest > unit || (2n * rest === unit && (kept & 1n) === 1n)) kept += 1n;
  return Number(kept) * 2 ** (exponent + cut);
}
