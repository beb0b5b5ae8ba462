import type { CodeReader } from './code-reader.js';
import { Immediate, immediateKinds, immediatesFrom, Opcode, opensBlock } from './opcodes.js';

/** Skips code that cannot be reached, up to the `end` or `else` of the innermost control construct. */
export function skipUnreachable(reader: CodeReader): void {
  let depth = 0;
  for (;;) {
    const start = reader.position;
    const opcode = reader.opcode();
    if (opcode === Opcode.end || opcode === Opcode.else) {
      if (depth === 0) {
        reader.position = start;
        return;
      }
      if (opcode === Opcode.end) depth--;
      continue;
    }
    depth += opensBlock[opcode];
    const end = immediatesFrom[opcode + 1];
    for (let k = immediatesFrom[opcode]; k < end; k++) skipImmediate(reader, immediateKinds[k]);
  }
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
      for (let rest = reader.u32(); rest > 0; rest--) reader.skipLeb();
      return;
    case Immediate.memarg:
      reader.skipLeb();
      reader.skipLeb();
      return;
    default:
      reader.skipLeb();
  }
}
