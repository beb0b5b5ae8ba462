import { Op, opCount, opOperandTypes, opResultType, VType } from '../../ir/ops.js';
import { Condition } from '../../x64/conditions.js';

/**
 * What x86-64 instructions can do for IR operations: a row an operation, which holds for both widths of its
 * type. The lowering reads the arrays below, which are made of the rows.
 */
interface Facts {
  /** Of a comparison: the condition that holds after its instruction where the result is 1. */
  readonly condition?: number;
  /**
   * Other operations that a branch can take over: it holds where the operand is zero, or where any bit is
   * left.
   */
  readonly test?: 'zero' | 'bits';
  /** Operands that the instruction can take straight from memory. */
  readonly memory?: number;
}

/** Bits of `takesMemory`: the first operand, the second one. */
export const FirstFromMemory = 1;
export const SecondFromMemory = 2;
const first = FirstFromMemory;
const second = SecondFromMemory;
const either = FirstFromMemory | SecondFromMemory;

/**
 * Conditions of floats that need two flags: equal and ordered, unequal or unordered. Opposites, as the
 * others' pairs.
 */
export const floatEqual = 16;
export const floatUnequal = 17;

const { e, ne, l, b, g, a, le, be, ge, ae } = Condition;

const integerFacts = {
  add: { memory: either },
  sub: { memory: second },
  mul: { memory: either },
  and: { memory: either, test: 'bits' },
  or: { memory: either },
  xor: { memory: either },
  eqz: { test: 'zero' },
  eq: { memory: second, condition: e },
  ne: { memory: second, condition: ne },
  lt_s: { memory: second, condition: l },
  lt_u: { memory: second, condition: b },
  gt_s: { memory: second, condition: g },
  gt_u: { memory: second, condition: a },
  le_s: { memory: second, condition: le },
  le_u: { memory: second, condition: be },
  ge_s: { memory: second, condition: ge },
  ge_u: { memory: second, condition: ae },
} as const satisfies Readonly<Record<string, Facts>>;

/** `lt` and `le` compare with their operands exchanged, so that an unordered result makes them false. */
const floatFacts = {
  add: { memory: either },
  sub: { memory: second },
  mul: { memory: either },
  div: { memory: second },
  eq: { memory: second, condition: floatEqual },
  ne: { memory: second, condition: floatUnequal },
  lt: { memory: first, condition: a },
  gt: { memory: second, condition: a },
  le: { memory: first, condition: ae },
  ge: { memory: second, condition: ae },
} as const satisfies Readonly<Record<string, Facts>>;

/** Loads that an instruction of this type can make itself. */
const loads = {
  'i32.load': VType.i32,
  'i64.load': VType.i64,
  'f32.load': VType.f32,
  'f64.load': VType.f64,
  'field.load32': VType.i32,
  'field.load64': VType.i64,
  'field.load_f32': VType.f32,
  'field.load_f64': VType.f64,
} as const;

/** Shifts that an addition can make itself, by the scale of an address: up to `largestScale` bits. */
const scales = { 'i32.shl': Op['i32.add'], 'i64.shl': Op['i64.add'] } as const;
export const largestScale = 3;

/** What stands in the arrays below where there is nothing. */
export const none = 0xff;

/** Condition code of a comparison; `none` for other operations. */
export const conditionOf = new Uint8Array(opCount).fill(none);
/** 1 for tests for zero. */
export const isZeroTest = new Uint8Array(opCount);
/** 1 for tests of bits. */
export const isBitTest = new Uint8Array(opCount);
/** Which operands can come from memory: a set of the bits above. */
export const takesMemory = new Uint8Array(opCount);
/**
 * Type of the value that a load brings where the instruction that uses it can load it itself; else `none`.
 */
export const loadedType = new Uint8Array(opCount).fill(none);
/** 1 for operations whose own type says that they take or give a v128. */
export const isVector = new Uint8Array(opCount);
for (const classes of [opResultType, ...opOperandTypes]) {
  for (let op = 0; op < opCount; op++) if (classes[op] === VType.v128) isVector[op] = 1;
}
/** The addition that can make a shift itself; -1 for other operations. */
export const scaledBy = new Int16Array(opCount).fill(-1);

function add(op: number, { condition, test, memory }: Facts): void {
  if (condition !== undefined) conditionOf[op] = condition;
  if (test === 'zero') isZeroTest[op] = 1;
  if (test === 'bits') isBitTest[op] = 1;
  takesMemory[op] = memory ?? 0;
}

type Name<Rows> = keyof Rows & string;

for (const [name, facts] of Object.entries(integerFacts) as [Name<typeof integerFacts>, Facts][]) {
  for (const type of ['i32', 'i64'] as const) add(Op[`${type}.${name}`], facts);
}
for (const [name, facts] of Object.entries(floatFacts) as [Name<typeof floatFacts>, Facts][]) {
  for (const type of ['f32', 'f64'] as const) add(Op[`${type}.${name}`], facts);
}
for (const [name, type] of Object.entries(loads)) loadedType[Op[name as Name<typeof loads>]] = type;
for (const [name, addition] of Object.entries(scales)) scaledBy[Op[name as Name<typeof scales>]] = addition;

/**
 * True for operations that a branch can take over: comparisons, tests for zero, and `and` as a test of bits.
 */
export function yieldsCondition(op: number): boolean {
  return conditionOf[op] !== none || isZeroTest[op] === 1 || isBitTest[op] === 1;
}

/** True for comparisons whose instruction has its operands the other way round. */
export function comparesExchanged(op: number): boolean {
  return takesMemory[op] === FirstFromMemory;
}
