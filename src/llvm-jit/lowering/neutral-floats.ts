import type { IrFunction } from '../../ir/function.js';
import { opCount, VType } from '../../ir/ops.js';
import { vectorSize } from '../../layout/widths.js';
import { floatFormat, isFloat } from './float-format.js';
import { type FloatShape, registerSizes } from './types.js';

/** The bits of sets of shapes. */
export const floatShapeBits = { f32x4: 1, f64x2: 2 } as const;
export const anyFloatShape = floatShapeBits.f32x4 | floatShapeBits.f64x2;

/**
 * By operation: the bit of its shape where it does arithmetic with vectors of floats, and 0 elsewhere. The
 * table of lowerings says which do.
 */
export const arithmeticShapes = new Uint8Array(opCount);

/** Notes that an operation does arithmetic. */
export function noteArithmetic(op: number, shape: FloatShape): void {
  arithmeticShapes[op] = floatShapeBits[shape];
}

/**
 * Whether a register is a float constant of 1, -1, 0, -0, or NaN. With such an operand LLVM may simplify an
 * operator to its other operand, and a signalling NaN would pass (LLVM Language Reference, "Behavior of
 * Floating-Point NaN values"). A vector is one if a lane is, in one of these shapes.
 */
export function isNeutral(ir: IrFunction, register: number, shapes: number): boolean {
  if (ir.isConstant[register] === 0) return false;
  const type = ir.vtype[register];
  if (type === VType.v128) return hasNeutralLane(ir.vectors, vectorSize * ir.low[register], shapes);
  return isFloat(type) && isNeutralFloat(type, ir.low[register], ir.high[register]);
}

/** Whether the words of a float are those of such a constant. */
function isNeutralFloat(vtype: number, low: number, high: number): boolean {
  const { infinity, one } = floatFormat(vtype);
  const hasTwoWords = registerSizes[vtype] > 4;
  const upper = (hasTwoWords ? high : low) & 0x7fff_ffff;
  const rest = hasTwoWords ? low : 0;
  if (upper > infinity || (upper === infinity && rest !== 0)) return true;
  return rest === 0 && (upper === 0 || upper === one);
}

/** Whether one of the lanes at `start` is, for any of the shapes. */
function hasNeutralLane(bytes: Uint8Array, start: number, shapes: number): boolean {
  const view = new DataView(bytes.buffer, bytes.byteOffset + start, vectorSize);
  const word = (at: number): number => view.getInt32(at, true);
  if ((shapes & floatShapeBits.f32x4) !== 0) {
    for (let at = 0; at < vectorSize; at += 4) if (isNeutralFloat(VType.f32, word(at), 0)) return true;
  }
  if ((shapes & floatShapeBits.f64x2) !== 0) {
    for (let at = 0; at < vectorSize; at += 8)
      if (isNeutralFloat(VType.f64, word(at), word(at + 4))) return true;
  }
  return false;
}
