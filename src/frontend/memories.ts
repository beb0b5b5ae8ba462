import { Trap } from '../code/traps.js';
import { Op, VType } from '../ir/ops.js';
import { memoryInstance } from '../layout/structs.js';
import { is64 } from '../wasm/types.js';
import type { Translator } from './translator.js';

/** Whether a memory has 64-bit addresses. */
export function hasWideAddresses(t: Translator, memory: number): boolean {
  return is64(t.module.memories[memory].limits);
}

/** Register of the address of an imported memory's MemoryInstance; -1 for a memory of the instance's own. */
function importedMemory(t: Translator, memory: number): number {
  const { layout, ir } = t;
  if (memory >= layout.importedMemoryCount) return -1;
  return t.define(Op['field.load64'], VType.i64, ir.instance, -1, -1, layout.memory(memory));
}

/** A field of a memory's MemoryInstance, which `pointer` leads to where the memory is imported. */
function fieldOf(
  t: Translator,
  op: number,
  vtype: VType,
  field: keyof typeof memoryInstance.offsets,
  memory: number,
  pointer: number,
): number {
  const { layout, ir } = t;
  const offset = memoryInstance.offsets[field];
  if (pointer >= 0) return t.define(op, vtype, pointer, -1, -1, offset);
  return t.define(op, vtype, ir.instance, -1, -1, layout.memory(memory) + offset);
}

/** A field of a memory's MemoryInstance. */
export function memoryField(
  t: Translator,
  op: number,
  vtype: VType,
  field: keyof typeof memoryInstance.offsets,
  memory = 0,
): number {
  return fieldOf(t, op, vtype, field, memory, importedMemory(t, memory));
}

/** Widens an i32, which is zero-extended already, so that sums of it cannot wrap. */
export function widen(t: Translator, value: number): number {
  return t.define(Op['i64.extend_i32_u'], VType.i64, value, -1, -1, 0);
}

/** A size, or -1, as an i64. */
export function signExtend(t: Translator, size: number): number {
  return t.define(Op['i64.extend_i32_s'], VType.i64, size, -1, -1, 0);
}

/** The sum of two i64. */
export function add64(t: Translator, a: number, b: number): number {
  return t.define(Op['i64.add'], VType.i64, a, b, -1, 0);
}

/** Traps where the i64 `a` is greater than `b`, both unsigned. */
function trapIfGreater(t: Translator, a: number, b: number): void {
  t.trapIf(t.define(Op['i64.gt_u'], VType.i32, a, b, -1, 0), Trap.memoryOutOfBounds);
}

/**
 * Traps unless [start, start + length) lies in a memory. Both are i64 registers: any numbers where the
 * memory's addresses have 64 bits, else less than 2³².
 */
export function checkRange(t: Translator, memory: number, start: number, length: number): void {
  if (hasWideAddresses(t, memory)) {
    const byteLength = memoryField(t, Op['field.load64'], VType.i64, 'byteLength', memory);
    trapIfGreater(t, length, byteLength);
    trapIfGreater(t, start, t.define(Op['i64.sub'], VType.i64, byteLength, length, -1, 0));
  } else {
    const end = add64(t, start, length);
    trapIfGreater(t, end, memoryField(t, Op['field.load64'], VType.i64, 'byteLength', memory));
  }
}

/** Native address of an offset (an i64 register) in a memory. */
export function nativeAddress(t: Translator, memory: number, offset: number): number {
  const base = memory === 0 ? t.ir.memoryBase : memoryField(t, Op['field.load64'], VType.i64, 'base', memory);
  return add64(t, offset, base);
}

/**
 * Where an access is that `locate` has checked: registers of its address and of the memory's base, and an
 * offset from them. They are read at once, so there is one of it.
 */
export const located = { address: -1, base: -1, offset: 0 };

/** Offsets below this go into the instruction. */
const largestPlainOffset = 2 ** 31;

/**
 * Checks an access of `size` bytes to a memory that is not a 32-bit memory 0, and leaves in `located` where
 * it is.
 *
 * @param address register of the address, of the memory's address type
 * @param low the lower half of the offset
 * @param high its upper half
 */
export function locate(
  t: Translator,
  memory: number,
  address: number,
  low: number,
  high: number,
  size: number,
): void {
  const { ir, layout } = t;
  const pointer = importedMemory(t, memory);
  located.address = address;
  located.offset = low | 0;
  if (hasWideAddresses(t, memory)) {
    if (high !== 0 || low >>> 0 >= largestPlainOffset) {
      const offset = t.constant64(low, high);
      located.address = add64(t, address, offset);
      located.offset = 0;
      const wraps = t.define(Op['i64.lt_u'], VType.i32, located.address, offset, -1, 0);
      t.trapIf(wraps, Trap.memoryOutOfBounds);
    }
    const end = located.offset + size;
    if (!t.checks.has(located.address, memory, end)) {
      const { byteLength } = memoryInstance.offsets;
      const from = pointer >= 0 ? pointer : ir.instance;
      const distance = pointer >= 0 ? byteLength : layout.memory(memory) + byteLength;
      ir.emit(Op.bounds_check64, -1, located.address, from, distance, end);
    }
  } else if (t.memoryMode === 'checked') {
    const beyond = (low >>> 0) + size;
    if (!t.checks.has(address, memory, beyond)) {
      const end = add64(t, widen(t, address), t.constant64(beyond | 0, beyond >= 2 ** 32 ? 1 : 0));
      trapIfGreater(t, end, fieldOf(t, Op['field.load64'], VType.i64, 'byteLength', memory, pointer));
    }
  }
  located.base =
    memory === 0 ? ir.memoryBase : fieldOf(t, Op['field.load64'], VType.i64, 'base', memory, pointer);
}
