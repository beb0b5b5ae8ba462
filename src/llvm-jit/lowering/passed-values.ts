import { VType } from '../../ir/ops.js';
import { Cast } from '../capi/enums.js';
import type { Instructions } from './instructions.js';
import { extract, insert } from './vectors.js';

/** Values as they are passed to functions that have a `UniversalPrototype`. */

/** A register's value that is passed. */
export interface PassedValue {
  readonly vtype: number;
  readonly value: number;
  readonly place: number;
}

/** The arguments of a call: the instance, and values by the places that they are passed in. */
export function universalArguments(
  i: Instructions,
  instance: number,
  values: readonly PassedValue[],
  stackSlots: number,
): readonly number[] {
  const { llvm, m } = i;
  const list = m.universal.parameterTypes(stackSlots).map((type) => llvm.LLVMGetPoison(type));
  list[0] = instance;
  for (const value of values) {
    const parts = m.universal.isVectorPlace(value.place) ? [asVector(i, value)] : asSlots(i, value);
    for (const [k, part] of parts.entries()) list[1 + value.place + k] = part;
  }
  return list;
}

/** A function's own argument as a register's value. */
export function receivedArgument(i: Instructions, callee: number, place: number, vtype: number): number {
  const parameter = (k: number): number => i.llvm.LLVMGetParam(callee, 1 + place + k);
  const { types } = i;
  if (i.m.universal.isVectorPlace(place)) {
    if (vtype === VType.v128) return parameter(0);
    const shape = vtype === VType.f32 ? types.vectors.f32x4 : types.vectors.f64x2;
    return extract(i, i.cast(Cast.bitcast, parameter(0), shape), 0);
  }
  switch (vtype) {
    case VType.v128: {
      const low = insert(i, i.llvm.LLVMGetPoison(types.ofRegister[vtype]), parameter(0), 0);
      return insert(i, low, parameter(1), 1);
    }
    case VType.f32:
      return i.cast(Cast.bitcast, i.cast(Cast.trunc, parameter(0), types.i32), types.f32);
    case VType.f64:
      return i.cast(Cast.bitcast, parameter(0), types.f64);
    default:
      return i.received(vtype, parameter(0));
  }
}

/** A value as what a vector register has; of a scalar, the rest is undefined. */
function asVector(i: Instructions, { vtype, value }: PassedValue): number {
  const { i64x2, f32x4, f64x2 } = i.types.vectors;
  if (vtype === VType.v128) return value;
  const shape = vtype === VType.f32 ? f32x4 : f64x2;
  return i.cast(Cast.bitcast, insert(i, i.llvm.LLVMGetPoison(shape), value, 0), i64x2);
}

/** A value as what the slots have that it takes; an integer register is one. */
export function asSlots(i: Instructions, { vtype, value }: PassedValue): readonly number[] {
  const { types } = i;
  switch (vtype) {
    case VType.v128:
      return [extract(i, value, 0), extract(i, value, 1)];
    case VType.f32:
      return [i.cast(Cast.zext, i.cast(Cast.bitcast, value, types.i32), types.slot)];
    case VType.f64:
      return [i.cast(Cast.bitcast, value, types.slot)];
    default:
      return [i.passed(vtype, value)];
  }
}
