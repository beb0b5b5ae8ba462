/**
 * The types of WebAssembly, in the encoding of the binary format (spec 3.0, section 5.3) as far as a byte
 * says all. A value type is a number:
 *
 *     0x7f … 0x69     the types of one byte: numbers, vectors, references to an abstract heap type or null
 *     0x80 | byte     a reference to that heap type, not null: 0xf0 is `(ref func)`
 *     0x100 + 2 id    `(ref null t)`: a reference to a function of the defined type with that id, or null
 *     0x101 + 2 id    `(ref t)`: the same, not null
 *
 * Ids are canonical for the thread (`type-registry.ts`): equal numbers, and only those, are equal types.
 */

/** The value types of one byte: name, binary code, kind (spec 3.0, section 2.3). */
const valTypeRows = [
  ['i32', 0x7f, 'number'],
  ['i64', 0x7e, 'number'],
  ['f32', 0x7d, 'number'],
  ['f64', 0x7c, 'number'],
  ['v128', 0x7b, 'vector'],
  ['funcref', 0x70, 'reference'],
  ['externref', 0x6f, 'reference'],
  ['exnref', 0x69, 'reference'],
  ['nullfuncref', 0x73, 'reference'],
  ['nullexternref', 0x72, 'reference'],
  ['nullexnref', 0x74, 'reference'],
] as const;
type ValTypeRow = (typeof valTypeRows)[number];

/** Value types by name, as their binary code. */
export const ValType = Object.fromEntries(valTypeRows) as { readonly [Row in ValTypeRow as Row[0]]: Row[1] };
declare const referenceBrand: unique symbol;
/** A reference type that has no name of its own. */
export type OtherRefType = number & { readonly [referenceBrand]: true };
export type ValType = ValTypeRow[1] | OtherRefType;
export type RefType = Extract<ValTypeRow, readonly [string, number, 'reference']>[1] | OtherRefType;

/** What a value type is, in the spec's terms; undefined for codes that are no value type. */
type ValTypeKind = ValTypeRow[2];
const kinds = new Array<ValTypeKind | undefined>(0x100).fill(undefined);
const names = new Array<string | undefined>(0x100).fill(undefined);

/** Set in the types of one byte that are references and not null. */
const nonNullBit = 0x80;
/** From here on types are references to defined types. */
const firstDefined = 0x100;

/** The heap types that references of one byte refer to: by their byte, the name in the text format. */
const heapNames: ReadonlyMap<number, string> = new Map([
  [ValType.funcref, 'func'],
  [ValType.externref, 'extern'],
  [ValType.exnref, 'exn'],
  [ValType.nullfuncref, 'nofunc'],
  [ValType.nullexternref, 'noextern'],
  [ValType.nullexnref, 'noexn'],
]);

for (const [name, code, kind] of valTypeRows) {
  kinds[code] = kind;
  names[code] = name;
  if (kind !== 'reference') continue;
  kinds[code | nonNullBit] = kind;
  names[code | nonNullBit] = `(ref ${heapNames.get(code)})`;
}

/** The value types that WebAssembly has had since version 2.0, in the order of the spec. */
export const valTypes: readonly ValType[] = valTypeRows.slice(0, 7).map(([, code]) => code);

/** Whether a byte is that of a value type. */
export function isValType(code: number): code is ValTypeRow[1] {
  return code < nonNullBit && kinds[code] !== undefined;
}

/** Names of defined types, which the registry knows; without it by their ids. */
let definedName = (id: number): string => `type ${id}`;

/** Tells how types of defined types are named in messages. */
export function nameDefinedTypes(nameOf: (id: number) => string): void {
  definedName = nameOf;
}

/** The spec's name of a value type, for messages. */
export function valTypeName(type: number): string {
  return valTypeText(type, definedName);
}

/** The same, with names that the caller has for defined types, by their ids. */
export function valTypeText(type: number, nameOf: (id: number) => string): string {
  if (type < firstDefined) return names[type] ?? `0x${type.toString(16)}`;
  return `(ref ${isNullable(type) ? 'null ' : ''}${nameOf(definedTypeOf(type))})`;
}

/** Whether a number is that of a reference type. */
export function isRefType(type: number): type is RefType {
  return type >= firstDefined || kinds[type] === 'reference';
}

/** Whether a reference type has null among its values. */
export function isNullable(type: number): boolean {
  return type >= firstDefined ? (type & 1) === 0 : (type & nonNullBit) === 0;
}

/** Whether a value type has a default value: numbers, vectors, and references that may be null. */
export function isDefaultable(type: number): boolean {
  return !isRefType(type) || isNullable(type);
}

/** The reference type without null. */
export function nonNull(type: RefType): RefType {
  return (type >= firstDefined ? type | 1 : type | nonNullBit) as RefType;
}

/** The reference type with null. */
export function nullable(type: RefType): RefType {
  return (type >= firstDefined ? type & ~1 : type & ~nonNullBit) as RefType;
}

/** Id of the defined type that a reference type refers to; -1 where the heap type is abstract. */
export function definedTypeOf(type: number): number {
  return type >= firstDefined ? (type - firstDefined) >> 1 : -1;
}

/** `(ref null id)`. */
export function refTo(id: number): RefType {
  return (firstDefined + 2 * id) as RefType;
}

/** What references of a type refer to. Each class has a top type, and one without values but null. */
export type RefClass = 'func' | 'extern' | 'exn';

/** The class of a reference type. */
export function refClass(type: RefType): RefClass {
  if (type >= firstDefined) return 'func';
  switch (type & ~nonNullBit) {
    case ValType.externref:
    case ValType.nullexternref:
      return 'extern';
    case ValType.exnref:
    case ValType.nullexnref:
      return 'exn';
    default:
      return 'func';
  }
}

/** Whether a value type is one of references to functions: `funcref`, or those to functions of a type. */
export function isFuncref(type: number): type is RefType {
  return isRefType(type) && refClass(type) === 'func';
}

/** Whether a value type is one of references to exceptions. */
export function isExnref(type: number): type is RefType {
  return isRefType(type) && refClass(type) === 'exn';
}

/** Whether a value type is one of references to values of the host. */
export function isExternref(type: number): type is RefType {
  return isRefType(type) && refClass(type) === 'extern';
}

export interface FuncType {
  readonly params: readonly ValType[];
  readonly results: readonly ValType[];
}

/** Types of addresses: of bytes of a memory, of elements of a table (spec 3.0, section 2.3.10). */
export type AddressType = typeof ValType.i32 | typeof ValType.i64;

/**
 * Size limits of a memory (in pages of 64 KiB) or of a table (in elements). Numbers above 2⁵³ are rounded
 * down to it: nothing is ever that large.
 */
export interface Limits {
  readonly min: number;
  readonly max?: number | undefined;
  /** i32 where it is left out. */
  readonly address?: AddressType | undefined;
}

/** The type of the addresses of a memory or table with these limits. */
export function addressTypeOf({ address }: Limits): AddressType {
  return address ?? ValType.i32;
}

/** Whether a memory or table with these limits has addresses of 64 bits. */
export function is64({ address }: Limits): boolean {
  return address === ValType.i64;
}

export interface MemoryType {
  readonly limits: Limits;
}

export interface TableType {
  readonly element: RefType;
  readonly limits: Limits;
}

/** The type of exceptions: what they carry are the parameters of a function type without results. */
export interface TagType {
  readonly typeIndex: number;
}

export interface GlobalType {
  readonly type: ValType;
  readonly mutable: boolean;
}

/** A function type in the spec's text notation, for messages: `[i32 i32] -> [i64]`. */
export function funcTypeText(type: FuncType, nameOf: (id: number) => string = definedName): string {
  const list = (types: readonly ValType[]): string =>
    `[${types.map((each) => valTypeText(each, nameOf)).join(' ')}]`;
  return `${list(type.params)} -> ${list(type.results)}`;
}
