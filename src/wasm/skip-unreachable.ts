import type { CodeReader } from './code-reader.js';
import { Immediate, immediateKind, Op } from './opcodes.js';

/** Skips code that cannot be reached, up to the `end` or `else` of the innermost control construct. */
export function skipUnreachable(reader: CodeReader): void {
  let depth = 0;
  for (;;) {
    const code = reader.u8();
    if (code === Op.end || code === Op.else) {
      if (depth === 0) {
        reader.position--;
        return;
      }
      if (code === Op.end) depth--;
      continue;
    }
    if (code === Op.block || code === Op.loop || code === Op.if) depth++;
    skipImmediates(reader, code === 0xfc ? 0x100 + reader.u32() : code);
  }
}

function skipImmediates(reader: CodeReader, index: number): void {
  switch (immediateKind[index]) {
    case Immediate.none:
      return;
    case Immediate.f32:
      reader.position += 4;
      return;
    case Immediate.f64:
      reader.position += 8;
      return;
    case Immediate.labels:
    case Immediate.valTypes:
      for (let n = reader.u32() + (immediateKind[index] === Immediate.labels ? 1 : 0); n > 0; n--) {
        reader.skipLeb();
      }
      return;
    case Immediate.typeTable:
    case Immediate.tableTable:
    case Immediate.elemTable:
    case Immediate.memarg:
    case Immediate.memoryMemory:
    case Immediate.dataMemory:
      reader.skipLeb();
      reader.skipLeb();
      return;
    default:
      reader.skipLeb();
  }
}
