import { vectorSize } from '../../layout/widths.js';
import { X } from '../../x64/instructions.js';

/*
 * Shuffles that one instruction does, or two with nothing to decide about them, as what they do to 16 bytes.
 */

/** A byte of a result that is zero, among numbers of lanes; `pshufb` takes it as such too. */
export const Zero = 0x80;
/** A byte that nobody reads. */
export const Any = 0x40;

/** The ways. `x` and `y` are the plan's operands, `id` with its immediate the instruction for the result. */
export const Way = {
  /** x. */
  copy: 0,
  /** All zeros. */
  zero: 1,
  /** All from constant operands, by `masks`. */
  constant: 2,
  /** id(x). */
  unary: 3,
  /** x shifted by a constant. */
  shift: 4,
  /** id(x, y). */
  binary: 5,
  /** id(x, the first mask). */
  masked: 6,
  /** id(first step of x, y). */
  unaryThenBinary: 7,
  /** id(x by `pshufb` and the first mask, y). */
  maskedThenBinary: 8,
  /** id(first step of x and y). */
  binaryThenUnary: 9,
  /** id(x shifted by the first step, y likewise). */
  shiftedPack: 10,
  /** id(x without what the first mask has not, y likewise). */
  maskedPack: 11,
  /** Bytes of y where the first mask has ones, else of x. */
  blend: 12,
  /** x by `id` and the first mask, or constant bytes of y by the second. */
  maskedOrConstant: 13,
  /** x by the first mask, or y by the second. */
  maskedEither: 14,
} as const;

/** What a pattern's plan is. `steps` are what comes first, in the ways that have that. */
interface Pattern {
  readonly lane: (k: number) => number;
  readonly way: number;
  readonly id: number;
  readonly immediate?: number;
  readonly stepId?: number;
  readonly stepImmediate?: number;
  readonly exchanged?: boolean;
  readonly avx2?: boolean;
}

/** Patterns by their place in the list. */
export interface Patterns {
  /** Sixteen of each. */
  readonly lanes: Uint8Array;
  readonly ways: Uint8Array;
  readonly ids: Uint16Array;
  readonly immediates: Uint8Array;
  readonly stepIds: Uint16Array;
  readonly stepImmediates: Uint8Array;
  /** 1 for those of id(y, x) rather than id(x, y). */
  readonly exchanged: Uint8Array;
  /** 1 for those that need AVX2. */
  readonly avx2: Uint8Array;
}

function tableOf(patterns: readonly Pattern[]): Patterns {
  return {
    lanes: Uint8Array.from({ length: vectorSize * patterns.length }, (_, k) =>
      patterns[Math.floor(k / vectorSize)].lane(k % vectorSize),
    ),
    ways: Uint8Array.from(patterns, ({ way }) => way),
    ids: Uint16Array.from(patterns, ({ id }) => id),
    immediates: Uint8Array.from(patterns, ({ immediate }) => immediate ?? 0),
    stepIds: Uint16Array.from(patterns, ({ stepId }) => stepId ?? 0),
    stepImmediates: Uint8Array.from(patterns, ({ stepImmediate }) => stepImmediate ?? 0),
    exchanged: Uint8Array.from(patterns, ({ exchanged }) => (exchanged ? 1 : 0)),
    avx2: Uint8Array.from(patterns, ({ avx2 }) => (avx2 ? 1 : 0)),
  };
}

/** The number of the first pattern that 16 lanes follow, those that are not `Any`; or -1. */
export function match(patterns: Patterns, lanes: Uint8Array, avx2: boolean): number {
  const all = patterns.lanes;
  for (let found = 0; found < patterns.ids.length; found++) {
    let k = 0;
    while (k < vectorSize && (all[vectorSize * found + k] === lanes[k] || lanes[k] === Any)) k++;
    if (k === vectorSize && (avx2 || patterns.avx2[found] === 0)) return found;
  }
  return -1;
}

/** Numbers from `from` to `to`, both included. */
function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, k) => from + k);
}

/** Elements of so many bytes are extended to the other width by zeros. */
function extension(id: number, from: number, to: number): Pattern {
  const lane = (k: number): number => (k % to < from ? Math.floor(k / to) * from + (k % to) : Zero);
  return { way: Way.unary, id, lane };
}

/** Elements of `width` bytes are shifted by `bytes`, towards their lower or upper end. */
function shift(id: number, width: number, bytes: number, unit: number, up: boolean): Pattern {
  const lane = (k: number): number => {
    const from = (k % width) + (up ? -bytes : bytes);
    return from >= 0 && from < width ? k - (k % width) + from : Zero;
  };
  return { way: Way.shift, id, immediate: bytes * unit, lane };
}

function shifts(down: number, up: number, width: number, unit: number): Pattern[] {
  return range(1, width - 1).flatMap((bytes) => [
    shift(down, width, bytes, unit, false),
    shift(up, width, bytes, unit, true),
  ]);
}

/** Element k of the lower (`half` 0) or upper half of x, then that of y, and so on. `y` is its first lane. */
function interleaving(id: number, width: number, half: number, y: number): Pattern {
  const lane = (k: number): number => {
    const element = Math.floor(k / (2 * width)) + (half * vectorSize) / (2 * width);
    return element * width + (k % width) + (k % (2 * width) < width ? 0 : y);
  };
  return { way: Way.binary, id, lane };
}

/**
 * From byte `first` on of x, then from y's first byte on. `y` is its first lane. The instruction has y as its
 * first source.
 */
function following(first: number, y: number): Pattern {
  const lane = (k: number): number => (k + first < vectorSize ? k + first : k + first - vectorSize + y);
  return { way: Way.binary, id: X.palignr, immediate: first, exchanged: true, lane };
}

const interleavings: readonly (readonly [id: number, width: number, half: number])[] = [
  [X.punpcklbw, 1, 0],
  [X.punpckhbw, 1, 1],
  [X.punpcklwd, 2, 0],
  [X.punpckhwd, 2, 1],
  [X.punpckldq, 4, 0],
  [X.punpckhdq, 4, 1],
  [X.punpcklqdq, 8, 0],
  [X.punpckhqdq, 8, 1],
];

/** One operand, and zeros. */
export const onePatterns = tableOf([
  extension(X.movq, 8, 16),
  extension(X.pmovzxbw, 1, 2),
  extension(X.pmovzxbd, 1, 4),
  extension(X.pmovzxbq, 1, 8),
  extension(X.pmovzxwd, 2, 4),
  extension(X.pmovzxwq, 2, 8),
  extension(X.pmovzxdq, 4, 8),
  { way: Way.unary, id: X.vpbroadcastb, lane: () => 0, avx2: true },
  { way: Way.unary, id: X.vpbroadcastw, lane: (k) => k & 1, avx2: true },
  // Those of 4 and 8 bytes are permutations of these, which need no second source.
  ...interleavings.slice(0, 4).map(([id, width, half]) => interleaving(id, width, half, 0)),
  ...range(1, vectorSize - 1).map((first) => following(first, 0)),
  ...shifts(X.psrldq, X.pslldq, vectorSize, 1),
  ...shifts(X.psrlw, X.psllw, 2, 8),
  ...shifts(X.psrld, X.pslld, 4, 8),
  ...shifts(X.psrlq, X.psllq, 8, 8),
]);

/** Two operands, of which x has the first byte. */
export const twoPatterns = tableOf([
  ...interleavings.map(([id, width, half]) => interleaving(id, width, half, vectorSize)),
  ...range(1, vectorSize - 1).map((first) => following(first, vectorSize)),
]);

/** The even or odd ones of x's elements, then those of y. */
function everySecond(way: number, id: number, stepId: number, stepImmediate: number, width: number): Pattern {
  const odd = way === Way.shiftedPack ? width : 0;
  const lane = (k: number): number => Math.floor(k / width) * 2 * width + (k % width) + odd;
  return { way, id, stepId, stepImmediate, lane };
}

/**
 * Both are made to fit into half of their elements' widths: shifted, or masked (the byte that is cleared).
 */
export const packPatterns = tableOf([
  everySecond(Way.maskedPack, X.packuswb, X.pand, 1, 1),
  everySecond(Way.maskedPack, X.packusdw, X.pand, 2, 2),
  everySecond(Way.shiftedPack, X.packuswb, X.psrlw, 8, 1),
  everySecond(Way.shiftedPack, X.packusdw, X.psrld, 16, 2),
]);
