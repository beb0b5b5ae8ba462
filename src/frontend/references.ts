import { Trap } from '../code/traps.js';
import { Op, VType } from '../ir/ops.js';
import { emitCall, emitTailCall } from './calls.js';
import { branchIf, frameOfDepth } from './control.js';
import type { Translator } from './translator.js';

/**
 * Typed function references (spec 3.0, sections 4.6.2, 4.6.3 and 4.6.14). A reference is an i64, null is 0.
 */

function isNull(t: Translator, reference: number): number {
  return t.define(Op['i64.eqz'], VType.i32, reference, -1, -1, 0);
}

export function refAsNonNull(t: Translator): void {
  t.trapIf(isNull(t, t.stack[t.height - 1]), Trap.nullReference);
}

/** Pops the record of the function to call. */
function popCallee(t: Translator): number {
  const record = t.pop();
  t.trapIf(isNull(t, record), Trap.nullFunction);
  return record;
}

export function callRef(t: Translator): void {
  const typeIndex = t.reader.u32();
  emitCall(t, Op.call_record, popCallee(t), -1, typeIndex);
}

export function returnCallRef(t: Translator): void {
  const typeIndex = t.reader.u32();
  emitTailCall(t, Op.return_call_record, popCallee(t), t.ir.instance, typeIndex);
}

/** Branches with the values below the reference if that is null. */
export function brOnNull(t: Translator): void {
  const frame = frameOfDepth(t, t.reader.u32());
  const reference = t.pop();
  branchIf(t, frame, isNull(t, reference), true);
  t.push(reference);
}

/** Branches with the reference, and the values below it, if it is not null. */
export function brOnNonNull(t: Translator): void {
  const frame = frameOfDepth(t, t.reader.u32());
  branchIf(t, frame, isNull(t, t.stack[t.height - 1]), false);
  t.pop();
}
