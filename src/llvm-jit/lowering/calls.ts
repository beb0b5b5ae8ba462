import { opPad } from '../../ir/ops.js';
import { VType } from '../../ir/vtypes.js';
import { builtinOffset } from '../../layout/builtins.js';
import { functionRecord, moduleInstance } from '../../layout/structs.js';
import { layoutSlots } from '../../layout/widths.js';
import { Cast, IntPredicate } from '../capi/enums.js';
import { FieldKind } from './field-kinds.js';
import type { FunctionLowering } from './function.js';
import { type Callee, isUniversal, type ModuleLowering } from './module.js';
import { type PassedValue, universalArguments } from './passed-values.js';

const { code, instance } = functionRecord.offsets;

/**
 * Arguments of the call that is being lowered. Computing one may use the scratch memory, so they are
 * collected here.
 */
const args: number[] = [];

/** Pushes the arguments that are in the pool. */
function pushArguments(f: FunctionLowering, at: number): void {
  const { ir } = f;
  for (let k = 0; k < ir.c[at]; k++) {
    const register = ir.pool[ir.imm[at] + k];
    args.push(f.passed(ir.vtype[register], f.hiddenValue(register)));
  }
}

/** Emits the call and defines its result. */
function emitCall(f: FunctionLowering, at: number, type: number, callee: number): number {
  const { ir, llvm, m } = f;
  const landing = opPad[ir.op[at]] === 0 ? 0 : f.blocks.landingOf(ir.pool[ir.imm[at] - 2]);
  m.scratch.clear();
  for (const argument of args) m.scratch.push(argument);
  args.length = 0;
  const { address, length } = m.scratch;
  let call: number;
  if (landing === 0) {
    call = llvm.LLVMBuildCall2(f.builder, type, callee, address, length, m.noName);
  } else {
    const next = f.blocks.newBlock();
    call = llvm.LLVMBuildInvoke2(f.builder, type, callee, address, length, next, landing, m.noName);
    f.blocks.goOnIn(next);
  }
  m.keepApart(call);
  const dst = ir.dst[at];
  if (dst >= 0) f.define(dst, f.received(ir.vtype[dst], call));
  return call;
}

/**
 * The arguments of a wasm call: instance, arguments, area for further results. Returns the type that it has.
 */
function wasmArguments(f: FunctionLowering, at: number, calleeInstance: number, direct?: Callee): number {
  const { ir, m } = f;
  const typeIndex = ir.pool[ir.imm[at] - 1];
  if (direct !== undefined && isUniversal(direct)) return wasmUniversalArguments(f, at, direct);
  args.push(calleeInstance);
  pushArguments(f, at);
  const area = makeResultArea(f, typeIndex);
  if (area !== 0) args.push(area);
  return m.functionType(typeIndex);
}

/** Makes the area for further results; 0 where there are none. */
function makeResultArea(f: FunctionLowering, typeIndex: number): number {
  const further = f.m.wasm.types[typeIndex].results.slice(1);
  if (further.length === 0) return 0;
  const { offsets, slots } = layoutSlots(further);
  const area = f.blocks.makeSlotArea(slots);
  f.furtherResults = { area, offsets };
  return area;
}

/** The same for a function of our instance that has a universal prototype. */
function wasmUniversalArguments(f: FunctionLowering, at: number, { type, stackSlots }: Callee): number {
  const { ir, m } = f;
  const typeIndex = ir.pool[ir.imm[at] - 1];
  const { params, resultArea } = m.universal.places(m.wasm.types[typeIndex]);
  const values: PassedValue[] = params.map((place, k) => {
    const register = ir.pool[ir.imm[at] + k];
    return { place, vtype: ir.vtype[register], value: f.hiddenValue(register) };
  });
  const area = makeResultArea(f, typeIndex);
  if (area !== 0) {
    const value = f.cast(Cast.ptrtoint, area, f.types.address);
    values.push({ place: resultArea, vtype: VType.i64, value });
  }
  args.push(...universalArguments(f, f.instance, values, stackSlots));
  return type;
}

/** The function of the instance's record at an offset, if this LLVM module has it. */
export function directCallee(m: ModuleLowering, recordOffset: number): Callee | undefined {
  const { layout } = m;
  const first = layout.function(layout.importedFunctionCount);
  return m.function(layout.importedFunctionCount + (recordOffset - first) / functionRecord.size);
}

/** A function of the same instance: in this LLVM module directly, else through its record. */
export function call(f: FunctionLowering, at: number): void {
  const { m, ir } = f;
  const recordOffset = ir.b[at];
  const direct = directCallee(m, recordOffset);
  const type = wasmArguments(f, at, f.instance, direct);
  const callee =
    direct?.value ?? f.loadField(f.types.ptr, f.offset(f.instance, recordOffset + code), FieldKind.field);
  emitCall(f, at, type, callee);
}

/**
 * The instance of a function that came from a table. It is nearly always our own, and a branch lets the
 * processor guess that. Without it, all that the callee does with its memory waits for the loads that lead
 * from the table to the instance. (The second load is volatile, or LLVM would turn the branch into a
 * `select`.)
 */
function guessedInstance(f: FunctionLowering, pointer: number): number {
  const { llvm, builder, types } = f;
  const loaded = f.loadField(types.ptr, pointer, FieldKind.field);
  const own = llvm.LLVMGetInsertBlock(builder);
  const other = f.blocks.newBlock();
  const join = f.blocks.newBlock();
  llvm.LLVMBuildCondBr(builder, f.icmp(IntPredicate.eq, loaded, f.instance), join, other);
  llvm.LLVMPositionBuilderAtEnd(builder, other);
  const reloaded = f.loadField(types.ptr, pointer, FieldKind.field);
  llvm.LLVMSetVolatile(reloaded, 1);
  llvm.LLVMBuildBr(builder, join);
  llvm.LLVMPositionBuilderAtEnd(builder, join);
  const phi = llvm.LLVMBuildPhi(builder, types.ptr, f.m.noName);
  for (const [value, block] of [
    [f.instance, own],
    [reloaded, other],
  ]) {
    const values = f.m.scratch.list(value, block);
    llvm.LLVMAddIncoming(phi, values, f.m.scratch.addressOf(1), 1);
  }
  return phi;
}

/** A function by the address of its record. */
export function callRecord(f: FunctionLowering, at: number): void {
  const register = f.ir.a[at];
  const record = f.pointer(register);
  const target = f.loadField(f.types.ptr, f.offset(record, code), FieldKind.field);
  emitCall(f, at, wasmArguments(f, at, instanceOfRecord(f, register, record)), target);
}

/** The instance of the function whose record's address is in a register. */
export function instanceOfRecord(f: FunctionLowering, register: number, record: number): number {
  const pointer = f.offset(record, instance);
  return f.pointees.isImport(register)
    ? f.loadField(f.types.ptr, pointer, FieldKind.field)
    : guessedInstance(f, pointer);
}

/** A further result of the call just before. */
export function callResult(f: FunctionLowering, at: number): void {
  const { ir, furtherResults } = f;
  if (furtherResults === undefined) throw new Error('internal error: a call without further results');
  const pointer = f.offset(furtherResults.area, furtherResults.offsets[ir.imm[at] - 1]);
  const dst = ir.dst[at];
  f.define(dst, f.loadSlots(ir.vtype[dst], pointer));
}

/** The builtins that throw exceptions. */
const throwing = new Set((['throw', 'throwRef', 'rethrow'] as const).map(builtinOffset));

/**
 * A builtin. LLVM has its own memmove and memset and knows what they do; the others are called through the
 * table.
 */
export function callBuiltin(f: FunctionLowering, at: number): void {
  const { ir, llvm, m, types } = f;
  const first = ir.imm[at];
  const argument = (k: number): number => ir.pool[first + k];
  if (ir.b[at] === builtinOffset('memmove')) {
    const to = f.pointer(argument(0));
    const from = f.pointer(argument(1));
    m.tags.memory(llvm.LLVMBuildMemMove(f.builder, to, 1, from, 1, f.value(argument(2))));
    return;
  }
  if (ir.b[at] === builtinOffset('memset')) {
    const byte = f.cast(Cast.trunc, f.value(argument(1)), types.i8);
    m.tags.memory(llvm.LLVMBuildMemSet(f.builder, f.pointer(argument(0)), byte, f.value(argument(2)), 1));
    return;
  }
  const tableAt = f.offset(f.instance, moduleInstance.offsets.builtins);
  const table = f.loadField(types.ptr, tableAt, FieldKind.constant);
  const target = f.loadField(types.ptr, f.offset(table, ir.b[at]), FieldKind.constant);
  pushArguments(f, at);
  const parameters: number[] = [];
  for (let k = 0; k < ir.c[at]; k++) parameters.push(types.passedAs[ir.vtype[argument(k)]]);
  const dst = ir.dst[at];
  const result = dst < 0 ? types.void : types.passedAs[ir.vtype[dst]];
  const list = m.scratch.list(...parameters);
  const call = emitCall(f, at, llvm.LLVMFunctionType(result, list, parameters.length, 0), target);
  if (!throwing.has(ir.b[at])) m.throwsNothing(call);
}
