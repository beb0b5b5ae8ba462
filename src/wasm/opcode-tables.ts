/*
 * The tables that `opcodes.ts` offers, made of the rows. The build works them out: bundles have the results.
 */
import type { Feature } from './feature-names.js';
import {
  Immediate,
  type ImmediateKind,
  isNumericKind,
  type OpcodeKind,
  Prefix,
  type SectionRow,
} from './opcode-row.js';
import { miscRows } from './opcodes-misc.js';
import { plainRows } from './opcodes-plain.js';
import { vectorRows } from './opcodes-vector.js';
import { ValType } from './types.js';

/** The rows after each prefix. */
const tables = [
  { prefix: Prefix.misc, rows: miscRows },
  { prefix: Prefix.vector, rows: vectorRows },
] as const;

export type Mnemonic = (typeof plainRows | (typeof tables)[number]['rows'])[number]['mnemonic'];

/** An instruction's row, spelled out. */
export interface OpcodeRow {
  /** The opcode. */
  readonly code: number;
  /** How the binary format has it: a byte, or a prefix byte and a sub-opcode. */
  readonly prefix: number | undefined;
  readonly sub: number;
  readonly mnemonic: Mnemonic;
  readonly kind: OpcodeKind;
  /** The proposal that brought it; undefined for what WebAssembly 1.0 had. */
  readonly feature: Feature | undefined;
  /** What follows the opcode. */
  readonly immediates: readonly ImmediateKind[];
  /** Undefined where immediates or context decide. */
  readonly signature:
    | { readonly operands: readonly ValType[]; readonly result: ValType | undefined }
    | undefined;
  /** Bytes a load or store touches; 0 for other instructions. */
  readonly access: number;
  /** Whether it can trap by itself. */
  readonly traps: boolean;
  /** The instruction that means the same, to the bit, with the two operands exchanged. */
  readonly swapped: Mnemonic | undefined;
}

const valTypes: Readonly<Record<string, ValType>> = ValType;
const signatures = new Map<string, NonNullable<OpcodeRow['signature']>>();

/** Parses a signature as it is written in the rows; there are few different ones. */
function parseSignature(text: string): NonNullable<OpcodeRow['signature']> {
  let signature = signatures.get(text);
  if (signature === undefined) {
    const words = text.split(' ');
    const arrow = words.indexOf('->');
    signature = {
      operands: words.slice(0, arrow).map((name) => valTypes[name]),
      result: arrow + 1 < words.length ? valTypes[words[arrow + 1]] : undefined,
    };
    signatures.set(text, signature);
  }
  return signature;
}

/** First opcode after each prefix, and how many there are; both 0 for bytes that are no prefix. */
export const firstAfter = new Uint16Array(0x100);
export const roomAfter = new Uint16Array(0x100);

/** Number of opcodes, those that are no instruction included. */
export const opcodeCount = tables.reduce((first, { prefix, rows }) => {
  firstAfter[prefix] = first;
  roomAfter[prefix] = 1 + Math.max(...rows.map(({ code }) => code));
  return first + roomAfter[prefix];
}, 0x100);

/** 1 for each byte after which a sub-opcode follows. */
export const isPrefix = Uint8Array.from(roomAfter, (room) => (room > 0 ? 1 : 0));

function rowOf(prefix: number | undefined, row: SectionRow<Mnemonic>): OpcodeRow {
  const { code, mnemonic, kind, feature, immediates, signature, access = 0, traps = false } = row;
  return {
    code: prefix === undefined ? code : firstAfter[prefix] + code,
    prefix,
    sub: code,
    mnemonic,
    kind,
    feature,
    immediates,
    signature: signature === undefined ? undefined : parseSignature(signature),
    access,
    traps,
    swapped: row.commutes === true ? mnemonic : (row.swapped as Mnemonic | undefined),
  };
}

/** All instructions. */
export const opcodes: readonly OpcodeRow[] = [
  ...plainRows.map((row) => rowOf(undefined, row)),
  ...tables.flatMap(({ prefix, rows }) => rows.map((row) => rowOf(prefix, row))),
];

/** Opcode by mnemonic: `Opcode['i32.add']` is 0x6a. */
export const Opcode = Object.fromEntries(opcodes.map(({ mnemonic, code }) => [mnemonic, code])) as Readonly<
  Record<Mnemonic, number>
>;

/** `operandCount` of an instruction whose signature the table does not know. */
export const variableSignature = 0xff;

/** 1 for each opcode that is an instruction. */
export const isOpcode = new Uint8Array(opcodeCount);
/**
 * The `Immediate`s of opcode n lie in `immediateKinds` from `immediatesFrom[n]` to `immediatesFrom[n + 1]`.
 */
export const immediatesFrom = new Uint16Array(opcodeCount + 1);
export const immediateKinds = Uint8Array.from(placeImmediates());
/** 1 for each opcode after which a block begins, up to what closes it. */
export const opensBlock = new Uint8Array(opcodeCount);
/** 1 for each opcode that closes a block: `end`, and `delegate` that of a `try`. */
export const closesBlock = new Uint8Array(opcodeCount);
/** 1 for each opcode that begins another arm of a block: `else`, `catch`, `catch_all`. */
export const reopensBlock = new Uint8Array(opcodeCount);
/** 1 for each numeric operator: operands, one result, no effect but a trap. Constants are none. */
export const isNumeric = new Uint8Array(opcodeCount);
/** 1 for each opcode that can trap by itself. */
export const canTrap = new Uint8Array(opcodeCount);
/** Operands by opcode, 0 to 3, or `variableSignature`; also for opcodes that are no instruction. */
export const operandCount = new Uint8Array(opcodeCount).fill(variableSignature);
/** Types of the operands in the order they were pushed, as `ValType`; 0 where there is none. */
export const operandType0 = new Uint8Array(opcodeCount);
export const operandType1 = new Uint8Array(opcodeCount);
export const operandType2 = new Uint8Array(opcodeCount);
/** Result as `ValType`, 0 for none. */
export const resultType = new Uint8Array(opcodeCount);
/** Bytes a load or store touches; 0 for others. */
export const accessSize = new Uint8Array(opcodeCount);
/** Base-2 logarithm of a load's or store's natural alignment. */
export const naturalAlignment = new Uint8Array(opcodeCount);
/** How many lanes an instruction with immediates of lanes can name; 0 for others. */
export const laneCount = new Uint8Array(opcodeCount);

/** Rows by opcode; undefined where there is no instruction of ours. */
export const rows = new Array<OpcodeRow | undefined>(opcodeCount).fill(undefined);

for (const row of opcodes) {
  const { code, kind, immediates, signature, access, traps } = row;
  rows[code] = row;
  isOpcode[code] = 1;
  opensBlock[code] = immediates[0] === 'blockType' ? 1 : 0;
  isNumeric[code] = isNumericKind(kind) ? 1 : 0;
  canTrap[code] = traps ? 1 : 0;
  accessSize[code] = access;
  naturalAlignment[code] = access === 0 ? 0 : Math.log2(access);
  laneCount[code] = lanesOf(row);
  if (signature === undefined) continue;
  const { operands, result } = signature;
  operandCount[code] = operands.length;
  operandType0[code] = operands[0] ?? 0;
  operandType1[code] = operands[1] ?? 0;
  operandType2[code] = operands[2] ?? 0;
  resultType[code] = result ?? 0;
}

for (const closing of ['end', 'delegate'] as const) closesBlock[Opcode[closing]] = 1;
for (const next of ['else', 'catch', 'catch_all'] as const) reopensBlock[Opcode[next]] = 1;

/** A shuffle names the lanes of both operands, others those of the shape or of the access. */
function lanesOf({ mnemonic, immediates, access }: OpcodeRow): number {
  if (immediates.includes('lanes')) return 32;
  if (!immediates.includes('lane')) return 0;
  return access > 0 ? 16 / access : Number(/x(\d+)\./.exec(mnemonic)?.[1]);
}

/** Fills `immediatesFrom`; returns all lists, one after the other. */
function placeImmediates(): Immediate[] {
  const lists = new Map(opcodes.map(({ code, immediates }) => [code, immediates]));
  const kinds: Immediate[] = [];
  for (let code = 0; code < opcodeCount; code++) {
    for (const kind of lists.get(code) ?? []) kinds.push(Immediate[kind]);
    immediatesFrom[code + 1] = kinds.length;
  }
  return kinds;
}
