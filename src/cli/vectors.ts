import type { FloatType } from '../wast/numbers.js';

/**
 * Vectors on the command line: `i32x4:1,2,3,4`, the lanes from the lowest on; or one number of 128 bits,
 * lane 0 in the lowest.
 */

const vectorBits = 128;

/** How lanes are read: their bits, zero-extended; undefined where the text is no such number. */
interface LaneReaders {
  readonly integer: (text: string, bits: number) => bigint | undefined;
  readonly float: (text: string, type: FloatType) => bigint | undefined;
}

/** The shapes (spec 2.0, section 2.4.3), with what their lanes are. */
const shapes: ReadonlyMap<string, { readonly laneBits: number; readonly float?: FloatType }> = new Map([
  ['i8x16', { laneBits: 8 }],
  ['i16x8', { laneBits: 16 }],
  ['i32x4', { laneBits: 32 }],
  ['i64x2', { laneBits: 64 }],
  ['f32x4', { laneBits: 32, float: 'f32' }],
  ['f64x2', { laneBits: 64, float: 'f64' }],
]);

/** The bits of a vector; undefined where the text is none. */
export function parseVector(text: string, { integer, float }: LaneReaders): bigint | undefined {
  const colon = text.indexOf(':');
  if (colon < 0) return integer(text, vectorBits);
  const shape = shapes.get(text.slice(0, colon));
  if (shape === undefined) return undefined;
  const { laneBits, float: type } = shape;
  const lanes = text.slice(colon + 1).split(',');
  if (lanes.length * laneBits !== vectorBits) return undefined;
  let bits = 0n;
  for (const lane of lanes.toReversed()) {
    const read = type === undefined ? integer(lane, laneBits) : float(lane, type);
    if (read === undefined) return undefined;
    bits = (bits << BigInt(laneBits)) | read;
  }
  return bits;
}

/** A vector as text that `parseVector` reads: as four signed integers. */
export function vectorText(bits: bigint): string {
  const lanes = [0n, 32n, 64n, 96n].map((at) => BigInt.asIntN(32, bits >> at));
  return `i32x4:${lanes.join(',')}`;
}
