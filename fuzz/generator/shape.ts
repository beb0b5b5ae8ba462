import { type FuncType, type RefType, type TableType, ValType } from '../../src/wasm/types.js';
import type { ModuleDraft } from '../module/draft.js';
import type { Random } from '../random.js';

/**
 * What is known of a value: its type and, of a float, whether its bits are exact, that is, the same in every engine.
 * The spec leaves the bits of a NaN open that an operator computes (section 4.3.3), so such a value may not go where its
 * bits can be seen: it is made canonical before that.
 */
export interface Slot {
  readonly type: ValType;
  readonly exact: boolean;
}

export function exact(type: ValType): Slot {
  return { type, exact: true };
}

export const i32 = exact(ValType.i32);

/** Whether a value may stand where a slot is wanted. */
export function satisfies(value: Slot, wanted: Slot): boolean {
  return value.type === wanted.type && (value.exact || !wanted.exact);
}

export function isFloat(type: ValType): boolean {
  return type === ValType.f32 || type === ValType.f64;
}

export function isNumber(type: ValType): boolean {
  return type !== ValType.funcref && type !== ValType.externref;
}

export interface GlobalSlot extends Slot {
  readonly index: number;
  readonly mutable: boolean;
}

/** What a module has besides its functions' bodies: what bodies can refer to. Index spaces hold imports first. */
export interface Shape {
  readonly random: Random;
  readonly draft: ModuleDraft;
  /** Index of each function's type. Parameters and results are exact. */
  readonly functionTypes: number[];
  readonly globals: readonly GlobalSlot[];
  /** A mutable i32: calls that may still be made. */
  readonly fuel: number;
  readonly tables: readonly TableType[];
  /** Pages that the memory has at least; 0 if there is none. */
  readonly pages: number;
  /** Whether the memory has a maximum, so that it may grow without a look at its size. */
  readonly hasMaximum: boolean;
  /** Functions in the first elements of table 0, by their indices; that table is not written to. */
  readonly callable: readonly number[];
}

/** Shortest length of a table; a power of two. */
export const tableMinimum = 8;
/** Bytes of each data segment at least; a power of two. */
export const segmentMinimum = 16;
/** Elements of each element segment at least; a power of two. */
export const elementMinimum = 4;

/** Index of a type, which is added to the module if it is new. */
export function typeIndex(draft: ModuleDraft, { params, results }: FuncType): number {
  const same = (a: readonly ValType[], b: readonly ValType[]): boolean =>
    a.length === b.length && a.every((type, k) => type === b[k]);
  const found = draft.types.findIndex((type) => same(type.params, params) && same(type.results, results));
  return found >= 0 ? found : draft.types.push({ params, results }) - 1;
}

const numberTypes = [ValType.i32, ValType.i64, ValType.f32, ValType.f64];

/** A value type: mostly of numbers, where `references` allows others at all. */
export function randomType(random: Random, references = true): ValType {
  if (references && random.chance(8)) return randomRefType(random);
  return random.pick(numberTypes);
}

export function randomRefType(random: Random): RefType {
  return random.chance(60) ? ValType.funcref : ValType.externref;
}

/** Types of parameters or results: mostly few, now and then more than there are registers. */
export function randomTypes(random: Random, usual: number): ValType[] {
  const count = random.weighted([
    [70, random.between(0, usual)],
    [20, random.between(0, 2 * usual + 2)],
    [8, random.between(6, 18)],
    [2, random.between(18, 60)],
  ]);
  // Now and then all of one type, so that one kind of register runs out.
  const only = random.chance(15) ? randomType(random, false) : undefined;
  return Array.from({ length: count }, () => only ?? randomType(random));
}
