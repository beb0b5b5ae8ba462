import { skipValType } from './decode-types.js';
import { readOpcode, skipImmediates } from './instructions.js';
import { definedIndex, type WasmModule } from './module.js';
import { Opcode } from './opcodes.js';
import { Reader } from './reader.js';

const tailCalls: ReadonlySet<number> = new Set([
  Opcode.return_call,
  Opcode.return_call_indirect,
  Opcode.return_call_ref,
]);

/** Whether a defined function of a valid module calls another one in its place. */
export function hasTailCall(module: WasmModule, functionIndex: number): boolean {
  const { bytes, bodyStarts, bodyEnds } = module;
  const body = definedIndex(module, functionIndex);
  // Most have no byte that could be such an opcode, or none of these modules does.
  if (!mayHaveTailCall(bytes, bodyStarts[body], bodyEnds[body])) return false;
  const reader = new Reader(bytes, bodyStarts[body], bodyEnds[body]);
  for (let groups = reader.u32(); groups > 0; groups--) {
    reader.u32();
    skipValType(reader);
  }
  while (reader.pos < reader.end) {
    const opcode = readOpcode(reader);
    if (tailCalls.has(opcode)) return true;
    skipImmediates(reader, opcode);
  }
  return false;
}

function mayHaveTailCall(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if (tailCalls.has(bytes[at])) return true;
  return false;
}
