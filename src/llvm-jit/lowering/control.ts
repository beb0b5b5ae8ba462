import { VType } from '../../ir/ops.js';
import type { FunctionLowering } from './function.js';

export function label(f: FunctionLowering, at: number): void {
  f.blocks.bind(f.ir.imm[at]);
}

export function branch(f: FunctionLowering, at: number): void {
  f.blocks.jump(f.blocks.of(f.ir.imm[at]));
}

export function branchIf(f: FunctionLowering, at: number): void {
  const { ir } = f;
  const inverted = ir.b[at] === 1;
  f.blocks.branch(f.condition(ir.a[at]), f.blocks.of(ir.imm[at]), inverted, ir.c[at]);
}

export function branchTable(f: FunctionLowering, at: number): void {
  const { ir, llvm } = f;
  const first = ir.imm[at];
  const last = ir.c[at] - 1;
  const fallback = f.blocks.of(ir.pool[first + last]);
  const dispatch = llvm.LLVMBuildSwitch(f.builder, f.value(ir.a[at]), fallback, last);
  for (let k = 0; k < last; k++) {
    llvm.LLVMAddCase(dispatch, f.constant(VType.i32, k, 0), f.blocks.of(ir.pool[first + k]));
  }
  f.blocks.end();
}

export function returnValue(f: FunctionLowering, at: number): void {
  const { ir, llvm } = f;
  if (ir.c[at] === 0) {
    llvm.LLVMBuildRetVoid(f.builder);
  } else {
    const register = ir.pool[ir.imm[at]];
    const value = f.hiddenValue(register);
    if (f.loads?.anyFree) f.hold(ir.vtype[register], value);
    llvm.LLVMBuildRet(f.builder, f.passed(ir.vtype[register], value));
  }
  f.blocks.end();
}

export function trap(f: FunctionLowering, at: number): void {
  f.blocks.trap(f.ir.b[at]);
}

export function trapIf(f: FunctionLowering, at: number): void {
  const { ir } = f;
  f.blocks.trapIf(f.condition(ir.a[at]), ir.b[at], ir.imm[at] === 1);
}

export function move(f: FunctionLowering, at: number): void {
  f.define(f.ir.dst[at], f.movedValue(f.ir.a[at]));
}

export function select(f: FunctionLowering, at: number): void {
  const { ir } = f;
  const condition = f.condition(ir.c[at]);
  f.define(ir.dst[at], f.select(condition, f.movedValue(ir.a[at]), f.movedValue(ir.b[at])));
}
