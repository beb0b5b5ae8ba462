import { Trap } from '../code/traps.js';
import { Op, VType, vtypeOf } from '../ir/ops.js';
import { execEnv, slotsOffset } from '../layout/exec-env.js';
import { moduleInstance } from '../layout/structs.js';
import { layoutSlots } from '../layout/widths.js';
import { CatchKind } from '../wasm/opcodes.js';
import type { FuncType } from '../wasm/types.js';
import { builtinCall, instanceNumber } from './builtin-calls.js';
import { arriveAtEnd, bind, branchTo, end as endFrame, markUnreachable, openFrame } from './control.js';
import { FrameKind } from './control-stack.js';
import { fieldLoad, fieldStore } from './fields.js';
import { openPad, padFrameAt } from './pads.js';
import type { Translator } from './translator.js';

const { offsets } = execEnv;

/*
 * An exception reaches a pad with its tag's address and its exnref in the ExecEnv, and with what it carries
 * in the argument slots: see `runtime/exceptions/unwinder.ts`. The pad compares tags, and loads all that it
 * needs before anything else could use the slots.
 */

/** Address of the ExecEnv. */
function environment(t: Translator): number {
  return t.define(Op['field.load64'], VType.i64, t.ir.instance, -1, -1, moduleInstance.offsets.execEnv);
}

/** Address of a tag's TagInstance. */
function tagAddress(t: Translator, index: number): number {
  const { layout, ir } = t;
  const op = index < layout.importedTagCount ? Op['field.load64'] : Op['field.address'];
  return t.define(op, VType.i64, ir.instance, -1, -1, layout.tag(index));
}

function tagType(t: Translator, index: number): FuncType {
  return t.module.types[t.module.tags[index].typeIndex];
}

/** throw: what the exception carries goes to the slots, the runtime does the rest. */
export function throwTag(t: Translator): void {
  const { ir, reader, stack } = t;
  const index = reader.u32();
  const { params } = tagType(t, index);
  t.height -= params.length;
  if (params.length > 0) {
    const env = environment(t);
    const { offsets: places } = layoutSlots(params);
    for (let k = 0; k < params.length; k++) {
      const value = stack[t.height + k];
      ir.emit(fieldStore(ir.vtype[value] as VType), -1, env, -1, value, slotsOffset + places[k]);
    }
  }
  builtinCall(t, 'throw', undefined, [instanceNumber(t), t.constant32(index)], true);
  neverReturns(t);
}

/** throw_ref */
export function throwRef(t: Translator): void {
  const exnref = t.pop();
  t.trapIf(t.define(Op['i64.eqz'], VType.i32, exnref, -1, -1, 0), Trap.nullException);
  throwAgain(t, exnref);
}

function throwAgain(t: Translator, exnref: number): void {
  builtinCall(t, 'throwRef', undefined, [instanceNumber(t), exnref], true);
  neverReturns(t);
}

/** Ends the code after a builtin that does not return. */
function neverReturns(t: Translator): void {
  t.ir.emit(Op.trap, -1, -1, Trap.unreachable, -1, 0);
  markUnreachable(t);
}

export function tryTable(t: Translator): void {
  const { ir, control, reader } = t;
  const blockType = reader.blockType();
  t.saveLocals();
  const frame = openFrame(t, FrameKind.tryTable, ir.newLabel(false), blockType);
  control.catches[frame] = reader.position;
  for (let rest = reader.u32(); rest > 0; rest--) {
    if (reader.u8() < CatchKind.all) reader.u32();
    reader.u32();
  }
  openPad(t);
}

/** What is known at a pad. */
interface Arrival {
  readonly env: number;
  /** Address of the exception's tag. */
  readonly tag: number;
}

/** Of the exception that has just arrived: nothing that could use the slots has run since. */
function arrivalOf(t: Translator): Arrival {
  const env = environment(t);
  return { env, tag: t.define(Op['field.load64'], VType.i64, env, -1, -1, offsets.exceptionTag) };
}

/** Goes on only where the exception has a tag, and pushes what it carries; returns where others go on. */
function matchTag(t: Translator, { env, tag }: Arrival, index: number): number {
  const { ir } = t;
  const next = ir.newLabel(false);
  const differs = t.define(Op['i64.ne'], VType.i32, tag, tagAddress(t, index), -1, 0);
  ir.emit(Op.br_if, -1, differs, 0, -1, next);
  const { params } = tagType(t, index);
  const { offsets: places } = layoutSlots(params);
  for (let k = 0; k < params.length; k++) {
    const vtype = vtypeOf(params[k]);
    t.push(t.define(fieldLoad(vtype), vtype, env, -1, -1, slotsOffset + places[k]));
  }
  return next;
}

function exnrefAt(t: Translator, env: number): number {
  return t.define(Op['field.load64'], VType.i64, env, -1, -1, offsets.exception);
}

/**
 * Passes on an exception for which a pad has no clause: to another frame's pad, or out of the function for
 * -1.
 */
function passOn(t: Translator, to: number): void {
  const { control, ir } = t;
  if (to >= 0) {
    control.padUsed[to] = 1;
    ir.emit(Op.br, -1, -1, -1, -1, control.pad[to]);
    return;
  }
  builtinCall(t, 'rethrow', undefined, [instanceNumber(t)]);
  ir.emit(Op.trap, -1, -1, Trap.unreachable, -1, 0);
}

/** Ends the body of a frame with a pad, whose code follows. What is thrown from here on leaves the frame. */
function leaveBody(t: Translator, frame: number): void {
  const { control } = t;
  if (control.unreachable[frame] === 0) arriveAtEnd(t, frame);
  control.unreachable[frame] = 1;
  t.padFrame = padFrameAt(t, frame - 1);
  t.height = control.height[frame];
}

/** The end of a `try_table`: its pad, with the clauses in their order. */
function endTryTable(t: Translator, frame: number): void {
  const { control, reader } = t;
  if (control.padUsed[frame] === 0) {
    t.padFrame = padFrameAt(t, frame - 1);
    return;
  }
  leaveBody(t, frame);
  const { position } = reader;
  reader.position = control.catches[frame];
  bind(t, control.pad[frame]);
  const arrival = arrivalOf(t);
  let isOpen = true;
  for (let rest = reader.u32(); rest > 0 && isOpen; rest--) {
    const kind = reader.u8();
    const next = kind < CatchKind.all ? matchTag(t, arrival, reader.u32()) : -1;
    if (kind === CatchKind.tagRef || kind === CatchKind.allRef) t.push(exnrefAt(t, arrival.env));
    // Labels of clauses are counted from outside of the frame.
    branchTo(t, frame - 1 - reader.u32());
    t.height = control.height[frame];
    if (next >= 0) bind(t, next);
    isOpen = next >= 0;
  }
  if (isOpen) passOn(t, t.padFrame);
  reader.position = position;
}

export function tryBlock(t: Translator): void {
  const blockType = t.reader.blockType();
  t.saveLocals();
  openFrame(t, FrameKind.try, t.ir.newLabel(false), blockType);
  openPad(t);
}

/** Begins an arm of a `try`; false if nothing can reach it. */
function openArm(t: Translator, frame: number): boolean {
  const { control, ir } = t;
  const isFirst = control.kind[frame] === FrameKind.try;
  control.kind[frame] = FrameKind.catch;
  leaveBody(t, frame);
  if (control.padUsed[frame] === 0) return false;
  control.unreachable[frame] = 0;
  if (isFirst) {
    bind(t, control.pad[frame]);
    control.caught[frame] = ir.newTracked(VType.i64);
    t.assign(control.caught[frame], exnrefAt(t, environment(t)));
  } else {
    bind(t, control.elseLabel[frame]);
    control.elseLabel[frame] = -1;
  }
  return true;
}

export function catchTag(t: Translator): void {
  const { control, reader } = t;
  const frame = control.depth - 1;
  const index = reader.u32();
  if (openArm(t, frame)) control.elseLabel[frame] = matchTag(t, arrivalOf(t), index);
}

export function catchAll(t: Translator): void {
  openArm(t, t.control.depth - 1);
}

/** The end of a `try`: what no arm has caught is thrown further. */
function endTry(t: Translator, frame: number): void {
  const { control } = t;
  if (control.kind[frame] === FrameKind.try) {
    forwardPad(t, frame, padFrameAt(t, frame - 1));
  } else if (control.elseLabel[frame] >= 0) {
    leaveBody(t, frame);
    bind(t, control.elseLabel[frame]);
    control.elseLabel[frame] = -1;
    passOn(t, padFrameAt(t, frame - 1));
  }
}

/** Makes a frame's pad lead to the one of another frame, or out of the function for -1. */
function forwardPad(t: Translator, frame: number, to: number): void {
  const { control } = t;
  const isUsed = control.padUsed[frame] === 1;
  if (!isUsed) {
    t.padFrame = padFrameAt(t, frame - 1);
    return;
  }
  leaveBody(t, frame);
  bind(t, control.pad[frame]);
  passOn(t, to);
}

/** end: of a try, after its pad. */
export function end(t: Translator): void {
  const frame = t.control.depth - 1;
  const kind = t.control.kind[frame];
  if (kind === FrameKind.tryTable) endTryTable(t, frame);
  else if (kind === FrameKind.try || kind === FrameKind.catch) endTry(t, frame);
  endFrame(t);
}

/** delegate: exceptions go to the pad in force in the label's construct. */
export function delegate(t: Translator): void {
  const { control, reader } = t;
  const frame = control.depth - 1;
  // The label is counted from outside of the `try`.
  forwardPad(t, frame, padFrameAt(t, frame - 1 - reader.u32()));
  control.kind[frame] = FrameKind.block;
  endFrame(t);
}

/** rethrow: throws again what the arm of the label's `try` has caught. */
export function rethrow(t: Translator): void {
  const { control, reader } = t;
  throwAgain(t, control.caught[control.depth - 1 - reader.u32()]);
}
