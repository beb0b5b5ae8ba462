import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { rows, X } from '../../x64/instructions.js';
import {
  fourElements,
  type Lanes,
  namedShuffles,
  neighbours,
  randomShuffles,
} from './shuffle-cases.fixture.js';
import { Way } from './shuffle-patterns.js';
import { ShufflePlan } from './shuffle-plans.js';

type Bytes = readonly number[];

const zeros: Bytes = Array.from({ length: 16 }, () => 0);

/** Elements of `width` bytes. */
function elements(bytes: Bytes, width: number): Bytes[] {
  return Array.from({ length: bytes.length / width }, (_, k) => bytes.slice(k * width, (k + 1) * width));
}

function chosen(bytes: Bytes, width: number, indices: readonly number[]): Bytes {
  const all = elements(bytes, width);
  return indices.flatMap((index) => all[index]);
}

/** Four fields of two bits each. */
function fields(immediate: number): number[] {
  return [0, 2, 4, 6].map((shift) => (immediate >> shift) & 3);
}

function extended(a: Bytes, from: number, to: number): Bytes {
  return elements(a, from)
    .slice(0, 16 / to)
    .flatMap((element) => [...element, ...zeros.slice(0, to - from)]);
}

function interleaved(a: Bytes, b: Bytes, width: number, half: number): Bytes {
  const [first, second] = [elements(a, width), elements(b, width)];
  const count = 8 / width;
  return Array.from({ length: count }, (_, k) => [
    ...first[k + half * count],
    ...second[k + half * count],
  ]).flat();
}

function blended(a: Bytes, b: Bytes, width: number, bits: number): Bytes {
  return a.map((byte, k) => (((bits >> Math.floor(k / width)) & 1) === 0 ? byte : b[k]));
}

/** Little-endian elements as numbers, signed. */
function numbers(bytes: Bytes, width: number): number[] {
  return elements(bytes, width).map((element) => {
    const value = element.reduceRight((sum, byte) => (sum << 8) | byte, 0);
    return width === 4 ? value : (value << 16) >> 16;
  });
}

function packed(a: Bytes, b: Bytes, width: number): Bytes {
  const most = width === 2 ? 0xff : 0xffff;
  return [...numbers(a, width), ...numbers(b, width)].flatMap((value) => {
    const result = Math.min(Math.max(value, 0), most);
    return width === 2 ? [result] : [result & 0xff, result >> 8];
  });
}

/** What Intel's manual says of the instructions, on bytes. */
const unary: Readonly<Record<string, (a: Bytes, immediate: number) => Bytes>> = {
  pshufd: (a, immediate) => chosen(a, 4, fields(immediate)),
  pshuflw: (a, immediate) => [...chosen(a, 2, fields(immediate)), ...a.slice(8)],
  pshufhw: (a, immediate) => [
    ...a.slice(0, 8),
    ...chosen(
      a,
      2,
      fields(immediate).map((field) => field + 4),
    ),
  ],
  movq: (a) => [...a.slice(0, 8), ...zeros.slice(8)],
  pmovzxbw: (a) => extended(a, 1, 2),
  pmovzxbd: (a) => extended(a, 1, 4),
  pmovzxbq: (a) => extended(a, 1, 8),
  pmovzxwd: (a) => extended(a, 2, 4),
  pmovzxwq: (a) => extended(a, 2, 8),
  pmovzxdq: (a) => extended(a, 4, 8),
  vpbroadcastb: (a) => zeros.map(() => a[0]),
  vpbroadcastw: (a) => zeros.map((_, k) => a[k & 1]),
};

const binary: Readonly<Record<string, (a: Bytes, b: Bytes, immediate: number) => Bytes>> = {
  punpcklbw: (a, b) => interleaved(a, b, 1, 0),
  punpckhbw: (a, b) => interleaved(a, b, 1, 1),
  punpcklwd: (a, b) => interleaved(a, b, 2, 0),
  punpckhwd: (a, b) => interleaved(a, b, 2, 1),
  punpckldq: (a, b) => interleaved(a, b, 4, 0),
  punpckhdq: (a, b) => interleaved(a, b, 4, 1),
  punpcklqdq: (a, b) => interleaved(a, b, 8, 0),
  punpckhqdq: (a, b) => interleaved(a, b, 8, 1),
  palignr: (a, b, immediate) => [...b, ...a].slice(immediate, immediate + 16),
  pblendw: (a, b, immediate) => blended(a, b, 2, immediate),
  vpblendd: (a, b, immediate) => blended(a, b, 4, immediate),
  shufps: (a, b, immediate) => [
    ...chosen(a, 4, fields(immediate).slice(0, 2)),
    ...chosen(b, 4, fields(immediate).slice(2)),
  ],
  insertps: (a, b, immediate) =>
    elements(a, 4).flatMap((element, k) => {
      if (((immediate >> k) & 1) !== 0) return zeros.slice(0, 4);
      return k === ((immediate >> 4) & 3) ? elements(b, 4)[immediate >> 6] : element;
    }),
  packuswb: (a, b) => packed(a, b, 2),
  packusdw: (a, b) => packed(a, b, 4),
  pshufb: (a, b) => b.map((index) => (index >= 0x80 ? 0 : a[index & 15])),
  pand: (a, b) => a.map((byte, k) => byte & b[k]),
  por: (a, b) => a.map((byte, k) => byte | b[k]),
};

/** Shifts by a constant: bytes of an element, and what the count is in. */
const shifts: Readonly<Record<string, readonly [width: number, unit: number, up: boolean]>> = {
  psrlw: [2, 8, false],
  psllw: [2, 8, true],
  psrld: [4, 8, false],
  pslld: [4, 8, true],
  psrlq: [8, 8, false],
  psllq: [8, 8, true],
  psrldq: [16, 1, false],
  pslldq: [16, 1, true],
};

function shifted(id: number, a: Bytes, count: number): Bytes {
  const [width, unit, up] = shifts[rows[id].mnemonic];
  assert.equal(count % unit, 0);
  const bytes = count / unit;
  return elements(a, width).flatMap((element) => {
    const nothing = zeros.slice(0, bytes);
    return up ? [...nothing, ...element].slice(0, width) : [...element.slice(bytes), ...nothing];
  });
}

/** What a plan makes of two vectors. */
function evaluated(plan: ShufflePlan, operands: readonly [Bytes, Bytes]): Bytes {
  const [x, y] = [operands[plan.x], operands[plan.y]];
  const { id, immediate, stepId, stepImmediate } = plan;
  const one = (by: number, a: Bytes, value: number): Bytes => unary[rows[by].mnemonic](a, value);
  const two = (by: number, a: Bytes, b: Bytes, value = 0): Bytes => binary[rows[by].mnemonic](a, b, value);
  const first = [...plan.masks.subarray(0, 16)];
  const second = [...plan.masks.subarray(16)];
  switch (plan.way) {
    case Way.copy:
      return x;
    case Way.zero:
      return zeros;
    case Way.unary:
      return one(id, x, immediate);
    case Way.shift:
      return shifted(id, x, immediate);
    case Way.binary:
      return two(id, x, y, immediate);
    case Way.masked:
      return two(id, x, first);
    case Way.unaryThenBinary:
      return two(id, one(stepId, x, stepImmediate), y, immediate);
    case Way.maskedThenBinary:
      return two(id, two(X.pshufb, x, first), y, immediate);
    case Way.binaryThenUnary:
      return one(id, two(stepId, x, y, stepImmediate), immediate);
    case Way.shiftedPack:
      return two(id, shifted(stepId, x, stepImmediate), shifted(stepId, y, stepImmediate));
    case Way.maskedPack:
      return two(id, two(stepId, x, first), two(stepId, y, first));
    case Way.blend:
      return x.map((byte, k) => (byte & ~first[k]) | (y[k] & first[k]));
    case Way.maskedOrConstant:
      return two(X.por, two(id, x, first), two(X.pshufb, y, second));
    case Way.constant:
    case Way.maskedEither:
      return two(X.por, two(X.pshufb, x, first), two(X.pshufb, y, second));
    default:
      assert.fail(`way ${plan.way}`);
  }
}

/** Bytes with their highest bits set, and others: saturation must not change any. */
const someBytes: Bytes = zeros.map((_, k) => (k * 37 + 0x8f) & 0xff);
const otherBytes: Bytes = zeros.map((_, k) => (k * 53 + 0x72) & 0xff);

interface Known {
  readonly count?: number;
  readonly same?: boolean;
  readonly zeros?: number;
  readonly constants?: number;
  readonly avx2?: boolean;
}

const plan = new ShufflePlan();

function planned(
  lanes: Lanes,
  { count = 16, same = false, zeros = 0, constants = 0, avx2 = false }: Known = {},
): ShufflePlan {
  // The numbers begin somewhere in an array.
  plan.choose(Uint8Array.of(99, ...lanes), 1, count, same, zeros, constants, avx2);
  return plan;
}

/** Everything that can be known of the operands. */
const knowledge: readonly Known[] = [false, true].flatMap((avx2) => [
  { avx2, count: 8 },
  { avx2, count: 8, zeros: 1, constants: 1 },
  { avx2, count: 8, zeros: 2, constants: 2 },
  { avx2, count: 4 },
  { avx2, count: 4, same: true },
  { avx2, count: 4, constants: 1 },
  { avx2, same: true },
  { avx2, same: true, zeros: 3, constants: 3 },
  { avx2, same: true, constants: 3 },
  ...[0, 1, 2, 3].flatMap((constants) =>
    [0, 1, 2, 3]
      .filter((zero) => (zero & ~constants) === 0)
      .map((zero) => ({ avx2, zeros: zero, constants })),
  ),
]);

function check(lanes: Lanes): void {
  for (const known of knowledge) {
    const a = ((known.zeros ?? 0) & 1) !== 0 ? zeros : someBytes;
    const b = known.same ? a : ((known.zeros ?? 0) & 2) !== 0 ? zeros : otherBytes;
    const expected = lanes.map((lane) => [...a, ...b][lane]);
    const message = `${lanes} ${JSON.stringify(known)}`;
    const { count = 16 } = known;
    const actual = evaluated(planned(lanes, known), [a, b]);
    assert.deepEqual(actual.slice(0, count), expected.slice(0, count), message);
    const needsAvx2 = rows[plan.id].feature === 'avx2';
    const hasInstruction = plan.way !== Way.copy && plan.way !== Way.zero && plan.way !== Way.constant;
    assert.ok(!hasInstruction || !needsAvx2 || known.avx2, message);
  }
}

describe('a plan does what the shuffle says', () => {
  test('shuffles with a meaning', () => {
    for (const lanes of Object.values(namedShuffles)) check(lanes);
  });

  test('those that differ from them in one byte', () => {
    for (const lanes of neighbours()) check(lanes);
  });

  test('all shuffles of 32-bit elements', () => {
    for (const lanes of fourElements()) check(lanes);
  });

  test('random ones', () => {
    for (const lanes of randomShuffles(4000, 1)) check(lanes);
  });
});

/** The instructions of a plan: `x` and `y` by their operands' names. */
function written(lanes: Lanes, known: Known = {}): string {
  const { way, id, immediate, stepId, stepImmediate, x, y } = planned(lanes, known);
  const [first, second] = [x, y].map((operand) => 'ab'[operand]);
  const name = rows[id].mnemonic;
  const step = rows[stepId].mnemonic;
  switch (way) {
    case Way.copy:
      return first;
    case Way.zero:
      return '0';
    case Way.constant:
      return 'constant';
    case Way.unary:
    case Way.shift:
      return `${name} ${first} ${immediate}`;
    case Way.binary:
      return `${name} ${first} ${second} ${immediate}`;
    case Way.masked:
      return `${name} ${first} mask`;
    case Way.unaryThenBinary:
      return `${name} (${step} ${first} ${stepImmediate}) ${second} ${immediate}`;
    case Way.maskedThenBinary:
      return `${name} (pshufb ${first} mask) ${second} ${immediate}`;
    case Way.binaryThenUnary:
      return `${name} (${step} ${first} ${second} ${stepImmediate}) ${immediate}`;
    case Way.shiftedPack:
    case Way.maskedPack:
      return `${name} (${step} ${first}) (${step} ${second})`;
    case Way.blend:
      return `blend ${first} ${second} mask`;
    case Way.maskedOrConstant:
      return `${name} ${first} mask | constant`;
    default:
      return `pshufb ${first} mask | pshufb ${second} mask`;
  }
}

const zeroSecond: Known = { zeros: 2, constants: 2 };
const constantSecond: Known = { constants: 2 };
const avx2: Known = { avx2: true };
const lowerHalf: Known = { count: 8 };
const fourBytes: Known = { count: 4 };

describe('a plan is short', () => {
  const expectations: readonly (readonly [name: string, plan: string, known?: Known])[] = [
    ['first', 'a'],
    ['second', 'b'],
    ['second', '0', zeroSecond],
    ['second', 'constant', constantSecond],
    ['interleave low 1', 'punpcklbw a b 0'],
    ['interleave high 1', 'punpckhbw a b 0'],
    ['interleave low exchanged 1', 'punpcklbw b a 0'],
    ['interleave low 2', 'punpcklwd a b 0'],
    ['interleave high 4', 'punpckhdq a b 0'],
    ['interleave low exchanged 8', 'punpcklqdq b a 0'],
    ['interleave low 1', 'pmovzxbw a 0', zeroSecond],
    ['interleave low 2', 'pmovzxwd a 0', zeroSecond],
    ['interleave low 4', 'pmovzxdq a 0', zeroSecond],
    ['interleave low 8', 'movq a 0', zeroSecond],
    ['interleave high 1', 'pshufb a mask', zeroSecond],
    ['interleave low 2', 'punpcklwd a b 0', constantSecond],
    ['even 1', 'packuswb (pand a) (pand b)'],
    ['odd 1', 'packuswb (psrlw a) (psrlw b)'],
    ['even 2', 'packusdw (pand a) (pand b)'],
    ['odd 2', 'packusdw (psrld a) (psrld b)'],
    ['even 1', 'pshufb a mask | constant', constantSecond],
    ['even 4', 'shufps a b 136'],
    ['odd 4', 'shufps a b 221'],
    ['transpose even 1', 'pshufb a mask | pshufb b mask'],
    ['transpose odd 1', 'psrlw a 8', zeroSecond],
    ['transpose even 2', 'pblendw (pshufb b mask) a 85'],
    ['transpose even 4', 'pshufd (shufps a b 136) 216'],
    ['transpose odd 4', 'psrlq a 32', zeroSecond],
    ['reverse 1', 'pshufb a mask'],
    ['reverse 4', 'pshufd a 27'],
    ['reverse bytes of 8', 'pshufb a mask'],
    ['splat 1', 'pshufb a mask'],
    ['splat 1', 'vpbroadcastb a 0', avx2],
    ['splat 2', 'vpbroadcastw a 0', avx2],
    ['splat last 4', 'pshufd b 255', avx2],
    ['splat last 4', 'constant', constantSecond],
    ['blend 1', 'blend a b mask'],
    ['blend 1', 'pand a mask | constant', constantSecond],
    ['blend 1', 'pand a mask', zeroSecond],
    ['blend 2', 'pblendw a b 170', avx2],
    ['blend 4', 'pblendw a b 204'],
    ['blend 4', 'vpblendd a b 10', avx2],
    ['double low 1', 'punpcklbw a a 0'],
    ['double low 2', 'punpcklwd a a 0'],
    ['double low 4', 'pshufd a 80'],
    ['from 1', 'palignr b a 1'],
    ['from 20', 'palignr a b 4'],
    ['from 5', 'psrldq a 5', zeroSecond],
    ['from 20', 'pslldq a 12', zeroSecond],
    ['rotate 5', 'palignr b b 5'],
    ['rotate 4', 'pshufd a 57'],
    ['rotate 5', 'palignr a a 5', { same: true }],
    ['from 4', 'pshufd a 9', lowerHalf],
    ['from 3', 'palignr a a 3', lowerHalf],
    ['from 10', 'palignr b a 10', lowerHalf],
    ['from 10', 'palignr a a 10', fourBytes],
    ['from 12', 'pshufd a 3', fourBytes],
    ['even 1', 'pshufb a mask', lowerHalf],
    ['interleave low 8', 'a', lowerHalf],
    ['interleave low 8', 'a', { ...zeroSecond, count: 8 }],
    ['interleave high 8', 'pshufd a 14', lowerHalf],
    ['transpose even 4', 'punpckldq a b 0', lowerHalf],
    ['transpose odd 4', 'insertps (pshufd a 229) b 80', lowerHalf],
  ];
  for (const [name, expected, known] of expectations) {
    test(`${name}, ${JSON.stringify(known ?? {})}: ${expected}`, () => {
      assert.equal(written(namedShuffles[name], known), expected);
    });
  }

  const doubles = (...indices: readonly number[]): Lanes =>
    indices.flatMap((index) => [0, 1, 2, 3].map((k) => 4 * index + k));
  const words = (...indices: readonly number[]): Lanes =>
    indices.flatMap((index) => [2 * index, 2 * index + 1]);

  for (const [lanes, expected, known] of [
    [doubles(0, 1, 2, 7), 'vpblendd a b 8', avx2],
    [doubles(0, 6, 2, 3), 'insertps a b 144'],
    [doubles(4, 5, 0, 7), 'insertps b a 32'],
    [doubles(0, 3, 6, 5), 'shufps a b 108'],
    [doubles(7, 4, 1, 1), 'shufps b a 83'],
    [doubles(1, 0, 3, 4), 'insertps (pshufd a 241) b 48'],
    [doubles(1, 4, 6, 7), 'insertps (pshufd b 224) a 64'],
    [doubles(1, 4, 3, 7), 'pshufd (shufps a b 205) 216'],
    [doubles(0, 1, 0, 4), 'insertps a a 40', { zeros: 2, constants: 2 }],
    [words(3, 2, 1, 0, 4, 5, 6, 7), 'pshuflw a 27'],
    [words(0, 1, 2, 3, 7, 6, 5, 4), 'pshufhw a 27'],
    [words(3, 2, 1, 0, 7, 6, 5, 4), 'pshufb a mask'],
    [words(0, 11, 2, 8, 4, 5, 6, 7), 'pblendw (pshuflw b 12) a 245'],
    [words(0, 1, 2, 3, 4, 13, 6, 14), 'pblendw (pshufhw b 132) a 95'],
  ] as readonly (readonly [Lanes, string, Known?])[]) {
    test(`${lanes.join(' ')}: ${expected}`, () => assert.equal(written(lanes, known), expected));
  }

  test('two instructions do for all shuffles of 32-bit elements', () => {
    const ways = new Set<number>();
    for (const lanes of fourElements()) ways.add(planned(lanes).way);
    const { copy, unary, binary, unaryThenBinary, binaryThenUnary } = Way;
    assert.deepEqual(
      [...ways].sort((a, b) => a - b),
      [copy, unary, binary, unaryThenBinary, binaryThenUnary],
    );
  });
});
