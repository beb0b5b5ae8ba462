/**
 * Condition codes as `jcc`, `setcc` and `cmovcc` encode them. Codes come in pairs that differ in bit 0 and
 * mean the opposite of each other. After `ucomiss`/`ucomisd` the unsigned ones (b, ae, e, ne, be, a) compare
 * floats, and p means that an operand was a NaN.
 */
export const Condition = {
  /** Overflow. */
  o: 0,
  no: 1,
  /** Below, unsigned; carry. */
  b: 2,
  /** Above or equal, unsigned; no carry. */
  ae: 3,
  /** Equal; zero. */
  e: 4,
  ne: 5,
  /** Below or equal, unsigned. */
  be: 6,
  /** Above, unsigned. */
  a: 7,
  /** Sign: negative. */
  s: 8,
  ns: 9,
  /** Parity even; unordered. */
  p: 10,
  np: 11,
  /** Less, signed. */
  l: 12,
  /** Greater or equal, signed. */
  ge: 13,
  /** Less or equal, signed. */
  le: 14,
  /** Greater, signed. */
  g: 15,
} as const;

export type ConditionName = keyof typeof Condition;

/** Names by code, as Intel writes them after `j`, `set` and `cmov`. */
export const conditionNames = Object.keys(Condition) as readonly ConditionName[];

/** The code that holds exactly where `cc` does not. */
export function negate(cc: number): number {
  return cc ^ 1;
}
