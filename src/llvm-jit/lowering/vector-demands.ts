import type { IrFunction } from '../../ir/function.js';
import {
  isNumeric,
  Op,
  opCount,
  opName,
  opReads,
  opResultType,
  ReadsA,
  ReadsB,
  ReadsC,
  VType,
} from '../../ir/ops.js';
import { vectorSize } from '../../layout/widths.js';
import { accessSize } from '../../wasm/opcodes.js';
import { type Shape, shapes } from './types.js';

/*
 * What operators need of their operands. Of a load whose value is not needed as a whole, LLVM makes a smaller
 * one, which may not trap. So bytes of vectors are counted one by one.
 */

/** A set of all bytes of a vector, of which byte k is bit k; and whether a scalar is needed. */
export const allBytes = (1 << vectorSize) - 1;

/** The bytes of a result that a load fills: others are zero, or copies of a scalar's sign. */
export function bytesLoaded(op: number): number {
  if (opResultType[op] !== VType.v128) return (1 << accessSize[op]) - 1;
  if (op === Op['v128.load32_zero']) return 0xf;
  return op === Op['v128.load64_zero'] ? 0xff : allBytes;
}

/** How a result's bytes come from an operand's. */
const Flow = {
  /** All are needed for any: the default for scalars. */
  any: 0,
  /** All are needed for all. */
  all: 1,
  /** Each byte from the same one. */
  bytes: 2,
  /** The same if no operand is a constant; otherwise none is sure to be needed. */
  masks: 3,
  /** Each lane from the same one. */
  lanes: 4,
  /** Lanes from the lower half, each half as wide as that of the result. */
  low: 5,
  high: 6,
  /** The lower half of the result comes from all. */
  toLow: 7,
  extract: 8,
  replace: 9,
  shuffle: 10,
  none: 11,
} as const;

/** By operation. */
const flows = new Uint8Array(opCount);
/** Bytes of an operand's lane, by operation. */
const laneWidths = new Uint8Array(opCount).fill(1);

const flowsByName: readonly (readonly [pattern: RegExp, flow: number])[] = [
  [/^v128\.(not|xor)$/, Flow.bytes],
  [/^v128\.(and|andnot|or|bitselect)$|laneselect$/, Flow.masks],
  [/\.(extend|extmul|convert|promote)_low/, Flow.low],
  [/\.(extend|extmul)_high/, Flow.high],
  [/_zero$/, Flow.toLow],
  [/\.extract_lane/, Flow.extract],
  [/\.replace_lane/, Flow.replace],
  [/\.shuffle$/, Flow.shuffle],
  [/swizzle$/, Flow.none],
  [/\.(splat|any_true|all_true|bitmask)$/, Flow.any],
  [/\.(narrow|dot|extadd|relaxed_dot)/, Flow.all],
  [/^[if]\d+x\d+\./, Flow.lanes],
];

for (let op = 0; op < opCount; op++) {
  if (!isNumeric(op)) continue;
  const name = opName(op);
  const flow = flowsByName.find(([pattern]) => pattern.test(name));
  if (flow === undefined) continue;
  flows[op] = flow[1];
  // Where a name has two shapes, the second is the operand's.
  const shape = /[if]\d+x\d+/g;
  const [own, from = own] = name.match(shape) ?? [];
  if (from !== undefined && from in shapes) laneWidths[op] = vectorSize / shapes[from as Shape][1];
}
flows[Op.mov] = Flow.bytes;
flows[Op.select] = Flow.bytes;

/** Lanes of `width` bytes that are in a set as a whole. */
function wholeLanes(set: number, width: number): number {
  const lane = (1 << width) - 1;
  let whole = 0;
  for (let at = 0; at < vectorSize; at += width) {
    if (((set >> at) & lane) === lane) whole |= lane << at;
  }
  return whole;
}

/** Of lanes twice as wide as `width`, those in a set; as lanes of `width` from `first` on. */
function narrowed(set: number, width: number, first: number): number {
  const wide = (1 << (2 * width)) - 1;
  let lanes = 0;
  for (let k = 0; 2 * width * k < vectorSize; k++) {
    if (((set >> (2 * width * k)) & wide) === wide) lanes |= ((1 << width) - 1) << (first + width * k);
  }
  return lanes;
}

/** Integer operators whose result is a constant where both operands are the same value. */
const cancels = new Uint8Array(opCount);
/**
 * Those for which it may be where one operand is a constant: of bytes that are the greatest or least there
 * is.
 */
const saturates = new Uint8Array(opCount);
const isSplat = new Uint8Array(opCount);
for (let op = 0; op < opCount; op++) {
  const name = opName(op);
  if (/^(v128\.(xor|andnot)|i\d+x\d+\.(sub|sub_sat_[su]|eq|ne|[lg][te]_[su]))$/.test(name)) cancels[op] = 1;
  if (/^i\d+x\d+\.(mul|(min|max|[lg][te]|add_sat|sub_sat)_[su])$/.test(name)) saturates[op] = 1;
  if (/\.splat$/.test(name)) isSplat[op] = 1;
}

/** Whether LLVM may find that the result does not depend on a vector that is an operand. */
function mayBeConstant(ir: IrFunction, at: number): boolean {
  const op = ir.op[at];
  if (op === Op.select) return ir.isConstant[ir.c[at]] === 1;
  if (cancels[op] === 1 && ir.a[at] === ir.b[at]) return true;
  return saturates[op] === 1 && (hasExtremeLane(ir, at, ir.a[at]) || hasExtremeLane(ir, at, ir.b[at]));
}

/** Whether a lane of a constant is the least or greatest number, of those with a sign or of those without. */
function hasExtremeLane({ op, isConstant, low, vectors }: IrFunction, at: number, register: number): boolean {
  if (isConstant[register] === 0) return false;
  const width = laneWidths[op[at]];
  const signed = opName(op[at]).endsWith('_s');
  const start = vectorSize * low[register];
  for (let lane = start; lane < start + vectorSize; lane += width) {
    const rest = vectors[lane + width - 1] ^ (signed ? 0x80 : 0);
    if (rest !== 0 && rest !== 0xff) continue;
    let k = lane;
    while (k < lane + width - 1 && vectors[k] === rest) k++;
    if (k === lane + width - 1) return true;
  }
  return false;
}

/**
 * The bytes of operand `register` that are needed if those of the result in a set are, which is not empty.
 */
export function bytesNeeded(ir: IrFunction, at: number, register: number, set: number): number {
  const op = ir.op[at];
  const flow = flows[op];
  const width = laneWidths[op];
  if (ir.vtype[register] !== VType.v128) {
    if (isSplat[op] === 1) return (1 << width) - 1;
    if (op === Op.select && ir.isConstant[ir.c[at]] === 1) return 0;
    if (flow !== Flow.replace) return allBytes;
    const lane = ((1 << width) - 1) << (width * ir.imm[at]);
    return (set & lane) === lane ? (1 << width) - 1 : 0;
  }
  if (mayBeConstant(ir, at)) return 0;
  switch (flow) {
    case Flow.bytes:
      return set;
    case Flow.masks:
      return anyOperand(ir, at, (operand) => ir.isConstant[operand] === 1) ? 0 : set;
    case Flow.lanes:
      return wholeLanes(set, width);
    case Flow.low:
      return narrowed(set, width, 0);
    case Flow.high:
      return narrowed(set, width, vectorSize / 2);
    case Flow.toLow:
      return (set & 0xff) === 0xff ? allBytes : 0;
    case Flow.extract:
      return ((1 << width) - 1) << (width * ir.imm[at]);
    case Flow.replace:
      return set & ~(((1 << width) - 1) << (width * ir.imm[at]));
    case Flow.shuffle:
      return shuffled(ir, at, register, set);
    case Flow.all:
      return set === allBytes ? allBytes : 0;
    case Flow.none:
      return 0;
    default:
      return allBytes;
  }
}

/** The bytes of a register that a shuffle moves to those in a set. */
function shuffled({ a, b, imm, vectors }: IrFunction, at: number, register: number, set: number): number {
  let bytes = 0;
  for (let k = 0; k < vectorSize; k++) {
    if (((set >> k) & 1) === 0) continue;
    const from = vectors[vectorSize * imm[at] + k];
    if ((from < vectorSize ? a[at] : b[at]) === register) bytes |= 1 << (from % vectorSize);
  }
  return bytes;
}

/** Operators whose result depends on an operand whatever the others are. */
const dependent = new Uint8Array(opCount);
const dependentNames =
  /^(v128\.xor|i\d+x\d+\.(add|sub)|f\d+x\d\.(add|sub|mul|div|min|max|relaxed_n?madd)|.*\.(splat|replace_lane))$/;
/** The same for operands that are loads of a few bytes, which these take for sure. */
const dependentOnFew = new Uint8Array(opCount);
/** 1 for operators that put a scalar, their last operand, into lanes. */
const takesScalar = new Uint8Array(opCount);
for (let op = 0; op < opCount; op++) {
  if (!isNumeric(op)) continue;
  if (dependentNames.test(opName(op))) dependent[op] = 1;
  if (/\.(splat|replace_lane)$/.test(opName(op))) takesScalar[op] = 1;
  if (flows[op] === Flow.low && (opReads[op] & ReadsB) === 0) dependentOnFew[op] = 1;
}

/**
 * Whether the operator that follows a load takes what it loads, and depends on all of it. Then holding that
 * operator's result holds the load, and both can become one machine instruction.
 */
export function isTakenByNext(ir: IrFunction, load: number): boolean {
  const next = load + 1;
  const loaded = ir.dst[load];
  if (next >= ir.count || ir.tracked[loaded] >= 0) return false;
  const isFew = bytesLoaded(ir.op[load]) !== allBytes && dependentOnFew[ir.op[next]] === 1;
  if (dependent[ir.op[next]] === 0 && !isFew) return false;
  if (takesScalar[ir.op[next]] === 1) {
    // A lane has no more than the lower bytes of a scalar, and takes the place of a vector's bytes.
    const { a, b, op } = ir;
    const scalar = (opReads[op[next]] & ReadsB) !== 0 ? b[next] : a[next];
    return scalar === loaded && accessSize[op[load]] <= laneWidths[op[next]];
  }
  // The difference of a value and itself does not depend on it.
  return ir.a[next] !== ir.b[next] && anyOperand(ir, next, (register) => register === loaded);
}

/** Whether an operand has a property. */
function anyOperand({ op, a, b, c }: IrFunction, at: number, has: (register: number) => boolean): boolean {
  const reads = opReads[op[at]];
  return (
    ((reads & ReadsA) !== 0 && has(a[at])) ||
    ((reads & ReadsB) !== 0 && has(b[at])) ||
    ((reads & ReadsC) !== 0 && has(c[at]))
  );
}
