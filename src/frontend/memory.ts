import { Trap } from '../code/traps.js';
import { Op, opResultType, VType } from '../ir/ops.js';
import { memoryInstance } from '../layout/structs.js';
import { accessSize } from '../wasm/opcodes.js';
import { builtinCall, instanceNumber } from './builtin-calls.js';
import type { Translator } from './translator.js';

/** Checks the bounds of an access of so many bytes, if the memory needs that. */
export function checkAccess(t: Translator, address: number, offset: number, size: number): void {
  if (t.memoryMode === 'checked') checkBounds(t, address, offset, size);
}

function checkBounds(t: Translator, address: number, offset: number, size: number): void {
  t.ir.emit(Op.bounds_check, -1, address, t.ir.instance, size, offset);
}

/** Any load: the wasm opcode is the IR operation. */
export function load(t: Translator, opcode: number): void {
  t.reader.skipLeb();
  const offset = t.reader.u32() | 0;
  const { stack } = t;
  const top = t.height - 1;
  const address = stack[top];
  if (t.memoryMode === 'checked') checkBounds(t, address, offset, accessSize[opcode]);
  stack[top] = t.define(opcode, opResultType[opcode] as VType, address, t.ir.memoryBase, -1, offset);
}

/** Any store. */
export function store(t: Translator, opcode: number): void {
  t.reader.skipLeb();
  const offset = t.reader.u32() | 0;
  t.height -= 2;
  const value = t.stack[t.height + 1];
  const address = t.stack[t.height];
  if (t.memoryMode === 'checked') checkBounds(t, address, offset, accessSize[opcode]);
  t.ir.emit(opcode, -1, address, t.ir.memoryBase, value, offset);
}

/** A field of memory 0's MemoryInstance. */
export function memoryField(
  t: Translator,
  op: number,
  vtype: VType,
  field: keyof typeof memoryInstance.offsets,
): number {
  const { layout, ir } = t;
  const at = layout.memory(0);
  const offset = memoryInstance.offsets[field];
  if (layout.importedMemoryCount === 0) return t.define(op, vtype, ir.instance, -1, -1, at + offset);
  const pointer = t.define(Op['field.load64'], VType.i64, ir.instance, -1, -1, at);
  return t.define(op, vtype, pointer, -1, -1, offset);
}

export function memorySize(t: Translator): void {
  t.reader.u8();
  t.push(memoryField(t, Op['field.load32'], VType.i32, 'pageCount'));
}

export function memoryGrow(t: Translator): void {
  t.reader.u8();
  const delta = t.pop();
  t.push(builtinCall(t, 'memoryGrow', VType.i32, [instanceNumber(t), t.constant32(0), delta]));
}

/** Widens an i32, which is zero-extended already, so that sums of it cannot wrap. */
export function widen(t: Translator, value: number): number {
  return t.define(Op['i64.extend_i32_u'], VType.i64, value, -1, -1, 0);
}

/** The sum of two i64. */
export function add64(t: Translator, a: number, b: number): number {
  return t.define(Op['i64.add'], VType.i64, a, b, -1, 0);
}

/** Traps unless [start, start + length) lies in memory 0; both are i64 registers. */
function checkRange(t: Translator, start: number, length: number): void {
  const end = add64(t, start, length);
  const byteLength = memoryField(t, Op['field.load64'], VType.i64, 'byteLength');
  const beyond = t.define(Op['i64.gt_u'], VType.i32, end, byteLength, -1, 0);
  t.trapIf(beyond, Trap.memoryOutOfBounds);
}

/** Native address of an offset in memory 0. */
function nativeAddress(t: Translator, offset: number): number {
  return add64(t, offset, t.ir.memoryBase);
}

export function memoryFill(t: Translator): void {
  t.reader.u8();
  const length = widen(t, t.pop());
  const value = t.pop();
  const start = widen(t, t.pop());
  checkRange(t, start, length);
  builtinCall(t, 'memset', undefined, [nativeAddress(t, start), value, length]);
}

export function memoryCopy(t: Translator): void {
  t.reader.u8();
  t.reader.u8();
  const length = widen(t, t.pop());
  const source = widen(t, t.pop());
  const destination = widen(t, t.pop());
  checkRange(t, destination, length);
  checkRange(t, source, length);
  builtinCall(t, 'memmove', undefined, [nativeAddress(t, destination), nativeAddress(t, source), length]);
}

export function memoryInit(t: Translator): void {
  const segment = t.constant32(t.reader.u32());
  t.reader.u8();
  const length = t.pop();
  const source = t.pop();
  const destination = t.pop();
  builtinCall(t, 'memoryInit', undefined, [
    instanceNumber(t),
    segment,
    t.constant32(0),
    destination,
    source,
    length,
  ]);
}

export function dataDrop(t: Translator): void {
  builtinCall(t, 'dataDrop', undefined, [instanceNumber(t), t.constant32(t.reader.u32())]);
}
