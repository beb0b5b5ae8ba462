import type { Export, ExternKind } from '../../src/wasm/module.js';
import type { FuncType, GlobalType, Limits, RefType, TableType, ValType } from '../../src/wasm/types.js';

/**
 * An opcode's code, then its immediates. Floats are their bits, integers signed, a block type is the signed
 * number of the binary format (−64 is empty, other negative ones are value types: see `blockOf`). Labels,
 * clauses of `try_table` and the types of `select t` follow one another. A memory argument is the exponent of
 * the alignment, the offset, unsigned, and the memory.
 *
 * References to defined types are numbers as in `types.ts`, but by the index of the type in the draft:
 * `refTo(3)` is `(ref null 3)`.
 */
export type Instruction = readonly [code: number, ...immediates: (number | bigint)[]];

/** The empty block type. */
export const emptyBlock = -64;

/** Below this block types are of references that take more than a byte. */
const longBlock = -0x1000;

/** A block type with one result. */
export function blockOf(type: ValType): number {
  return type < 0x80 ? type - 0x80 : longBlock - type;
}

/** The result that a block type names; undefined if it is empty or the index of a type. */
export function resultOfBlock(blockType: number): ValType | undefined {
  if (blockType >= 0 || blockType === emptyBlock) return undefined;
  return (blockType <= longBlock ? longBlock - blockType : blockType + 0x80) as ValType;
}

/** A defined type. */
export interface TypeDraft extends FuncType {
  /** Whether others may declare it their supertype. */
  readonly isOpen?: boolean;
  /** Index of the supertype that it declares. */
  readonly supertype?: number;
  /** So many types, from this one on, are a recursive group. Types in no group are groups of their own. */
  readonly groupLength?: number;
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
  | { readonly kind: typeof ExternKind.tag; readonly type: number }
);

/** A constant expression, without its `end`. */
export type Expression = readonly Instruction[];

export interface TableDraft extends TableType {
  /** What all elements are at first; null where absent. */
  readonly init?: Expression;
}

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
  readonly memory: number;
  readonly offset: Expression;
  bytes: Uint8Array;
}

/**
 * A module that can be changed; `encodeModule` writes it to the binary format. Index spaces begin with the
 * imports.
 */
export interface ModuleDraft {
  types: TypeDraft[];
  imports: ImportDraft[];
  functions: FunctionDraft[];
  tables: TableDraft[];
  memories: Limits[];
  /** Indices of their types. */
  tags: number[];
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
    tags: [],
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

/** The limits of memory `index`, counted over the whole index space. */
export function limitsOfMemory({ imports, memories }: ModuleDraft, index: number): Limits {
  const imported = imports.flatMap((entry) => (entry.kind === 2 ? [entry.type] : []));
  return imported[index] ?? memories[index - imported.length];
}

/** The type of table `index`, counted over the whole index space. */
export function typeOfTable({ imports, tables }: ModuleDraft, index: number): TableType {
  const imported = imports.flatMap((entry) => (entry.kind === 1 ? [entry.type] : []));
  return imported[index] ?? tables[index - imported.length];
}

/** What exceptions with tag `index`, counted over the whole index space, carry. */
export function payloadOfTag({ imports, tags, types }: ModuleDraft, index: number): readonly ValType[] {
  const imported = imports.flatMap((entry) => (entry.kind === 4 ? [entry.type] : []));
  return types[imported[index] ?? tags[index - imported.length]].params;
}
