import { VType } from '../../ir/ops.js';
import { execEnv, slotsOffset } from '../../layout/exec-env.js';
import { functionRecord, moduleInstance } from '../../layout/structs.js';
import { slotSize } from '../../layout/widths.js';
import { TailCallKind } from '../capi/enums.js';
import { directCallee, instanceOfRecord } from './calls.js';
import { FieldKind } from './field-kinds.js';
import type { FunctionLowering } from './function.js';
import { asSlots, type PassedValue, universalArguments } from './passed-values.js';

const { code } = functionRecord.offsets;

/** A function of the same instance, in the function's place. */
export function returnCall(f: FunctionLowering, at: number): void {
  const { ir } = f;
  const recordOffset = ir.b[at];
  const direct = directCallee(f.m, recordOffset);
  // A call has the prototype of the function that it is in, and a callee that LLVM knows its own.
  if (direct?.type === f.callee.type) {
    emitMustTail(f, at, direct.value, f.instance, passedValues(f, at));
  } else {
    leaveFor(f, at, f.offset(f.instance, recordOffset), () => f.instance);
  }
}

/** A function by the address of its record, in the function's place. */
export function returnCallRecord(f: FunctionLowering, at: number): void {
  const register = f.ir.a[at];
  const record = f.pointer(register);
  leaveFor(f, at, record, () => instanceOfRecord(f, register, record));
}

/**
 * Calls the function of a record. Where it takes more slots of the stack than this one, by way of the stub
 * that makes room.
 */
function leaveFor(f: FunctionLowering, at: number, record: number, instanceOf: () => number): void {
  const { m, ir } = f;
  const { stackSlots } = m.universal.places(m.wasm.types[ir.pool[ir.imm[at] - 1]]);
  if (stackSlots <= f.callee.stackSlots) {
    const target = f.loadField(f.types.ptr, f.offset(record, code), FieldKind.field);
    const instance = instanceOf();
    emitMustTail(f, at, target, instance, passedValues(f, at));
    return;
  }
  const { offsets } = execEnv;
  const { execEnv: field } = moduleInstance.offsets;
  const env = f.loadField(f.types.ptr, f.offset(f.instance, field), FieldKind.constant);
  const store = (value: number, offset: number): void => {
    const stored = f.llvm.LLVMBuildStore(f.builder, value, f.offset(env, offset));
    m.tags.field(stored, FieldKind.field);
  };
  const inRegisters: PassedValue[] = [];
  for (const passed of passedValues(f, at)) {
    const slot = m.universal.slotOf(passed.place);
    if (slot < 0) inRegisters.push(passed);
    else
      for (const [k, part] of asSlots(f, passed).entries()) store(part, slotsOffset + slotSize * (slot + k));
  }
  store(record, offsets.tailRecord);
  store(f.constant(VType.i32, stackSlots, 0), offsets.tailSlots);
  store(f.constant(VType.i32, f.callee.stackSlots, 0), offsets.tailRoom);
  const stub = f.loadField(f.types.ptr, f.offset(env, offsets.tailStub), FieldKind.constant);
  emitMustTail(f, at, stub, f.instance, inRegisters);
}

/** The arguments, and the address of the area for further results, where there are any. */
function passedValues(f: FunctionLowering, at: number): readonly PassedValue[] {
  const { ir, m } = f;
  const { params, resultArea } = m.universal.places(m.wasm.types[ir.pool[ir.imm[at] - 1]]);
  const values: PassedValue[] = [];
  for (let k = 0; k < ir.c[at]; k++) {
    const register = ir.pool[ir.imm[at] + k];
    values.push({
      vtype: ir.vtype[register],
      value: f.hiddenValue(register),
      place: params[k] ?? resultArea,
    });
  }
  return values;
}

function emitMustTail(
  f: FunctionLowering,
  at: number,
  target: number,
  instance: number,
  values: readonly PassedValue[],
): void {
  const { llvm, m, builder, callee } = f;
  const args = universalArguments(f, instance, values, callee.stackSlots);
  m.scratch.clear();
  for (const argument of args) m.scratch.push(argument);
  const { address, length } = m.scratch;
  const call = llvm.LLVMBuildCall2(builder, callee.type, target, address, length, m.noName);
  llvm.LLVMSetTailCallKind?.(call, TailCallKind.mustTail);
  m.keepApart(call);
  const { results } = m.wasm.types[f.ir.pool[f.ir.imm[at] - 1]];
  if (results.length === 0) llvm.LLVMBuildRetVoid(builder);
  else llvm.LLVMBuildRet(builder, call);
  f.blocks.end();
}
