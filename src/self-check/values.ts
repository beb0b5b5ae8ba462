import { argumentTypeError } from '../checks/errors.js';
import { slotSize, slotsOf } from '../layout/widths.js';
import type { Instance } from '../runtime/instances/instance.js';
import { Func } from '../runtime/objects/func.js';
import { cellsOf, readBits, writeBits } from '../runtime/values/cells.js';
import type { References } from '../runtime/values/references.js';
import { conversionOf, type WasmValue } from '../runtime/values/values.js';
import { ValType } from '../wasm/types.js';

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

/** Bits that mean the same in all instances of a module: a function is its index, or -1 for null. */
export function portableBits(instance: Instance, type: number, bits: bigint): bigint {
  if (type !== ValType.funcref) return bits;
  const func = instance.store.funcrefs.value(Number(bits));
  return func === null ? -1n : BigInt(functionIndexOf(instance, func));
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
 * (spec 2.0, section 4.3.3): operations may make any of them.
 */
export function sameValue(type: number, a: bigint, b: bigint): boolean {
  if (a === b) return true;
  if (type === ValType.f32) return isArithmeticNan(a, 0x7fc0_0000n) && isArithmeticNan(b, 0x7fc0_0000n);
  if (type !== ValType.f64) return false;
  return isArithmeticNan(a, 0x7ff8_0000_0000_0000n) && isArithmeticNan(b, 0x7ff8_0000_0000_0000n);
}

function isArithmeticNan(bits: bigint, canonical: bigint): boolean {
  return (bits & canonical) === canonical;
}
