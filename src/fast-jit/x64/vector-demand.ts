import type { IrFunction } from '../../ir/function.js';
import { Op, opCount } from '../../ir/ops.js';
import { vectorSize } from '../../layout/widths.js';
import type { Mnemonic } from '../../wasm/opcodes.js';
import { binaryRows, lowerHalfRows } from './vector-rows.js';

/*
 * How much of a vector its reader looks at: the rest may be anything. Compilers write many a shuffle of which
 * only the lower lanes matter.
 */

/** 1 for operations that make lanes of the lower ones, twice as wide. */
const isExtension = new Uint8Array(opCount);
for (const [name] of lowerHalfRows) isExtension[Op[name]] = 1;
/**
 * Bytes of a lane for operations whose result's lanes depend on the same lanes of their operands; 0 for
 * others.
 */
const lanewise = new Uint8Array(opCount);
for (const [name] of binaryRows) lanewise[Op[name]] = Number(/^[if](\d+)x/.exec(name)?.[1] ?? 8) / 8;
// Not so: these move lanes.
for (const name of [
  'i32x4.dot_i16x8_s',
  'i8x16.narrow_i16x8_s',
  'i8x16.narrow_i16x8_u',
  'i16x8.narrow_i32x4_s',
  'i16x8.narrow_i32x4_u',
  'i8x16.relaxed_swizzle',
  'i16x8.relaxed_dot_i8x16_i7x16_s',
] satisfies Mnemonic[]) {
  lanewise[Op[name]] = 0;
}
/** Bytes of the lane that an operation extracts; 0 for others. */
const laneSize = new Uint8Array(opCount);
for (const [name, size] of [
  ['i8x16.extract_lane_s', 1],
  ['i8x16.extract_lane_u', 1],
  ['i16x8.extract_lane_s', 2],
  ['i16x8.extract_lane_u', 2],
  ['i32x4.extract_lane', 4],
  ['i64x2.extract_lane', 8],
  ['f32x4.extract_lane', 4],
  ['f64x2.extract_lane', 8],
] as const) {
  laneSize[Op[name]] = size;
}

/** How many operations the search follows. */
const depth = 6;
/** What is asked for at least. */
const least = 4;

/** How many bytes at the front of the value that instruction `at` makes are ever read: 16, 8 or 4. */
export function demandedBytes(ir: IrFunction, at: number): number {
  const bytes = bytesRead(ir, at, depth);
  if (bytes <= least) return least;
  return bytes <= vectorSize / 2 ? vectorSize / 2 : vectorSize;
}

function bytesRead(ir: IrFunction, at: number, steps: number): number {
  const dst = ir.dst[at];
  // Who reads what is tracked is not known.
  if (steps === 0 || ir.uses[dst] !== 1 || ir.tracked[dst] >= 0) return vectorSize;
  const user = ir.lastUse[dst];
  const op = ir.op[user];
  if (laneSize[op] !== 0) return laneSize[op] * (ir.imm[user] + 1);
  const size = lanewise[op];
  // Each byte of a lane may depend on all bytes of it.
  if (size !== 0) return Math.ceil(bytesRead(ir, user, steps - 1) / size) * size;
  return isExtension[op] === 1 ? bytesRead(ir, user, steps - 1) / 2 : vectorSize;
}
