import {
  addressType,
  type NativeParam,
  type NativeSignature,
  type PointerParam,
} from '../code/native-signature.js';
import { Trap } from '../code/traps.js';
import { Op, VType, vtypeOf } from '../ir/ops.js';
import { functionType, type WasmModule } from '../wasm/module.js';
import { builtinCall } from './builtin-calls.js';
import { add64, memoryField, widen } from './memories.js';
import type { Translator } from './translator.js';

/** The module with one more type, the last: that of the native function, in which addresses are i64. */
export function withAddressType(
  module: WasmModule,
  importIndex: number,
  signature: NativeSignature,
): WasmModule {
  const types = [...module.types, addressType(signature, functionType(module, importIndex))];
  return { ...module, types };
}

/**
 * Makes the IR of the function between wasm code and a native function. It checks every offset that the
 * signature names against the current memory, in 64 bits, and makes it an address. An offset of 0 becomes
 * NULL, unchecked, where that is allowed. Then it calls the record `inner` bytes into the instance's block.
 * The translator's module is one made by `withAddressType`.
 */
export function translateNativeWrapper(
  t: Translator,
  importIndex: number,
  { params }: NativeSignature,
  inner: number,
): void {
  t.beginImport(importIndex);
  const { ir } = t;
  const passed = params.map((param, k) => convert(t, param, k));
  const record = t.define(Op['field.address'], VType.i64, ir.instance, -1, -1, inner);
  ir.push(t.module.types.length - 1);
  const first = ir.poolCount;
  for (const register of passed) ir.push(register);
  const { results } = t.type;
  const result = results.length === 0 ? -1 : ir.newRegister(vtypeOf(results[0]));
  ir.emit(Op.call_record, result, record, -1, passed.length, first);
  const returned = ir.poolCount;
  if (result >= 0) ir.push(result);
  ir.emit(Op.return, -1, -1, -1, results.length, returned);
}

/** The register that is passed for parameter `k`. */
function convert(t: Translator, param: NativeParam, k: number): number {
  switch (param.kind) {
    case 'value':
    case 'length':
      return k;
    case 'object':
      return bytesAddress(t, k, t.constant64(param.byteLength, 0), param);
    case 'bytes':
      return bytesAddress(t, k, widen(t, k + 1), param);
    case 'string':
      return stringAddress(t, k, param);
  }
}

/**
 * Traps unless memory has `length` bytes (an i64) at the offset in register `k`, or the offset may be 0 and
 * is.
 */
function bytesAddress(t: Translator, k: number, length: number, param: PointerParam): number {
  trapIfForbiddenNull(t, k, param);
  const offset = widen(t, k);
  const end = add64(t, offset, length);
  trapIfOutside(t, k, t.define(Op['i64.gt_u'], VType.i32, end, byteLength(t), -1, 0), param);
  return address(t, k, offset, param);
}

/**
 * Traps unless memory has a zero byte at or after the offset in register `k`, or the offset may be 0 and is.
 */
function stringAddress(t: Translator, k: number, param: PointerParam): number {
  trapIfForbiddenNull(t, k, param);
  const offset = widen(t, k);
  const length = byteLength(t);
  trapIfOutside(t, k, t.define(Op['i64.ge_u'], VType.i32, offset, length, -1, 0), param);
  const rest = t.define(Op['i64.sub'], VType.i64, length, offset, -1, 0);
  // An offset of 0 is not searched.
  const searched = zeroIfNull(t, k, rest, param);
  const start = add64(t, offset, t.ir.memoryBase);
  const found = builtinCall(t, 'memchr', VType.i64, [start, t.constant32(0), searched]);
  trapIfOutside(t, k, t.define(Op['i64.eqz'], VType.i32, found, -1, -1, 0), param);
  return address(t, k, offset, param);
}

/** Size of memory 0 in bytes. */
function byteLength(t: Translator): number {
  return memoryField(t, Op['field.load64'], VType.i64, 'byteLength');
}

/** Traps if the offset in register `k` is 0 and must not be. */
function trapIfForbiddenNull(t: Translator, k: number, { nullable }: PointerParam): void {
  if (!nullable) t.trapIf(t.define(Op['i32.eqz'], VType.i32, k, -1, -1, 0), Trap.memoryOutOfBounds);
}

/** Traps if `outside` is 1 (an i32, 0 or 1), unless the offset in register `k` may be 0 and is. */
function trapIfOutside(t: Translator, k: number, outside: number, { nullable }: PointerParam): void {
  let condition = outside;
  if (nullable) {
    const given = t.define(Op['i32.ne'], VType.i32, k, t.constant32(0), -1, 0);
    condition = t.define(Op['i32.and'], VType.i32, outside, given, -1, 0);
  }
  t.trapIf(condition, Trap.memoryOutOfBounds);
}

/** The address of the byte at an offset, or NULL. Register `k` has the offset too, as an i32. */
function address(t: Translator, k: number, offset: number, param: PointerParam): number {
  return zeroIfNull(t, k, add64(t, offset, t.ir.memoryBase), param);
}

/** An i64, or 0 if the offset in register `k` is 0. */
function zeroIfNull(t: Translator, k: number, value: number, { nullable }: PointerParam): number {
  return nullable ? t.define(Op.select, VType.i64, value, t.constant64(0, 0), k, 0) : value;
}
