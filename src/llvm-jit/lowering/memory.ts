import { Trap } from '../../code/traps.js';
import { VType } from '../../ir/ops.js';
import { memoryInstance } from '../../layout/structs.js';
import { wasmPageSize } from '../../wasm/limits.js';
import { accessSize, Op as WasmOp } from '../../wasm/opcodes.js';
import { BinOp, Cast, IntPredicate } from '../capi/enums.js';
import { FieldKind } from './field-kinds.js';
import type { FunctionLowering } from './function.js';

/** Loads that extend what they read, with its sign. */
const signed: ReadonlySet<number> = new Set([
  WasmOp['i32.load8_s'],
  WasmOp['i32.load16_s'],
  WasmOp['i64.load8_s'],
  WasmOp['i64.load16_s'],
  WasmOp['i64.load32_s'],
]);

/** LLVM's type of what a load or store touches: that of the register, or a narrower integer. */
function accessType(f: FunctionLowering, op: number, vtype: number): number {
  const { types } = f;
  switch (accessSize[op]) {
    case 1:
      return types.i8;
    case 2:
      return types.i16;
    case 4:
      return vtype === VType.i64 ? types.i32 : types.ofRegister[vtype];
    default:
      return types.ofRegister[vtype];
  }
}

/** Whether an access is at a constant address where the memory may not have grown to. */
function isBeyondMinimum({ ir, m }: FunctionLowering, at: number): boolean {
  const index = ir.a[at];
  if (ir.isConstant[index] === 0) return false;
  const end = (ir.low[index] >>> 0) + (ir.imm[at] >>> 0) + accessSize[ir.op[at]];
  return end > m.wasm.memories[0].limits.min * wasmPageSize;
}

export function load(f: FunctionLowering, at: number): void {
  const { ir, llvm, m } = f;
  const op = ir.op[at];
  const dst = ir.dst[at];
  const vtype = ir.vtype[dst];
  const type = accessType(f, op, vtype);
  const address = f.memoryAddress(ir.a[at], ir.imm[at]);
  const loaded = llvm.LLVMBuildLoad2(f.builder, type, address, m.noName);
  llvm.LLVMSetAlignment(loaded, 1);
  m.tags.memory(loaded);
  // LLVM would take it out of a loop, past stores that it cannot overlap with, and which are then missing where it traps.
  if (isBeyondMinimum(f, at)) llvm.LLVMSetVolatile(loaded, 1);
  const whole = f.types.ofRegister[vtype];
  const value = type === whole ? loaded : f.cast(signed.has(op) ? Cast.sext : Cast.zext, loaded, whole);
  f.define(dst, value);
  if (f.loads?.held[at] === 1) f.hold(vtype, value);
  else if (f.loads !== undefined && ir.tracked[dst] < 0) f.freeLoads.set(dst, ir.wasmOffset[at]);
}

export function store(f: FunctionLowering, at: number): void {
  const { ir, llvm, m } = f;
  const register = ir.c[at];
  const type = accessType(f, ir.op[at], ir.vtype[register]);
  const address = f.memoryAddress(ir.a[at], ir.imm[at]);
  const value = f.hiddenValue(register);
  const narrow = type === f.types.ofRegister[ir.vtype[register]] ? value : f.cast(Cast.trunc, value, type);
  const stored = llvm.LLVMBuildStore(f.builder, narrow, address);
  llvm.LLVMSetAlignment(stored, 1);
  m.tags.memory(stored);
}

/** Checked memories: traps unless the access ends within the memory. */
export function boundsCheck(f: FunctionLowering, at: number): void {
  const { ir, types, m } = f;
  const beyond = (ir.imm[at] >>> 0) + ir.c[at];
  const index = f.widen(f.value(ir.a[at]));
  const end = f.binary(BinOp.add, index, f.llvm.LLVMConstInt(types.i64, beyond, 0));
  const { layout } = m;
  const { byteLength } = memoryInstance.offsets;
  const place = f.offset(f.instance, layout.memory(0));
  const memory = layout.importedMemoryCount === 0 ? place : f.loadField(types.ptr, place, FieldKind.constant);
  const length = f.loadField(types.i64, f.offset(memory, byteLength), FieldKind.field);
  f.trapIf(f.icmp(IntPredicate.ugt, end, length), Trap.memoryOutOfBounds);
}

export function fieldLoad(f: FunctionLowering, at: number): void {
  const { ir, types } = f;
  const dst = ir.dst[at];
  const base = ir.a[at];
  const offset = ir.imm[at];
  const pointer = f.offset(f.pointer(base), offset);
  const kind = f.fieldKind(base, offset) ?? FieldKind.field;
  f.define(dst, f.loadField(types.ofRegister[ir.vtype[dst]], pointer, kind));
  if (base === ir.instance && ir.vtype[dst] === VType.i64) f.notePointee(dst, offset);
}

export function fieldStore(f: FunctionLowering, at: number): void {
  const { ir, llvm, m } = f;
  const base = ir.a[at];
  const offset = ir.imm[at];
  const stored = llvm.LLVMBuildStore(f.builder, f.hiddenValue(ir.c[at]), f.offset(f.pointer(base), offset));
  const kind = f.fieldKind(base, offset);
  if (kind === FieldKind.global) m.tags.state(stored);
  else if (kind !== undefined) m.tags.field(stored, kind);
}

export function fieldAddress(f: FunctionLowering, at: number): void {
  const { ir, types } = f;
  f.define(ir.dst[at], f.cast(Cast.ptrtoint, f.offset(f.pointer(ir.a[at]), ir.imm[at]), types.i64));
}

/** Address of a table's element. */
function elementAddress(f: FunctionLowering, at: number): number {
  const { ir, types } = f;
  const list = f.m.scratch;
  const index = f.widen(f.value(ir.b[at]));
  const elements = f.pointer(ir.a[at]);
  return f.llvm.LLVMBuildInBoundsGEP2(f.builder, types.i64, elements, list.list(index), 1, f.m.noName);
}

export function elementLoad(f: FunctionLowering, at: number): void {
  const loaded = f.llvm.LLVMBuildLoad2(f.builder, f.types.i64, elementAddress(f, at), f.m.noName);
  f.m.tags.element(loaded);
  f.define(f.ir.dst[at], loaded);
}

export function elementStore(f: FunctionLowering, at: number): void {
  const value = f.value(f.ir.c[at]);
  f.m.tags.state(f.llvm.LLVMBuildStore(f.builder, value, elementAddress(f, at)));
}
