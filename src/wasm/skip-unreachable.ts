import type { CodeReader } from './code-reader.js';
import { isHeapTypePrefix } from './decode-types.js';
import { hasMemoryIndex } from './instructions.js';
import {
  CatchKind,
  closesBlock,
  Immediate,
  immediateKinds,
  immediatesFrom,
  opensBlock,
  reopensBlock,
} from './opcodes.js';

/**
 * Skips code that cannot be reached, up to what ends the innermost control construct or begins another arm of
 * it: `end` or `delegate`, `else`, `catch` or `catch_all`.
 */
export function skipUnreachable(reader: CodeReader): void {
  let depth = 0;
  for (;;) {
    const start = reader.position;
    const opcode = reader.opcode();
    if (closesBlock[opcode] === 1 || reopensBlock[opcode] === 1) {
      if (depth === 0) {
        reader.position = start;
        return;
      }
      depth -= closesBlock[opcode];
      skipImmediates(reader, opcode);
      continue;
    }
    depth += opensBlock[opcode];
    skipImmediates(reader, opcode);
  }
}

function skipImmediates(reader: CodeReader, opcode: number): void {
  const end = immediatesFrom[opcode + 1];
  for (let k = immediatesFrom[opcode]; k < end; k++) skipImmediate(reader, immediateKinds[k]);
}

function skipImmediate(reader: CodeReader, kind: number): void {
  switch (kind) {
    case Immediate.f32:
      reader.position += 4;
      return;
    case Immediate.f64:
      reader.position += 8;
      return;
    case Immediate.lane:
      reader.position += 1;
      return;
    case Immediate.lanes:
    case Immediate.v128:
      reader.position += 16;
      return;
    case Immediate.labels:
      for (let rest = reader.u32(); rest >= 0; rest--) reader.skipLeb();
      return;
    case Immediate.valTypes:
      for (let rest = reader.u32(); rest > 0; rest--) skipValType(reader);
      return;
    case Immediate.blockType:
      skipValType(reader);
      return;
    case Immediate.memarg:
      if (hasMemoryIndex(reader.u32())) reader.skipLeb();
      reader.skipLeb();
      return;
    case Immediate.catches:
      for (let rest = reader.u32(); rest > 0; rest--) {
        if (reader.u8() < CatchKind.all) reader.skipLeb();
        reader.skipLeb();
      }
      return;
    default:
      reader.skipLeb();
  }
}

/** A value type, which is a byte or one of two bytes and a heap type, or another block type. */
function skipValType(reader: CodeReader): void {
  const first = reader.bytes[reader.position];
  reader.skipLeb();
  if (isHeapTypePrefix(first)) reader.skipLeb();
}
