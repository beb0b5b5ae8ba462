import { argumentTypeError } from '../checks/errors.js';
import { slotSize, slotsOf } from '../layout/widths.js';
import { Exn } from '../runtime/exceptions/exn.js';
import type { Instance } from '../runtime/instances/instance.js';
import { Func } from '../runtime/objects/func.js';
import type { Tag } from '../runtime/objects/tag.js';
import { cellsOf, readBits, writeBits } from '../runtime/values/cells.js';
import type { References } from '../runtime/values/references.js';
import { conversionOf, type WasmValue } from '../runtime/values/values.js';
import { isRefType, type RefType, refClass, ValType } from '../wasm/types.js';

/** Room for any value. */
const cells = cellsOf(new ArrayBuffer(slotSize * slotsOf(ValType.v128)));

/** Throws a TypeError where an instance has no such function. */
export function exportedFunction(instance: Instance | undefined, name: string): Func {
  const { exports = {} } = instance ?? {};
  const func = Object.hasOwn(exports, name) ? exports[name] : undefined;
  if (func instanceof Func) return func;
  throw argumentTypeError(`there is no exported function ${name}`);
}

/** The bits of a function's argument. Throws a TypeError where the value cannot be converted. */
export function argumentBits({ store, owner }: Func, type: ValType, value: WasmValue): bigint {
  const { toNative, write } = conversionOf(type);
  write(cells, 0, toNative(store, value, owner));
  return readBits(cells, 0, type);
}

export function valueOfBits(store: References, type: ValType, bits: bigint): WasmValue {
  writeBits(cells, 0, type, bits);
  return conversionOf(type).read(store, cells, 0);
}

/** Bits that mean the same in all instances of a module: see `portableReference`. */
export function portableBits(instance: Instance, type: number, bits: bigint): bigint {
  if (!isRefType(type)) return bits;
  const { funcrefs, exceptions } = instance.store;
  switch (refClass(type)) {
    case 'func':
      return portableReference(instance, type, funcrefs.value(Number(bits)));
    case 'exn': {
      const low = Number(BigInt.asUintN(32, bits));
      return portableReference(instance, type, exceptions.table.exnOf(low, Number(bits >> 32n)));
    }
    case 'extern':
      return bits;
  }
}

/**
 * What `portableBits` makes of a reference: a function is its index, an exception that of its tag, or -2
 * where that is not known; null is -1. Values of the host are not told apart.
 */
export function portableReference(instance: Instance | undefined, type: RefType, value: unknown): bigint {
  if (value === null) return -1n;
  if (value instanceof Exn) return BigInt(instance === undefined ? -2 : tagIndexOf(instance, value.tag));
  return refClass(type) === 'func' && instance !== undefined
    ? BigInt(functionIndexOf(instance, value as Func))
    : -2n;
}

/** Index of a tag in an instance; -2 if it is not there. */
export function tagIndexOf(instance: Instance, tag: Tag): number {
  const count = instance.module.wasm.tags.length;
  for (let index = 0; index < count; index++) if (instance.tag(index) === tag) return index;
  return -2;
}

function functionIndexOf(instance: Instance, func: Func): number {
  if (func.owner === instance) return func.functionIndex;
  const { importedFunctionCount } = instance.module.wasm;
  for (let index = 0; index < importedFunctionCount; index++) {
    if (instance.func(index) === func) return index;
  }
  throw new Error('internal error: a function of another instance');
}

/**
 * Whether two values of a type are the same, by their portable bits. Two NaNs are if both are arithmetic ones
 * (spec 2.0, section 4.3.3): operations may make any of them. Two vectors are if all their lanes are, as
 * floats of either width.
 */
export function sameValue(type: number, a: bigint, b: bigint): boolean {
  if (a === b) return true;
  if (type === ValType.f32) return sameLanes(single, 1, a, b);
  if (type === ValType.f64) return sameLanes(double, 1, a, b);
  return type === ValType.v128 && (sameLanes(single, 4, a, b) || sameLanes(double, 2, a, b));
}

/** Formats of floats: bits, and the canonical NaN. */
const single = { bits: 32, canonical: 0x7fc0_0000n };
const double = { bits: 64, canonical: 0x7ff8_0000_0000_0000n };

/** Whether each lane is the same in both, or an arithmetic NaN in both. */
function sameLanes({ bits, canonical }: typeof single, count: number, a: bigint, b: bigint): boolean {
  const isNan = (lane: bigint): boolean => (lane & canonical) === canonical;
  for (let k = 0; k < count; k++) {
    const [x, y] = [a, b].map((value) => BigInt.asUintN(bits, value >> BigInt(bits * k)));
    if (x !== y && !(isNan(x) && isNan(y))) return false;
  }
  return true;
}
