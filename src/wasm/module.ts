import type { FuncType, GlobalType, MemoryType, RefType, TableType, TagType } from './types.js';

/** Kinds of things a module imports and exports, by their binary code (spec 3.0, section 5.5.5). */
export const ExternKind = { func: 0, table: 1, memory: 2, global: 3, tag: 4 } as const;
export type ExternKind = (typeof ExternKind)[keyof typeof ExternKind];

export type Import = {
  readonly module: string;
  readonly name: string;
  /** Byte offset of the import's entry in the module, for messages. */
  readonly offset: number;
} & (
  | { readonly kind: typeof ExternKind.func; readonly typeIndex: number }
  | { readonly kind: typeof ExternKind.table; readonly type: TableType }
  | { readonly kind: typeof ExternKind.memory; readonly type: MemoryType }
  | { readonly kind: typeof ExternKind.global; readonly type: GlobalType }
  | { readonly kind: typeof ExternKind.tag; readonly type: TagType }
);

export interface Export {
  readonly name: string;
  readonly kind: ExternKind;
  /** Index in the index space of its kind. */
  readonly index: number;
}

/** The operators of the extended-const proposal, for constant expressions. */
export const constOperators = ['i32.add', 'i32.sub', 'i32.mul', 'i64.add', 'i64.sub', 'i64.mul'] as const;
export type ConstOperator = (typeof constOperators)[number];

/** One instruction of a constant expression. */
export type ConstInstr =
  | { readonly op: 'i32.const'; readonly value: number }
  | { readonly op: 'i64.const'; readonly value: bigint }
  /** Floats are kept as bits, to lose no NaN payload. */
  | { readonly op: 'f32.const'; readonly bits: number }
  | { readonly op: 'f64.const'; readonly bits: bigint }
  /** Vectors too: their 16 bytes. */
  | { readonly op: 'v128.const'; readonly bytes: Uint8Array }
  | { readonly op: 'global.get'; readonly index: number }
  | { readonly op: 'ref.null'; readonly type: RefType }
  | { readonly op: 'ref.func'; readonly index: number }
  | { readonly op: ConstOperator };

/** A constant expression in execution order (postfix), without its `end`. */
export type ConstExpr = readonly ConstInstr[];

export type ElementSegment = {
  readonly type: RefType;
  /** One constant expression an element. */
  readonly init: readonly ConstExpr[];
} & (
  | { readonly mode: 'passive' | 'declarative' }
  | { readonly mode: 'active'; readonly table: number; readonly offset: ConstExpr }
);

export type DataSegment = {
  /** Where the bytes lie in the module: [start, end). */
  readonly start: number;
  readonly end: number;
} & (
  | { readonly mode: 'passive' }
  | {
      readonly mode: 'active';
      readonly memory: number;
      readonly offset: ConstExpr;
      /**
       * The offset, unsigned, if it is an `i32.const`. It nearly always is, and this is quicker than
       * `offset`.
       */
      readonly constantOffset: number | undefined;
    }
);

export interface CustomSection {
  readonly name: string;
  /** Contents after the name: [start, end) in the module. */
  readonly start: number;
  readonly end: number;
}

/** Byte offsets of the entries that the module itself defines, in their order, for messages. */
export interface EntryOffsets {
  readonly types: readonly number[];
  readonly functions: readonly number[];
  readonly tables: readonly number[];
  readonly memories: readonly number[];
  readonly tags: readonly number[];
  readonly globals: readonly number[];
  readonly exports: readonly number[];
  readonly start: number;
  readonly elements: readonly number[];
}

/**
 * A decoded module. All index spaces hold the imports first, as in the spec (section 2.5.1); `imported…Count`
 * says how many of each there are.
 */
export interface WasmModule {
  readonly bytes: Uint8Array;
  readonly types: readonly FuncType[];
  /** Canonical id of each type (`type-registry.ts`). */
  readonly typeIds: Uint32Array;
  readonly imports: readonly Import[];
  /** Type index of each function, over the whole index space. */
  readonly functionTypes: Uint32Array;
  readonly importedFunctionCount: number;
  readonly tables: readonly TableType[];
  readonly importedTableCount: number;
  /** What all elements of the defined tables are at first, as in `globalInits`; null where undefined. */
  readonly tableInits: readonly (ConstExpr | undefined)[];
  readonly memories: readonly MemoryType[];
  readonly importedMemoryCount: number;
  readonly tags: readonly TagType[];
  readonly importedTagCount: number;
  readonly globals: readonly GlobalType[];
  readonly importedGlobalCount: number;
  /** Initial values of the defined globals: entry k is for global `importedGlobalCount + k`. */
  readonly globalInits: readonly ConstExpr[];
  readonly exports: readonly Export[];
  readonly start: number | undefined;
  readonly elements: readonly ElementSegment[];
  readonly data: readonly DataSegment[];
  /** Contents of the data count section; undefined without one. */
  readonly dataCount: number | undefined;
  /**
   * Bodies of the defined functions: entry k is function `importedFunctionCount + k`. A body is [start, end)
   * in `bytes`, from the declarations of its locals to its final `end`.
   */
  readonly bodyStarts: Uint32Array;
  readonly bodyEnds: Uint32Array;
  /** 1 for each of these that is known to be valid: see `body-checks.ts`. Threads share it. */
  readonly checkedBodies: Uint8Array<SharedArrayBuffer>;
  readonly customSections: readonly CustomSection[];
  readonly offsets: EntryOffsets;
}

/** Type of function `index` (over the whole index space). */
export function functionType(module: WasmModule, index: number): FuncType {
  return module.types[module.functionTypes[index]];
}

/**
 * Position of function `index` (over the whole index space) among the defined ones, and so of its body in
 * `bodyStarts`. Negative for imported functions.
 */
export function definedIndex(
  { importedFunctionCount }: Pick<WasmModule, 'importedFunctionCount'>,
  index: number,
): number {
  return index - importedFunctionCount;
}
