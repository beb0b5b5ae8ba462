import { Op, opResultType, VType } from '../ir/ops.js';
import { accessSize } from '../wasm/opcodes.js';
import { builtinCall, instanceNumber } from './builtin-calls.js';
import {
  checkRange,
  hasWideAddresses,
  locate,
  located,
  memoryField,
  nativeAddress,
  signExtend,
  widen,
} from './memories.js';
import { otherMemory, type Translator } from './translator.js';

/** Checks the bounds of an access to a 32-bit memory 0. */
function checkBounds(t: Translator, address: number, offset: number, size: number): void {
  if (t.checks.has(address, 0, (offset >>> 0) + size)) return;
  t.ir.emit(Op.bounds_check, -1, address, t.ir.instance, size, offset);
}

/** Whether the access whose flags are next is to another memory than one of 32 bits with index 0. */
function isElsewhere({ reader, accessFlags }: Translator): boolean {
  return ((reader.bytes[reader.position] | accessFlags) & otherMemory) !== 0;
}

/** What `readElsewhere` has read. */
const immediates = { memory: 0, low: 0, high: 0 };

/** Reads the immediates of an access for which `isElsewhere` holds. */
function readElsewhere(t: Translator): void {
  const { reader } = t;
  const flags = reader.u32();
  immediates.memory = (flags & otherMemory) !== 0 ? reader.u32() : 0;
  immediates.low = reader.u64();
  immediates.high = reader.high;
}

/** Any load: the wasm opcode is the IR operation. */
export function load(t: Translator, opcode: number): void {
  const { stack } = t;
  const top = t.height - 1;
  const address = stack[top];
  if (isElsewhere(t)) {
    readElsewhere(t);
    locate(t, immediates.memory, address, immediates.low, immediates.high, accessSize[opcode]);
    const vtype = opResultType[opcode] as VType;
    stack[top] = t.define(opcode, vtype, located.address, located.base, -1, located.offset);
    return;
  }
  t.reader.skipLeb();
  const offset = t.reader.u32() | 0;
  if (t.memoryMode === 'checked') checkBounds(t, address, offset, accessSize[opcode]);
  stack[top] = t.define(opcode, opResultType[opcode] as VType, address, t.ir.memoryBase, -1, offset);
}

/** Any store. */
export function store(t: Translator, opcode: number): void {
  t.height -= 2;
  const value = t.stack[t.height + 1];
  const address = t.stack[t.height];
  if (isElsewhere(t)) {
    readElsewhere(t);
    locate(t, immediates.memory, address, immediates.low, immediates.high, accessSize[opcode]);
    t.ir.emit(opcode, -1, located.address, located.base, value, located.offset);
    return;
  }
  t.reader.skipLeb();
  const offset = t.reader.u32() | 0;
  if (t.memoryMode === 'checked') checkBounds(t, address, offset, accessSize[opcode]);
  t.ir.emit(opcode, -1, address, t.ir.memoryBase, value, offset);
}

/**
 * Reads the immediates of an access of `size` bytes that takes several operations, checks it, and leaves in
 * `located` where it is.
 */
export function locateAccess(t: Translator, address: number, size: number): void {
  if (isElsewhere(t)) {
    readElsewhere(t);
    locate(t, immediates.memory, address, immediates.low, immediates.high, size);
    return;
  }
  t.reader.skipLeb();
  const offset = t.reader.u32() | 0;
  if (t.memoryMode === 'checked') checkBounds(t, address, offset, size);
  located.address = address;
  located.base = t.ir.memoryBase;
  located.offset = offset;
}

export function memorySize(t: Translator): void {
  const memory = t.reader.u32();
  const pages = memoryField(t, Op['field.load32'], VType.i32, 'pageCount', memory);
  t.push(hasWideAddresses(t, memory) ? widen(t, pages) : pages);
}

export function memoryGrow(t: Translator): void {
  const memory = t.reader.u32();
  const delta = t.pop();
  const args = [instanceNumber(t), t.constant32(memory), delta];
  const previous = builtinCall(t, 'memoryGrow', VType.i32, args);
  t.push(hasWideAddresses(t, memory) ? signExtend(t, previous) : previous);
}

/** Pops an address or a length: an i64 if `wide`, else an i32, which is widened. */
function popWide(t: Translator, wide: boolean): number {
  const value = t.pop();
  return wide ? value : widen(t, value);
}

export function memoryFill(t: Translator): void {
  const memory = t.reader.u32();
  const wide = hasWideAddresses(t, memory);
  const length = popWide(t, wide);
  const value = t.pop();
  const start = popWide(t, wide);
  checkRange(t, memory, start, length);
  builtinCall(t, 'memset', undefined, [nativeAddress(t, memory, start), value, length]);
}

export function memoryCopy(t: Translator): void {
  const to = t.reader.u32();
  const from = t.reader.u32();
  const isToWide = hasWideAddresses(t, to);
  const isFromWide = hasWideAddresses(t, from);
  const length = popWide(t, isToWide && isFromWide);
  const source = popWide(t, isFromWide);
  const destination = popWide(t, isToWide);
  checkRange(t, to, destination, length);
  checkRange(t, from, source, length);
  const target = nativeAddress(t, to, destination);
  builtinCall(t, 'memmove', undefined, [target, nativeAddress(t, from, source), length]);
}

export function memoryInit(t: Translator): void {
  const segment = t.constant32(t.reader.u32());
  const memory = t.constant32(t.reader.u32());
  const length = t.pop();
  const source = t.pop();
  const destination = t.pop();
  builtinCall(t, 'memoryInit', undefined, [instanceNumber(t), segment, memory, destination, source, length]);
}

export function dataDrop(t: Translator): void {
  builtinCall(t, 'dataDrop', undefined, [instanceNumber(t), t.constant32(t.reader.u32())]);
}
