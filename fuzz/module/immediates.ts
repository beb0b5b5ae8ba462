/** The immediates of instructions in drafts, and in the binary format (spec 3.0, section 5.4). */
import { isHeapTypePrefix, readHeapType, readRefType, readValType } from '../../src/wasm/decode-types.js';
import { CatchKind, type ImmediateKind, opcodeRow } from '../../src/wasm/opcodes.js';
import type { Reader } from '../../src/wasm/reader.js';
import type { ValType } from '../../src/wasm/types.js';
import type { ByteWriter } from './byte-writer.js';
import { blockOf, resultOfBlock } from './draft.js';
import { typesByIndex, writeHeapType, writeValType } from './value-types.js';

/** What an immediate is in a draft: a number, or none or several. */
type Values = readonly (number | bigint)[];

/** How one kind of immediate is read and written. */
interface Codec {
  /** How many values it is; absent where these are all that are left. */
  readonly count?: number;
  read(reader: Reader): Values;
  write(out: ByteWriter, values: Values): void;
}

const u32: Codec = {
  count: 1,
  read: (reader) => [reader.u32()],
  write: (out, [value]) => out.u32(Number(value)),
};

function signed(read: (reader: Reader) => number | bigint): Codec {
  return {
    count: 1,
    read: (reader) => [read(reader)],
    write: (out, [value]) => out.signed(BigInt(value)),
  };
}

function bytes(count: number): Codec {
  return {
    count,
    read: (reader) => Array.from({ length: count }, () => reader.u8()),
    write: (out, values) => {
      for (const value of values) out.byte(Number(value));
    },
  };
}

/** Set in the alignment of an access to another memory than the first. */
const hasMemory = 0x40;

/** A u64 LEB128, as a number where it is one. */
function readOffset(reader: Reader): number | bigint {
  let value = 0n;
  for (let shift = 0n; ; shift += 7n) {
    const byte = reader.u8();
    value |= BigInt(byte & 0x7f) << shift;
    if (byte >= 0x80) continue;
    return value <= Number.MAX_SAFE_INTEGER ? Number(value) : value;
  }
}

const codecs: Readonly<Record<ImmediateKind, Codec>> = {
  i32: signed((reader) => reader.s32()),
  i64: signed((reader) => reader.s64()),
  blockType: {
    count: 1,
    read: (reader) => [
      isHeapTypePrefix(reader.bytes[reader.pos]) ? blockOf(readRefType(reader, typesByIndex)) : reader.s33(),
    ],
    write: (out, [value]) => {
      const result = resultOfBlock(Number(value));
      if (result === undefined) out.signed(BigInt(value));
      else writeValType(out, result);
    },
  },
  f32: {
    count: 1,
    read: (reader) => [reader.u32Bits()],
    write: (out, [bits]) => out.fixed(BigInt(bits), 4),
  },
  f64: {
    count: 1,
    read: (reader) => [reader.u64Bits()],
    write: (out, [bits]) => out.fixed(BigInt(bits), 8),
  },
  label: u32,
  func: u32,
  type: u32,
  local: u32,
  global: u32,
  table: u32,
  elem: u32,
  data: u32,
  tag: u32,
  memarg: {
    count: 3,
    read: (reader) => {
      const flags = reader.u32();
      const memory = (flags & hasMemory) === 0 ? 0 : reader.u32();
      return [flags & ~hasMemory, readOffset(reader), memory];
    },
    write: (out, [align, offset, memory]) => {
      out.u32(Number(memory) === 0 ? Number(align) : Number(align) | hasMemory);
      if (Number(memory) !== 0) out.u32(Number(memory));
      out.u64(offset);
    },
  },
  memory: u32,
  heapType: {
    count: 1,
    read: (reader) => [readHeapType(reader, typesByIndex)],
    write: (out, [type]) => writeHeapType(out, Number(type)),
  },
  lane: bytes(1),
  lanes: bytes(16),
  v128: {
    count: 2,
    read: (reader) => [reader.u64Bits(), reader.u64Bits()],
    write: (out, halves) => {
      for (const half of halves) out.fixed(BigInt(half), 8);
    },
  },
  labels: {
    read: (reader) => Array.from({ length: reader.length() + 1 }, () => reader.u32()),
    write: (out, labels) => {
      out.u32(labels.length - 1);
      for (const label of labels) out.u32(Number(label));
    },
  },
  catches: {
    read: (reader) =>
      Array.from({ length: reader.length() }, () => {
        const kind = reader.u8();
        return kind < CatchKind.all ? [kind, reader.u32(), reader.u32()] : [kind, reader.u32()];
      }).flat(),
    write: (out, values) => {
      const clauses = catchClauses(values);
      out.u32(clauses.length);
      for (const clause of clauses) for (const value of clause) out.u32(Number(value));
    },
  },
  valTypes: {
    read: (reader) => Array.from({ length: reader.length() }, () => readValType(reader, typesByIndex)),
    write: (out, types) => {
      out.u32(types.length);
      for (const type of types) writeValType(out, Number(type) as ValType);
    },
  },
};

/** The clauses of a `try_table`, whose values follow one another. */
export function catchClauses(values: Values): Values[] {
  const clauses: Values[] = [];
  for (let at = 0; at < values.length; ) {
    const length = values[at] < CatchKind.all ? 3 : 2;
    clauses.push(values.slice(at, at + length));
    at += length;
  }
  return clauses;
}

/** Reads the immediates of an opcode. */
export function readImmediates(reader: Reader, opcode: number): (number | bigint)[] {
  return (opcodeRow(opcode)?.immediates ?? []).flatMap((kind) => codecs[kind].read(reader));
}

/** Writes the immediates of an opcode. */
export function writeImmediates(out: ByteWriter, opcode: number, values: Values): void {
  let at = 0;
  for (const kind of opcodeRow(opcode)?.immediates ?? []) {
    const { count = values.length - at, write } = codecs[kind];
    write(out, values.slice(at, at + count));
    at += count;
  }
}

/** What kind of immediate value `position` of an instruction is, or is part of. */
export function kindOfValue(opcode: number, position: number): ImmediateKind | undefined {
  let next = 0;
  for (const kind of opcodeRow(opcode)?.immediates ?? []) {
    next += codecs[kind].count ?? Number.POSITIVE_INFINITY;
    if (position < next) return kind;
  }
  return undefined;
}
