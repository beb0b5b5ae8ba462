import { Trap } from '../code/traps.js';
import { Op, VType, vtypeOf } from '../ir/ops.js';
import { functionRecord } from '../layout/structs.js';
import { isFinalType } from '../wasm/type-registry.js';
import type { FuncType } from '../wasm/types.js';
import { builtinCall, instanceNumber } from './builtin-calls.js';
import { bind, markUnreachable } from './control.js';
import { withPad } from './pads.js';
import { tableElement } from './tables.js';
import type { Translator } from './translator.js';

/** Pops the arguments into the pool, after the type's index; returns where they start. */
function popArguments(t: Translator, typeIndex: number, count: number): number {
  const { ir } = t;
  ir.push(typeIndex);
  const first = ir.poolCount;
  for (let i = count; i > 0; i--) ir.push(t.stack[t.height - i]);
  t.height -= count;
  return first;
}

/** Emits a call with its arguments from the stack, and pushes the results. */
export function emitCall(t: Translator, op: number, a: number, b: number, typeIndex: number): void {
  const { ir } = t;
  const type: FuncType = t.module.types[typeIndex];
  const count = type.params.length;
  if (t.padFrame >= 0) op = withPad(t, op);
  const first = popArguments(t, typeIndex, count);
  const results = type.results.length;
  if (results === 0) {
    ir.emit(op, -1, a, b, count, first);
    return;
  }
  t.push(t.define(op, vtypeOf(type.results[0]), a, b, count, first));
  for (let i = 1; i < results; i++) {
    t.push(t.define(Op.call_result, vtypeOf(type.results[i]), -1, -1, -1, i));
  }
}

/**
 * Emits a call in the function's place (`return_call…`), with its arguments from the stack: what leaves no
 * frame behind. The callee returns the function's results, further ones into the same area.
 */
export function emitTailCall(t: Translator, op: number, a: number, b: number, typeIndex: number): void {
  const { ir } = t;
  const { params, results } = t.module.types[typeIndex];
  const first = popArguments(t, typeIndex, params.length);
  const hasFurther = results.length > 1;
  if (hasFurther) ir.push(t.resultArea);
  ir.emit(op, -1, a, b, params.length + (hasFurther ? 1 : 0), first);
  markUnreachable(t);
}

/** Register of the address of an imported function's record. */
function importedRecord(t: Translator, index: number): number {
  return t.define(Op['field.load64'], VType.i64, t.ir.instance, -1, -1, t.layout.function(index));
}

export function call(t: Translator): void {
  const { layout, module, ir } = t;
  const index = t.reader.u32();
  const typeIndex = module.functionTypes[index];
  if (index >= layout.importedFunctionCount) {
    emitCall(t, Op.call, ir.instance, layout.function(index), typeIndex);
  } else {
    emitCall(t, Op.call_record, importedRecord(t, index), -1, typeIndex);
  }
}

export function returnCall(t: Translator): void {
  const { layout, module, ir } = t;
  const index = t.reader.u32();
  const typeIndex = module.functionTypes[index];
  if (index >= layout.importedFunctionCount) {
    emitTailCall(t, Op.return_call, ir.instance, layout.function(index), typeIndex);
  } else {
    emitTailCall(t, Op.return_call_record, importedRecord(t, index), ir.instance, typeIndex);
  }
}

/** Pops an index, and takes the record from a table: bounds, null, canonical type id, all in IR. */
function recordOfTable(t: Translator, typeIndex: number, table: number): number {
  const { layout, ir } = t;
  const record = tableElement(t, table, t.pop(), Trap.undefinedElement);
  const isNull = t.define(Op['i64.eqz'], VType.i32, record, -1, -1, 0);
  t.trapIf(isNull, Trap.uninitializedElement);
  const actual = t.define(Op['field.load32'], VType.i32, record, -1, -1, functionRecord.offsets.typeId);
  const expected = t.define(Op['field.load32'], VType.i32, ir.instance, -1, -1, layout.typeId(typeIndex));
  const differs = t.define(Op['i32.ne'], VType.i32, actual, expected, -1, 0);
  if (isFinalType(t.module.typeIds[typeIndex])) t.trapIf(differs, Trap.indirectCallTypeMismatch);
  else trapUnlessSubtype(t, differs, actual, expected);
  return record;
}

/** Traps unless a type is the expected one, as it nearly always is, or a subtype of it. */
function trapUnlessSubtype(t: Translator, differs: number, actual: number, expected: number): void {
  const { ir } = t;
  const same = ir.newLabel(false);
  ir.emit(Op.br_if, -1, differs, 1, -1, same);
  const isSubtype = builtinCall(t, 'isSubtype', VType.i32, [instanceNumber(t), actual, expected]);
  t.trapIf(t.define(Op['i32.eqz'], VType.i32, isSubtype, -1, -1, 0), Trap.indirectCallTypeMismatch);
  bind(t, same);
}

export function callIndirect(t: Translator): void {
  const typeIndex = t.reader.u32();
  const table = t.reader.u32();
  emitCall(t, Op.call_record, recordOfTable(t, typeIndex, table), -1, typeIndex);
}

export function returnCallIndirect(t: Translator): void {
  const typeIndex = t.reader.u32();
  const table = t.reader.u32();
  const record = recordOfTable(t, typeIndex, table);
  emitTailCall(t, Op.return_call_record, record, t.ir.instance, typeIndex);
}

/** ref.func: the address of the function's canonical record. */
export function refFunc(t: Translator): void {
  const { layout, ir } = t;
  const index = t.reader.u32();
  const op = index < layout.importedFunctionCount ? Op['field.load64'] : Op['field.address'];
  t.push(t.define(op, VType.i64, ir.instance, -1, -1, layout.function(index)));
}
