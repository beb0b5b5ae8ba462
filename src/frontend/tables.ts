import { Trap } from '../code/traps.js';
import { Op, VType } from '../ir/ops.js';
import { tableInstance } from '../layout/structs.js';
import { is64 } from '../wasm/types.js';
import { builtinCall, instanceNumber } from './builtin-calls.js';
import { signExtend, widen } from './memories.js';
import type { Translator } from './translator.js';

/**
 * The register and offset of a table's TableInstance. It is in the instance block, or a pointer away for an
 * imported table.
 */
function tableBase(t: Translator, table: number): { register: number; offset: number } {
  const { layout, ir } = t;
  const at = layout.table(table);
  if (table >= layout.importedTableCount) return { register: ir.instance, offset: at };
  return { register: t.define(Op['field.load64'], VType.i64, ir.instance, -1, -1, at), offset: 0 };
}

/** Whether a table has 64-bit indices. */
function hasWideIndices(t: Translator, table: number): boolean {
  return is64(t.module.tables[table].limits);
}

/** What `checkElement` has found: registers of the address of a table's elements and of an index, an i32. */
const checked = { elements: -1, index: -1 };

/** Checks an index, of the table's address type, against the table's length. The result is in `checked`. */
function checkElement(t: Translator, table: number, index: number, trap: number): void {
  const { register, offset } = tableBase(t, table);
  const { length, elements } = tableInstance.offsets;
  const size = t.define(Op['field.load32'], VType.i32, register, -1, -1, offset + length);
  if (hasWideIndices(t, table)) {
    t.trapIf(t.define(Op['i64.ge_u'], VType.i32, index, widen(t, size), -1, 0), trap);
    checked.index = t.define(Op['i32.wrap_i64'], VType.i32, index, -1, -1, 0);
  } else {
    t.trapIf(t.define(Op['i32.ge_u'], VType.i32, index, size, -1, 0), trap);
    checked.index = index;
  }
  checked.elements = t.define(Op['field.load64'], VType.i64, register, -1, -1, offset + elements);
}

/** Element `index` of a table; traps with `trap` if the table is shorter. */
export function tableElement(t: Translator, table: number, index: number, trap: number): number {
  checkElement(t, table, index, trap);
  return t.define(Op['element.load'], VType.i64, checked.elements, checked.index, -1, 0);
}

export function tableGet(t: Translator): void {
  const table = t.reader.u32();
  t.push(tableElement(t, table, t.pop(), Trap.tableOutOfBounds));
}

export function tableSet(t: Translator): void {
  const table = t.reader.u32();
  const value = t.pop();
  const index = t.pop();
  checkElement(t, table, index, Trap.tableOutOfBounds);
  t.ir.emit(Op['element.store'], -1, checked.elements, checked.index, value, 0);
}

export function tableSize(t: Translator): void {
  const table = t.reader.u32();
  const { register, offset } = tableBase(t, table);
  const { length } = tableInstance.offsets;
  const size = t.define(Op['field.load32'], VType.i32, register, -1, -1, offset + length);
  t.push(hasWideIndices(t, table) ? widen(t, size) : size);
}

export function tableGrow(t: Translator): void {
  const table = t.reader.u32();
  const delta = t.pop();
  const value = t.pop();
  const args = [instanceNumber(t), t.constant32(table), value, delta];
  const previous = builtinCall(t, 'tableGrow', VType.i32, args);
  t.push(hasWideIndices(t, table) ? signExtend(t, previous) : previous);
}

export function tableFill(t: Translator): void {
  const table = t.constant32(t.reader.u32());
  const length = t.pop();
  const value = t.pop();
  const start = t.pop();
  builtinCall(t, 'tableFill', undefined, [instanceNumber(t), table, start, value, length]);
}

export function tableCopy(t: Translator): void {
  const destinationTable = t.constant32(t.reader.u32());
  const sourceTable = t.constant32(t.reader.u32());
  const length = t.pop();
  const source = t.pop();
  const destination = t.pop();
  builtinCall(t, 'tableCopy', undefined, [
    instanceNumber(t),
    destinationTable,
    sourceTable,
    destination,
    source,
    length,
  ]);
}

export function tableInit(t: Translator): void {
  const segment = t.constant32(t.reader.u32());
  const table = t.constant32(t.reader.u32());
  const length = t.pop();
  const source = t.pop();
  const destination = t.pop();
  builtinCall(t, 'tableInit', undefined, [instanceNumber(t), segment, table, destination, source, length]);
}

export function elemDrop(t: Translator): void {
  builtinCall(t, 'elemDrop', undefined, [instanceNumber(t), t.constant32(t.reader.u32())]);
}

/** A null reference is 0 in memory. */
export function refNull(t: Translator): void {
  // The heap type, which may be a long index.
  t.reader.skipLeb();
  t.push(t.constant64(0, 0));
}

export function refIsNull(t: Translator): void {
  t.push(t.define(Op['i64.eqz'], VType.i32, t.pop(), -1, -1, 0));
}
