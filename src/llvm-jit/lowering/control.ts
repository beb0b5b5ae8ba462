import { VType } from '../../ir/ops.js';
import { Cast } from '../capi/enums.js';
import type { FunctionLowering } from './function.js';

export function label(f: FunctionLowering, at: number): void {
  f.bind(f.ir.imm[at]);
}

export function branch(f: FunctionLowering, at: number): void {
  f.jump(f.blockOf(f.ir.imm[at]));
}

export function branchIf(f: FunctionLowering, at: number): void {
  const { ir } = f;
  const inverted = ir.b[at] === 1;
  f.branch(f.condition(ir.a[at]), f.blockOf(ir.imm[at]), inverted);
}

export function branchTable(f: FunctionLowering, at: number): void {
  const { ir, llvm } = f;
  const first = ir.imm[at];
  const last = ir.c[at] - 1;
  const fallback = f.blockOf(ir.pool[first + last]);
  const dispatch = llvm.LLVMBuildSwitch(f.builder, f.value(ir.a[at]), fallback, last);
  for (let k = 0; k < last; k++) {
    llvm.LLVMAddCase(dispatch, f.constant(VType.i32, k, 0), f.blockOf(ir.pool[first + k]));
  }
  f.endBlock();
}

export function returnValue(f: FunctionLowering, at: number): void {
  const { ir, llvm } = f;
  if (ir.c[at] === 0) {
    llvm.LLVMBuildRetVoid(f.builder);
  } else {
    const register = ir.pool[ir.imm[at]];
    const value = f.hiddenValue(register);
    if (f.loads?.anyFree) f.hold(ir.vtype[register], value);
    llvm.LLVMBuildRet(f.builder, ir.vtype[register] === VType.i32 ? f.widen(value) : value);
  }
  f.endBlock();
}

export function trap(f: FunctionLowering, at: number): void {
  f.trap(f.ir.b[at]);
}

export function trapIf(f: FunctionLowering, at: number): void {
  const { ir } = f;
  f.trapIf(f.condition(ir.a[at]), ir.b[at], ir.imm[at] === 1);
}

export function move(f: FunctionLowering, at: number): void {
  f.define(f.ir.dst[at], f.hiddenValue(f.ir.a[at]));
}

export function select(f: FunctionLowering, at: number): void {
  const { ir } = f;
  const condition = f.condition(ir.c[at]);
  f.define(ir.dst[at], f.select(condition, f.hiddenValue(ir.a[at]), f.hiddenValue(ir.b[at])));
}

export function truncated(f: FunctionLowering, value: number, vtype: number): number {
  return vtype === VType.i32 ? f.cast(Cast.trunc, value, f.types.i32) : value;
}
