import { VType } from '../../ir/ops.js';
import { registerSizes } from './types.js';

/**
 * What must be known of a binary format of IEEE 754. The upper word is the one with the sign and the
 * exponent.
 */
interface FloatFormat {
  /** Upper words of infinity and of 1; all other words of these are 0. */
  readonly infinity: number;
  readonly one: number;
  /** The bit that tells a quiet NaN from a signalling one. */
  readonly quietBit: number;
}

/** The formats by VType; undefined for what is not a float. */
const formats: readonly (FloatFormat | undefined)[] = (() => {
  const table: (FloatFormat | undefined)[] = registerSizes.map(() => undefined);
  table[VType.f32] = { infinity: 0x7f80_0000, one: 0x3f80_0000, quietBit: 22 };
  table[VType.f64] = { infinity: 0x7ff0_0000, one: 0x3ff0_0000, quietBit: 51 };
  return table;
})();

export function isFloat(vtype: number): boolean {
  return formats[vtype] !== undefined;
}

export function floatFormat(vtype: number): FloatFormat {
  const format = formats[vtype];
  if (format === undefined) throw new Error(`internal error: no float type ${vtype}`);
  return format;
}

const scratch = new DataView(new ArrayBuffer(8));

/** The words of a float, as the IR has them: an f32 has only the lower one. */
export function floatWords(vtype: number, value: number): { readonly low: number; readonly high: number } {
  scratch.setBigInt64(0, 0n);
  if (registerSizes[vtype] === 4) scratch.setFloat32(0, value, true);
  else scratch.setFloat64(0, value, true);
  return { low: scratch.getInt32(0, true), high: scratch.getInt32(4, true) };
}
