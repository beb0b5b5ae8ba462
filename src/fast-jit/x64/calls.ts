import { Trap } from '../../code/traps.js';
import { Op, opCount, opPad, VType } from '../../ir/ops.js';
import { functionRecord, moduleInstance } from '../../layout/structs.js';
import { slotSize } from '../../layout/widths.js';
import { calleeSaved, Gpr } from '../../x64/abi.js';
import { X } from '../../x64/instructions.js';
import { DiesA } from '../regalloc/last-uses.js';
import {
  has,
  isFloatRegister,
  lowest,
  noRegisters,
  only,
  onlyIfAny,
  withoutLowest,
} from '../regalloc/register-set.js';
import { noResultArea, type Shape } from './call-shapes.js';
import { isImmediate } from './conditions.js';
import type { LoweringContext } from './context.js';
import {
  encodingOf,
  firstXmm,
  registers,
  scratchGpr,
  scratchVector,
  scratchXmm,
} from './machine-registers.js';

const { rsp } = Gpr;
const { calleeSaved: preserved, callerSaved } = registers;
/** The instruction that moves a value between memory and its register, by `VType`. */
const storeOf = [X.mov32, X.mov64, X.movss, X.movsd, X.movups];

/** Of calls with a pad, and of others, the operation that calls the same way. */
const plainCall = Uint16Array.from({ length: opCount }, (_, op) => op);
plainCall[Op.try_call] = Op.call;
plainCall[Op.try_call_record] = Op.call_record;
plainCall[Op.try_call_builtin] = Op.call_builtin;

/** Shape of the call at an instruction. */
export function shapeAt(g: LoweringContext, at: number): Shape {
  return g.shapes(g.ir.pool[g.ir.imm[at] - 1]);
}

/** Any call. The operation tells how the code's address is found. */
export function call(g: LoweringContext, at: number): void {
  const { ir, asm, allocation, frame } = g;
  const op = plainCall[ir.op[at]];
  const shape = shapeAt(g, at);
  const count = ir.c[at];
  const first = ir.imm[at];
  frame.reserveOutgoing(slotSize * (shape.stackSlots + shape.resultSlots));
  preserveSurvivors(g, at);
  passOnStack(g, at, shape);

  if (op === Op.call_builtin) {
    const instance = allocation.place[ir.instance];
    if (instance >= 0) asm.rm(X.mov64, scratchGpr, instance, moduleInstance.offsets.builtins);
    else {
      allocation.loadInto(scratchGpr, ir.instance);
      asm.rm(X.mov64, scratchGpr, scratchGpr, moduleInstance.offsets.builtins);
    }
  }
  passInRegisters(g, at, shape);
  if (op === Op.call) {
    asm.m(X.call, Gpr.rdi, ir.b[at] + functionRecord.offsets.code);
  } else if (op === Op.call_record) {
    asm.rm(X.mov64, Gpr.rdi, Gpr.rax, functionRecord.offsets.instance);
    asm.m(X.call, Gpr.rax, functionRecord.offsets.code);
  } else {
    asm.m(X.call, scratchGpr, ir.b[at]);
  }
  g.siteAt(asm.position - 1, Trap.none, ir.wasmOffset[at]);

  allocation.releaseDying(at);
  for (let k = first; k < first + count; k++) {
    if (g.lastUses.argumentDies[k] === 1) allocation.release(ir.pool[k]);
  }
  for (let left = callerSaved; left !== noRegisters; left = withoutLowest(left)) {
    const register = lowest(left);
    if (allocation.holder[register] >= 0) allocation.drop(register);
  }
  if (opPad[ir.op[at]] === 1) g.land(at);
  const base = allocation.place[ir.memoryBase];
  if (g.movesBase && base >= 0) allocation.drop(base);
  const dst = ir.dst[at];
  if (dst >= 0) allocation.defineIn(dst, ir.isFloat(dst) ? firstXmm : Gpr.rax);
}

/**
 * Saves what is needed after the call and would not survive it, in a register that calls preserve or in its
 * slot.
 */
function preserveSurvivors(g: LoweringContext, at: number): void {
  const { ir, allocation, lastUses } = g;
  let dying = (lastUses.dies[at] & DiesA) !== 0 ? onlyIfAny(allocation.place[ir.a[at]]) : noRegisters;
  for (let k = ir.imm[at]; k < ir.imm[at] + ir.c[at]; k++) {
    if (lastUses.argumentDies[k] === 1) dying |= onlyIfAny(allocation.place[ir.pool[k]]);
  }
  const inLoop = allocation.loop >= 0;
  for (let left = callerSaved & ~dying & ~allocation.free; left !== noRegisters; left = withoutLowest(left)) {
    const register = lowest(left);
    const held = allocation.holder[register];
    if (held < 0 || ir.isConstant[held] === 1) continue;
    const refuge = isFloatRegister(register) ? noRegisters : allocation.free & preserved;
    // A register that is saved in the prologue anyway costs nothing; a new one pays in a loop only.
    const cheap = refuge & allocation.used;
    if (cheap !== noRegisters || (refuge !== noRegisters && inLoop)) {
      const to = lowest(cheap !== noRegisters ? cheap : refuge);
      const wasClean = has(allocation.clean, register);
      g.moves.copy(ir.vtype[held], to, register);
      allocation.drop(register);
      allocation.take(to, held);
      if (wasClean) allocation.clean |= only(to);
    } else if (held !== ir.memoryBase) {
      allocation.save(register);
    }
  }
}

/** Stores the arguments that go on the stack. */
function passOnStack(g: LoweringContext, at: number, shape: Shape): void {
  if (shape.stackSlots === 0) return;
  const { ir, asm } = g;
  for (let k = 0; k < ir.c[at]; k++) {
    if (shape.params[k] >= 0) continue;
    storeArgument(g, ir.pool[ir.imm[at] + k], rsp, slotSize * (-1 - shape.params[k]));
  }
  if (shape.resultArea < 0) {
    asm.rm(X.lea64, scratchGpr, rsp, slotSize * shape.stackSlots);
    asm.mr(X.mov64, rsp, slotSize * (-1 - shape.resultArea), scratchGpr);
  }
}

/** Stores a value to a slot of arguments at `base + disp`. Uses the scratch registers. */
export function storeArgument(g: LoweringContext, value: number, base: number, disp: number): void {
  const { ir, asm, allocation, moves } = g;
  const vtype = ir.vtype[value] as VType;
  let from = allocation.place[value];
  if (from < 0) {
    if (vtype < VType.f32 && isImmediate(g, value) && (vtype === VType.i64 || ir.low[value] >= 0)) {
      asm.mi(X.mov64, base, disp, ir.low[value]);
      return;
    }
    if (vtype === VType.v128) {
      allocation.loadInto(scratchVector, value);
      asm.mr(X.movups, base, disp, scratchXmm);
      return;
    }
    if (vtype >= VType.f32) {
      // Floats travel as their bits where they are in no register.
      if (ir.isConstant[value] === 1) {
        asm.movImm(scratchGpr, ir.low[value], vtype === VType.f64 ? ir.high[value] : 0);
      } else {
        moves.load(vtype === VType.f32 ? VType.i32 : VType.i64, scratchGpr, g.frame.slotOf(value));
      }
      asm.mr(X.mov64, base, disp, scratchGpr);
      return;
    }
    allocation.loadInto(scratchGpr, value);
    from = scratchGpr;
  }
  // An i32 must arrive zero-extended, as it is in its register.
  asm.mr(storeOf[vtype === VType.i32 ? VType.i64 : vtype], base, disp, encodingOf(from));
}

/** Moves all other arguments, the instance and a record's address to their registers. */
function passInRegisters(g: LoweringContext, at: number, shape: Shape): void {
  const { ir, asm, allocation } = g;
  const op = plainCall[ir.op[at]];
  const { parallel } = g;
  const count = ir.c[at];
  const head = op === Op.call ? Gpr.rdi : op === Op.call_record ? Gpr.rax : -1;
  if (head >= 0 && allocation.place[ir.a[at]] >= 0) {
    parallel.add(VType.i64, head, allocation.place[ir.a[at]]);
  }
  for (let k = 0; k < count; k++) {
    const value = ir.pool[ir.imm[at] + k];
    if (shape.params[k] < 0 || allocation.place[value] < 0) continue;
    parallel.add(ir.vtype[value], shape.params[k], allocation.place[value]);
  }
  parallel.run();
  if (head >= 0 && allocation.place[ir.a[at]] < 0) allocation.loadInto(head, ir.a[at]);
  for (let k = 0; k < count; k++) {
    const value = ir.pool[ir.imm[at] + k];
    if (shape.params[k] >= 0 && allocation.place[value] < 0) allocation.loadInto(shape.params[k], value);
  }
  if (shape.resultArea >= 0 && shape.resultArea !== noResultArea) {
    asm.rm(X.lea64, shape.resultArea, rsp, slotSize * shape.stackSlots);
  }
}

/** A further result of the call just before, from the frame's area. */
export function callResult(g: LoweringContext, at: number): void {
  const { ir, asm, allocation } = g;
  const index = ir.imm[at];
  const shape = shapeAt(g, at - index);
  const dst = ir.dst[at];
  const rd = allocation.define(dst, -1);
  asm.rm(
    storeOf[ir.vtype[dst]],
    encodingOf(rd),
    rsp,
    slotSize * shape.stackSlots + shape.resultOffsets[index - 1],
  );
}

/** Machine registers of the ABI's list that a function has used and must restore. */
export function usedCalleeSaved(used: number): number[] {
  return calleeSaved.filter((register) => has(used, register));
}
