import { sizeOf } from '../layout/widths.js';
import { ValType, valTypeName } from '../wasm/types.js';
import { floatBits } from '../wast/float-literal.js';
import {
  type FloatType,
  floatFormats,
  isFloatType,
  type NumberType,
  numbers,
  numberTypeOf,
} from '../wast/numbers.js';
import { UsageError } from './errors.js';
import { parseVector, vectorText } from './vectors.js';

/** How the values of a type are read, and how results are written. */
interface ValueFormat {
  /** The bit pattern, zero-extended; undefined if the text is not a value of the type. */
  readonly parse: (text: string) => bigint | undefined;
  readonly text: (value: number | bigint) => string;
}

const formats: Readonly<Record<NumberType, ValueFormat>> = {
  i32: { parse: (text) => integer(text, 32), text: String },
  i64: { parse: (text) => integer(text, 64), text: String },
  f32: { parse: (text) => float(text, 'f32'), text: (value) => floatText(Number(value), true) },
  f64: { parse: (text) => float(text, 'f64'), text: (value) => floatText(Number(value), false) },
};

function notAValue(text: string, type: number): UsageError {
  return new UsageError(`${JSON.stringify(text)} is not a value of type ${valTypeName(type)}`);
}

/** Reads an argument of a function called by name. Throws a UsageError if it is not a value of the type. */
export function parseValue(text: string, type: number): number | bigint | Uint8Array {
  const bits = parseBits(text, type);
  const name = numberTypeOf(type);
  return name === undefined ? vectorBytes(bits) : numbers[name].value(bits);
}

/** The same as a zero-extended bit pattern, which `Func.callBits` takes: NaNs keep their payloads. */
export function parseBits(text: string, type: number): bigint {
  const name = numberTypeOf(type);
  let bits: bigint | undefined;
  if (name !== undefined) bits = formats[name].parse(text);
  else if (type === ValType.v128) bits = parseVector(text, { integer, float });
  if (bits === undefined) throw notAValue(text, type);
  return bits;
}

/** The bytes of a vector, as they lie in memory. */
function vectorBytes(bits: bigint): Uint8Array {
  return Uint8Array.from({ length: sizeOf(ValType.v128) }, (_, k) =>
    Number(BigInt.asUintN(8, bits >> BigInt(8 * k))),
  );
}

function vectorBits(bytes: Uint8Array): bigint {
  return bytes.reduceRight((bits, byte) => (bits << 8n) | BigInt(byte), 0n);
}

/** A signed or unsigned integer of `bits` bits, decimal or hexadecimal. */
function integer(text: string, bits: number): bigint | undefined {
  const match = /^([+-]?)(\d+|0x[\da-f]+)$/i.exec(text);
  if (match === null) return undefined;
  const magnitude = BigInt(match[2]);
  const value = match[1] === '-' ? -magnitude : magnitude;
  if (value < -(1n << BigInt(bits - 1)) || value >= 1n << BigInt(bits)) return undefined;
  return BigInt.asUintN(bits, value);
}

/** Larger exponents are not computed with: the value is 0 or infinite long before, whatever the digits. */
const largestExponent = 100_000;

/**
 * A float as in the text format (spec 2.0, section 6.3.2): decimal or hexadecimal, `inf`, `nan` or `nan:0x…`.
 */
function float(text: string, type: FloatType): bigint | undefined {
  const literal = text.toLowerCase().replace(/^([+-]?)\./, '$10.');
  const payload = /^[+-]?nan:(0x[\da-f]+)$/.exec(literal)?.[1];
  if (payload !== undefined) {
    const isPossible =
      BigInt(payload) > 0n && BigInt(payload) < 1n << BigInt(floatFormats[type].mantissaBits);
    return isPossible ? floatBits(literal, type) : undefined;
  }
  if (/^[+-]?(inf|nan)$/.test(literal)) return floatBits(literal, type);
  const exponent = /^[+-]?0x[\da-f]+(?:\.[\da-f]*)?(?:p([+-]?\d+))?$/.exec(literal);
  if (exponent !== null) {
    const power = Math.max(-largestExponent, Math.min(largestExponent, Number(exponent[1] ?? 0)));
    return floatBits(`${literal.replace(/p.*$/, '')}p${power}`, type);
  }
  if (!/^[+-]?\d+\.?\d*(e[+-]?\d+)?$/.test(literal)) return undefined;
  const value = Number(literal);
  const isExtreme = value === 0 || !Number.isFinite(value);
  return isExtreme ? floatBits(floatText(value, false), type) : floatBits(literal, type);
}

/**
 * A result as text: the shortest decimal that reads back as the same value; integers signed, vectors as four
 * of 32 bits.
 */
export function valueText(value: unknown, type: number): string {
  const name = numberTypeOf(type);
  if (name !== undefined) return formats[name].text(value as number | bigint);
  if (type === ValType.v128) return vectorText(vectorBits(value as Uint8Array));
  return value === null ? 'null' : valTypeName(type);
}

/**
 * A bit pattern of a number or vector as text, like `valueText`, but with the sign of a NaN and, unless it is
 * canonical, its payload.
 */
export function bitsText(bits: bigint, type: number): string {
  if (type === ValType.v128) return vectorText(bits);
  const name = numberTypeOf(type);
  if (name === undefined) throw new Error(`internal error: bits of a ${valTypeName(type)}`);
  const value = numbers[name].value(bits);
  return isFloatType(name) && Number.isNaN(value) ? nanText(bits, name) : formats[name].text(value);
}

function nanText(bits: bigint, type: FloatType): string {
  const { mantissaBits, sign, quiet } = floatFormats[type];
  const payload = BigInt.asUintN(mantissaBits, bits);
  const name = (bits & sign) === 0n ? 'nan' : '-nan';
  return payload === quiet ? name : `${name}:0x${payload.toString(16)}`;
}

/**
 * A result's text as JSON: a number with all its digits, or null. What JSON has no number for (`inf`, `nan`,
 * references) becomes a string.
 */
export function jsonText(text: string): string {
  return text === 'null' || /^-?\d/.test(text) ? text : JSON.stringify(text);
}

function floatText(value: number, single: boolean): string {
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value < 0 ? '-inf' : 'inf';
  if (Object.is(value, -0)) return '-0';
  if (single) {
    for (let digits = 1; digits <= 9; digits++) {
      const short = Number(value.toPrecision(digits));
      if (Math.fround(short) === value) return String(short);
    }
  }
  return String(value);
}
