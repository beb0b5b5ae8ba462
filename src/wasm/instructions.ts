/** Instructions without their types: reading past them, and whether a body is well-formed. */
import { skipHeapType, skipValType } from './decode-types.js';
import { malformed } from './errors.js';
import {
  CatchKind,
  closesBlock,
  Immediate,
  immediateKinds,
  immediatesFrom,
  isOpcode,
  isPrefix,
  opensBlock,
  prefixedOpcode,
} from './opcodes.js';
import { Reader } from './reader.js';
import { illegalOpcode } from './unsupported.js';

const emptyBlockType = 0x40;

/** Reads an opcode, prefix included. */
export function readOpcode(reader: Reader): number {
  const at = reader.pos;
  const byte = reader.u8();
  if (isPrefix[byte] === 1) return readSubOpcode(reader, byte, at);
  if (isOpcode[byte] === 0) throw illegalOpcode(byte, undefined, at);
  return byte;
}

/** Reads the sub-opcode after a prefix, which is at offset `at`; the result is the opcode. */
export function readSubOpcode(reader: Reader, prefix: number, at: number): number {
  const sub = reader.u32();
  const opcode = prefixedOpcode(prefix, sub);
  if (isOpcode[opcode] === 0) throw illegalOpcode(prefix, sub, at);
  return opcode;
}

/** Reads past the immediates of an opcode. */
export function skipImmediates(reader: Reader, opcode: number): void {
  const end = immediatesFrom[opcode + 1];
  for (let k = immediatesFrom[opcode]; k < end; k++) skipImmediate(reader, immediateKinds[k]);
}

function skipImmediate(reader: Reader, kind: number): void {
  switch (kind) {
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
    case Immediate.heapType:
      skipHeapType(reader);
      return;
    case Immediate.valTypes:
      for (let rest = reader.length(); rest > 0; rest--) skipValType(reader);
      return;
    case Immediate.lane:
      reader.skip(1);
      return;
    case Immediate.lanes:
    case Immediate.v128:
      reader.skip(16);
      return;
    case Immediate.memarg:
      if (hasMemoryIndex(reader.u32())) reader.u32();
      reader.u64();
      return;
    case Immediate.catches:
      for (let rest = reader.length(); rest > 0; rest--) skipCatch(reader);
      return;
    default:
      reader.u32();
  }
}

/** Whether the index of a memory follows an alignment. */
export function hasMemoryIndex(alignment: number): boolean {
  return (alignment & 0x40) !== 0;
}

function skipCatch(reader: Reader): void {
  const at = reader.pos;
  const kind = reader.u8();
  if (kind > CatchKind.allRef) throw malformed(`malformed catch clause ${kind}`, at);
  if (kind < CatchKind.all) reader.u32();
  reader.u32();
}

function skipBlockType(reader: Reader): void {
  const byte = reader.bytes[reader.pos];
  if (byte === emptyBlockType) reader.u8();
  else if ((byte & 0xc0) === 0x40) skipValType(reader);
  else reader.s33();
}

/** Reads past the declarations of a body's locals. */
export function skipLocals(reader: Reader): void {
  for (let groups = reader.length(); groups > 0; groups--) {
    reader.u32();
    skipValType(reader);
  }
}

/** Whether a body of a valid module, which lies in [start, end), has one of these instructions. */
export function hasInstruction(
  bytes: Uint8Array,
  start: number,
  end: number,
  opcodes: ReadonlySet<number>,
): boolean {
  const reader = new Reader(bytes, start, end);
  skipLocals(reader);
  while (reader.pos < end) {
    const opcode = readOpcode(reader);
    if (opcodes.has(opcode)) return true;
    skipImmediates(reader, opcode);
  }
  return false;
}

/**
 * Reads a function body from its locals to its last `end`.
 *
 * @throws CompileError at the first thing that is malformed; types, indices and `end` are not looked at.
 */
export function skipBody(reader: Reader): void {
  skipLocals(reader);
  let depth = 1;
  while (depth > 0) {
    const opcode = readOpcode(reader);
    skipImmediates(reader, opcode);
    if (opensBlock[opcode] === 1) depth++;
    else depth -= closesBlock[opcode];
  }
}
