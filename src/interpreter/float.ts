import { Trap } from '../code/traps.js';

/** From here on every double is whole. */
const wholeFrom = 2 ** 52;

/** The value, or a quiet NaN for any NaN: JavaScript's functions may return a signalling one unchanged. */
export function quiet(value: number): number {
  return Number.isNaN(value) ? Number.NaN : value;
}

/** Rounds to the nearest whole number, ties to even; keeps the sign of zeros. */
export function nearest(value: number): number {
  if (value > 0 && value < wholeFrom) return value + wholeFrom - wholeFrom;
  if (value < 0 && value > -wholeFrom) {
    const rounded = value - wholeFrom + wholeFrom;
    return rounded === 0 ? -0 : rounded;
  }
  // Whole already, or NaN.
  return quiet(value);
}

/** The trap, if any, of a conversion to an integer type that has values strictly between two numbers. */
export function truncationTrap(value: number, below: number, above: number): Trap {
  if (value > below && value < above) return Trap.none;
  return Number.isNaN(value) ? Trap.invalidConversionToInteger : Trap.integerOverflow;
}
