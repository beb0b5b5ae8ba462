/**
 * The types of WebAssembly, in the encoding of the binary format (spec 2.0, section 5.3).
 */

/** Value types by their binary code. Number and vector types, then reference types. */
export const ValType = {
  i32: 0x7f,
  i64: 0x7e,
  f32: 0x7d,
  f64: 0x7c,
  v128: 0x7b,
  funcref: 0x70,
  externref: 0x6f,
} as const;
export type ValType = (typeof ValType)[keyof typeof ValType];
export type RefType = typeof ValType.funcref | typeof ValType.externref;

/** The spec's name of a value type, for messages. */
export function valTypeName(type: number): string {
  for (const [name, code] of Object.entries(ValType)) if (code === type) return name;
  return `0x${type.toString(16)}`;
}

export function isRefType(type: number): type is RefType {
  return type === ValType.funcref || type === ValType.externref;
}

export interface FuncType {
  readonly params: readonly ValType[];
  readonly results: readonly ValType[];
}

/** Size limits of a memory (in pages of 64 KiB) or of a table (in elements). */
export interface Limits {
  readonly min: number;
  readonly max: number | undefined;
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
