/** Makes drafts from modules in the binary format. */
import { decodeModule } from '../../src/wasm/decode.js';
import { readValType } from '../../src/wasm/decode-types.js';
import { readOpcode } from '../../src/wasm/instructions.js';
import { maxLocals } from '../../src/wasm/limits.js';
import { type ConstExpr, type ConstInstr, ExternKind, type Import } from '../../src/wasm/module.js';
import { Opcode } from '../../src/wasm/opcodes.js';
import { Reader } from '../../src/wasm/reader.js';
import { nonNull, ValType } from '../../src/wasm/types.js';
import type { Expression, ImportDraft, Instruction, ModuleDraft } from './draft.js';
import { readImmediates } from './immediates.js';

/** Reads one instruction. */
export function readInstruction(reader: Reader): Instruction {
  const code = readOpcode(reader);
  return [code, ...readImmediates(reader, code)];
}

function constInstruction(instr: ConstInstr): Instruction {
  const code = Opcode[instr.op];
  if ('value' in instr) return [code, instr.value];
  if ('bits' in instr) return [code, instr.bits];
  if ('bytes' in instr) return [code, ...new BigUint64Array(instr.bytes.slice().buffer)];
  if ('index' in instr) return [code, instr.index];
  return 'type' in instr ? [code, instr.type] : [code];
}

function expressionOf(expr: ConstExpr): Expression {
  return expr.map(constInstruction);
}

function importOf(entry: Import): ImportDraft {
  const { module, name, kind } = entry;
  switch (kind) {
    case ExternKind.func:
      return { module, name, kind, type: entry.typeIndex };
    case ExternKind.memory:
      return { module, name, kind, type: entry.type.limits };
    case ExternKind.table:
      return { module, name, kind, type: entry.type };
    case ExternKind.global:
      return { module, name, kind, type: entry.type };
    case ExternKind.tag:
      throw new RangeError('drafts have no tags');
  }
}

/**
 * The draft of a valid module, without custom sections such as names.
 *
 * @throws CompileError if the module is malformed, RangeError if a function has too many locals, or it
 * imports tags
 */
export function decodeDraft(bytes: Uint8Array): ModuleDraft {
  const wasm = decodeModule(bytes);
  const functions = Array.from(wasm.bodyStarts, (start, k) => {
    const reader = new Reader(bytes, start, wasm.bodyEnds[k]);
    const locals: ValType[] = [];
    for (let groups = reader.length(); groups > 0; groups--) {
      const count = reader.u32();
      const type = readValType(reader, wasm.typeIds);
      if (locals.length + count > maxLocals) throw new RangeError('too many locals');
      for (let local = 0; local < count; local++) locals.push(type);
    }
    const code: Instruction[] = [];
    while (reader.pos < wasm.bodyEnds[k]) code.push(readInstruction(reader));
    return { type: wasm.functionTypes[wasm.importedFunctionCount + k], locals, code };
  });
  return {
    functions,
    types: [...wasm.types],
    imports: wasm.imports.map(importOf),
    tables: wasm.tables.slice(wasm.importedTableCount),
    memories: wasm.memories.slice(wasm.importedMemoryCount).map(({ limits }) => limits),
    globals: wasm.globals.slice(wasm.importedGlobalCount).map((type, k) => {
      return { type, init: expressionOf(wasm.globalInits[k]) };
    }),
    exports: [...wasm.exports],
    start: wasm.start,
    elements: wasm.elements.map((segment) => ({
      mode: segment.mode,
      type: segment.type === nonNull(ValType.funcref) ? ValType.funcref : segment.type,
      table: segment.mode === 'active' ? segment.table : 0,
      offset: segment.mode === 'active' ? expressionOf(segment.offset) : [],
      init: segment.init.map(expressionOf),
      asExpressions: false,
    })),
    data: wasm.data.map((segment) => ({
      mode: segment.mode,
      offset: segment.mode === 'active' ? expressionOf(segment.offset) : [],
      bytes: bytes.slice(segment.start, segment.end),
    })),
  };
}
