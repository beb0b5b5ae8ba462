import { type FuncType, type RefType, type TableType, ValType } from '../../src/wasm/types.js';
import type { ModuleDraft } from '../module/draft.js';
import type { Random } from '../random.js';

/**
 * What is known of a value: its type and, for a float, whether its bits are exact, that is, the same in every
 * engine. The spec leaves the bits of computed NaNs open (section 4.3.3), so a value that is not exact is
 * made canonical before its bits can be seen.
 */
export interface Slot {
  readonly type: ValType;
  readonly exact: boolean;
}

export function exact(type: ValType): Slot {
  return { type, exact: true };
}

export const i32 = exact(ValType.i32);

/** Whether a value can be used for a slot. */
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

/** Everything in a module that function bodies can refer to. Index spaces begin with the imports. */
export interface Shape {
  readonly random: Random;
  readonly draft: ModuleDraft;
  /** Index of each function's type. Parameters and results are exact. */
  readonly functionTypes: number[];
  readonly globals: readonly GlobalSlot[];
  /** A mutable i32: how many calls may still be made. */
  readonly fuel: number;
  readonly tables: readonly TableType[];
  /** Minimum size of the memory in pages; 0 if there is none. */
  readonly pages: number;
  /** Whether the memory has a maximum, and may grow regardless of its size. */
  readonly hasMaximum: boolean;
  /** Indices of the functions in the first elements of table 0, which is never written to. */
  readonly callable: readonly number[];
}

/** Minimum length of a table; a power of two. */
export const tableMinimum = 8;
/** Minimum size of a data segment in bytes; a power of two. */
export const segmentMinimum = 16;
/** Minimum length of an element segment; a power of two. */
export const elementMinimum = 4;

/** Index of a type, which is added to the module if new. */
export function typeIndex(draft: ModuleDraft, { params, results }: FuncType): number {
  const same = (a: readonly ValType[], b: readonly ValType[]): boolean =>
    a.length === b.length && a.every((type, k) => type === b[k]);
  const found = draft.types.findIndex((type) => same(type.params, params) && same(type.results, results));
  return found >= 0 ? found : draft.types.push({ params, results }) - 1;
}

const numberTypes = [ValType.i32, ValType.i64, ValType.f32, ValType.f64];

/** A value type, usually a number type; a reference type only if `references` allows it. */
export function randomType(random: Random, references = true): ValType {
  if (references && random.chance(8)) return randomRefType(random);
  return random.pick(numberTypes);
}

export function randomRefType(random: Random): RefType {
  return random.chance(60) ? ValType.funcref : ValType.externref;
}

/** Types of parameters or results: usually few, now and then more than there are registers. */
export function randomTypes(random: Random, usual: number): ValType[] {
  const count = random.weighted([
    [70, random.between(0, usual)],
    [20, random.between(0, 2 * usual + 2)],
    [8, random.between(6, 18)],
    [2, random.between(18, 60)],
  ]);
  // Now and then all of one type, to run out of one kind of register.
  const only = random.chance(15) ? randomType(random, false) : undefined;
  return Array.from({ length: count }, () => only ?? randomType(random));
}
