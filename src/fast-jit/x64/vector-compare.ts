import { vectorSize } from '../../layout/widths.js';
import { X } from '../../x64/instructions.js';
import type { Lower, LoweringContext } from './context.js';
import { encodingOf } from './machine-registers.js';
import {
  combine,
  eitherOrder,
  invert,
  isPooled,
  operand,
  packedEither,
  result,
  resultOver,
  scratch,
  temporary,
  twoSources,
} from './vector-operands.js';

/*
 * Comparisons of lanes: all ones where they hold, else zero. There are instructions for "equal" and for
 * "greater" of signed lanes.
 */

/** Inverts the result of the comparison that has just been emitted. */
function invertResult(g: LoweringContext, at: number): void {
  invert(g, encodingOf(g.allocation.place[g.ir.dst[at]]));
}

/** dst = a ≠ b. */
export function unequal(equal: number): Lower {
  return (g, at) => {
    eitherOrder(g, at, equal, 0);
    invertResult(g, at);
  };
}

/** Lanes of integers. */
export interface IntegerLanes {
  readonly equal: number;
  /** Instruction of "greater" for signed ones. */
  readonly greater: number;
  /** Least and greatest of two. */
  readonly minimum: number;
  readonly maximum: number;
  /** Bytes of a lane. */
  readonly size: 1 | 2 | 4;
  readonly signed: boolean;
}

/** Where the lanes of a constant that `neighbour` makes are. */
const neighbours = new Uint8Array(vectorSize);

/**
 * Writes a constant's lanes, each one less or more, to `neighbours`. False if the value is not a constant, or
 * one of its lanes has no such neighbour.
 */
function neighbour(
  { ir }: LoweringContext,
  register: number,
  { size, signed }: IntegerLanes,
  step: number,
): boolean {
  if (ir.isConstant[register] === 0) return false;
  const start = vectorSize * ir.low[register];
  // What a lane wraps around to when the step leaves its range.
  const range = 2 ** (8 * size);
  const least = signed ? -range / 2 : 0;
  for (let at = 0; at < vectorSize; at += size) {
    let lane = 0;
    for (let k = size - 1; k >= 0; k--) lane = lane * 0x100 + ir.vectors[start + at + k];
    if (signed && lane >= range / 2) lane -= range;
    lane += step;
    if (lane < least || lane >= least + range) return false;
    for (let k = 0; k < size; k++) neighbours[at + k] = (lane >> (8 * k)) & 0xff;
  }
  return true;
}

/** dst = a ≥ b, or a ≤ b: the greatest (least) of both is a. Inverted: a < b, or a > b. */
function byExtremum(
  g: LoweringContext,
  at: number,
  extremum: number,
  equal: number,
  isInverted: boolean,
): void {
  const { ir } = g;
  const a = operand(g, ir.a[at]);
  combine(g, at, extremum, scratch, a, ir.b[at], 0);
  packedEither(g, equal, result(g, at, ir.a[at]), a, scratch);
  if (isInverted) invertResult(g, at);
}

/** The same with the lanes in `neighbours` for b, and not inverted. */
function byExtremumOfNeighbour(g: LoweringContext, at: number, extremum: number, equal: number): void {
  const { ir, asm, constants } = g;
  const a = operand(g, ir.a[at]);
  asm.packedLabel(extremum, scratch, a, constants.labelBytes(neighbours, 0));
  packedEither(g, equal, result(g, at, ir.a[at]), a, scratch);
}

/** dst = a ≥ b. Of signed lanes, a ≥ constant is a > constant - 1. */
export function atLeast(lanes: IntegerLanes): Lower {
  return (g, at) => {
    const { ir, asm, constants } = g;
    if (lanes.signed && neighbour(g, ir.b[at], lanes, -1)) {
      const label = constants.labelBytes(neighbours, 0);
      const a = operand(g, ir.a[at]);
      asm.packedLabel(lanes.greater, result(g, at, ir.a[at]), a, label);
    } else {
      byExtremum(g, at, lanes.maximum, lanes.equal, false);
    }
  };
}

/** dst = a ≤ b. */
export function atMost(lanes: IntegerLanes): Lower {
  return (g, at) => byExtremum(g, at, lanes.minimum, lanes.equal, false);
}

/** dst = a > b of unsigned lanes. a > constant is a ≥ constant + 1. */
export function above(lanes: IntegerLanes): Lower {
  return (g, at) => {
    if (neighbour(g, g.ir.b[at], lanes, 1)) byExtremumOfNeighbour(g, at, lanes.maximum, lanes.equal);
    else byExtremum(g, at, lanes.minimum, lanes.equal, true);
  };
}

/** dst = a < b of unsigned lanes. */
export function below(lanes: IntegerLanes): Lower {
  return (g, at) => {
    if (neighbour(g, g.ir.b[at], lanes, -1)) byExtremumOfNeighbour(g, at, lanes.minimum, lanes.equal);
    else byExtremum(g, at, lanes.maximum, lanes.equal, true);
  };
}

/** dst = a > b of signed lanes of 64 bits, or a < b where the operands are exchanged. Inverted: ≤, ≥. */
export function greater64(exchanged: boolean, inverted: boolean): Lower {
  return (g, at) => {
    const { ir, asm } = g;
    const first = exchanged ? ir.b[at] : ir.a[at];
    const second = exchanged ? ir.a[at] : ir.b[at];
    if (asm.avx) {
      twoSources(g, at, X.vpcmpgtq, first, second, 0, false);
    } else {
      greater64FromHalves(g, at, first, second);
    }
    if (inverted) invertResult(g, at);
  };
}

/** The upper halves decide; where they are equal, the sign of the difference does. */
function greater64FromHalves(g: LoweringContext, at: number, first: number, second: number): void {
  const { asm } = g;
  const a = operand(g, first);
  const b = operand(g, second);
  const equal = temporary(g);
  asm.packed(X.psubq, scratch, b, a);
  asm.packed(X.pcmpeqd, equal, a, b);
  asm.packed(X.pand, scratch, scratch, equal);
  const d = resultOver(g, at, first);
  asm.packed(X.pcmpgtd, d, a, b);
  asm.packed(X.por, d, d, scratch);
  asm.packedUnary(X.pshufd, d, d, 0xf5);
}

/**
 * dst = a compared with b, as floats, by one of the two predicates: `exchanged` is for b compared with a. SSE
 * has "less" only, AVX has both.
 */
export function orderedComparison(id: number, predicate: number, exchanged: number): Lower {
  const last = 7;
  return (g, at) => {
    const { ir, asm } = g;
    const [a, b] = [ir.a[at], ir.b[at]];
    const exchange = asm.avx
      ? g.isFusedOperand(at, a) || (isPooled(g, a) && !g.isFusedOperand(at, b))
      : predicate > last;
    if (exchange) twoSources(g, at, id, b, a, exchanged, false);
    else twoSources(g, at, id, a, b, predicate, false);
  };
}
