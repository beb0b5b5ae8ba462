import {
  definedTypeOf,
  type FuncType,
  isNullable,
  isRefType,
  nameDefinedTypes,
  nullable,
  refClass,
  refTo,
  ValType,
  valTypeName,
} from './types.js';

/**
 * The defined types that this thread knows, by canonical ids from 1 on: equal ids, and only those, mean equal
 * types (spec 3.0, section 3.2.10 and 3.3.3). They hold for all modules and runtimes of the thread. Machine
 * code compares them in `call_indirect`; references to defined types have them in their numbers.
 *
 * Types are defined in recursive groups, which are equal as wholes: two types are equal if their groups are
 * and they have the same place in them.
 */

/** A type of a group, with its place in the type section yet to be made an id. */
export interface SubType {
  readonly type: FuncType;
  /** Whether no other type may declare this one its supertype. */
  readonly final: boolean;
  /** Id of the supertype that it declares; 0 for none. */
  readonly supertype: number;
}

interface Definition extends SubType {
  /** Id of the first type of its group. */
  readonly group: number;
  /** How many supertypes there are above. */
  readonly depth: number;
}

/** Definition by id; there is no type 0. */
const definitions: Definition[] = [];
/** Ids by the types of the definitions. */
const ids = new Map<FuncType, number>();
/** First id of a group, by the group's key. */
const groups = new Map<string, number>();

/** The id that the next new group's first type gets: types of the group may refer to each other by it. */
export function nextTypeId(): number {
  return definitions.length + 1;
}

/**
 * Ids of a group's types: the first one, the others follow. Types refer to those of their own group by ids
 * from `nextTypeId()` on. If an equal group is known its ids are returned, and the types that were passed are
 * not kept.
 */
export function internGroup(types: readonly SubType[]): number {
  const first = nextTypeId();
  const key = types.map((type) => keyOf(type, first, types.length)).join(';');
  const known = groups.get(key);
  if (known !== undefined) return known;
  groups.set(key, first);
  for (const { type, final, supertype } of types) {
    const depth = supertype === 0 ? 0 : definitionOf(supertype).depth + 1;
    // An object of its own: who passes a type may pass it for others too.
    const own = { params: type.params, results: type.results };
    ids.set(own, definitions.push({ type: own, final, supertype, depth, group: first }));
  }
  return first;
}

/**
 * Id of a function type: of a module's, which is the registry's own object, or of one that is a group of its
 * own and final, as all types of WebAssembly 1.0 are.
 */
export function typeId(type: FuncType): number {
  const known = ids.get(type);
  if (known !== undefined) return known;
  return groups.get(plainKey(type)) ?? internGroup([{ type, final: true, supertype: 0 }]);
}

/** A function type as a string: a key for maps. Equal keys mean equal types. */
export function typeKey({ params, results }: FuncType): string {
  return `${listKey(params)}>${listKey(results)}`;
}

/** The function type with this id. */
export function typeOfId(id: number): FuncType {
  return definitionOf(id).type;
}

/** Id of the supertype that a type declares; 0 for none. */
export function supertypeOf(id: number): number {
  return definitionOf(id).supertype;
}

/** Id of the first type of the group that a type was defined in. */
export function groupOf(id: number): number {
  return definitionOf(id).group;
}

/** How many supertypes a type has above itself. */
export function subtypingDepth(id: number): number {
  return definitionOf(id).depth;
}

/** Whether no other type may be a subtype of the type with this id. */
export function isFinalType(id: number): boolean {
  return definitionOf(id).final;
}

/** Whether a defined type is another one or a subtype of it, as declared (spec 3.0, section 3.3.4). */
export function isDefinedSubtype(id: number, of: number): boolean {
  let at = id;
  for (let steps = definitionOf(id).depth - definitionOf(of).depth; steps > 0; steps--)
    at = definitionOf(at).supertype;
  return at === of;
}

const tops = { func: ValType.funcref, extern: ValType.externref, exn: ValType.exnref } as const;

/** Whether all values of a value type are values of another one (spec 3.0, section 3.3.3). */
export function isSubtype(type: number, of: number): boolean {
  if (type === of) return true;
  if (!isRefType(type) || !isRefType(of) || refClass(type) !== refClass(of)) return false;
  if (isNullable(type) && !isNullable(of)) return false;
  const [heap, above] = [nullable(type), nullable(of)];
  if (heap === above || above === tops[refClass(of)]) return true;
  const id = definedTypeOf(heap);
  // Below a defined type are its declared subtypes, and what has no values but null.
  if (id < 0) return heap !== tops[refClass(type)];
  return definedTypeOf(above) >= 0 && isDefinedSubtype(id, definedTypeOf(above));
}

/** The same of two lists, type by type. */
export function areSubtypes(types: readonly number[], of: readonly number[]): boolean {
  return types.length === of.length && types.every((type, k) => isSubtype(type, of[k]));
}

function definitionOf(id: number): Definition {
  const found = definitions.at(id - 1);
  if (id < 1 || found === undefined) throw new Error(`internal error: no type ${id}`);
  return found;
}

function plainKey(type: FuncType): string {
  return `${typeKey(type)}!`;
}

/**
 * References to types of the group itself, whose ids begin at `first`, count from there: `*0` is the first.
 */
function keyOf({ type, final, supertype }: SubType, first: number, count: number): string {
  const end = refTo(first + count);
  const start = refTo(first);
  const refersInside = (reference: number): boolean => reference >= start && reference < end;
  const { params, results } = type;
  if (supertype === 0 && !params.some(refersInside) && !results.some(refersInside)) {
    const key = typeKey(type);
    return final ? `${key}!` : key;
  }
  const list = (types: readonly ValType[]): string =>
    types.map((each) => (refersInside(each) ? `*${each - start}` : `${each}`)).join();
  const above = supertype >= first ? `*${supertype - first}` : `${supertype}`;
  return `${list(params)}>${list(results)}<${above}${final ? '!' : ''}`;
}

/** One character a value type of one byte, all from 0x69 on; the numbers of others between parentheses. */
function listKey(types: readonly ValType[]): string {
  let key = '';
  for (const type of types) key += type < 0x100 ? String.fromCharCode(type) : `(${type})`;
  return key;
}

/** The types of a defined type, those that it refers to by their ids. */
function definedTypeName(id: number): string {
  const { params, results } = typeOfId(id);
  const list = (types: readonly ValType[]): string =>
    types.map((type) => (type >= refTo(0) ? 'ref' : valTypeName(type))).join(' ');
  return `(func [${list(params)}] -> [${list(results)}])`;
}
nameDefinedTypes(definedTypeName);
