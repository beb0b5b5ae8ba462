/** Constants that break numeric code. */
import { ValType } from '../../src/wasm/types.js';
import type { Random } from '../random.js';

/** Powers of two, their neighbours, and bit patterns, with this many bits. */
function integerEdges(bits: number): bigint[] {
  const mask = (1n << BigInt(bits)) - 1n;
  const edges = new Set<bigint>();
  for (let k = 0; k < bits; k++) {
    for (const delta of [-1n, 0n, 1n]) {
      const power = (1n << BigInt(k)) + delta;
      edges.add(power & mask);
      edges.add(-power & mask);
    }
  }
  for (const byte of [0x55n, 0xaan, 0x0fn, 0x80n, 0x7fn, 0xffn]) {
    let pattern = 0n;
    for (let k = 0; k < bits; k += 8) pattern = (pattern << 8n) | byte;
    edges.add(pattern);
  }
  return [...edges];
}

/** The most important ones. */
function commonEdges(bits: number): bigint[] {
  const sign = 1n << BigInt(bits - 1);
  const mask = (sign << 1n) - 1n;
  return [0n, 1n, 2n, mask, mask - 1n, sign, sign - 1n, sign + 1n];
}

const view = new DataView(new ArrayBuffer(8));

function f32Bits(value: number): bigint {
  view.setFloat32(0, value);
  return BigInt(view.getUint32(0));
}

function f64Bits(value: number): bigint {
  view.setFloat64(0, value);
  return view.getBigUint64(0);
}

/** Integers next to which conversions begin to trap, and fractions that round in different directions. */
const floatValues = [
  0,
  1,
  0.5,
  1.5,
  2.5,
  0.49999999999999994,
  2251799813685249.5,
  3,
  10,
  0.1,
  1e10,
  1e-10,
  1e38,
  1e300,
  ...[31, 32, 63, 64, 52, 53, 23, 24].flatMap((k) => [2 ** k, 2 ** k - 1, 2 ** k + 1, 2 ** k - 0.5]),
  Number.POSITIVE_INFINITY,
  Number.MIN_VALUE,
  Number.MAX_VALUE,
];

/** Subnormals, the smallest and largest normal numbers, and NaNs: quiet, signalling, with payloads. */
const f32Patterns = [
  0x1, 0x7fffff, 0x800000, 0x7f7fffff, 0x3effffff, 0x3f7fffff, 0x4effffff, 0x4f000000, 0x5effffff, 0x7fc00000,
  0x7f800001, 0x7fa00000, 0x7fffffff, 0x7fc12345,
];
const f64Patterns = [
  0x1n,
  0xfffffffffffffn,
  0x10000000000000n,
  0x7fefffffffffffffn,
  0x3fdfffffffffffffn,
  0x41dfffffffc00000n,
  0x41efffffffe00000n,
  0x43dfffffffffffffn,
  0x36a0000000000000n,
  0x380fffffffffffffn,
  0x47efffffefffffffn,
  0x7ff8000000000000n,
  0x7ff0000000000001n,
  0x7ff4000000000000n,
  0x7fffffffffffffffn,
  0x7ff8000012345678n,
];

function withSigns(patterns: readonly bigint[], sign: bigint): bigint[] {
  return [...patterns, ...patterns.map((pattern) => pattern | sign)];
}

interface Edges {
  readonly common: readonly bigint[];
  readonly all: readonly bigint[];
  readonly width: bigint;
}

const edges: Readonly<Record<number, Edges>> = {
  [ValType.i32]: { common: commonEdges(32), all: integerEdges(32), width: 32n },
  [ValType.i64]: { common: commonEdges(64), all: integerEdges(64), width: 64n },
  [ValType.f32]: {
    common: withSigns([0, 1, 0.5, Number.POSITIVE_INFINITY].map(f32Bits), 1n << 31n),
    all: withSigns([...floatValues.map(f32Bits), ...f32Patterns.map(BigInt)], 1n << 31n),
    width: 32n,
  },
  [ValType.f64]: {
    common: withSigns([0, 1, 0.5, Number.POSITIVE_INFINITY].map(f64Bits), 1n << 63n),
    all: withSigns([...floatValues.map(f64Bits), ...f64Patterns], 1n << 63n),
    width: 64n,
  },
};

/** Edges of lanes of 8 and 16 bits. */
const smallEdges: readonly (readonly [bits: number, edges: readonly bigint[]])[] = [8, 16].map((bits) => [
  bits,
  [...commonEdges(bits), ...integerEdges(bits)],
]);
const lanesOfTypes: readonly (readonly [bits: number, type: ValType])[] = [
  [32, ValType.i32],
  [64, ValType.i64],
  [32, ValType.f32],
  [64, ValType.f64],
];

/** 128 bits: lanes of one kind, each mostly an edge; or the same in all lanes. */
function vectorBits(random: Random): bigint {
  const kind = random.below(smallEdges.length + lanesOfTypes.length);
  const isSplat = random.chance(20);
  const make = (bits: number, lane: () => bigint): bigint => {
    const first = lane();
    let all = 0n;
    for (let at = 0; at < 128; at += bits) all |= (isSplat ? first : lane()) << BigInt(at);
    return all;
  };
  if (kind < smallEdges.length) {
    const [bits, lanes] = smallEdges[kind];
    return make(bits, () => random.pick(lanes));
  }
  const [bits, type] = lanesOfTypes[kind - smallEdges.length];
  return make(bits, () => edgeBits(type, random));
}

/** The immediates of `v128.const`: lower and upper half. */
export function halves(bits: bigint): [bigint, bigint] {
  return [BigInt.asUintN(64, bits), bits >> 64n];
}

/** Bits of a number or vector, unsigned; mostly an edge value, or lanes of such. */
export function edgeBits(type: ValType, random: Random): bigint {
  if (type === ValType.v128) return vectorBits(random);
  const { common, all, width } = edges[type];
  switch (random.below(8)) {
    case 0:
      return BigInt.asUintN(Number(width), random.bits64());
    case 1:
      // Small numbers fit into immediates.
      if (type === ValType.f32) return f32Bits(random.between(-100, 100));
      if (type === ValType.f64) return f64Bits(random.between(-100, 100));
      return BigInt.asUintN(Number(width), BigInt(random.between(-128, 127)));
    case 2:
    case 3:
      return random.pick(common);
    default:
      return random.pick(all);
  }
}
