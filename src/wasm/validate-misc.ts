import { invalid, malformed } from './errors.js';
import type { WasmModule } from './module.js';
import { Immediate, immediateKind, isOpcode, Op, opcodeIndex } from './opcodes.js';
import type { Reader } from './reader.js';
import type { TypeStack } from './type-stack.js';
import { ValType, valTypeName } from './types.js';
import { illegalMemoryIndex, illegalOpcode } from './unsupported.js';

const { i32 } = ValType;
const miscPrefix = 0xfc;

/**
 * Validates the instructions behind the prefix 0xFC (spec 2.0, sections 3.3.1, 3.3.6 and 3.3.7): tables, memory
 * as a whole and saturating conversions; and the checks of immediates that other instructions share with them.
 */
export class MiscValidator {
  readonly #module: WasmModule;
  readonly #reader: Reader;
  readonly #stack: TypeStack;

  /** Shares the function validator's reader and stack. */
  constructor(module: WasmModule, reader: Reader, stack: TypeStack) {
    this.#module = module;
    this.#reader = reader;
    this.#stack = stack;
  }

  /** An instruction behind the prefix 0xFC, from its sub-opcode on. */
  instruction(sp: number, at: number): number {
    const stack = this.#stack;
    const reader = this.#reader;
    const sub = reader.u32();
    const code = (miscPrefix << 8) | sub;
    const index = opcodeIndex(code);
    if (sub > 0xff || isOpcode[index] === 0) throw illegalOpcode(miscPrefix, sub, at);
    switch (immediateKind[index]) {
      case Immediate.memory:
        this.readMemoryIndex(at);
        break;
      case Immediate.memoryMemory:
        this.readMemoryIndex(at);
        this.readMemoryIndex(at);
        break;
      case Immediate.dataMemory: {
        const data = this.#readDataIndex();
        this.readMemoryIndex(at);
        this.#checkDataIndex(data, at);
        break;
      }
      case Immediate.data:
        this.#checkDataIndex(this.#readDataIndex(), at);
        break;
      case Immediate.elem:
        this.#elemType(reader.u32(), at);
        break;
      case Immediate.elemTable: {
        const elem = reader.u32();
        const table = reader.u32();
        const type = this.tableType(table, at);
        this.checkSameType(type, this.#elemType(elem, at), at);
        break;
      }
      case Immediate.tableTable: {
        const destination = this.tableType(reader.u32(), at);
        this.checkSameType(destination, this.tableType(reader.u32(), at), at);
        break;
      }
      case Immediate.table:
        return this.#tableInstruction(code, this.tableType(reader.u32(), at), sp, at);
    }
    return stack.apply(index, sp, at);
  }

  /** table.grow, table.size and table.fill of a table of references of type `element`. */
  #tableInstruction(code: number, element: number, sp: number, at: number): number {
    const stack = this.#stack;
    let rest = sp;
    switch (code) {
      case Op['table.grow']:
        rest = stack.pop(element, stack.pop(i32, rest, at), at);
        stack.types[rest++] = i32;
        return rest;
      case Op['table.fill']:
        rest = stack.pop(i32, rest, at);
        rest = stack.pop(element, rest, at);
        return stack.pop(i32, rest, at);
      default:
        return stack.apply(opcodeIndex(code), rest, at);
    }
  }

  /** The type of a table's elements. */
  tableType(index: number, at: number): number {
    const { tables } = this.#module;
    if (index >= tables.length) throw invalid(`unknown table ${index}`, at);
    return tables[index].element;
  }

  /** Checks that an instruction's table and what it is used with hold the same type of references. */
  checkSameType(expected: number, found: number, at: number): void {
    if (found === expected) return;
    const types = `expected ${valTypeName(expected)}, found ${valTypeName(found)}`;
    throw invalid(`type mismatch: ${this.#stack.mnemonicAt(at)} ${types}`, at);
  }

  /** Reads the zero byte that stands for the memory. */
  readMemoryIndex(at: number): void {
    if (this.#reader.u8() !== 0) throw illegalMemoryIndex(this.#reader.pos - 1);
    if (this.#module.memories.length === 0) throw invalid('unknown memory 0', at);
  }

  #readDataIndex(): number {
    const at = this.#reader.pos;
    const index = this.#reader.u32();
    if (this.#module.dataCount === undefined) throw malformed('data count section required', at);
    return index;
  }

  #checkDataIndex(index: number, at: number): void {
    if (index >= this.#module.data.length) throw invalid(`unknown data segment ${index}`, at);
  }

  #elemType(index: number, at: number): number {
    const { elements } = this.#module;
    if (index >= elements.length) throw invalid(`unknown elem segment ${index}`, at);
    return elements[index].type;
  }
}
