import type { IrFunction } from '../../ir/function.js';
import { floatFormat, isFloat } from './float-format.js';
import { registerSizes } from './types.js';

/**
 * Whether a register is a float constant of 1, -1, 0, -0, or NaN. With such an operand LLVM may simplify an
 * operator to its other operand, and a signalling NaN would pass (LLVM Language Reference, "Behavior of
 * Floating-Point NaN values").
 */
export function isNeutral({ isConstant, vtype, low, high }: IrFunction, register: number): boolean {
  const type = vtype[register];
  if (isConstant[register] === 0 || !isFloat(type)) return false;
  const { infinity, one } = floatFormat(type);
  const hasTwoWords = registerSizes[type] > 4;
  const upper = (hasTwoWords ? high[register] : low[register]) & 0x7fff_ffff;
  const rest = hasTwoWords ? low[register] : 0;
  if (upper > infinity || (upper === infinity && rest !== 0)) return true;
  return rest === 0 && (upper === 0 || upper === one);
}
