import { ValType } from '../wasm/types.js';

/** The number types of WebAssembly: their values as bit patterns and in JavaScript. */

export type FloatType = 'f32' | 'f64';
export type NumberType = 'i32' | 'i64' | FloatType;

/** A binary format of IEEE 754. */
export interface FloatFormat {
  /** Bits of the significand without the hidden one. */
  readonly mantissaBits: number;
  readonly exponentBits: number;
  readonly sign: bigint;
  /** All bits of the exponent, which is infinity. */
  readonly infinity: bigint;
  /** The most significant bit of the significand, which makes NaNs quiet. */
  readonly quiet: bigint;
}

function floatFormat(mantissaBits: number, exponentBits: number): FloatFormat {
  return {
    mantissaBits,
    exponentBits,
    sign: 1n << BigInt(mantissaBits + exponentBits),
    infinity: ((1n << BigInt(exponentBits)) - 1n) << BigInt(mantissaBits),
    quiet: 1n << BigInt(mantissaBits - 1),
  };
}

export const floatFormats: Readonly<Record<FloatType, FloatFormat>> = {
  f32: floatFormat(23, 8),
  f64: floatFormat(52, 11),
};

/** Converts bit patterns, zero-extended, to the values that JavaScript has for them, and back. */
export interface NumberCodec {
  /** i32 as a signed number, i64 as a signed bigint. NaNs may lose their bits. */
  readonly value: (bits: bigint) => number | bigint;
  readonly bits: (value: number | bigint) => bigint;
}

/** The kinds of NaNs that scripts can ask for, whatever the sign (spec 3.0, section 4.3.3). */
export type NaNPattern = 'canonical' | 'arithmetic';

/** The pattern that a literal such as `nan:canonical` stands for. */
export function nanPattern(literal: string): NaNPattern | undefined {
  const name = /^nan:(canonical|arithmetic)$/.exec(literal)?.[1];
  return name === 'canonical' || name === 'arithmetic' ? name : undefined;
}

export function isNaNPattern(pattern: NaNPattern, type: FloatType, bits: bigint): boolean {
  const { sign, infinity, quiet } = floatFormats[type];
  const magnitude = bits & ~sign;
  const canonical = infinity | quiet;
  return pattern === 'canonical' ? magnitude === canonical : (magnitude & canonical) === canonical;
}

const scratch = new DataView(new ArrayBuffer(8));

export const numbers: Readonly<Record<NumberType, NumberCodec>> = {
  i32: {
    value: (bits) => Number(BigInt.asIntN(32, bits)),
    bits: (value) => BigInt.asUintN(32, BigInt(value)),
  },
  i64: {
    value: (bits) => BigInt.asIntN(64, bits),
    bits: (value) => BigInt.asUintN(64, BigInt(value)),
  },
  f32: {
    value: (bits) => {
      scratch.setUint32(0, Number(bits));
      return scratch.getFloat32(0);
    },
    bits: (value) => {
      scratch.setFloat32(0, Number(value));
      return BigInt(scratch.getUint32(0));
    },
  },
  f64: {
    value: (bits) => {
      scratch.setBigUint64(0, bits);
      return scratch.getFloat64(0);
    },
    bits: (value) => {
      scratch.setFloat64(0, Number(value));
      return scratch.getBigUint64(0);
    },
  },
};

const types: ReadonlyMap<number, NumberType> = new Map([
  [ValType.i32, 'i32'],
  [ValType.i64, 'i64'],
  [ValType.f32, 'f32'],
  [ValType.f64, 'f64'],
]);

/** The number type with a binary code; undefined for vectors and references. */
export function numberTypeOf(type: number): NumberType | undefined {
  return types.get(type);
}

export function isNumberType(name: string): name is NumberType {
  return Object.hasOwn(numbers, name);
}

export function isFloatType(name: string): name is FloatType {
  return Object.hasOwn(floatFormats, name);
}
