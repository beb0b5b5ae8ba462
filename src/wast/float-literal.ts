import { type FloatFormat, type FloatType, floatFormats, type NumberType } from './numbers.js';

/**
 * Number literals of the text format (spec 2.0, section 6.3.1) as bit patterns. Floats are rounded once,
 * exactly, from the rational number that the digits mean: going through a double would round f32 literals
 * twice and lose NaN payloads.
 */

function bitLength(value: bigint): number {
  return value === 0n ? 0 : value.toString(2).length;
}

/** Rounds numerator / denominator (both positive) to the nearest value of the format, ties to even. */
function roundRational(numerator: bigint, denominator: bigint, format: FloatFormat): bigint {
  const { mantissaBits, exponentBits } = format;
  const bias = (1 << (exponentBits - 1)) - 1;
  const minExponent = 1 - bias;
  let exponent = bitLength(numerator) - bitLength(denominator);
  // The quotient lies in (2^(exponent-1), 2^(exponent+1)): make 2^exponent <= quotient.
  const atLeast =
    exponent >= 0
      ? numerator >= denominator << BigInt(exponent)
      : numerator << BigInt(-exponent) >= denominator;
  if (!atLeast) exponent--;
  const scale = mantissaBits - Math.max(exponent, minExponent);
  const scaled = scale >= 0 ? numerator << BigInt(scale) : numerator;
  const divisor = scale >= 0 ? denominator : denominator << BigInt(-scale);
  let mantissa = scaled / divisor;
  const rest = (scaled % divisor) * 2n;
  if (rest > divisor || (rest === divisor && (mantissa & 1n) === 1n)) mantissa++;
  // A carry out of the mantissa moves into the exponent field by itself; so does a subnormal that becomes
  // normal.
  const biased = Math.max(exponent, minExponent) + bias;
  const bits = (BigInt(biased - 1) << BigInt(mantissaBits)) + mantissa;
  return bits > format.infinity ? format.infinity : bits;
}

function finiteBits(text: string, format: FloatFormat): bigint {
  const hexadecimal = text.startsWith('0x');
  const pattern = hexadecimal
    ? /^0x([0-9a-f]+)(?:\.([0-9a-f]*))?(?:p([+-]?\d+))?$/
    : /^(\d+)(?:\.(\d*))?(?:e([+-]?\d+))?$/;
  const match = pattern.exec(text);
  if (match === null) throw new Error(`not a float literal: ${text}`);
  const [, whole, fraction = '', exponentText = '0'] = match;
  const digits = BigInt(hexadecimal ? `0x${whole}${fraction}` : `${whole}${fraction}`);
  if (digits === 0n) return 0n;
  const base = hexadecimal ? 2n : 10n;
  const exponent = Number(exponentText) - fraction.length * (hexadecimal ? 4 : 1);
  const power = base ** BigInt(Math.abs(exponent));
  return exponent >= 0 ? roundRational(digits * power, 1n, format) : roundRational(digits, power, format);
}

/** Bits of a float literal: decimal, hexadecimal, `inf`, `nan`, `nan:0x…`, each with an optional sign. */
export function floatBits(literal: string, type: FloatType): bigint {
  const format = floatFormats[type];
  const { sign, infinity, quiet } = format;
  const text = literal.replace(/^[+-]/, '').replaceAll('_', '').toLowerCase();
  let bits: bigint;
  if (text === 'inf') bits = infinity;
  else if (text === 'nan') bits = infinity | quiet;
  else if (text.startsWith('nan:0x')) bits = infinity | BigInt(text.slice(4));
  else bits = finiteBits(text, format);
  return literal.startsWith('-') ? bits | sign : bits;
}

/** Bits of an integer literal, reduced to `width` bits. */
export function integerBits(literal: string, width: 8 | 16 | 32 | 64): bigint {
  const text = literal.replaceAll('_', '');
  if (!/^[+-]?(?:\d+|0x[0-9a-fA-F]+)$/.test(text)) throw new Error(`not an integer literal: ${literal}`);
  const magnitude = BigInt(text.replace(/^[+-]/, ''));
  return BigInt.asUintN(width, text.startsWith('-') ? -magnitude : magnitude);
}

/** Bits of a number literal, by its type. */
export const literalBits: Readonly<Record<NumberType, (literal: string) => bigint>> = {
  i32: (literal) => integerBits(literal, 32),
  i64: (literal) => integerBits(literal, 64),
  f32: (literal) => floatBits(literal, 'f32'),
  f64: (literal) => floatBits(literal, 'f64'),
};
