import type { IrFunction } from '../../ir/function.js';
import { VType } from '../../ir/ops.js';

/**
 * Whether a register is a float constant of 1, -1, 0, -0, or NaN: by these LLVM simplifies operators to one of their
 * operands, which would let a signalling NaN pass (its language reference, "Behavior of Floating-Point NaN values").
 */
export function isNeutral({ isConstant, vtype, low, high }: IrFunction, register: number): boolean {
  if (isConstant[register] === 0) return false;
  const isDouble = vtype[register] === VType.f64;
  if (!isDouble && vtype[register] !== VType.f32) return false;
  const word = (isDouble ? high[register] : low[register]) & 0x7fffffff;
  const rest = isDouble ? low[register] : 0;
  const infinity = isDouble ? 0x7ff00000 : 0x7f800000;
  if (word > infinity || (word === infinity && rest !== 0)) return true;
  return rest === 0 && (word === 0 || word === (isDouble ? 0x3ff00000 : 0x3f800000));
}
