/** Instructions without their types: reading past them, and whether a body is well-formed. */
import { readHeapType, readValType } from './decode-types.js';
import { Immediate, immediateKind, isOpcode, Op, opcodeIndex } from './opcodes.js';
import type { Reader } from './reader.js';
import { illegalMemoryIndex, illegalOpcode } from './unsupported.js';

const miscPrefix = 0xfc;
const emptyBlockType = 0x40;

/** Reads an opcode, prefix included; the result is its code. */
export function readOpcode(reader: Reader): number {
  const at = reader.pos;
  const byte = reader.u8();
  if (byte !== miscPrefix) {
    if (isOpcode[byte] === 0) throw illegalOpcode(byte, undefined, at);
    return byte;
  }
  const sub = reader.u32();
  const code = (miscPrefix << 8) | sub;
  if (sub > 0xff || isOpcode[opcodeIndex(code)] === 0) throw illegalOpcode(byte, sub, at);
  return code;
}

/** Reads past the immediates of the opcode `code`. */
export function skipImmediates(reader: Reader, code: number): void {
  switch (immediateKind[opcodeIndex(code)]) {
    case Immediate.none:
      return;
    case Immediate.i32:
      reader.s32();
      return;
    case Immediate.i64:
      reader.s64Halves();
      return;
    case Immediate.f32:
      reader.skip(4);
      return;
    case Immediate.f64:
      reader.skip(8);
      return;
    case Immediate.blockType:
      skipBlockType(reader);
      return;
    case Immediate.labels:
      for (let rest = reader.length(); rest >= 0; rest--) reader.u32();
      return;
    case Immediate.refType:
      readHeapType(reader);
      return;
    case Immediate.valTypes:
      for (let rest = reader.length(); rest > 0; rest--) readValType(reader);
      return;
    case Immediate.memory:
      skipZero(reader);
      return;
    case Immediate.memoryMemory:
      skipZero(reader);
      skipZero(reader);
      return;
    case Immediate.dataMemory:
      reader.u32();
      skipZero(reader);
      return;
    case Immediate.typeTable:
    case Immediate.tableTable:
    case Immediate.elemTable:
    case Immediate.memarg:
      reader.u32();
      reader.u32();
      return;
    default:
      reader.u32();
  }
}

function skipZero(reader: Reader): void {
  if (reader.u8() !== 0) throw illegalMemoryIndex(reader.pos - 1);
}

function skipBlockType(reader: Reader): void {
  const byte = reader.bytes[reader.pos];
  if (byte === emptyBlockType) reader.u8();
  else if ((byte & 0xc0) === 0x40) readValType(reader);
  else reader.s33();
}

/**
 * Reads a function body from its locals to its last `end`.
 *
 * @throws CompileError at the first thing that is malformed; types, indices and `end` are not looked at.
 */
export function skipBody(reader: Reader): void {
  for (let groups = reader.length(); groups > 0; groups--) {
    reader.u32();
    readValType(reader);
  }
  let depth = 1;
  while (depth > 0) {
    const code = readOpcode(reader);
    skipImmediates(reader, code);
    if (immediateKind[opcodeIndex(code)] === Immediate.blockType) depth++;
    else if (code === Op.end) depth--;
  }
}
