/** Shuffles that tests try: those that instructions exist for, their neighbours, and random ones. */

/** Sixteen numbers: 0–15 of the first operand, 16–31 of the second. */
export type Lanes = readonly number[];

function lanesOf(lane: (k: number) => number): Lanes {
  return Array.from({ length: 16 }, (_, k) => lane(k) & 31);
}

/** Repeatable numbers from 0 to 2^32 - 1. */
export function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) >>> 0;
  };
}

/** Shuffles with a meaning, by name. */
export const namedShuffles: Readonly<Record<string, Lanes>> = Object.fromEntries([
  ['first', lanesOf((k) => k)],
  ['second', lanesOf((k) => k + 16)],
  ...[1, 2, 4, 8].flatMap((width): [string, Lanes][] => {
    const element = (k: number): number => Math.floor(k / width);
    /** Byte `k` of element `index` of operand 0 or 1. */
    const at = (operand: number, index: number, k: number): number =>
      16 * operand + index * width + (k % width);
    const count = 16 / width;
    return [
      [`interleave low ${width}`, lanesOf((k) => at(element(k) & 1, element(k) >> 1, k))],
      [`interleave high ${width}`, lanesOf((k) => at(element(k) & 1, (element(k) + count) >> 1, k))],
      [`interleave low exchanged ${width}`, lanesOf((k) => at(~element(k) & 1, element(k) >> 1, k))],
      [`even ${width}`, lanesOf((k) => 2 * element(k) * width + (k % width))],
      [`odd ${width}`, lanesOf((k) => (2 * element(k) + 1) * width + (k % width))],
      [`transpose even ${width}`, lanesOf((k) => at(element(k) & 1, element(k) & ~1, k))],
      [`transpose odd ${width}`, lanesOf((k) => at(element(k) & 1, element(k) | 1, k))],
      [`reverse ${width}`, lanesOf((k) => at(0, count - 1 - element(k), k))],
      [`reverse bytes of ${width}`, lanesOf((k) => k - (k % width) + (width - 1 - (k % width)))],
      [`splat ${width}`, lanesOf((k) => k % width)],
      [`splat last ${width}`, lanesOf((k) => at(1, count - 1, k))],
      [`blend ${width}`, lanesOf((k) => at(element(k) & 1, element(k), k))],
      [`double low ${width}`, lanesOf((k) => at(0, element(k) >> 1, k))],
    ];
  }),
  ...Array.from({ length: 32 }, (_, n): [string, Lanes] => [`from ${n}`, lanesOf((k) => k + n)]),
  ...Array.from({ length: 16 }, (_, n): [string, Lanes] => [
    `rotate ${n}`,
    lanesOf((k) => ((k + n) & 15) + (n & 1) * 16),
  ]),
]);

/** All ways to choose the four 32-bit elements of the result. */
export function* fourElements(): Generator<Lanes> {
  for (let code = 0; code < 8 ** 4; code++) {
    yield lanesOf((k) => ((code >> (3 * (k >> 2))) & 7) * 4 + (k & 3));
  }
}

/** Random shuffles of elements of 1 to 8 bytes, some of them with most of the bytes in their places. */
export function* randomShuffles(count: number, seed: number): Generator<Lanes> {
  const random = randomNumbers(seed);
  for (let n = 0; n < count; n++) {
    const width = 1 << (random() & 3);
    const operands = [0x1f, 0x1f, 0x0f, 0x0f][random() & 3];
    const offset = operands === 0x0f ? (random() & 1) * 16 : 0;
    // Of 8: how many elements stay where they are in an operand.
    const staying = random() & 7;
    const other = (random() & 1) * 16;
    const choices = Array.from({ length: 16 / width }, (_, element) =>
      (random() & 7) < staying
        ? ((element * width + other) & operands) + offset
        : ((random() * width) & operands) + offset,
    );
    yield lanesOf((k) => choices[Math.floor(k / width)] + (k % width));
  }
}

/** A named shuffle with one byte changed. */
export function* neighbours(): Generator<Lanes> {
  const random = randomNumbers(5);
  for (const lanes of Object.values(namedShuffles)) {
    for (let n = 0; n < 8; n++) {
      const changed = [...lanes];
      changed[random() & 15] = random() & 31;
      yield changed;
    }
  }
}
