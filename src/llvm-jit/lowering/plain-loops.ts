import type { IrFunction } from '../../ir/function.js';
import { isLoad, Op, OpFact, opFacts, opPad, opReads, ReadsB } from '../../ir/ops.js';

/** A loop in the IR: its first instruction, a label, and its last, the last branch back to that label. */
interface Loop {
  readonly first: number;
  readonly last: number;
}

/**
 * Finds the loads in loops that LLVM may vectorize: innermost loops that end, have no calls, and in which
 * only memory accesses can trap. Returns 1 for each such load, by instruction; undefined if there is none.
 */
export function loadsOfPlainLoops(ir: IrFunction): Uint8Array | undefined {
  let marks: Uint8Array | undefined;
  for (const { first, last } of innermostLoops(ir)) {
    if (!isPlain(ir, first, last)) continue;
    for (let at = first; at < last; at++) {
      if (!isLoad(ir.op[at])) continue;
      marks ??= new Uint8Array(ir.count);
      marks[at] = 1;
    }
  }
  return marks;
}

/** Loops that no other loop begins in. */
function innermostLoops(ir: IrFunction): Loop[] {
  const loops: Loop[] = [];
  for (let at = 0; at < ir.count; at++) {
    for (const label of targets(ir, at)) {
      const first = ir.labelPosition[label];
      if (first < 0 || first > at) continue;
      const before = loops.findLastIndex((loop) => loop.first <= first);
      const isInnermost = before === loops.length - 1;
      // A branch back that came earlier belongs to the same loop, or to one before it.
      if (loops[before]?.first === first) loops.splice(before, 1);
      if (isInnermost) loops.push({ first, last: at });
    }
  }
  return loops;
}

/** Labels that an instruction may jump to. */
export function targets({ op, imm, c, pool }: IrFunction, at: number): Int32Array | readonly number[] {
  if (op[at] === Op.br || op[at] === Op.br_if) return [imm[at]];
  if (opPad[op[at]] === 1) return [pool[imm[at] - 2]];
  return op[at] === Op.br_table ? pool.subarray(imm[at], imm[at] + c[at]) : [];
}

const isCallOrCheck = new Set<number>([
  ...[Op.return, Op.trap, Op.trap_if, Op.bounds_check, Op.bounds_check64],
  ...[Op.call, Op.call_record, Op.call_builtin],
  ...[Op.try_call, Op.try_call_record, Op.try_call_builtin],
  ...[Op.return_call, Op.return_call_record],
]);

function isPlain(ir: IrFunction, first: number, last: number): boolean {
  let ends = ir.op[last] === Op.br_if;
  const inside = new Set<number>();
  for (let at = first; at < last; at++) {
    const op = ir.op[at];
    if (op === Op.label) inside.add(ir.imm[at]);
    if (isCallOrCheck.has(op) || mayTrap(ir, at)) return false;
  }
  for (let at = first; at < last && !ends; at++) {
    ends = targets(ir, at).some((label) => !inside.has(label));
  }
  return ends;
}

/** Whether a numeric operator may trap. Divisions by most constants do not. */
export function mayTrap({ op, b, isConstant, low }: IrFunction, at: number): boolean {
  const trapping = OpFact.numeric | OpFact.traps;
  if ((opFacts[op[at]] & trapping) !== trapping) return false;
  if ((opReads[op[at]] & ReadsB) === 0) return true;
  const divisor = b[at];
  return isConstant[divisor] === 0 || low[divisor] === 0 || low[divisor] === -1;
}
