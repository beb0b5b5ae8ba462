import {
  type AddressType,
  definedTypeOf,
  type FuncType,
  isDefaultable,
  isNullable,
  isRefType,
  nonNull,
  nullable,
  type RefType,
  refClass,
  type TableType,
  ValType,
} from '../../src/wasm/types.js';
import type { ModuleDraft } from '../module/draft.js';
import type { Random } from '../random.js';
import type { Feature } from './features.js';

/**
 * What is known of a value: its type and, for a float or a vector, whether its bits are exact, that is, the
 * same in every engine. The spec leaves the bits of computed NaNs open (section 4.3.3), so a value that is
 * not exact is made canonical before its bits can be seen.
 */
export interface Slot {
  readonly type: ValType;
  readonly exact: boolean;
  /** Of a vector that is not exact: its lanes that may be NaNs. */
  readonly lanes?: FloatLanes | undefined;
}

export type FloatLanes = 'f32x4' | 'f64x2';

export function exact(type: ValType): Slot {
  return { type, exact: true };
}

export const i32 = exact(ValType.i32);

/** Whether a value can be used for a slot. */
export function satisfies(value: Slot, wanted: Slot): boolean {
  return (
    isUsableAs(value.type, wanted.type) && (value.exact || (!wanted.exact && value.lanes === wanted.lanes))
  );
}

/** Whether values of a type may stand where another one is expected, as far as no declarations decide it. */
function isUsableAs(type: ValType, wanted: ValType): boolean {
  if (type === wanted) return true;
  if (!isRefType(type) || !isRefType(wanted) || refClass(type) !== refClass(wanted)) return false;
  if (isNullable(type) && !isNullable(wanted)) return false;
  return nullable(type) === nullable(wanted) || definedTypeOf(wanted) < 0;
}

/** Whether values of a type may be NaNs, in part at least. */
export function hasFloats(type: ValType): boolean {
  return isFloat(type) || type === ValType.v128;
}

/** A slot that is exact only if its type has no floats. */
export function inexact(type: ValType, random: Random): Slot {
  if (!hasFloats(type)) return exact(type);
  if (type !== ValType.v128) return { type, exact: false };
  return { type, exact: false, lanes: random.pick(['f32x4', 'f64x2'] as const) };
}

/** A slot that is exact in so many of a hundred cases, if its type has floats. */
export function randomSlot(type: ValType, random: Random, exactPercentage: number): Slot {
  return random.chance(exactPercentage) ? exact(type) : inexact(type, random);
}

export function isFloat(type: ValType): boolean {
  return type === ValType.f32 || type === ValType.f64;
}

export function isNumber(type: ValType): boolean {
  return !isRefType(type);
}

export interface GlobalSlot extends Slot {
  readonly index: number;
  readonly mutable: boolean;
}

/** What a module's types and instructions are chosen from. */
export interface Choices {
  readonly random: Random;
  /** Whether there are vectors. */
  readonly hasVectors: boolean;
  /** Whether there are relaxed instructions: then the module cannot be compared with other engines. */
  readonly hasRelaxed: boolean;
  /** What there is of WebAssembly 3.0. */
  readonly features: ReadonlySet<Feature>;
  /** Types of references besides `funcref` and `externref`. */
  readonly refTypes: readonly RefType[];
}

/** A memory. */
export interface MemorySlot {
  readonly index: number;
  /** Minimum size in pages. */
  readonly pages: number;
  /** Whether there is a maximum, and it may grow regardless of its size. */
  readonly hasMaximum: boolean;
  readonly address: AddressType;
}

/** A tag. */
export interface TagSlot {
  readonly index: number;
  /** What exceptions carry. */
  readonly payload: readonly Slot[];
}

/** Everything in a module that function bodies can refer to. Index spaces begin with the imports. */
export interface Shape extends Choices {
  readonly draft: ModuleDraft;
  /** Index of each function's type. Parameters and results are exact. */
  readonly functionTypes: number[];
  readonly globals: readonly GlobalSlot[];
  /** A mutable i32: how many calls may still be made. */
  readonly fuel: number;
  readonly tables: readonly TableType[];
  readonly memories: readonly MemorySlot[];
  readonly tags: readonly TagSlot[];
  /** Indices of the functions in the first elements of table 0, which is never written to. */
  readonly callable: readonly number[];
}

/** Minimum length of a table; a power of two. */
export const tableMinimum = 8;
/** Minimum size of a data segment in bytes; a power of two. */
export const segmentMinimum = 16;
/** Minimum length of an element segment; a power of two. */
export const elementMinimum = 4;

/** Index of the first type that is a group of its own and final, as are all that follow. */
function firstPlain({ types }: ModuleDraft): number {
  const last = types.findLastIndex(({ isOpen, supertype, groupLength }) => {
    return isOpen || supertype !== undefined || groupLength !== undefined;
  });
  return last < 0 ? 0 : last + (types[last].groupLength ?? 1);
}

/** Index of a type, which is added to the module if new. */
export function typeIndex(draft: ModuleDraft, { params, results }: FuncType): number {
  const same = (a: readonly ValType[], b: readonly ValType[]): boolean =>
    a.length === b.length && a.every((type, k) => type === b[k]);
  const first = firstPlain(draft);
  const found = draft.types.findIndex(
    (type, k) => k >= first && same(type.params, params) && same(type.results, results),
  );
  return found >= 0 ? found : draft.types.push({ params, results }) - 1;
}

const numberTypes = [ValType.i32, ValType.i64, ValType.f32, ValType.f64];
const vectorTypes = [...numberTypes, ValType.v128, ValType.v128];

/** A value type, usually a number or a vector; a reference type only if `references` allows it. */
export function randomType(choices: Choices, references = true): ValType {
  const { random, hasVectors } = choices;
  if (references && random.chance(8)) return randomRefType(choices);
  return random.pick(hasVectors ? vectorTypes : numberTypes);
}

export function randomRefType({ random, refTypes }: Choices): RefType {
  if (refTypes.length > 0 && random.chance(50)) return random.pick(refTypes);
  return random.chance(60) ? ValType.funcref : ValType.externref;
}

/** The same types, where one without a default value is not allowed. */
export function randomDefaultable(choices: Choices): ValType {
  const type = randomType(choices);
  return isDefaultable(type) || !isRefType(type) ? type : nullable(type);
}

/** The reference type with or without null. */
export function withNull(type: RefType, hasNull: boolean): RefType {
  return hasNull ? nullable(type) : nonNull(type);
}

/** Memory 0, where its addresses are i32. */
export function plainMemory({ memories }: Shape): MemorySlot | undefined {
  return memories.length > 0 && memories[0].address === ValType.i32 ? memories[0] : undefined;
}

/** Types of parameters or results: usually few, now and then more than there are registers. */
export function randomTypes(choices: Choices, usual: number): ValType[] {
  const { random } = choices;
  const count = random.weighted([
    [70, random.between(0, usual)],
    [20, random.between(0, 2 * usual + 2)],
    [8, random.between(6, 18)],
    [2, random.between(18, 60)],
  ]);
  // Now and then all of one type, to run out of one kind of register.
  const only = random.chance(15) ? randomType(choices, false) : undefined;
  return Array.from({ length: count }, () => only ?? randomType(choices));
}
