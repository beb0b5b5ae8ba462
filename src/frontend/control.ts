import { Trap } from '../code/traps.js';
import { Op, type VType, vtypeOf } from '../ir/ops.js';
import { slotSize, slotsOf } from '../layout/widths.js';
import type { FuncType } from '../wasm/types.js';
import { FrameKind } from './control-stack.js';
import { fieldStore } from './fields.js';
import type { Translator } from './translator.js';

const emptyBlock = -64;

/** VType of result or parameter `index` of a block type. */
function blockValueType(t: Translator, blockType: number, index: number, ofParams: boolean): VType {
  if (blockType < 0) return vtypeOf(blockType & 0x7f);
  const type: FuncType = t.module.types[blockType];
  return vtypeOf((ofParams ? type.params : type.results)[index]);
}

/** Pushes a frame; the parameters are on the stack already and stay there. */
export function openFrame(t: Translator, kind: FrameKind, label: number, blockType: number): number {
  const type = blockType >= 0 ? t.module.types[blockType] : undefined;
  const params = type?.params.length ?? 0;
  const results = type?.results.length ?? (blockType === emptyBlock ? 0 : 1);
  return t.control.push(kind, label, t.height - params, blockType, params, results);
}

/** The function's own frame: branches to it return. */
export function openFunction(t: Translator): void {
  t.heat();
  t.control.push(FrameKind.function, t.ir.newLabel(false), 0, emptyBlock, 0, t.type.results.length);
}

/**
 * The registers that branches to a frame assign to, made at the first such branch. Returns their place in
 * `values`.
 */
function mergesOf(t: Translator, frame: number): number {
  const { control, ir } = t;
  const known = control.merges[frame];
  if (known >= 0) return known;
  const first = control.valueCount;
  control.merges[frame] = first;
  const arity = control.branchArity(frame);
  for (let i = 0; i < arity; i++) {
    const vtype =
      control.kind[frame] === FrameKind.function
        ? vtypeOf(t.type.results[i])
        : blockValueType(t, control.blockType[frame], i, control.kind[frame] === FrameKind.loop);
    control.addValue(control.kind[frame] === FrameKind.loop ? ir.newTracked(vtype) : ir.newRegister(vtype));
  }
  return first;
}

/**
 * Assigns the top values of the stack to the registers that the frame's label expects. Leaves the stack as it
 * is.
 */
function assignMerges(t: Translator, frame: number): void {
  const { control } = t;
  const arity = control.branchArity(frame);
  if (arity === 0) return;
  const first = mergesOf(t, frame);
  for (let i = arity - 1; i >= 0; i--) {
    t.assign(control.values[first + i], t.stack[t.height - arity + i]);
  }
}

export function frameOfDepth(t: Translator, depth: number): number {
  return t.control.depth - 1 - depth;
}

/** Control does not reach what follows. */
export function markUnreachable(t: Translator): void {
  const { control } = t;
  const frame = control.depth - 1;
  control.unreachable[frame] = 1;
  t.height = control.height[frame];
}

export function block(t: Translator): void {
  const blockType = t.reader.blockType();
  t.saveLocals();
  openFrame(t, FrameKind.block, t.ir.newLabel(false), blockType);
}

/**
 * A loop's parameters are registers that each turn assigns anew. The body works on copies, since a branch to
 * the loop may write the parameters while the body still needs the old values.
 */
export function loop(t: Translator): void {
  const { ir, control } = t;
  const blockType = t.reader.blockType();
  t.saveLocals();
  const label = ir.newLabel(true);
  const frame = openFrame(t, FrameKind.loop, label, blockType);
  assignMerges(t, frame);
  ir.loopStack[label] = ir.poolCount;
  ir.loopStackCount[label] = control.height[frame];
  for (let k = 0; k < control.height[frame]; k++) ir.push(t.stack[k]);
  bind(t, label);
  t.heat();
  const params = control.paramCount[frame];
  if (params === 0) return;
  const first = mergesOf(t, frame);
  t.height -= params;
  for (let i = 0; i < params; i++) {
    const param = control.values[first + i];
    t.push(t.define(Op.mov, ir.vtype[param] as VType, param, -1, -1, 0));
  }
}

export function ifThen(t: Translator): void {
  const { ir, control } = t;
  const blockType = t.reader.blockType();
  const condition = t.pop();
  t.saveLocals();
  const frame = openFrame(t, FrameKind.if, ir.newLabel(false), blockType);
  const elseLabel = ir.newLabel(false);
  control.elseLabel[frame] = elseLabel;
  control.savedParams[frame] = control.valueCount;
  const params = control.paramCount[frame];
  for (let i = 0; i < params; i++) control.addValue(t.stack[t.height - params + i]);
  // It is the other way that it branches.
  const { hint } = t;
  ir.emit(Op.br_if, -1, condition, 1, hint < 0 ? -1 : 1 - hint, elseLabel);
}

export function elseArm(t: Translator): void {
  const { control } = t;
  const frame = control.depth - 1;
  if (control.unreachable[frame] === 0) arriveAtEnd(t, frame);
  bindElse(t, frame);
  control.kind[frame] = FrameKind.else;
  control.unreachable[frame] = 0;
}

/** Starts an `if`'s false arm: its label, and the parameters back on the stack. */
function bindElse(t: Translator, frame: number): void {
  const { control } = t;
  bind(t, control.elseLabel[frame]);
  control.elseLabel[frame] = -1;
  t.height = control.height[frame];
  const params = control.paramCount[frame];
  for (let i = 0; i < params; i++) t.push(control.values[control.savedParams[frame] + i]);
}

/** Closes the innermost frame. */
export function end(t: Translator): void {
  const { ir, control } = t;
  const frame = control.depth - 1;
  const kind = control.kind[frame];
  const results = control.resultCount[frame];
  if (kind === FrameKind.loop) {
    ir.loopEnd[control.label[frame]] = ir.count;
    leaveFrame(t, frame);
    return;
  }
  if (kind === FrameKind.if) {
    // No `else`: the false arm passes on the parameters, if there are any.
    if (results > 0) elseArm(t);
    else bindElse(t, frame);
    control.unreachable[frame] = 0;
  }
  if (control.branched[frame] === 1) {
    if (control.unreachable[frame] === 0) assignMerges(t, frame);
    bind(t, control.label[frame]);
    control.unreachable[frame] = 0;
    t.height = control.height[frame];
    const first = control.merges[frame];
    for (let i = 0; i < results; i++) {
      const merge = control.values[first + i];
      // Assigned just before the branches to the label, so not live before it except on the way there.
      ir.firstDef[merge] = ir.labelPosition[control.label[frame]] - 1;
      t.push(merge);
    }
  }
  if (kind === FrameKind.function) {
    if (control.unreachable[frame] === 0) emitReturn(t);
    control.depth--;
    return;
  }
  leaveFrame(t, frame);
}

/** Pops a frame. The code after it can be reached if its end could. */
function leaveFrame(t: Translator, frame: number): void {
  const { control } = t;
  control.depth = frame;
  if (control.unreachable[frame] === 1) markUnreachable(t);
}

export function bind(t: Translator, label: number): void {
  t.ir.labelPosition[label] = t.ir.count;
  t.checks.clear();
  t.ir.emit(Op.label, -1, -1, -1, -1, label);
}

/** Jumps to a frame's label, whose merges are assigned. */
function branch(t: Translator, frame: number): void {
  t.control.branched[frame] = 1;
  t.ir.emit(Op.br, -1, -1, -1, -1, t.control.label[frame]);
}

/** Goes to the end of a frame with the results on the stack. */
export function arriveAtEnd(t: Translator, frame: number): void {
  assignMerges(t, frame);
  branch(t, frame);
}

/** Branches to a frame with the values on the stack. */
export function branchTo(t: Translator, frame: number): void {
  if (t.control.kind[frame] === FrameKind.function) emitReturn(t);
  else arriveAtEnd(t, frame);
}

export function br(t: Translator): void {
  branchTo(t, frameOfDepth(t, t.reader.u32()));
  markUnreachable(t);
}

export function brIf(t: Translator): void {
  const frame = frameOfDepth(t, t.reader.u32());
  branchIf(t, frame, t.pop(), true, t.hint);
}

/** Branches to a frame with the values on the stack, which stay there, if a condition is (or is not) 0. */
export function branchIf(
  t: Translator,
  frame: number,
  condition: number,
  unlessZero: boolean,
  hint = -1,
): void {
  const { control } = t;
  control.branched[frame] = 1;
  if (control.branchArity(frame) > 0) copyMerges(t, frame);
  t.ir.emit(Op.br_if, -1, condition, unlessZero ? 0 : 1, hint, control.label[frame]);
}

/**
 * Like `assignMerges`, for branches that leave the values on the stack in use. The registers are assigned
 * even if the branch is not taken, which does no harm: only code at the label reads them.
 */
function copyMerges(t: Translator, frame: number): void {
  const { control } = t;
  const arity = control.branchArity(frame);
  const first = mergesOf(t, frame);
  for (let i = 0; i < arity; i++) {
    t.checks.forget(control.values[first + i]);
    t.ir.emit(Op.mov, control.values[first + i], t.stack[t.height - arity + i], -1, -1, 0);
  }
}

export function brTable(t: Translator): void {
  const { ir, control, reader } = t;
  const count = reader.u32() + 1;
  const index = t.pop();
  const first = ir.poolCount;
  for (let i = 0; i < count; i++) {
    const frame = frameOfDepth(t, reader.u32());
    control.branched[frame] = 1;
    ir.push(frame);
  }
  const arity = control.branchArity(ir.pool[first + count - 1]);
  if (arity > 0) {
    const done = new Set<number>();
    for (let i = 0; i < count; i++) {
      const frame = ir.pool[first + i];
      if (!done.has(frame)) copyMerges(t, frame);
      done.add(frame);
    }
  }
  for (let i = 0; i < count; i++) ir.pool[first + i] = control.label[ir.pool[first + i]];
  ir.emit(Op.br_table, -1, index, -1, count, first);
  markUnreachable(t);
}

/** Returns the top values of the stack. */
function emitReturn(t: Translator): void {
  const { ir, type, stack, height } = t;
  const count = type.results.length;
  for (let i = 1, offset = 0; i < count; i++) {
    const value = stack[height - count + i];
    ir.emit(fieldStore(ir.vtype[value] as VType), -1, t.resultArea, -1, value, offset);
    offset += slotSize * slotsOf(type.results[i]);
  }
  const first = ir.poolCount;
  if (count > 0) ir.push(stack[height - count]);
  ir.emit(Op.return, -1, -1, -1, Math.min(count, 1), first);
}

export function returnOp(t: Translator): void {
  emitReturn(t);
  markUnreachable(t);
}

export function unreachable(t: Translator): void {
  t.ir.emit(Op.trap, -1, -1, Trap.unreachable, -1, 0);
  markUnreachable(t);
}
