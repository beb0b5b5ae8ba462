import type { IrFunction } from '../../ir/function.js';
import { OpFact, opCount, opFacts, opName, opReads, ReadsA, ReadsB, ReadsC } from '../../ir/ops.js';

/**
 * What operators on vectors need of their operands. Of a load whose value is not needed as a whole, LLVM
 * makes a smaller one, which may not trap.
 */

const Demand = {
  /** Some lanes, or some bits of each, may make no difference. */
  part: 1,
  /** The same if an operand is a constant. */
  partByConstant: 2,
  /** There is no other operand by which the result does not depend on this one. */
  always: 4,
} as const;

const demands = new Uint8Array(opCount);
const parts =
  /^(i8x16\.(relaxed_)?(shuffle|swizzle)|.*(extract|replace)_lane.*|.*\.(extend|extmul|convert|promote)_(low|high).*)$/;
const masks = /^(v128\.(and|andnot|or|bitselect)|.*laneselect)$/;
const dependent =
  /^(v128\.xor|i\d+x\d+\.(add|sub)|f\d+x\d\.(add|sub|mul|div|min|max|relaxed_n?madd)|.*\.(splat|replace_lane))$/;
for (let op = 0; op < opCount; op++) {
  if ((opFacts[op] & OpFact.numeric) === 0) continue;
  const name = opName(op);
  if (parts.test(name)) demands[op] |= Demand.part;
  if (masks.test(name)) demands[op] |= Demand.partByConstant;
  if (dependent.test(name)) demands[op] |= Demand.always;
}

/** Whether LLVM may find that some bytes of an operand make no difference. */
export function needsPart(ir: IrFunction, at: number): boolean {
  const demand = demands[ir.op[at]];
  if ((demand & Demand.partByConstant) !== 0)
    return reads(ir, at, (register) => ir.isConstant[register] === 1);
  return (demand & Demand.part) !== 0;
}

/**
 * Whether the operator that follows a load takes what it loads, and depends on all of it. Then holding that
 * operator's result holds the load, and both can become one machine instruction.
 */
export function isTakenByNext(ir: IrFunction, load: number): boolean {
  const next = load + 1;
  const loaded = ir.dst[load];
  if (next >= ir.count || (demands[ir.op[next]] & Demand.always) === 0) return false;
  // The difference of a value and itself does not depend on it.
  if (ir.tracked[loaded] >= 0 || ir.a[next] === ir.b[next]) return false;
  return reads(ir, next, (register) => register === loaded);
}

/** Whether an operand has a property. */
function reads({ op, a, b, c }: IrFunction, at: number, has: (register: number) => boolean): boolean {
  const fields = opReads[op[at]];
  return (
    ((fields & ReadsA) !== 0 && has(a[at])) ||
    ((fields & ReadsB) !== 0 && has(b[at])) ||
    ((fields & ReadsC) !== 0 && has(c[at]))
  );
}
