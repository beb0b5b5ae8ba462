import type { Export, ExternKind } from '../../src/wasm/module.js';
import type { FuncType, GlobalType, Limits, RefType, TableType, ValType } from '../../src/wasm/types.js';

/**
 * An opcode's code, then its immediates. Floats are their bits, integers signed, a block type is the signed
 * number of the binary format (−64 is empty, other negative ones are value types). Labels and the types of
 * `select t` follow one another. The zero bytes that stand for the memory are left out.
 */
export type Instruction = readonly [code: number, ...immediates: (number | bigint)[]];

/** The empty block type. */
export const emptyBlock = -64;

/** A block type with one result. */
export function blockOf(type: ValType): number {
  return type - 0x80;
}

export interface FunctionDraft {
  /** Index of its type. */
  type: number;
  locals: ValType[];
  /** Includes the last `end`. */
  code: Instruction[];
}

export type ImportDraft = {
  readonly module: string;
  readonly name: string;
} & (
  | { readonly kind: typeof ExternKind.func; readonly type: number }
  | { readonly kind: typeof ExternKind.table; readonly type: TableType }
  | { readonly kind: typeof ExternKind.memory; readonly type: Limits }
  | { readonly kind: typeof ExternKind.global; readonly type: GlobalType }
);

/** A constant expression, without its `end`. */
export type Expression = readonly Instruction[];

export interface GlobalDraft {
  readonly type: GlobalType;
  init: Expression;
}

export interface ElementDraft {
  readonly mode: 'active' | 'passive' | 'declarative';
  readonly type: RefType;
  readonly table: number;
  readonly offset: Expression;
  init: readonly Expression[];
  /** Whether it is written as expressions even if function indices would do. */
  readonly asExpressions: boolean;
}

export interface DataDraft {
  readonly mode: 'active' | 'passive';
  readonly offset: Expression;
  bytes: Uint8Array;
}

/**
 * A module that can be changed; `encodeModule` writes it to the binary format. Index spaces begin with the
 * imports.
 */
export interface ModuleDraft {
  types: FuncType[];
  imports: ImportDraft[];
  functions: FunctionDraft[];
  tables: TableType[];
  memories: Limits[];
  globals: GlobalDraft[];
  exports: Export[];
  start: number | undefined;
  elements: ElementDraft[];
  data: DataDraft[];
}

export function emptyModule(): ModuleDraft {
  return {
    types: [],
    imports: [],
    functions: [],
    tables: [],
    memories: [],
    globals: [],
    exports: [],
    start: undefined,
    elements: [],
    data: [],
  };
}

/** How many imports of one kind a module has. */
export function importCount(draft: ModuleDraft, kind: ExternKind): number {
  return draft.imports.reduce((count, entry) => count + (entry.kind === kind ? 1 : 0), 0);
}

/** The type of function `index`, counted over the whole index space. */
export function typeOfFunction(draft: ModuleDraft, index: number): FuncType {
  const imported = draft.imports.filter((entry) => entry.kind === 0);
  const entry = imported[index] ?? draft.functions[index - imported.length];
  return draft.types[entry.type];
}
