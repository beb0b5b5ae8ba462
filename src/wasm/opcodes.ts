/**
 * The instructions: one row each. Decoder, validator, compilers and printers all read this table, either by row
 * (`opcodes`) or, in hot loops, through the typed arrays derived from it, by dense opcode index.
 *
 * An opcode's *code* is its byte, or for one with a prefix byte `prefix << 8 | sub-opcode`: `0xFC00 | n`. Its
 * *index* is below `opcodeIndexCount`: the byte itself, or `0x100 + n` behind the prefix 0xFC.
 */

import { ValType } from './types.js';

/** What follows an opcode in the binary (spec 2.0, section 5.4). */
export const Immediate = {
  none: 0,
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
  /** u32 type index, then u32 table index. */
  typeTable: 9,
  /** u32 local index. */
  local: 10,
  /** u32 global index. */
  global: 11,
  /** u32 table index. */
  table: 12,
  /** u32 destination table index, then u32 source table index. */
  tableTable: 13,
  /** u32 element segment index, then u32 table index. */
  elemTable: 14,
  /** u32 element segment index. */
  elem: 15,
  /** u32 alignment exponent, then u32 offset. */
  memarg: 16,
  /** One zero byte. */
  memory: 17,
  /** Two zero bytes: destination, then source. */
  memoryMemory: 18,
  /** u32 data segment index, then one zero byte. */
  dataMemory: 19,
  /** u32 data segment index. */
  data: 20,
  /** One reference type. */
  refType: 21,
  /** Vector of value types. */
  valTypes: 22,
} as const;
export type Immediate = (typeof Immediate)[keyof typeof Immediate];
export type ImmediateName = keyof typeof Immediate;

/**
 * `[code, mnemonic, immediates, signature, access]`. The signature is given where it depends neither on immediates
 * nor on the context. `access` is the number of bytes a load or store touches, which is its natural alignment too.
 */
type Row<Mnemonic extends string> = readonly [
  code: number,
  mnemonic: Mnemonic,
  immediates: ImmediateName,
  signature?: string,
  access?: 1 | 2 | 4 | 8,
];

function table<const Mnemonic extends string>(rows: readonly Row<Mnemonic>[]): readonly Row<Mnemonic>[] {
  return rows;
}

const rows = table([
  // Control (5.4.1)
  [0x00, 'unreachable', 'none'],
  [0x01, 'nop', 'none', '->'],
  [0x02, 'block', 'blockType'],
  [0x03, 'loop', 'blockType'],
  [0x04, 'if', 'blockType'],
  [0x05, 'else', 'none'],
  [0x0b, 'end', 'none'],
  [0x0c, 'br', 'label'],
  [0x0d, 'br_if', 'label'],
  [0x0e, 'br_table', 'labels'],
  [0x0f, 'return', 'none'],
  [0x10, 'call', 'func'],
  [0x11, 'call_indirect', 'typeTable'],
  // References (5.4.2)
  [0xd0, 'ref.null', 'refType'],
  [0xd1, 'ref.is_null', 'none'],
  [0xd2, 'ref.func', 'func'],
  // Parametric (5.4.3)
  [0x1a, 'drop', 'none'],
  [0x1b, 'select', 'none'],
  [0x1c, 'select t', 'valTypes'],
  // Variables (5.4.4)
  [0x20, 'local.get', 'local'],
  [0x21, 'local.set', 'local'],
  [0x22, 'local.tee', 'local'],
  [0x23, 'global.get', 'global'],
  [0x24, 'global.set', 'global'],
  // Tables (5.4.5)
  [0x25, 'table.get', 'table'],
  [0x26, 'table.set', 'table'],
  [0xfc0c, 'table.init', 'elemTable', 'i32 i32 i32 ->'],
  [0xfc0d, 'elem.drop', 'elem', '->'],
  [0xfc0e, 'table.copy', 'tableTable', 'i32 i32 i32 ->'],
  [0xfc0f, 'table.grow', 'table'],
  [0xfc10, 'table.size', 'table', '-> i32'],
  [0xfc11, 'table.fill', 'table'],
  // Memory (5.4.6)
  [0x28, 'i32.load', 'memarg', 'i32 -> i32', 4],
  [0x29, 'i64.load', 'memarg', 'i32 -> i64', 8],
  [0x2a, 'f32.load', 'memarg', 'i32 -> f32', 4],
  [0x2b, 'f64.load', 'memarg', 'i32 -> f64', 8],
  [0x2c, 'i32.load8_s', 'memarg', 'i32 -> i32', 1],
  [0x2d, 'i32.load8_u', 'memarg', 'i32 -> i32', 1],
  [0x2e, 'i32.load16_s', 'memarg', 'i32 -> i32', 2],
  [0x2f, 'i32.load16_u', 'memarg', 'i32 -> i32', 2],
  [0x30, 'i64.load8_s', 'memarg', 'i32 -> i64', 1],
  [0x31, 'i64.load8_u', 'memarg', 'i32 -> i64', 1],
  [0x32, 'i64.load16_s', 'memarg', 'i32 -> i64', 2],
  [0x33, 'i64.load16_u', 'memarg', 'i32 -> i64', 2],
  [0x34, 'i64.load32_s', 'memarg', 'i32 -> i64', 4],
  [0x35, 'i64.load32_u', 'memarg', 'i32 -> i64', 4],
  [0x36, 'i32.store', 'memarg', 'i32 i32 ->', 4],
  [0x37, 'i64.store', 'memarg', 'i32 i64 ->', 8],
  [0x38, 'f32.store', 'memarg', 'i32 f32 ->', 4],
  [0x39, 'f64.store', 'memarg', 'i32 f64 ->', 8],
  [0x3a, 'i32.store8', 'memarg', 'i32 i32 ->', 1],
  [0x3b, 'i32.store16', 'memarg', 'i32 i32 ->', 2],
  [0x3c, 'i64.store8', 'memarg', 'i32 i64 ->', 1],
  [0x3d, 'i64.store16', 'memarg', 'i32 i64 ->', 2],
  [0x3e, 'i64.store32', 'memarg', 'i32 i64 ->', 4],
  [0x3f, 'memory.size', 'memory', '-> i32'],
  [0x40, 'memory.grow', 'memory', 'i32 -> i32'],
  [0xfc08, 'memory.init', 'dataMemory', 'i32 i32 i32 ->'],
  [0xfc09, 'data.drop', 'data', '->'],
  [0xfc0a, 'memory.copy', 'memoryMemory', 'i32 i32 i32 ->'],
  [0xfc0b, 'memory.fill', 'memory', 'i32 i32 i32 ->'],
  // Numeric (5.4.7)
  [0x41, 'i32.const', 'i32', '-> i32'],
  [0x42, 'i64.const', 'i64', '-> i64'],
  [0x43, 'f32.const', 'f32', '-> f32'],
  [0x44, 'f64.const', 'f64', '-> f64'],
  [0x45, 'i32.eqz', 'none', 'i32 -> i32'],
  [0x46, 'i32.eq', 'none', 'i32 i32 -> i32'],
  [0x47, 'i32.ne', 'none', 'i32 i32 -> i32'],
  [0x48, 'i32.lt_s', 'none', 'i32 i32 -> i32'],
  [0x49, 'i32.lt_u', 'none', 'i32 i32 -> i32'],
  [0x4a, 'i32.gt_s', 'none', 'i32 i32 -> i32'],
  [0x4b, 'i32.gt_u', 'none', 'i32 i32 -> i32'],
  [0x4c, 'i32.le_s', 'none', 'i32 i32 -> i32'],
  [0x4d, 'i32.le_u', 'none', 'i32 i32 -> i32'],
  [0x4e, 'i32.ge_s', 'none', 'i32 i32 -> i32'],
  [0x4f, 'i32.ge_u', 'none', 'i32 i32 -> i32'],
  [0x50, 'i64.eqz', 'none', 'i64 -> i32'],
  [0x51, 'i64.eq', 'none', 'i64 i64 -> i32'],
  [0x52, 'i64.ne', 'none', 'i64 i64 -> i32'],
  [0x53, 'i64.lt_s', 'none', 'i64 i64 -> i32'],
  [0x54, 'i64.lt_u', 'none', 'i64 i64 -> i32'],
  [0x55, 'i64.gt_s', 'none', 'i64 i64 -> i32'],
  [0x56, 'i64.gt_u', 'none', 'i64 i64 -> i32'],
  [0x57, 'i64.le_s', 'none', 'i64 i64 -> i32'],
  [0x58, 'i64.le_u', 'none', 'i64 i64 -> i32'],
  [0x59, 'i64.ge_s', 'none', 'i64 i64 -> i32'],
  [0x5a, 'i64.ge_u', 'none', 'i64 i64 -> i32'],
  [0x5b, 'f32.eq', 'none', 'f32 f32 -> i32'],
  [0x5c, 'f32.ne', 'none', 'f32 f32 -> i32'],
  [0x5d, 'f32.lt', 'none', 'f32 f32 -> i32'],
  [0x5e, 'f32.gt', 'none', 'f32 f32 -> i32'],
  [0x5f, 'f32.le', 'none', 'f32 f32 -> i32'],
  [0x60, 'f32.ge', 'none', 'f32 f32 -> i32'],
  [0x61, 'f64.eq', 'none', 'f64 f64 -> i32'],
  [0x62, 'f64.ne', 'none', 'f64 f64 -> i32'],
  [0x63, 'f64.lt', 'none', 'f64 f64 -> i32'],
  [0x64, 'f64.gt', 'none', 'f64 f64 -> i32'],
  [0x65, 'f64.le', 'none', 'f64 f64 -> i32'],
  [0x66, 'f64.ge', 'none', 'f64 f64 -> i32'],
  [0x67, 'i32.clz', 'none', 'i32 -> i32'],
  [0x68, 'i32.ctz', 'none', 'i32 -> i32'],
  [0x69, 'i32.popcnt', 'none', 'i32 -> i32'],
  [0x6a, 'i32.add', 'none', 'i32 i32 -> i32'],
  [0x6b, 'i32.sub', 'none', 'i32 i32 -> i32'],
  [0x6c, 'i32.mul', 'none', 'i32 i32 -> i32'],
  [0x6d, 'i32.div_s', 'none', 'i32 i32 -> i32'],
  [0x6e, 'i32.div_u', 'none', 'i32 i32 -> i32'],
  [0x6f, 'i32.rem_s', 'none', 'i32 i32 -> i32'],
  [0x70, 'i32.rem_u', 'none', 'i32 i32 -> i32'],
  [0x71, 'i32.and', 'none', 'i32 i32 -> i32'],
  [0x72, 'i32.or', 'none', 'i32 i32 -> i32'],
  [0x73, 'i32.xor', 'none', 'i32 i32 -> i32'],
  [0x74, 'i32.shl', 'none', 'i32 i32 -> i32'],
  [0x75, 'i32.shr_s', 'none', 'i32 i32 -> i32'],
  [0x76, 'i32.shr_u', 'none', 'i32 i32 -> i32'],
  [0x77, 'i32.rotl', 'none', 'i32 i32 -> i32'],
  [0x78, 'i32.rotr', 'none', 'i32 i32 -> i32'],
  [0x79, 'i64.clz', 'none', 'i64 -> i64'],
  [0x7a, 'i64.ctz', 'none', 'i64 -> i64'],
  [0x7b, 'i64.popcnt', 'none', 'i64 -> i64'],
  [0x7c, 'i64.add', 'none', 'i64 i64 -> i64'],
  [0x7d, 'i64.sub', 'none', 'i64 i64 -> i64'],
  [0x7e, 'i64.mul', 'none', 'i64 i64 -> i64'],
  [0x7f, 'i64.div_s', 'none', 'i64 i64 -> i64'],
  [0x80, 'i64.div_u', 'none', 'i64 i64 -> i64'],
  [0x81, 'i64.rem_s', 'none', 'i64 i64 -> i64'],
  [0x82, 'i64.rem_u', 'none', 'i64 i64 -> i64'],
  [0x83, 'i64.and', 'none', 'i64 i64 -> i64'],
  [0x84, 'i64.or', 'none', 'i64 i64 -> i64'],
  [0x85, 'i64.xor', 'none', 'i64 i64 -> i64'],
  [0x86, 'i64.shl', 'none', 'i64 i64 -> i64'],
  [0x87, 'i64.shr_s', 'none', 'i64 i64 -> i64'],
  [0x88, 'i64.shr_u', 'none', 'i64 i64 -> i64'],
  [0x89, 'i64.rotl', 'none', 'i64 i64 -> i64'],
  [0x8a, 'i64.rotr', 'none', 'i64 i64 -> i64'],
  [0x8b, 'f32.abs', 'none', 'f32 -> f32'],
  [0x8c, 'f32.neg', 'none', 'f32 -> f32'],
  [0x8d, 'f32.ceil', 'none', 'f32 -> f32'],
  [0x8e, 'f32.floor', 'none', 'f32 -> f32'],
  [0x8f, 'f32.trunc', 'none', 'f32 -> f32'],
  [0x90, 'f32.nearest', 'none', 'f32 -> f32'],
  [0x91, 'f32.sqrt', 'none', 'f32 -> f32'],
  [0x92, 'f32.add', 'none', 'f32 f32 -> f32'],
  [0x93, 'f32.sub', 'none', 'f32 f32 -> f32'],
  [0x94, 'f32.mul', 'none', 'f32 f32 -> f32'],
  [0x95, 'f32.div', 'none', 'f32 f32 -> f32'],
  [0x96, 'f32.min', 'none', 'f32 f32 -> f32'],
  [0x97, 'f32.max', 'none', 'f32 f32 -> f32'],
  [0x98, 'f32.copysign', 'none', 'f32 f32 -> f32'],
  [0x99, 'f64.abs', 'none', 'f64 -> f64'],
  [0x9a, 'f64.neg', 'none', 'f64 -> f64'],
  [0x9b, 'f64.ceil', 'none', 'f64 -> f64'],
  [0x9c, 'f64.floor', 'none', 'f64 -> f64'],
  [0x9d, 'f64.trunc', 'none', 'f64 -> f64'],
  [0x9e, 'f64.nearest', 'none', 'f64 -> f64'],
  [0x9f, 'f64.sqrt', 'none', 'f64 -> f64'],
  [0xa0, 'f64.add', 'none', 'f64 f64 -> f64'],
  [0xa1, 'f64.sub', 'none', 'f64 f64 -> f64'],
  [0xa2, 'f64.mul', 'none', 'f64 f64 -> f64'],
  [0xa3, 'f64.div', 'none', 'f64 f64 -> f64'],
  [0xa4, 'f64.min', 'none', 'f64 f64 -> f64'],
  [0xa5, 'f64.max', 'none', 'f64 f64 -> f64'],
  [0xa6, 'f64.copysign', 'none', 'f64 f64 -> f64'],
  [0xa7, 'i32.wrap_i64', 'none', 'i64 -> i32'],
  [0xa8, 'i32.trunc_f32_s', 'none', 'f32 -> i32'],
  [0xa9, 'i32.trunc_f32_u', 'none', 'f32 -> i32'],
  [0xaa, 'i32.trunc_f64_s', 'none', 'f64 -> i32'],
  [0xab, 'i32.trunc_f64_u', 'none', 'f64 -> i32'],
  [0xac, 'i64.extend_i32_s', 'none', 'i32 -> i64'],
  [0xad, 'i64.extend_i32_u', 'none', 'i32 -> i64'],
  [0xae, 'i64.trunc_f32_s', 'none', 'f32 -> i64'],
  [0xaf, 'i64.trunc_f32_u', 'none', 'f32 -> i64'],
  [0xb0, 'i64.trunc_f64_s', 'none', 'f64 -> i64'],
  [0xb1, 'i64.trunc_f64_u', 'none', 'f64 -> i64'],
  [0xb2, 'f32.convert_i32_s', 'none', 'i32 -> f32'],
  [0xb3, 'f32.convert_i32_u', 'none', 'i32 -> f32'],
  [0xb4, 'f32.convert_i64_s', 'none', 'i64 -> f32'],
  [0xb5, 'f32.convert_i64_u', 'none', 'i64 -> f32'],
  [0xb6, 'f32.demote_f64', 'none', 'f64 -> f32'],
  [0xb7, 'f64.convert_i32_s', 'none', 'i32 -> f64'],
  [0xb8, 'f64.convert_i32_u', 'none', 'i32 -> f64'],
  [0xb9, 'f64.convert_i64_s', 'none', 'i64 -> f64'],
  [0xba, 'f64.convert_i64_u', 'none', 'i64 -> f64'],
  [0xbb, 'f64.promote_f32', 'none', 'f32 -> f64'],
  [0xbc, 'i32.reinterpret_f32', 'none', 'f32 -> i32'],
  [0xbd, 'i64.reinterpret_f64', 'none', 'f64 -> i64'],
  [0xbe, 'f32.reinterpret_i32', 'none', 'i32 -> f32'],
  [0xbf, 'f64.reinterpret_i64', 'none', 'i64 -> f64'],
  [0xc0, 'i32.extend8_s', 'none', 'i32 -> i32'],
  [0xc1, 'i32.extend16_s', 'none', 'i32 -> i32'],
  [0xc2, 'i64.extend8_s', 'none', 'i64 -> i64'],
  [0xc3, 'i64.extend16_s', 'none', 'i64 -> i64'],
  [0xc4, 'i64.extend32_s', 'none', 'i64 -> i64'],
  [0xfc00, 'i32.trunc_sat_f32_s', 'none', 'f32 -> i32'],
  [0xfc01, 'i32.trunc_sat_f32_u', 'none', 'f32 -> i32'],
  [0xfc02, 'i32.trunc_sat_f64_s', 'none', 'f64 -> i32'],
  [0xfc03, 'i32.trunc_sat_f64_u', 'none', 'f64 -> i32'],
  [0xfc04, 'i64.trunc_sat_f32_s', 'none', 'f32 -> i64'],
  [0xfc05, 'i64.trunc_sat_f32_u', 'none', 'f32 -> i64'],
  [0xfc06, 'i64.trunc_sat_f64_s', 'none', 'f64 -> i64'],
  [0xfc07, 'i64.trunc_sat_f64_u', 'none', 'f64 -> i64'],
]);

export type Mnemonic = (typeof rows)[number][1];

/** An instruction's row, spelled out. */
export interface Opcode {
  readonly code: number;
  readonly mnemonic: Mnemonic;
  readonly immediates: Immediate;
  /** Undefined where immediates or context decide. */
  readonly signature:
    | { readonly operands: readonly ValType[]; readonly result: ValType | undefined }
    | undefined;
  /** Bytes a load or store touches; 0 for other instructions. */
  readonly access: number;
}

const valTypes: Readonly<Record<string, ValType>> = ValType;
const signatures = new Map<string, NonNullable<Opcode['signature']>>();

/** Parses a signature as it is written in the rows; there are few different ones. */
function parseSignature(text: string): NonNullable<Opcode['signature']> {
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

/** All instructions, in the order of the spec's binary format chapter. */
export const opcodes: readonly Opcode[] = rows.map(toOpcode);

function toOpcode(row: Row<Mnemonic>): Opcode {
  const signature = row[3] === undefined ? undefined : parseSignature(row[3]);
  return { code: row[0], mnemonic: row[1], immediates: Immediate[row[2]], signature, access: row[4] ?? 0 };
}

/** Opcode by mnemonic: `Op['i32.add']` is 0x6a. */
export const Op = {} as Readonly<Record<Mnemonic, number>>;

/** Number of opcode indices: 256 single bytes, then 256 behind the prefix 0xFC. */
export const opcodeIndexCount = 0x200;

/** Index of an opcode in the lookup tables below. */
export function opcodeIndex(code: number): number {
  return code < 0x100 ? code : code - 0xfc00 + 0x100;
}

/** `operandCount` of an instruction whose signature the table does not know. */
export const variableSignature = 0xff;

/** 1 for each index that is an instruction. */
export const isOpcode = new Uint8Array(opcodeIndexCount);
/** `Immediate` by index. */
export const immediateKind = new Uint8Array(opcodeIndexCount);
/** Operands by index, 0 to 3, or `variableSignature`; also for indices that are no instruction. */
export const operandCount = new Uint8Array(opcodeIndexCount).fill(variableSignature);
/** Types of the operands in the order they were pushed, as `ValType`; 0 where there is none. */
export const operandType0 = new Uint8Array(opcodeIndexCount);
export const operandType1 = new Uint8Array(opcodeIndexCount);
export const operandType2 = new Uint8Array(opcodeIndexCount);
/** Result as `ValType`, 0 for none. */
export const resultType = new Uint8Array(opcodeIndexCount);
/** Bytes a load or store touches; 0 for others. */
export const accessSize = new Uint8Array(opcodeIndexCount);
/** Base-2 logarithm of a load's or store's natural alignment. */
export const naturalAlignment = new Uint8Array(opcodeIndexCount);

const mnemonics = new Array<Mnemonic | undefined>(opcodeIndexCount).fill(undefined);

for (const { code, mnemonic, immediates, signature, access } of opcodes) {
  (Op as Record<Mnemonic, number>)[mnemonic] = code;
  const index = opcodeIndex(code);
  mnemonics[index] = mnemonic;
  isOpcode[index] = 1;
  immediateKind[index] = immediates;
  if (access !== 0) {
    accessSize[index] = access;
    naturalAlignment[index] = Math.log2(access);
  }
  if (signature === undefined) continue;
  const { operands, result } = signature;
  operandCount[index] = operands.length;
  if (operands.length > 0) operandType0[index] = operands[0];
  if (operands.length > 1) operandType1[index] = operands[1];
  if (operands.length > 2) operandType2[index] = operands[2];
  if (result !== undefined) resultType[index] = result;
}

/** The text format's name of an opcode, given its code; a hexadecimal number if it is none of ours. */
export function mnemonic(code: number): string {
  return mnemonics[opcodeIndex(code)] ?? `0x${code.toString(16)}`;
}
