import type { Export, ExternKind } from '../../src/wasm/module.js';
import type { FuncType, GlobalType, Limits, RefType, TableType, ValType } from '../../src/wasm/types.js';

/**
 * An opcode's code, then its immediates: floats as their bits, integers signed, a block type as the signed number of the
 * binary format (−64 is empty, other negative ones are value types), labels and types of `select t` one after the
 * other, and nothing for the zero bytes that stand for the memory.
 */
export type Instruction = readonly [code: number, ...immediates: (number | bigint)[]];

/** The empty block type. */
export const emptyBlock = -64;

/** A block type of one result. */
export function blockOf(type: ValType): number {
  return type - 0x80;
}

export interface FunctionDraft {
  /** Index of its type. */
  type: number;
  locals: ValType[];
  /** With the last `end`. */
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
  /** Written as expressions even where function indices would do. */
  readonly asExpressions: boolean;
}

export interface DataDraft {
  readonly mode: 'active' | 'passive';
  readonly offset: Expression;
  bytes: Uint8Array;
}

/** A module that can be changed, and is written to the binary format by `encodeModule`. Index spaces hold imports first. */
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

/** How many of one kind a module imports. */
export function importCount(draft: ModuleDraft, kind: ExternKind): number {
  return draft.imports.reduce((count, entry) => count + (entry.kind === kind ? 1 : 0), 0);
}

/** Type of function `index`, over the whole index space. */
export function typeOfFunction(draft: ModuleDraft, index: number): FuncType {
  const imported = draft.imports.filter((entry) => entry.kind === 0);
  const entry = imported[index] ?? draft.functions[index - imported.length];
  return draft.types[entry.type];
}
