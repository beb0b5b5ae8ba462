import { type CompileError, invalid, malformed } from './errors.js';
import { readSubOpcode } from './instructions.js';
import type { WasmModule } from './module.js';
import {
  Immediate,
  immediateKinds,
  immediatesFrom,
  laneCount,
  mnemonic,
  naturalAlignment,
  Opcode,
} from './opcodes.js';
import type { Reader } from './reader.js';
import { isSubtype } from './type-registry.js';
import type { TypeStack } from './type-stack.js';
import { type RefType, ValType, valTypeName } from './types.js';
import { illegalAlignment, illegalMemoryIndex } from './unsupported.js';

const { i32 } = ValType;

/**
 * Validates the instructions that have a prefix (spec 2.0, sections 3.3.1, 3.3.3, 3.3.6 and 3.3.7). Those
 * whose signature is in the opcode table need nothing here, unless what their immediates name must agree.
 * Also has the checks of immediates that other instructions share.
 */
export class PrefixedValidator {
  readonly #module: WasmModule;
  readonly #reader: Reader;
  readonly #stack: TypeStack;

  /** Shares the function validator's reader and stack. */
  constructor(module: WasmModule, reader: Reader, stack: TypeStack) {
    this.#module = module;
    this.#reader = reader;
    this.#stack = stack;
  }

  /** An instruction from its sub-opcode on; its prefix is at offset `at`. */
  instruction(prefix: number, sp: number, at: number): number {
    const reader = this.#reader;
    const stack = this.#stack;
    const opcode = readSubOpcode(reader, prefix, at);
    switch (opcode) {
      case Opcode['memory.init']: {
        const data = this.#readDataIndex();
        this.readMemoryIndex(at);
        this.#checkDataIndex(data, at);
        break;
      }
      case Opcode['table.init']: {
        const elem = reader.u32();
        const type = this.tableType(reader.u32(), at);
        this.checkSubtype(type, this.#elemType(elem, at), at);
        break;
      }
      case Opcode['table.copy']: {
        const destination = this.tableType(reader.u32(), at);
        this.checkSubtype(destination, this.tableType(reader.u32(), at), at);
        break;
      }
      case Opcode['table.grow']: {
        const element = this.tableType(reader.u32(), at);
        const rest = stack.pop(element, stack.pop(i32, sp, at), at);
        stack.types[rest] = i32;
        return rest + 1;
      }
      case Opcode['table.fill']: {
        const element = this.tableType(reader.u32(), at);
        return stack.pop(i32, stack.pop(element, stack.pop(i32, sp, at), at), at);
      }
      default:
        this.#immediates(opcode, at);
    }
    return stack.apply(opcode, sp, at);
  }

  /** Reads and checks an instruction's immediates, one after the other. */
  #immediates(opcode: number, at: number): void {
    const end = immediatesFrom[opcode + 1];
    for (let k = immediatesFrom[opcode]; k < end; k++) {
      switch (immediateKinds[k]) {
        case Immediate.memory:
          this.readMemoryIndex(at);
          break;
        case Immediate.memarg:
          this.#memarg(opcode, at);
          break;
        case Immediate.lane:
          this.#lane(opcode, at);
          break;
        case Immediate.lanes:
          for (let lane = 0; lane < 16; lane++) this.#lane(opcode, at);
          break;
        case Immediate.v128:
          this.#reader.skip(16);
          break;
        case Immediate.data:
          this.#checkDataIndex(this.#readDataIndex(), at);
          break;
        case Immediate.elem:
          this.#elemType(this.#reader.u32(), at);
          break;
        case Immediate.table:
          this.tableType(this.#reader.u32(), at);
          break;
        default:
          throw new Error(`internal error: no check for immediates of kind ${immediateKinds[k]}`);
      }
    }
  }

  #memarg(opcode: number, at: number): void {
    const alignment = this.#reader.u32();
    if (alignment > naturalAlignment[opcode]) throw badAlignment(alignment, at);
    this.#reader.u32();
    if (this.#module.memories.length === 0) throw invalid('unknown memory 0', at);
  }

  #lane(opcode: number, at: number): void {
    const lane = this.#reader.u8();
    if (lane < laneCount[opcode]) return;
    throw invalid(`invalid lane index ${lane}: ${mnemonic(opcode)} has ${laneCount[opcode]} lanes`, at);
  }

  /** The type of a table's elements. */
  tableType(index: number, at: number): RefType {
    const { tables } = this.#module;
    if (index >= tables.length) throw invalid(`unknown table ${index}`, at);
    return tables[index].element;
  }

  /** Checks that an instruction's table can hold the references that it is used with. */
  checkSubtype(expected: ValType, found: ValType, at: number): void {
    if (isSubtype(found, expected)) return;
    const types = `expected ${valTypeName(expected)}, found ${valTypeName(found)}`;
    throw invalid(`type mismatch: ${this.#stack.mnemonicAt(at)} ${types}`, at);
  }

  /** Reads the zero byte that means the memory. */
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

  #elemType(index: number, at: number): RefType {
    const { elements } = this.#module;
    if (index >= elements.length) throw invalid(`unknown elem segment ${index}`, at);
    return elements[index].type;
  }
}

/** The error for an alignment, as an exponent of 2, above that of the access. */
export function badAlignment(alignment: number, at: number): CompileError {
  if (alignment >= 32) return illegalAlignment(alignment, at);
  return invalid('alignment must not be larger than natural', at);
}
