import { skipValType } from './decode-types.js';
import { type CompileErrorPlace, UnsupportedError } from './errors.js';
import { readOpcode, skipImmediates } from './instructions.js';
import { ExternKind, functionType, type WasmModule } from './module.js';
import { functionName } from './names.js';
import { Opcode, opcodes } from './opcodes.js';
import { Reader } from './reader.js';
import { type FuncType, ValType } from './types.js';

const vectorOpcodes = new Set(
  opcodes.flatMap(({ code, feature }) => (feature === 'simd' || feature === 'relaxed-simd' ? [code] : [])),
);

/** Calls that name the type of what they call. */
const callsByType = new Set<number>([
  Opcode.call_indirect,
  Opcode.return_call_indirect,
  Opcode.call_ref,
  Opcode.return_call_ref,
]);

/** Where a valid module first uses vectors; undefined where it does not. */
function firstVector(module: WasmModule): CompileErrorPlace | undefined {
  const { globals, imports, importedGlobalCount, importedFunctionCount, bodyStarts } = module;
  const { tags, importedTagCount } = module;
  for (const entry of imports) {
    const uses =
      (entry.kind === ExternKind.func && passesVectors(module.types[entry.typeIndex])) ||
      (entry.kind === ExternKind.tag && passesVectors(module.types[entry.type.typeIndex])) ||
      (entry.kind === ExternKind.global && entry.type.type === ValType.v128);
    if (uses) return { offset: entry.offset };
  }
  for (let index = importedGlobalCount; index < globals.length; index++) {
    if (globals[index].type === ValType.v128)
      return { offset: module.offsets.globals[index - importedGlobalCount] };
  }
  for (let index = importedTagCount; index < tags.length; index++) {
    if (passesVectors(module.types[tags[index].typeIndex]))
      return { offset: module.offsets.tags[index - importedTagCount] };
  }
  for (let k = 0; k < bodyStarts.length; k++) {
    const functionIndex = importedFunctionCount + k;
    const offset = passesVectors(functionType(module, functionIndex))
      ? bodyStarts[k]
      : vectorInBody(module, k);
    if (offset !== undefined)
      return { offset, functionIndex, functionName: functionName(module, functionIndex) };
  }
  return undefined;
}

/**
 * For processors without what machine code of vectors is made of.
 *
 * @throws UnsupportedError where a valid module uses vectors
 */
export function refuseVectors(module: WasmModule): void {
  const place = firstVector(module);
  if (place !== undefined)
    throw new UnsupportedError('SIMD', 'machine code for it needs SSE4.1 (the tier interp does not)', place);
}

function passesVectors({ params, results }: FuncType): boolean {
  return params.includes(ValType.v128) || results.includes(ValType.v128);
}

/** Byte offset of the first local or instruction of a body that is one of vectors, or has a type with one. */
function vectorInBody({ bytes, bodyStarts, bodyEnds, types }: WasmModule, k: number): number | undefined {
  const reader = new Reader(bytes, bodyStarts[k], bodyEnds[k]);
  for (let groups = reader.u32(); groups > 0; groups--) {
    reader.u32();
    const at = reader.pos;
    if (bytes[at] === ValType.v128) return at;
    skipValType(reader);
  }
  while (reader.pos < reader.end) {
    const at = reader.pos;
    const opcode = readOpcode(reader);
    if (vectorOpcodes.has(opcode)) return at;
    if (callsByType.has(opcode)) {
      const { pos } = reader;
      if (passesVectors(types[reader.u32()])) return at;
      reader.pos = pos;
    }
    skipImmediates(reader, opcode);
  }
  return undefined;
}
