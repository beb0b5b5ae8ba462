import { Op, VType } from '../ir/ops.js';
import { type Builtin, builtinOffset, builtins } from '../layout/builtins.js';
import { moduleInstance } from '../layout/structs.js';
import { withPad } from './pads.js';
import type { Translator } from './translator.js';

/** The number by which the runtime knows the instance: what its builtins take first. */
export function instanceNumber(t: Translator): number {
  return t.define(
    Op['field.load32'],
    VType.i32,
    t.ir.instance,
    -1,
    -1,
    moduleInstance.offsets.instanceNumber,
  );
}

/**
 * Calls a builtin with the arguments it takes; returns the register of its result, or -1. What it throws goes
 * to the pad that is in force, if `throws`.
 */
export function builtinCall(
  t: Translator,
  name: Builtin,
  result: VType | undefined,
  args: readonly number[],
  throws = false,
): number {
  const { ir } = t;
  const op = throws && t.padFrame >= 0 ? withPad(t, Op.call_builtin) : Op.call_builtin;
  ir.push(-1 - builtins.indexOf(name));
  const first = ir.poolCount;
  for (const argument of args) ir.push(argument);
  const dst = result === undefined ? -1 : ir.newRegister(result);
  ir.emit(op, dst, ir.instance, builtinOffset(name), args.length, first);
  return dst;
}
