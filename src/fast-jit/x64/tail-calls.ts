import { Trap } from '../../code/traps.js';
import { Op, VType } from '../../ir/ops.js';
import { execEnv, slotsOffset } from '../../layout/exec-env.js';
import { functionRecord, moduleInstance } from '../../layout/structs.js';
import { slotSize } from '../../layout/widths.js';
import { Gpr } from '../../x64/abi.js';
import { savedRegister } from '../../x64/frame-layout.js';
import { X } from '../../x64/instructions.js';
import type { Shape } from './call-shapes.js';
import { shapeAt, storeArgument, usedCalleeSaved } from './calls.js';
import type { LoweringContext } from './context.js';
import { scratchGpr } from './machine-registers.js';

const { rax, rbp, rdi } = Gpr;

/** Machine register of an argument, or -1 - stack slot. What follows the parameters is the result area. */
function placeOf(shape: Shape, k: number): number {
  return k < shape.params.length ? shape.params[k] : shape.resultArea;
}

/**
 * A call in the function's place: leaves its frame and jumps. Arguments that go on the stack take the way
 * through the ExecEnv's slots, by the stub that finds or makes room for them (`tail-stub.ts`).
 */
export function tailCall(g: LoweringContext, at: number): void {
  const { ir, asm } = g;
  const shape = shapeAt(g, at);
  const byStub = shape.stackSlots > 0;
  const byRecord = ir.op[at] === Op.return_call_record;
  if (byStub) passInSlots(g, at, shape);
  passInRegisters(g, at, shape, byRecord && !byStub);
  if (byStub) asm.rm(X.mov64, scratchGpr, rdi, moduleInstance.offsets.execEnv);
  else if (byRecord) asm.rm(X.mov64, rdi, rax, functionRecord.offsets.instance);
  const leave = (): void => {
    for (const register of usedCalleeSaved(g.allocation.used)) {
      asm.rm(X.mov64, register, rbp, savedRegister(register));
    }
    asm.op(X.leave);
    g.site(Trap.none, ir.wasmOffset[at]);
    if (byStub) asm.m(X.jmp, scratchGpr, execEnv.offsets.tailStub);
    else if (byRecord) asm.m(X.jmp, rax, functionRecord.offsets.code);
    else asm.m(X.jmp, rdi, ir.b[at] + functionRecord.offsets.code);
  };
  if (at === ir.count - 1) {
    leave();
  } else {
    // Which registers are to be restored is known at the end.
    const out = asm.newLabel();
    asm.jmp(out);
    g.rarely(() => {
      asm.bind(out);
      leave();
    });
  }
  g.reachable = false;
}

/** Writes the arguments that go on the stack to the slots, and tells the stub of them and of the callee. */
function passInSlots(g: LoweringContext, at: number, shape: Shape): void {
  const { ir, asm, allocation } = g;
  const { offsets } = execEnv;
  const instance = allocation.use(ir.instance);
  const env = allocation.temporary(false);
  asm.rm(X.mov64, env, instance, moduleInstance.offsets.execEnv);
  for (let k = 0; k < ir.c[at]; k++) {
    const place = placeOf(shape, k);
    if (place < 0) storeArgument(g, ir.pool[ir.imm[at] + k], env, slotsOffset + slotSize * (-1 - place));
  }
  if (ir.op[at] === Op.return_call) {
    asm.rm(X.lea64, scratchGpr, instance, ir.b[at]);
    asm.mr(X.mov64, env, offsets.tailRecord, scratchGpr);
  } else {
    storeArgument(g, ir.a[at], env, offsets.tailRecord);
  }
  asm.mi(X.mov32, env, offsets.tailSlots, shape.stackSlots);
  asm.mi(X.mov32, env, offsets.tailRoom, g.ownStackSlots);
}

/**
 * Moves all other arguments to their registers, and what the jump goes by: the record to rax, or our own
 * instance to rdi.
 */
function passInRegisters(g: LoweringContext, at: number, shape: Shape, byRecord: boolean): void {
  const { ir, allocation, parallel } = g;
  const head = byRecord ? rax : rdi;
  const headValue = byRecord ? ir.a[at] : ir.instance;
  const first = ir.imm[at];
  const count = ir.c[at];
  if (allocation.place[headValue] >= 0) parallel.add(VType.i64, head, allocation.place[headValue]);
  for (let k = 0; k < count; k++) {
    const from = allocation.place[ir.pool[first + k]];
    const to = placeOf(shape, k);
    if (to >= 0 && from >= 0) parallel.add(ir.vtype[ir.pool[first + k]], to, from);
  }
  parallel.run();
  if (allocation.place[headValue] < 0) allocation.loadInto(head, headValue);
  for (let k = 0; k < count; k++) {
    const value = ir.pool[first + k];
    const to = placeOf(shape, k);
    if (to >= 0 && allocation.place[value] < 0) allocation.loadInto(to, value);
  }
}
