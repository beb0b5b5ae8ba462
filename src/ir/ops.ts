/**
 * The operations of the Fast JIT's IR. Wasm's plain operators (numeric ones, loads and stores) keep their opcode as
 * their IR operation (saturating conversions, 0xFC00–0xFC07 in wasm, are 0xD8–0xDF here), so that the frontend takes
 * them over by signature and a new one costs a lowering line only. What is listed here is what has no wasm opcode of
 * its own at this level.
 */
import { opcodes } from '../wasm/opcodes.js';
import { ValType } from '../wasm/types.js';

/** Register classes of virtual registers. References are i64. */
export const VType = { i32: 0, i64: 1, f32: 2, f64: 3 } as const;
export type VType = (typeof VType)[keyof typeof VType];
export const vtypeNames = ['i32', 'i64', 'f32', 'f64'] as const;

/** Register class of a wasm value type. */
export function vtypeOf(type: number): VType {
  switch (type) {
    case ValType.i32:
      return VType.i32;
    case ValType.f32:
      return VType.f32;
    case ValType.f64:
      return VType.f64;
    default:
      return VType.i64;
  }
}

/**
 * How an operation uses the fields of an instruction.
 * - `reads`: which of the fields a, b, c are virtual registers that it reads ('ab' …).
 * - `args`: it also reads `count` virtual registers of the argument pool, from index `imm`.
 * - `defines`: dst is a virtual register that it writes (where it is ≥ 0).
 * - `ends`: control never reaches the next instruction.
 */
interface IrOp {
  readonly code: number;
  readonly name: string;
  readonly reads: string;
  readonly args?: true;
  readonly defines?: true;
  readonly ends?: true;
}

/** Codes 0x01–0x27: below wasm's loads. */
const rows = [
  /** Start of a block; imm is the label. */
  { code: 0x01, name: 'label', reads: '' },
  /** Jump to label imm. */
  { code: 0x02, name: 'br', reads: '', ends: true },
  /** Jump to label imm if a ≠ 0 (b = 0) or if a = 0 (b = 1). */
  { code: 0x03, name: 'br_if', reads: 'a' },
  /** Jump to label `pool[imm + min(a, c - 1)]`; c labels. */
  { code: 0x04, name: 'br_table', reads: 'a', ends: true },
  /** Return the c virtual registers `pool[imm …]`. */
  { code: 0x05, name: 'return', reads: '', args: true, ends: true },
  /** Trap; b is the Trap. */
  { code: 0x06, name: 'trap', reads: '', ends: true },
  /** Trap b if a ≠ 0 (imm = 0) or if a = 0 (imm = 1). */
  { code: 0x07, name: 'trap_if', reads: 'a' },
  /** dst = a */
  { code: 0x08, name: 'mov', reads: 'a', defines: true },
  /** dst = c ≠ 0 ? a : b */
  { code: 0x09, name: 'select', reads: 'abc', defines: true },
  /** Call the record at `instance + b`; a is the instance; c arguments in `pool[imm …]`, `pool[imm - 1]` is the type. */
  { code: 0x0a, name: 'call', reads: 'a', args: true, defines: true },
  /** Call the record at address a; as `call`. */
  { code: 0x0b, name: 'call_record', reads: 'a', args: true, defines: true },
  /** Call the builtin at offset b of the instance's table; a is the instance; as `call`; args hold all arguments. */
  { code: 0x0c, name: 'call_builtin', reads: 'a', args: true, defines: true },
  /** dst = result imm (≥ 1) of the call just before. */
  { code: 0x0d, name: 'call_result', reads: '', defines: true },
  /** dst = 32 bits at a + imm, zero-extended */
  { code: 0x10, name: 'field.load32', reads: 'a', defines: true },
  /** dst = 64 bits at a + imm */
  { code: 0x11, name: 'field.load64', reads: 'a', defines: true },
  { code: 0x12, name: 'field.load_f32', reads: 'a', defines: true },
  { code: 0x13, name: 'field.load_f64', reads: 'a', defines: true },
  /** 32 bits at a + imm = c */
  { code: 0x14, name: 'field.store32', reads: 'ac' },
  { code: 0x15, name: 'field.store64', reads: 'ac' },
  { code: 0x16, name: 'field.store_f32', reads: 'ac' },
  { code: 0x17, name: 'field.store_f64', reads: 'ac' },
  /** dst = a + imm */
  { code: 0x18, name: 'field.address', reads: 'a', defines: true },
  /** dst = 64 bits at a + 8 × b; b is an i32 */
  { code: 0x19, name: 'element.load', reads: 'ab', defines: true },
  /** 64 bits at a + 8 × b = c */
  { code: 0x1a, name: 'element.store', reads: 'abc' },
  /**
   * Trap unless a + imm + c ≤ byte length of memory 0 (imm unsigned, c = bytes accessed); b is the instance.
   * Checked memories only.
   */
  { code: 0x1b, name: 'bounds_check', reads: 'ab' },
  /**
   * Counts 32 bits at a + imm down by 1, and tells the runtime where they become 0: that function b (an index, no register)
   * is hot; a is the instance. Changes nothing that the function can see.
   */
  { code: 0x1c, name: 'heat', reads: 'a' },
] as const satisfies readonly IrOp[];

type Name = (typeof rows)[number]['name'];

/** IR operations by name. */
export const Op = Object.fromEntries(rows.map((row) => [row.name, row.code])) as Readonly<
  Record<Name, number>
>;

export const opCount = 0x100;
/** First IR operation of the saturating conversions, wasm's 0xFC00–0xFC07. */
export const saturatingBase = 0xd8;

/** Bits of `opReads`: which fields are virtual registers that are read. */
export const ReadsA = 1;
export const ReadsB = 2;
export const ReadsC = 4;
export const ReadsArgs = 8;

/** What an operation reads, as a set of the bits above. */
export const opReads = new Uint8Array(opCount);
/** 1 where dst is written. */
export const opDefines = new Uint8Array(opCount);
/** 1 where control never reaches the next instruction. */
export const opEnds = new Uint8Array(opCount);
const names = new Array<string>(opCount).fill('');

for (const row of rows as readonly IrOp[]) {
  names[row.code] = row.name;
  opReads[row.code] =
    (row.reads.includes('a') ? ReadsA : 0) |
    (row.reads.includes('b') ? ReadsB : 0) |
    (row.reads.includes('c') ? ReadsC : 0) |
    (row.args ? ReadsArgs : 0);
  opDefines[row.code] = row.defines ? 1 : 0;
  opEnds[row.code] = row.ends ? 1 : 0;
}

/** Class of dst where the operation alone decides it; `noVType` elsewhere. */
export const opResultType = new Uint8Array(opCount);
export const noVType = 0xff;
opResultType.fill(noVType);
for (const [name, type] of [
  ['field.load32', VType.i32],
  ['field.load64', VType.i64],
  ['field.load_f32', VType.f32],
  ['field.load_f64', VType.f64],
  ['field.address', VType.i64],
  ['element.load', VType.i64],
] as const) {
  opResultType[Op[name]] = type;
}

/** Classes of the fields a, b, c where the operation alone decides them; `noVType` elsewhere. */
export const opOperandTypes = [0, 1, 2].map(() => new Uint8Array(opCount).fill(noVType));

/** IR operation of a wasm opcode that has one of the same meaning. */
export function opOfWasm(code: number): number {
  return code < 0x100 ? code : saturatingBase + (code - 0xfc00);
}

/** First and last codes of wasm's loads, stores and numeric operators, which are IR operations as they stand. */
const firstLoad = 0x28;
const firstStore = 0x36;
const lastStore = 0x3e;
const firstNumeric = 0x45;
const lastSaturating = 0xfc07;

export function isLoad(op: number): boolean {
  return op >= firstLoad && op < firstStore;
}

export function isStore(op: number): boolean {
  return op >= firstStore && op <= lastStore;
}

/**
 * Loads read a = address and b = memory base, at a + imm (unsigned); stores write c there. Numeric operators take their
 * operands in a and b.
 */
for (const { code, mnemonic, signature } of opcodes) {
  const memory = code >= firstLoad && code <= lastStore;
  const numeric = (code >= firstNumeric && code < 0xd0) || (code >= 0xfc00 && code <= lastSaturating);
  if (signature === undefined || !(memory || numeric)) continue;
  const op = opOfWasm(code);
  names[op] = mnemonic;
  const types = signature.operands.map(vtypeOf);
  if (memory) {
    opReads[op] = signature.result === undefined ? ReadsA | ReadsB | ReadsC : ReadsA | ReadsB;
    opOperandTypes[0][op] = VType.i32;
    opOperandTypes[1][op] = VType.i64;
    if (signature.result === undefined) opOperandTypes[2][op] = types[1];
  } else {
    opReads[op] = types.length === 2 ? ReadsA | ReadsB : ReadsA;
    types.forEach((type, field) => {
      opOperandTypes[field][op] = type;
    });
  }
  if (signature.result !== undefined) {
    opDefines[op] = 1;
    opResultType[op] = vtypeOf(signature.result);
  }
}

/** Name of an IR operation; empty where there is none. */
export function opName(op: number): string {
  return names[op];
}
