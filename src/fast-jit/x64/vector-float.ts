import type { Lower, LoweringContext } from './context.js';
import { operand, result, scratch, temporary } from './vector-operands.js';
import { Predicate } from './vector-rows.js';

/*
 * Float operators on vectors that take more than one instruction.
 */

/** Instructions for one type of lanes. */
export interface FloatLanes {
  readonly minimum: number;
  readonly maximum: number;
  readonly and: number;
  readonly andNot: number;
  readonly or: number;
  readonly xor: number;
  readonly compare: number;
  readonly blend: number;
  /** Shift of lanes to the right, and by how much all ones become the payload of a NaN. */
  readonly shift: number;
  readonly payloadShift: number;
  readonly double: boolean;
}

/** The same 64 bits twice, or 32 bits four times. */
function splat({ constants }: LoweringContext, double: boolean, high: number, low: number): number {
  return double ? constants.splat64(low, high) : constants.splat32(high);
}

/** abs: all bits but the sign. */
export function absolute({ and, double }: FloatLanes): Lower {
  return (g, at) => {
    const a = operand(g, g.ir.a[at]);
    g.asm.packedLabel(and, result(g, at, g.ir.a[at]), a, splat(g, double, 0x7fffffff, -1));
  };
}

/** neg: the sign is flipped. */
export function negate({ xor, double }: FloatLanes): Lower {
  return (g, at) => {
    const a = operand(g, g.ir.a[at]);
    g.asm.packedLabel(xor, result(g, at, g.ir.a[at]), a, splat(g, double, -0x80000000, 0));
  };
}

/**
 * min and max. The instructions give their second source where both are equal or unordered. So they are done
 * in both orders: where the results differ, these are zeros of both signs, of which `or` makes the least and
 * `and` the greatest, or one is a NaN. There a canonical NaN is put.
 */
export function extremum(lanes: FloatLanes, isMaximum: boolean): Lower {
  const id = isMaximum ? lanes.maximum : lanes.minimum;
  const join = isMaximum ? lanes.and : lanes.or;
  return (g, at) => {
    const { ir, asm } = g;
    const a = operand(g, ir.a[at]);
    const b = operand(g, ir.b[at]);
    const other = temporary(g);
    asm.packed(id, scratch, a, b);
    asm.packed(id, other, b, a);
    asm.packed(join, scratch, scratch, other);
    asm.packed(lanes.compare, other, a, b, Predicate.unordered);
    const d = result(g, at, ir.a[at]);
    if (asm.avx) {
      asm.packedLabel(
        lanes.blend,
        d,
        scratch,
        splat(g, lanes.double, lanes.double ? 0x7ff80000 : 0x7fc00000, 0),
        other << 4,
      );
    } else {
      // All ones, then without the lower bits.
      asm.packed(lanes.or, scratch, scratch, other);
      asm.packedShift(lanes.shift, other, other, lanes.payloadShift);
      asm.packed(lanes.andNot, d, other, scratch);
    }
  };
}
