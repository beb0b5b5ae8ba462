import { Trap } from '../../code/traps.js';
import { Op, VType } from '../../ir/ops.js';
import { execEnv, slotsOffset } from '../../layout/exec-env.js';
import { functionRecord, moduleInstance } from '../../layout/structs.js';
import { slotSize } from '../../layout/widths.js';
import { Gpr } from '../../x64/abi.js';
import { Condition } from '../../x64/conditions.js';
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
  else if (byRecord) guessInstance(g);
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

/**
 * Sets rdi, which has our own instance, to that of the record at rax. That is nearly always the same one, and
 * the processor guesses so by the branch: loaded, it would make all that the callee does with its memory wait
 * for the loads that led to the record, and interpreters do little else between one such call and the next.
 */
function guessInstance(g: LoweringContext): void {
  const { asm } = g;
  const other = asm.newLabel();
  const on = asm.newLabel();
  asm.rm(X.cmp64, rdi, rax, functionRecord.offsets.instance);
  asm.jcc(Condition.ne, other);
  asm.bind(on);
  g.rarely(() => {
    asm.bind(other);
    asm.rm(X.mov64, rdi, rax, functionRecord.offsets.instance);
    asm.jmp(on);
  });
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
 * Moves all other arguments to their registers, our own instance to rdi, and the record to rax, where the
 * jump goes by it.
 */
function passInRegisters(g: LoweringContext, at: number, shape: Shape, byRecord: boolean): void {
  const { ir, allocation, parallel } = g;
  const first = ir.imm[at];
  const count = ir.c[at];
  const { place } = allocation;
  if (place[ir.instance] >= 0) parallel.add(VType.i64, rdi, place[ir.instance]);
  if (byRecord && place[ir.a[at]] >= 0) parallel.add(VType.i64, rax, place[ir.a[at]]);
  for (let k = 0; k < count; k++) {
    const from = place[ir.pool[first + k]];
    const to = placeOf(shape, k);
    if (to >= 0 && from >= 0) parallel.add(ir.vtype[ir.pool[first + k]], to, from);
  }
  parallel.run();
  if (place[ir.instance] < 0) allocation.loadInto(rdi, ir.instance);
  if (byRecord && place[ir.a[at]] < 0) allocation.loadInto(rax, ir.a[at]);
  for (let k = 0; k < count; k++) {
    const value = ir.pool[first + k];
    const to = placeOf(shape, k);
    if (to >= 0 && place[value] < 0) allocation.loadInto(to, value);
  }
}
