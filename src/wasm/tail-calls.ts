import { hasInstruction } from './instructions.js';
import { definedIndex, type WasmModule } from './module.js';
import { Opcode } from './opcodes.js';

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
  const [start, end] = [bodyStarts[body], bodyEnds[body]];
  return mayHaveTailCall(bytes, start, end) && hasInstruction(bytes, start, end, tailCalls);
}

function mayHaveTailCall(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if (tailCalls.has(bytes[at])) return true;
  return false;
}
