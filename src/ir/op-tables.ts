/*
 * The tables that `ops.ts` offers, made of the rows. The build works them out: bundles have the results.
 */
import { isNumericKind } from '../wasm/opcode-row.js';
import { type Mnemonic, Opcode, opcodeCount, opcodes } from '../wasm/opcodes.js';
import { noVType, VType, type VTypeName, vtypeOf } from './vtypes.js';

/**
 * How an operation uses the fields of an instruction.
 * - `reads`: which of the fields a, b, c are virtual registers that it reads ('ab' …).
 * - `args`: it also reads c virtual registers of the argument pool, from index `imm`.
 * - `operands`: classes of a, b, c, where the operation alone decides them.
 * - `pad`: control may go on at the label `pool[imm - 2]`, the pad, where dst is not written. It ends a
 *   block.
 * - `defines`: dst is a virtual register that it writes (where it is ≥ 0), of this class or of any.
 * - `ends`: control never reaches the next instruction.
 * - `traps`: it can trap by itself; a call's callee does not count.
 * - `pure`: the result depends on the operands only, and there is no effect, not even a trap.
 */
interface IrOp {
  readonly name: string;
  readonly reads: string;
  readonly args?: true;
  readonly operands?: readonly VTypeName[];
  readonly pad?: true;
  readonly defines?: VTypeName | 'any';
  readonly ends?: true;
  readonly traps?: true;
  readonly pure?: true;
}

const rows = [
  /** Start of a block; imm is the label. */
  { name: 'label', reads: '' },
  /** Jump to label imm. */
  { name: 'br', reads: '', ends: true },
  /**
   * Jump to label imm if a ≠ 0 (b = 0) or if a = 0 (b = 1). c says what to expect: 0 that it rarely jumps, 1
   * that it mostly does, -1 nothing.
   */
  { name: 'br_if', reads: 'a' },
  /** Jump to label `pool[imm + min(a, c - 1)]`; c labels. */
  { name: 'br_table', reads: 'a', ends: true },
  /** Return the c virtual registers `pool[imm …]`. */
  { name: 'return', reads: '', args: true, ends: true },
  /** Trap; b is the Trap. */
  { name: 'trap', reads: '', traps: true, ends: true },
  /** Trap b if a ≠ 0 (imm = 0) or if a = 0 (imm = 1). */
  { name: 'trap_if', reads: 'a', traps: true },
  /** dst = a */
  { name: 'mov', reads: 'a', defines: 'any', pure: true },
  /** dst = c ≠ 0 ? a : b */
  { name: 'select', reads: 'abc', defines: 'any', pure: true },
  /**
   * Call the record at `instance + b`; a is the instance; c arguments in `pool[imm …]`, `pool[imm - 1]` is
   * the type.
   */
  { name: 'call', reads: 'a', args: true, defines: 'any' },
  /** Call the record at address a; as `call`. */
  { name: 'call_record', reads: 'a', args: true, defines: 'any' },
  /**
   * Call the builtin at offset b of the instance's table; a is the instance; as `call`; args hold all
   * arguments.
   */
  { name: 'call_builtin', reads: 'a', args: true, defines: 'any' },
  /**
   * As `call`, `call_record` and `call_builtin`. An exception that leaves the callee goes on at the pad,
   * whose label is `pool[imm - 2]`. dst is a temporary of its own: nothing has written it on the way to the
   * pad.
   */
  { name: 'try_call', reads: 'a', args: true, defines: 'any', pad: true },
  { name: 'try_call_record', reads: 'a', args: true, defines: 'any', pad: true },
  { name: 'try_call_builtin', reads: 'a', args: true, defines: 'any', pad: true },
  /**
   * Leave the function and call the record at `instance + b` in its place; operands as those of `call`. Where
   * there are further results, their address is one more argument: it is the function's own.
   */
  { name: 'return_call', reads: 'a', args: true, ends: true },
  /** The same with the record at address a; b is the instance. */
  { name: 'return_call_record', reads: 'ab', args: true, operands: ['i64', 'i64'], ends: true },
  /** dst = result imm (≥ 1) of the call just before. */
  { name: 'call_result', reads: '', defines: 'any' },
  /** dst = 32 bits at a + imm, zero-extended */
  { name: 'field.load32', reads: 'a', defines: 'i32' },
  /** dst = 64 bits at a + imm */
  { name: 'field.load64', reads: 'a', defines: 'i64' },
  { name: 'field.load_f32', reads: 'a', defines: 'f32' },
  { name: 'field.load_f64', reads: 'a', defines: 'f64' },
  { name: 'field.load_v128', reads: 'a', defines: 'v128' },
  /** 32 bits at a + imm = c */
  { name: 'field.store32', reads: 'ac' },
  { name: 'field.store64', reads: 'ac' },
  { name: 'field.store_f32', reads: 'ac' },
  { name: 'field.store_f64', reads: 'ac' },
  { name: 'field.store_v128', reads: 'ac' },
  /** dst = a + imm */
  { name: 'field.address', reads: 'a', defines: 'i64', pure: true },
  /** dst = 64 bits at a + 8 × b; b is an i32 */
  { name: 'element.load', reads: 'ab', defines: 'i64' },
  /** 64 bits at a + 8 × b = c */
  { name: 'element.store', reads: 'abc' },
  /**
   * Trap unless a + imm + c ≤ byte length of memory 0 (imm unsigned, c = bytes accessed); b is the instance.
   * Checked memories only.
   */
  { name: 'bounds_check', reads: 'ab', traps: true },
  /**
   * Trap unless a + imm ≤ the 64 bits at address b + c, the byte length of a memory, without wrapping (a and
   * imm unsigned, imm below 2³¹ + 16).
   */
  { name: 'bounds_check64', reads: 'ab', operands: ['i64', 'i64'], traps: true },
  /**
   * Counts 32 bits at a + imm down by 1. When they become 0, tells the runtime that function b (an index, no
   * register) is hot. a is the instance. Changes nothing that the function can see.
   */
  { name: 'heat', reads: 'a' },
] as const satisfies readonly IrOp[];

type Name = (typeof rows)[number]['name'];

/**
 * Wasm's opcodes that are IR operations: loads read a = address and b = memory base, at a + imm (unsigned);
 * stores write c there; numeric operators take their operands in a, b and c. Accesses to lanes are none: the
 * frontend makes two operations of each.
 */
const plainOpcodes = opcodes.filter(({ kind }) => kind === 'load' || kind === 'store' || isNumericKind(kind));

/** IR operations by name; wasm's plain operators by their mnemonics. */
export const Op = Object.fromEntries([
  ...plainOpcodes.map(({ code, mnemonic }) => [mnemonic, code]),
  ...rows.map(({ name }, k) => [name, opcodeCount + k]),
]) as Readonly<Record<Name | Mnemonic, number>>;

/** Operations are below this. */
export const opCount = opcodeCount + rows.length;

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
/** 1 where control may also go on at a pad, whose label is `pool[imm - 2]`. */
export const opPad = new Uint8Array(opCount);
/** Class of dst where the operation alone decides it; `noVType` elsewhere. */
export const opResultType = new Uint8Array(opCount).fill(noVType);
/** Classes of the fields a, b, c where the operation alone decides them; `noVType` elsewhere. */
export const opOperandTypes = [0, 1, 2].map(() => new Uint8Array(opCount).fill(noVType));
/** The operation that means the same, to the bit, with a and b exchanged; 0 where there is none. */
export const opSwapped = new Uint16Array(opCount);

/** Bits of `opFacts`. */
export const OpFact = {
  /** A wasm load. */
  load: 1,
  /** A wasm store. */
  store: 2,
  /** A numeric or vector operator of wasm, constants aside (spec 2.0, sections 5.4.7 and 5.4.8). */
  numeric: 4,
  /** One of these that compares two operands; its result is 0 or 1. */
  comparison: 8,
  /** It can trap by itself. */
  traps: 16,
  /** The result depends on the operands only, and there is no effect, not even a trap. */
  pure: 32,
} as const;

/** What else is true of an operation, as a set of the bits above. */
export const opFacts = new Uint8Array(opCount);

/** Names by operation; empty where there is none. */
export const names = new Array<string>(opCount).fill('');

(rows as readonly IrOp[]).forEach((row, k) => {
  const op = opcodeCount + k;
  names[op] = row.name;
  opReads[op] =
    (row.reads.includes('a') ? ReadsA : 0) |
    (row.reads.includes('b') ? ReadsB : 0) |
    (row.reads.includes('c') ? ReadsC : 0) |
    (row.args ? ReadsArgs : 0);
  opDefines[op] = row.defines === undefined ? 0 : 1;
  if (row.defines !== undefined && row.defines !== 'any') opResultType[op] = VType[row.defines];
  opEnds[op] = row.ends ? 1 : 0;
  opPad[op] = row.pad ? 1 : 0;
  row.operands?.forEach((name, field) => {
    opOperandTypes[field][op] = VType[name];
  });
  opFacts[op] = (row.traps ? OpFact.traps : 0) | (row.pure ? OpFact.pure : 0);
});

for (const { code, mnemonic, kind, signature, traps, swapped } of plainOpcodes) {
  if (signature === undefined) continue;
  const { operands, result } = signature;
  const isAccess = kind === 'load' || kind === 'store';
  // An address is an i32 or an i64, as the memory wants it; the memory's base comes between it and the value.
  const classes = isAccess ? [noVType, VType.i64, ...operands.slice(1).map(vtypeOf)] : operands.map(vtypeOf);
  names[code] = mnemonic;
  classes.forEach((vtype, field) => {
    opReads[code] |= ReadsA << field;
    opOperandTypes[field][code] = vtype;
  });
  if (result !== undefined) {
    opDefines[code] = 1;
    opResultType[code] = vtypeOf(result);
  }
  if (swapped !== undefined) opSwapped[code] = Opcode[swapped];
  opFacts[code] =
    (kind === 'load' ? OpFact.load : 0) |
    (kind === 'store' ? OpFact.store : 0) |
    (isAccess ? 0 : OpFact.numeric) |
    (kind === 'relop' ? OpFact.comparison : 0) |
    (traps ? OpFact.traps : 0) |
    (isAccess || traps ? 0 : OpFact.pure);
}
