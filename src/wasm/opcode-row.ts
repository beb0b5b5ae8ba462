import type { Feature } from './feature-names.js';

/**
 * Bytes after which a sub-opcode follows, a u32 LEB128 (spec 3.0, section 5.4). Those of `opcode-tables.ts`
 * have instructions here.
 */
export const Prefix = { aggregate: 0xfb, misc: 0xfc, vector: 0xfd, atomic: 0xfe } as const;

/** What can follow an opcode in the binary (spec 2.0, section 5.4): one immediate of an instruction. */
export const Immediate = {
  /** s32 LEB128. */
  i32: 1,
  /** s64 LEB128. */
  i64: 2,
  /** 4 bytes, little endian. */
  f32: 3,
  /** 8 bytes, little endian. */
  f64: 4,
  /** s33 LEB128: 0x40, a value type or a type index. */
  blockType: 5,
  /** u32 label depth. */
  label: 6,
  /** Vector of u32 label depths, then the default one. */
  labels: 7,
  /** u32 function index. */
  func: 8,
  /** u32 type index. */
  type: 9,
  /** u32 local index. */
  local: 10,
  /** u32 global index. */
  global: 11,
  /** u32 table index. */
  table: 12,
  /** u32 element segment index. */
  elem: 13,
  /**
   * u32 alignment exponent, with bit 6 set if the u32 index of a memory follows; then the offset: a u32, or a
   * u64 where the memory's addresses are i64.
   */
  memarg: 14,
  /** u32 memory index. */
  memory: 15,
  /** u32 data segment index. */
  data: 16,
  /** A heap type: a byte or the s33 LEB128 of a type index. */
  heapType: 17,
  /** Vector of value types. */
  valTypes: 18,
  /** One byte: index of a lane. */
  lane: 19,
  /** 16 bytes: indices of lanes of two vectors one after the other. */
  lanes: 20,
  /** 16 bytes, little endian. */
  v128: 21,
  /** u32 tag index. */
  tag: 22,
  /**
   * Vector of clauses: a byte (see `CatchKind`), the u32 index of the tag it catches if any, a u32 label
   * depth.
   */
  catches: 23,
} as const;
export type Immediate = (typeof Immediate)[keyof typeof Immediate];
export type ImmediateKind = keyof typeof Immediate;

/**
 * The clauses of `try_table`, by their byte (spec 3.0, section 5.4.1). Those with a reference push the
 * exnref.
 */
export const CatchKind = { tag: 0, tagRef: 1, all: 2, allRef: 3 } as const;

/**
 * Kinds of instructions, after the spec's syntax (2.0, section 2.4). `memory` is what works on a memory as a
 * whole; a `lane access` is a load or store of a scalar and an operator on a vector in one.
 */
export type OpcodeKind =
  | 'control'
  | 'reference'
  | 'parametric'
  | 'variable'
  | 'table'
  | 'load'
  | 'store'
  | 'lane access'
  | 'memory'
  | 'const'
  | NumericKind;

/**
 * Instructions that take operands, return one result and do nothing else but trap (spec 2.0, sections 2.4.1
 * and 2.4.2). `vector` is any operator on vectors.
 */
const numericKinds = ['testop', 'relop', 'unop', 'binop', 'cvtop', 'vector'] as const;
type NumericKind = (typeof numericKinds)[number];

export function isNumericKind(kind: OpcodeKind): boolean {
  return (numericKinds as readonly OpcodeKind[]).includes(kind);
}

/** What else is true of an instruction. */
interface Facts {
  /** It can trap by itself; a call's callee does not count. */
  readonly traps?: boolean;
  /** Number of bytes that a load or store touches, which is its natural alignment too. */
  readonly access?: 1 | 2 | 4 | 8 | 16;
  /** The operands can be exchanged without changing a bit of the result. Floats' NaNs forbid it. */
  readonly commutes?: boolean;
  /** The instruction that means the same with the operands exchanged. */
  readonly swapped?: string;
}

/** What the instructions of a section have in common. */
interface Section extends Facts {
  readonly kind: OpcodeKind;
  /** The proposal that brought them; absent for what WebAssembly 1.0 had. */
  readonly feature?: Feature;
}

/**
 * One instruction: its byte or sub-opcode, its name in the text format, what follows the opcode, its
 * signature unless that depends on immediates or context, and facts.
 */
type Row<Name extends string> = readonly [
  code: number,
  mnemonic: Name,
  immediates: readonly ImmediateKind[],
  signature?: string | undefined,
  facts?: Facts,
];

/** A row of a section. */
export interface SectionRow<Name extends string> extends Section {
  readonly code: number;
  readonly mnemonic: Name;
  readonly immediates: readonly ImmediateKind[];
  readonly signature: string | undefined;
}

/** Rows with what they have in common. */
export function section<const Name extends string>(
  common: Section,
  rows: readonly Row<Name>[],
): readonly SectionRow<Name>[] {
  return rows.map(([code, mnemonic, immediates, signature, facts]) => {
    return { ...common, code, mnemonic, immediates, signature, ...facts };
  });
}
