/** What there is to know of operators on vectors: lanes that they name, and which NaNs they leave open. */
import { laneCount, type OpcodeRow } from '../../src/wasm/opcodes.js';
import { ValType } from '../../src/wasm/types.js';
import type { Random } from '../random.js';
import { exact, type FloatLanes, hasFloats, type Slot } from './shape.js';

type Operator = Pick<OpcodeRow, 'code' | 'mnemonic' | 'immediates'>;

/** Lists of 16 lanes of two vectors that compilers write often, and have instructions for. */
const usualShuffles: readonly ((random: Random) => (k: number) => number)[] = [
  // The bytes of one lane, again and again.
  (random) => {
    const size = random.pick([1, 2, 4, 8]);
    const first = size * random.below(32 / size);
    return (k) => first + (k % size);
  },
  // Lanes of both in turn, from the lower or the upper half.
  (random) => {
    const size = random.pick([1, 2, 4, 8]);
    const half = random.pick([0, 8]);
    const swap = random.pick([0, 1]);
    return (k) => {
      const lane = Math.floor(k / size);
      return 16 * ((lane & 1) ^ swap) + half + size * (lane >> 1) + (k % size);
    };
  },
  // Every second lane of both.
  (random) => {
    const size = random.pick([1, 2, 4]);
    const odd = random.below(2);
    return (k) => size * (2 * Math.floor(k / size) + odd) + (k % size);
  },
  // 16 bytes in a row, around the end too.
  (random) => {
    const first = random.below(32);
    return (k) => (first + k) & 31;
  },
  // Bytes or lanes backwards within larger ones.
  (random) => {
    const size = random.pick([2, 4, 8, 16]);
    const second = 16 * random.below(2);
    return (k) => second + (k - (k % size)) + (size - 1 - (k % size));
  },
  // Lanes of 2, 4 or 8 bytes in any order, of one vector or both.
  (random) => {
    const size = random.pick([2, 4, 8]);
    const count = (random.chance(50) ? 16 : 32) / size;
    const lanes = Array.from({ length: 16 / size }, () => random.below(count));
    return (k) => size * lanes[Math.floor(k / size)] + (k % size);
  },
  // Each lane of one or of the other.
  (random) => {
    const size = random.pick([1, 2, 4, 8]);
    const from = Array.from({ length: 16 / size }, () => 16 * random.below(2));
    return (k) => k + from[Math.floor(k / size)];
  },
  // Anything.
  (random) => () => random.below(32),
];

/** The lanes that an operator names. */
export function laneImmediates({ code, immediates }: Operator, random: Random): number[] {
  if (immediates[0] === 'lane') return [random.below(laneCount[code])];
  if (immediates[0] !== 'lanes') return [];
  const laneAt = random.pick(usualShuffles)(random);
  return Array.from({ length: 16 }, (_, k) => laneAt(k));
}

/**
 * The lanes as which an operator sees its operands, if it sees floats, and so does the same with any NaN:
 * its own, or those that it converts from.
 */
function operandLanes(mnemonic: string): FloatLanes | undefined {
  const from = /_(?:trunc|demote|promote|trunc_sat)\w*_(f32x4|f64x2)/.exec(`_${mnemonic.split('.')[1]}`);
  if (from !== null) return from[1] as FloatLanes;
  if (mnemonic.includes('convert_')) return undefined;
  return floatLanes(mnemonic);
}

function floatLanes(mnemonic: string): FloatLanes | undefined {
  return (/^(f32x4|f64x2)\./.exec(mnemonic)?.[1] ?? undefined) as FloatLanes | undefined;
}

/** Operands of an operator: they must be exact if the bits of their NaNs decide the result. */
export function vectorOperands({ mnemonic }: Operator, types: readonly ValType[]): Slot[] {
  const lanes = operandLanes(mnemonic);
  return types.map((type) => {
    if (lanes === undefined || !hasFloats(type)) return exact(type);
    return type === ValType.v128 ? { type, exact: false, lanes } : { type, exact: false };
  });
}

/** Operators whose NaNs are computed: the spec leaves their bits open. */
const computes =
  /\.(ceil|floor|trunc|nearest|sqrt|add|sub|mul|div|(relaxed_)?(min|max|n?madd)|demote_\w+|promote_\w+)$/;
/** Operators that return whether something holds. */
const compares = /\.(eq|ne|lt|gt|le|ge)$/;

/** The result of an operator whose operands are these. */
export function vectorResult({ mnemonic }: Operator, type: ValType, operands: readonly Slot[]): Slot {
  const lanes = floatLanes(mnemonic);
  if (lanes === undefined || !hasFloats(type) || compares.test(mnemonic)) return exact(type);
  const isExact = !computes.test(mnemonic) && operands.every((operand) => operand.exact);
  if (isExact) return exact(type);
  return type === ValType.v128 ? { type, exact: false, lanes } : { type, exact: false };
}
