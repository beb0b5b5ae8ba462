/** What modules import: the same in every configuration. */
import { isRefType, ValType } from '../src/wasm/types.js';
import { isNaNBits } from './case.js';
import { edgeBits } from './generator/constants.js';
import { Random } from './random.js';

/** Thrown by the imports that throw. */
export class HostError extends Error {
  override readonly name = 'HostError';
}

/** What an exception whose tag is not exported is in words: V8 does not say what it carries. */
export const unknownException = 'an exception of an unknown tag';

/** What an exception is in words. `values` are texts of what it carries, as far as JavaScript may see it. */
export function exceptionText(tag: string, values: readonly string[]): string {
  return `an exception ${tag}(${values.join(', ')})`;
}

/**
 * Whether anything that exceptions carry is compared: an exnref keeps us from giving out all of it, and V8 11
 * crashes where there is a funcref.
 */
export function hasSeenParts(params: readonly ValType[]): boolean {
  return params.every((type) => type === ValType.externref || !isRefType(type));
}

/** Whether part `index` of what exceptions carry is: JavaScript has no vectors. */
export function isSeenInExceptions(params: readonly ValType[], index: number): boolean {
  return hasSeenParts(params) && params[index] !== ValType.v128;
}

/** What ends with an import's exception, in words. */
export const hostThrew = "the import's exception";

/** Imports with this prefix throw, or call the export `reenter`. */
export const throwPrefix = 'throw';
export const callPrefix = 'call';
export const reenterName = 'reenter';

/** How deep calls between imports and exports nest. */
export const deepestReentry = 3;

/**
 * The bits that an import returns at its `turn`-th call, or that a global holds: an edge value, but not a
 * NaN.
 */
export function importBits(type: ValType, turn: number): bigint {
  const random = new Random(turn * 16 + (type & 15));
  if (type === ValType.externref) return BigInt(random.between(-1, 3));
  if (type === ValType.funcref) return -1n;
  for (;;) {
    const bits = edgeBits(type, random);
    if ((type !== ValType.f32 && type !== ValType.f64) || !isNaNBits(type, bits)) return bits;
  }
}

/** The objects that externrefs refer to, by number. */
export const hostObjects: readonly object[] = Array.from({ length: 8 }, (_, number) => ({ number }));

const scratch = new DataView(new ArrayBuffer(8));

/** The JavaScript value of a number's bits. */
export function numberOf(type: ValType, bits: bigint): number | bigint {
  scratch.setBigUint64(0, BigInt.asUintN(64, bits));
  switch (type) {
    case ValType.i32:
      return scratch.getInt32(4);
    case ValType.i64:
      return scratch.getBigInt64(0);
    case ValType.f32:
      return scratch.getFloat32(4);
    default:
      return scratch.getFloat64(0);
  }
}

/** A number as text, exact except for NaNs, whose bits JavaScript does not keep. */
export function numberText(type: ValType, value: unknown): string {
  switch (type) {
    case ValType.i32:
      return `i32:${value}`;
    case ValType.i64:
      return `i64:0x${BigInt.asUintN(64, value as bigint).toString(16)}`;
    case ValType.f32:
      if (Number.isNaN(value)) return 'f32:nan';
      scratch.setFloat32(0, value as number);
      return `f32:0x${scratch.getUint32(0).toString(16)}`;
    default:
      if (Number.isNaN(value)) return 'f64:nan';
      scratch.setFloat64(0, value as number);
      return `f64:0x${scratch.getBigUint64(0).toString(16)}`;
  }
}
