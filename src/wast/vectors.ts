import { floatBits, integerBits } from './float-literal.js';
import { type FloatType, isNaNPattern, type NaNPattern, nanPattern, numbers } from './numbers.js';

/** Vectors in scripts: constants and expectations with a shape (spec 3.0, section 6.5.9). */

interface ShapeFormat {
  readonly lanes: number;
  /** Bits of a lane. */
  readonly width: 8 | 16 | 32 | 64;
  /** The type of lanes that are floats. */
  readonly float?: FloatType;
}

const shapes = {
  i8x16: { lanes: 16, width: 8 },
  i16x8: { lanes: 8, width: 16 },
  i32x4: { lanes: 4, width: 32 },
  i64x2: { lanes: 2, width: 64 },
  f32x4: { lanes: 4, width: 32, float: 'f32' },
  f64x2: { lanes: 2, width: 64, float: 'f64' },
} as const satisfies Readonly<Record<string, ShapeFormat>>;

export type Shape = keyof typeof shapes;

function isShape(name: string): name is Shape {
  return Object.hasOwn(shapes, name);
}

/** What an assertion expects of a lane: its bits, zero-extended, or a kind of NaN. */
export type Lane = bigint | NaNPattern;

export interface LanePattern {
  readonly shape: Shape;
  readonly lanes: readonly Lane[];
}

function readLane(literal: string, { width, float }: ShapeFormat): Lane {
  if (float === undefined) return integerBits(literal, width);
  return nanPattern(literal) ?? floatBits(literal, float);
}

/** Reads what follows `v128.const`: a shape and its lanes. */
export function readLanes([shape = '', ...literals]: readonly string[]): LanePattern {
  if (!isShape(shape)) throw new Error(`unknown shape: ${shape}`);
  const format: ShapeFormat = shapes[shape];
  if (literals.length !== format.lanes) throw new Error(`${shape} has ${format.lanes} lanes`);
  return { shape, lanes: literals.map((literal) => readLane(literal, format)) };
}

/** The 128 bits of a vector, lane 0 in the lowest. Throws an Error if a lane is a pattern. */
export function vectorBits({ shape, lanes }: LanePattern): bigint {
  const { width } = shapes[shape];
  return lanes.reduce<bigint>((bits, lane, index) => {
    if (typeof lane !== 'bigint') throw new Error('a NaN pattern is no value');
    return bits | (lane << BigInt(index * width));
  }, 0n);
}

function laneBits(vector: bigint, shape: Shape): bigint[] {
  const { lanes, width } = shapes[shape];
  return Array.from({ length: lanes }, (_, index) => BigInt.asUintN(width, vector >> BigInt(index * width)));
}

export function matchesLanes({ shape, lanes }: LanePattern, vector: bigint): boolean {
  const { float = 'f32' }: ShapeFormat = shapes[shape];
  return laneBits(vector, shape).every((bits, index) => {
    const lane = lanes[index];
    return typeof lane === 'bigint' ? lane === bits : isNaNPattern(lane, float, bits);
  });
}

function laneText(lane: Lane, { width, float }: ShapeFormat): string {
  if (typeof lane !== 'bigint') return `nan:${lane}`;
  const hexadecimal = `0x${lane.toString(16)}`;
  if (float === undefined) return width === 64 || lane > 9n ? hexadecimal : `${lane}`;
  const value = numbers[float].value(lane);
  return `${Object.is(value, -0) ? '-0' : value} [${hexadecimal}]`;
}

export function lanesText({ shape, lanes }: LanePattern): string {
  return `(v128.const ${shape} ${lanes.map((lane) => laneText(lane, shapes[shape])).join(' ')})`;
}

export function vectorText(vector: bigint, shape: Shape = 'i32x4'): string {
  return lanesText({ shape, lanes: laneBits(vector, shape) });
}
