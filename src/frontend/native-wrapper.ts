import { addressType, type NativeParam, type NativeSignature } from '../code/native-signature.js';
import { Trap } from '../code/traps.js';
import { Op, VType, vtypeOf } from '../ir/ops.js';
import { functionType, type WasmModule } from '../wasm/module.js';
import { Op as WasmOp } from '../wasm/opcodes.js';
import { builtinCall } from './calls.js';
import { add64, memoryField, widen } from './memory.js';
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
 * Makes the IR of the function that stands between wasm code and a native function: every offset that the signature
 * names is checked against the memory as it is now, in 64 bits, and becomes an address (0 becomes NULL, unchecked); then
 * the record `inner` bytes into the instance's block is called. The translator's module is one of `withAddressType`.
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

/** The register of what is passed for parameter `k`. */
function convert(t: Translator, param: NativeParam, k: number): number {
  switch (param.kind) {
    case 'value':
    case 'length':
      return k;
    case 'object':
      return bytesAddress(t, k, t.constant64(param.byteLength, 0));
    case 'bytes':
      return bytesAddress(t, k, widen(t, k + 1));
    case 'string':
      return stringAddress(t, k);
  }
}

/** Traps unless `length` bytes (an i64) lie in memory at the offset in register `k`, or that is 0. */
function bytesAddress(t: Translator, k: number, length: number): number {
  const offset = widen(t, k);
  const end = add64(t, offset, length);
  const beyond = t.define(WasmOp['i64.gt_u'], VType.i32, end, byteLength(t), -1, 0);
  trapUnlessNull(t, k, beyond);
  return address(t, k, offset);
}

/** Traps unless a zero byte lies in memory at or behind the offset in register `k`, or that is 0. */
function stringAddress(t: Translator, k: number): number {
  const offset = widen(t, k);
  const length = byteLength(t);
  const beyond = t.define(WasmOp['i64.ge_u'], VType.i32, offset, length, -1, 0);
  trapUnlessNull(t, k, beyond);
  const rest = t.define(WasmOp['i64.sub'], VType.i64, length, offset, -1, 0);
  // Nothing is searched where the offset is 0.
  const searched = t.define(Op.select, VType.i64, rest, t.constant64(0, 0), k, 0);
  const start = add64(t, offset, t.ir.memoryBase);
  const found = builtinCall(t, 'memchr', VType.i64, [start, t.constant32(0), searched]);
  trapUnlessNull(t, k, t.define(WasmOp['i64.eqz'], VType.i32, found, -1, -1, 0));
  return address(t, k, offset);
}

/** Size of memory 0 in bytes. */
function byteLength(t: Translator): number {
  return memoryField(t, Op['field.load64'], VType.i64, 'byteLength');
}

/** Traps where `outside` holds (an i32, 0 or 1) and the offset in register `k` is not 0. */
function trapUnlessNull(t: Translator, k: number, outside: number): void {
  const given = t.define(WasmOp['i32.ne'], VType.i32, k, t.constant32(0), -1, 0);
  t.trapIf(t.define(WasmOp['i32.and'], VType.i32, outside, given, -1, 0), Trap.memoryOutOfBounds);
}

/** The address of the byte at an offset (also in register `k`, as an i32), or NULL. */
function address(t: Translator, k: number, offset: number): number {
  const start = add64(t, offset, t.ir.memoryBase);
  return t.define(Op.select, VType.i64, start, t.constant64(0, 0), k, 0);
}
