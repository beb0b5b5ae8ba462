import { Trap } from '../../code/traps.js';
import { VType } from '../../ir/ops.js';
import { memoryInstance } from '../../layout/structs.js';
import { slotSize } from '../../layout/widths.js';
import { wasmPageSize } from '../../wasm/limits.js';
import { BinOp, Cast, IntPredicate } from '../capi/enums.js';
import { FieldKind } from './field-kinds.js';
import type { FunctionLowering } from './function.js';
import type { Lower } from './operators.js';
import { type AccessType, accessSizes, registerSizes, shapes } from './types.js';
import { type Extension, halfShapes, type NarrowShape, widerShapes } from './vector-integer.js';
import { alone } from './vectors.js';

/**
 * Whether an access is at a constant address that the memory may not have reached yet. Where addresses have
 * 64 bits a check comes first.
 */
function isBeyondMinimum({ ir, m }: FunctionLowering, at: number, size: number): boolean {
  const index = ir.a[at];
  if (ir.isConstant[index] === 0 || ir.vtype[index] === VType.i64) return false;
  if (ir.b[at] !== ir.memoryBase) return true;
  const end = (ir.low[index] >>> 0) + (ir.imm[at] >>> 0) + size;
  return end > m.wasm.memories[0].limits.min * wasmPageSize;
}

/** Loads `size` bytes of a type from linear memory. */
function loadMemory(f: FunctionLowering, at: number, type: number, size: number): number {
  const { llvm, m } = f;
  const loaded = f.load(type, f.memoryAddress(at));
  llvm.LLVMSetAlignment(loaded, 1);
  m.tags.memory(loaded);
  // LLVM would move it out of a loop, past stores that it cannot overlap. If it traps, these would be
  // missing.
  if (isBeyondMinimum(f, at, size)) llvm.LLVMSetVolatile(loaded, 1);
  return loaded;
}

/** Defines the register that a load writes. */
function defineLoaded(f: FunctionLowering, at: number, value: number): void {
  const { ir } = f;
  const dst = ir.dst[at];
  f.define(dst, value);
  if (f.loads?.held[at] === 1) f.hold(ir.vtype[dst], value);
  else if (f.loads !== undefined && ir.tracked[dst] < 0) f.freeLoads.set(dst, ir.wasmOffset[at]);
}

/** A load of what has the type `access`; `extension` is the cast that makes a wider integer of it. */
export function load(access: AccessType, extension?: Extension): Lower {
  const size = accessSizes[access];
  return (f, at) => {
    const { ir, types } = f;
    const loaded = loadMemory(f, at, types[access], size);
    const type = types.ofRegister[ir.vtype[ir.dst[at]]];
    defineLoaded(f, at, extension === undefined ? loaded : f.cast(extension, loaded, type));
  };
}

/** A load of a whole vector. */
export function loadVector(f: FunctionLowering, at: number): void {
  defineLoaded(f, at, loadMemory(f, at, f.types.ofRegister[VType.v128], registerSizes[VType.v128]));
}

/** A load of as many lanes as fill half a vector, extended to twice their width. */
export function loadExtended(lanes: NarrowShape, extension: Extension): Lower {
  return (f, at) => {
    const { vectors, ofRegister } = f.types;
    const loaded = loadMemory(f, at, vectors[halfShapes[lanes]], registerSizes[VType.v128] / 2);
    const value = f.cast(extension, loaded, vectors[widerShapes[lanes]]);
    defineLoaded(f, at, f.cast(Cast.bitcast, value, ofRegister[VType.v128]));
  };
}

/** A load of the first lane; zeros follow. */
export function loadAlone(shape: 'i32x4' | 'i64x2'): Lower {
  const [lane] = shapes[shape];
  return (f, at) => {
    const { types } = f;
    const loaded = loadMemory(f, at, types[lane], accessSizes[lane]);
    defineLoaded(f, at, f.cast(Cast.bitcast, alone(f, shape, loaded), types.ofRegister[VType.v128]));
  };
}

/** A store of a whole register, or of the lower bits of an integer: as many as `access` has. */
export function store(access?: 'i8' | 'i16' | 'i32'): Lower {
  return (f, at) => {
    const { ir, llvm, m } = f;
    const address = f.memoryAddress(at);
    const value = f.hiddenValue(ir.c[at]);
    const narrow = access === undefined ? value : f.cast(Cast.trunc, value, f.types[access]);
    const stored = llvm.LLVMBuildStore(f.builder, narrow, address);
    llvm.LLVMSetAlignment(stored, 1);
    m.tags.memory(stored);
  };
}

/** Checked memories: traps unless the access ends within the memory. */
export function boundsCheck(f: FunctionLowering, at: number): void {
  const { ir, types, m } = f;
  const beyond = (ir.imm[at] >>> 0) + ir.c[at];
  const index = f.widen(f.value(ir.a[at]));
  const end = f.binary(BinOp.add, index, f.llvm.LLVMConstInt(types.address, beyond, 0));
  const { layout } = m;
  const { byteLength } = memoryInstance.offsets;
  const place = f.offset(f.instance, layout.memory(0));
  const memory = layout.importedMemoryCount === 0 ? place : f.loadField(types.ptr, place, FieldKind.constant);
  const length = f.loadField(types.i64, f.offset(memory, byteLength), FieldKind.field);
  f.blocks.trapIf(f.icmp(IntPredicate.ugt, end, length), Trap.memoryOutOfBounds);
}

/**
 * Memories with 64-bit addresses: traps unless the access ends within the memory. An address is right if it
 * is below the number of those where an access of this size fits. LLVM finds that number before loops.
 */
export function boundsCheck64(f: FunctionLowering, at: number): void {
  const { ir, types } = f;
  const length = f.loadField(types.i64, f.offset(f.pointer(ir.b[at]), ir.c[at]), FieldKind.field);
  const last = f.llvm.LLVMConstInt(types.address, (ir.imm[at] >>> 0) - 1, 0);
  const starts = f.callIntrinsic('llvm.usub.sat', [types.i64], length, last);
  f.blocks.trapIf(f.icmp(IntPredicate.uge, f.value(ir.a[at]), starts), Trap.memoryOutOfBounds);
}

export function fieldLoad(f: FunctionLowering, at: number): void {
  const { ir, types } = f;
  const dst = ir.dst[at];
  const base = ir.a[at];
  const offset = ir.imm[at];
  const pointer = f.offset(f.pointer(base), offset);
  const kind = f.pointees.fieldKind(base, offset) ?? FieldKind.field;
  const loaded = f.loadField(types.ofRegister[ir.vtype[dst]], pointer, kind);
  if (ir.vtype[dst] === VType.v128) f.llvm.LLVMSetAlignment(loaded, slotSize);
  f.define(dst, loaded);
  if (base === ir.instance && ir.vtype[dst] === VType.i64) f.pointees.note(dst, offset);
}

export function fieldStore(f: FunctionLowering, at: number): void {
  const { ir, llvm, m } = f;
  const base = ir.a[at];
  const offset = ir.imm[at];
  const stored = llvm.LLVMBuildStore(f.builder, f.hiddenValue(ir.c[at]), f.offset(f.pointer(base), offset));
  if (ir.vtype[ir.c[at]] === VType.v128) llvm.LLVMSetAlignment(stored, slotSize);
  const kind = f.pointees.fieldKind(base, offset);
  if (kind === FieldKind.global) m.tags.state(stored);
  else if (kind !== undefined) m.tags.field(stored, kind);
}

export function fieldAddress(f: FunctionLowering, at: number): void {
  const { ir, types } = f;
  f.define(ir.dst[at], f.cast(Cast.ptrtoint, f.offset(f.pointer(ir.a[at]), ir.imm[at]), types.address));
}

/** Address of a table's element. Elements are references, and as large as addresses. */
function elementAddress(f: FunctionLowering, at: number): number {
  const { ir, types } = f;
  const list = f.m.scratch;
  const index = f.widen(f.value(ir.b[at]));
  const elements = f.pointer(ir.a[at]);
  return f.llvm.LLVMBuildInBoundsGEP2(f.builder, types.address, elements, list.list(index), 1, f.m.noName);
}

export function elementLoad(f: FunctionLowering, at: number): void {
  const loaded = f.load(f.types.address, elementAddress(f, at));
  f.m.tags.element(loaded);
  f.define(f.ir.dst[at], loaded);
}

export function elementStore(f: FunctionLowering, at: number): void {
  const value = f.value(f.ir.c[at]);
  f.m.tags.state(f.llvm.LLVMBuildStore(f.builder, value, elementAddress(f, at)));
}
