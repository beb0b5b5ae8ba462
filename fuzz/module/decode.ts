/** Makes drafts from modules in the binary format. */
import { decodeModule } from '../../src/wasm/decode.js';
import { readTypeGroup, readValType } from '../../src/wasm/decode-types.js';
import { readOpcode } from '../../src/wasm/instructions.js';
import { maxLocals } from '../../src/wasm/limits.js';
import {
  type ConstExpr,
  type ConstInstr,
  ExternKind,
  type Import,
  type WasmModule,
} from '../../src/wasm/module.js';
import { Opcode } from '../../src/wasm/opcodes.js';
import { Reader } from '../../src/wasm/reader.js';
import { isFinalType, supertypeOf } from '../../src/wasm/type-registry.js';
import {
  type FuncType,
  type GlobalType,
  nonNull,
  type RefType,
  type TableType,
  ValType,
} from '../../src/wasm/types.js';
import type { Expression, ImportDraft, Instruction, ModuleDraft, TypeDraft } from './draft.js';
import { readImmediates } from './immediates.js';
import { typesByIndex, withIndex } from './value-types.js';

/** Reads one instruction. */
export function readInstruction(reader: Reader): Instruction {
  const code = readOpcode(reader);
  return [code, ...readImmediates(reader, code)];
}

const sectionOfTypes = 1;

/**
 * The types of a module: which of them are groups only their bytes say. A type that equals an earlier one is
 * referred to by the index of that, but for references within a group.
 */
function typesOf({ bytes, typeIds }: WasmModule): TypeDraft[] {
  const reader = new Reader(bytes, 8, bytes.length);
  const types: TypeDraft[] = [];
  while (reader.pos < reader.end) {
    const id = reader.u8();
    const size = reader.u32();
    if (id !== sectionOfTypes) {
      reader.skip(size);
      continue;
    }
    const ids: number[] = [];
    for (let count = reader.length(); count > 0; count--) {
      const start = ids.length;
      const isGroup = reader.bytes[reader.pos] === 0x4e;
      const found: FuncType[] = [];
      readTypeGroup(reader, ids, found, []);
      const indexOf = (id: number): number => {
        const inside = ids.indexOf(id, start);
        return inside >= 0 ? inside : typeIds.indexOf(id);
      };
      for (const [k, type] of found.entries()) {
        const own = ids[start + k];
        const map = (list: readonly ValType[]): ValType[] =>
          list.map((each) => withIndex(each, indexOf) as ValType);
        types.push({
          params: map(type.params),
          results: map(type.results),
          ...(!isFinalType(own) && { isOpen: true }),
          ...(supertypeOf(own) !== 0 && { supertype: indexOf(supertypeOf(own)) }),
          ...(isGroup && k === 0 && { groupLength: found.length }),
        });
      }
    }
  }
  return types;
}

/** Makes what has types in it drafts of those of one module. */
class Drafter {
  readonly #wasm: WasmModule;

  constructor(wasm: WasmModule) {
    this.#wasm = wasm;
  }

  type<Type extends ValType>(type: Type): Type {
    return withIndex(type, (id) => this.#wasm.typeIds.indexOf(id)) as Type;
  }

  expression(expr: ConstExpr): Expression {
    return expr.map((instr) => this.#instruction(instr));
  }

  #instruction(instr: ConstInstr): Instruction {
    const code = Opcode[instr.op];
    if ('value' in instr) return [code, instr.value];
    if ('bits' in instr) return [code, instr.bits];
    if ('bytes' in instr) return [code, ...new BigUint64Array(instr.bytes.slice().buffer)];
    if ('index' in instr) return [code, instr.index];
    return 'type' in instr ? [code, this.type(instr.type)] : [code];
  }

  table(type: TableType): TableType {
    return { ...type, element: this.type(type.element) };
  }

  global(type: GlobalType): GlobalType {
    return { ...type, type: this.type(type.type) };
  }

  import(entry: Import): ImportDraft {
    const { module, name, kind } = entry;
    switch (kind) {
      case ExternKind.func:
        return { module, name, kind, type: entry.typeIndex };
      case ExternKind.memory:
        return { module, name, kind, type: entry.type.limits };
      case ExternKind.table:
        return { module, name, kind, type: this.table(entry.type) };
      case ExternKind.global:
        return { module, name, kind, type: this.global(entry.type) };
      case ExternKind.tag:
        return { module, name, kind, type: entry.type.typeIndex };
    }
  }

  elementType(type: RefType): RefType {
    return type === nonNull(ValType.funcref) ? ValType.funcref : this.type(type);
  }
}

/**
 * The draft of a valid module, without custom sections such as names.
 *
 * @throws CompileError if the module is malformed, RangeError if a function has too many locals
 */
export function decodeDraft(bytes: Uint8Array): ModuleDraft {
  const wasm = decodeModule(bytes);
  const drafter = new Drafter(wasm);
  const functions = Array.from(wasm.bodyStarts, (start, k) => {
    const reader = new Reader(bytes, start, wasm.bodyEnds[k]);
    const locals: ValType[] = [];
    for (let groups = reader.length(); groups > 0; groups--) {
      const count = reader.u32();
      const type = readValType(reader, typesByIndex);
      if (locals.length + count > maxLocals) throw new RangeError('too many locals');
      for (let local = 0; local < count; local++) locals.push(type);
    }
    const code: Instruction[] = [];
    while (reader.pos < wasm.bodyEnds[k]) code.push(readInstruction(reader));
    return { type: wasm.functionTypes[wasm.importedFunctionCount + k], locals, code };
  });
  return {
    functions,
    types: typesOf(wasm),
    imports: wasm.imports.map((entry) => drafter.import(entry)),
    tables: wasm.tables.slice(wasm.importedTableCount).map((type, k) => {
      const init = wasm.tableInits[k];
      return { ...drafter.table(type), ...(init !== undefined && { init: drafter.expression(init) }) };
    }),
    memories: wasm.memories.slice(wasm.importedMemoryCount).map(({ limits }) => limits),
    tags: wasm.tags.slice(wasm.importedTagCount).map(({ typeIndex }) => typeIndex),
    globals: wasm.globals.slice(wasm.importedGlobalCount).map((type, k) => {
      return { type: drafter.global(type), init: drafter.expression(wasm.globalInits[k]) };
    }),
    exports: [...wasm.exports],
    start: wasm.start,
    elements: wasm.elements.map((segment) => ({
      mode: segment.mode,
      type: drafter.elementType(segment.type),
      table: segment.mode === 'active' ? segment.table : 0,
      offset: segment.mode === 'active' ? drafter.expression(segment.offset) : [],
      init: segment.init.map((init) => drafter.expression(init)),
      asExpressions: false,
    })),
    data: wasm.data.map((segment) => ({
      mode: segment.mode,
      memory: segment.mode === 'active' ? segment.memory : 0,
      offset: segment.mode === 'active' ? drafter.expression(segment.offset) : [],
      bytes: bytes.slice(segment.start, segment.end),
    })),
  };
}
