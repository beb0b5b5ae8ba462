import { Op } from '../ir/ops.js';
import { FrameKind } from './control-stack.js';
import type { Translator } from './translator.js';

/**
 * Pads: the places in a function at which exceptions go on that a call has thrown. Each `try` and `try_table`
 * has one, behind its body.
 */

/** The operation that calls as `op` does, and has a pad: the one in force, which it puts into the pool. */
export function withPad(t: Translator, op: number): number {
  const { control, ir, padFrame } = t;
  control.padUsed[padFrame] = 1;
  ir.push(control.pad[padFrame]);
  if (op === Op.call) return Op.try_call;
  return op === Op.call_record ? Op.try_call_record : Op.try_call_builtin;
}

/** Opens the pad of the innermost frame: what the frame's body throws goes there. */
export function openPad(t: Translator): void {
  const { control, ir } = t;
  const frame = control.depth - 1;
  const label = ir.newLabel(false);
  ir.labelIsPad[label] = 1;
  control.pad[frame] = label;
  control.padUsed[frame] = 0;
  t.padFrame = frame;
}

/** The frame at `frame` or around it whose pad gets what is thrown in there; -1 if there is none. */
export function padFrameAt(t: Translator, frame: number): number {
  const { kind } = t.control;
  while (frame >= 0 && kind[frame] !== FrameKind.try && kind[frame] !== FrameKind.tryTable) frame--;
  return frame;
}
