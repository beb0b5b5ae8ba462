/**
 * The types of WebAssembly, in the encoding of the binary format (spec 2.0, section 5.3).
 */

/** The value types: name, binary code, kind (spec 2.0, section 2.3). */
const valTypeRows = [
  ['i32', 0x7f, 'number'],
  ['i64', 0x7e, 'number'],
  ['f32', 0x7d, 'number'],
  ['f64', 0x7c, 'number'],
  ['v128', 0x7b, 'vector'],
  ['funcref', 0x70, 'reference'],
  ['externref', 0x6f, 'reference'],
] as const;
type ValTypeRow = (typeof valTypeRows)[number];

/** Value types by name, as their binary code. */
export const ValType = Object.fromEntries(valTypeRows) as { readonly [Row in ValTypeRow as Row[0]]: Row[1] };
export type ValType = ValTypeRow[1];
export type RefType = Extract<ValTypeRow, readonly [string, number, 'reference']>[1];

/** What a value type is, in the spec's terms; undefined for codes that are no value type. */
type ValTypeKind = ValTypeRow[2];
const kinds = new Array<ValTypeKind | undefined>(0x100).fill(undefined);
const names = new Array<string | undefined>(0x100).fill(undefined);
for (const [name, code, kind] of valTypeRows) {
  kinds[code] = kind;
  names[code] = name;
}

/** All value types, in the order of the spec. */
export const valTypes: readonly ValType[] = valTypeRows.map(([, code]) => code);

/** Whether a code, a byte, is that of a value type. */
export function isValType(code: number): code is ValType {
  return kinds[code] !== undefined;
}

/** The spec's name of a value type, for messages. */
export function valTypeName(type: number): string {
  return names[type] ?? `0x${type.toString(16)}`;
}

/** Whether a code, a byte, is that of a reference type. */
export function isRefType(type: number): type is RefType {
  return kinds[type] === 'reference';
}

export interface FuncType {
  readonly params: readonly ValType[];
  readonly results: readonly ValType[];
}

/** Size limits of a memory (in pages of 64 KiB) or of a table (in elements). */
export interface Limits {
  readonly min: number;
  readonly max?: number | undefined;
}

export interface MemoryType {
  readonly limits: Limits;
}

export interface TableType {
  readonly element: RefType;
  readonly limits: Limits;
}

export interface GlobalType {
  readonly type: ValType;
  readonly mutable: boolean;
}

/** A function type in the spec's text notation, for messages: `[i32 i32] -> [i64]`. */
export function funcTypeText(type: FuncType): string {
  const list = (types: readonly ValType[]): string => `[${types.map(valTypeName).join(' ')}]`;
  return `${list(type.params)} -> ${list(type.results)}`;
}
