import { invalid, malformed } from './errors.js';
import { readSubOpcode } from './instructions.js';
import type { WasmModule } from './module.js';
import {
  accessSize,
  Immediate,
  immediateKinds,
  immediatesFrom,
  laneCount,
  mnemonic,
  naturalAlignment,
  Opcode,
  operandCount,
  operandType1,
  resultType,
} from './opcodes.js';
import type { Reader } from './reader.js';
import { isSubtype } from './type-registry.js';
import type { TypeStack } from './type-stack.js';
import { addressTypeOf, ValType, valTypeName } from './types.js';

const { i32, i64 } = ValType;

/** Bit of a `memarg`'s flags: the index of a memory follows. */
const memoryGiven = 0x40;

/**
 * Validates the instructions that have a prefix (spec 3.0, section 3.4). Those
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
        const address = this.readMemory(at);
        this.#checkDataIndex(data, at);
        return stack.pop(address, stack.pop(i32, stack.pop(i32, sp, at), at), at);
      }
      case Opcode['memory.copy']: {
        const destination = this.readMemory(at);
        return this.#copy(destination, this.readMemory(at), sp, at);
      }
      case Opcode['memory.fill']: {
        const address = this.readMemory(at);
        return stack.pop(address, stack.pop(i32, stack.pop(address, sp, at), at), at);
      }
      case Opcode['table.init']: {
        const elem = reader.u32();
        const table = reader.u32();
        const type = this.tableType(table, at);
        this.checkSubtype(this.#elemType(elem, at), type, at);
        return stack.pop(this.tableAddress(table), stack.pop(i32, stack.pop(i32, sp, at), at), at);
      }
      case Opcode['table.copy']: {
        const destination = reader.u32();
        const source = reader.u32();
        const type = this.tableType(destination, at);
        this.checkSubtype(this.tableType(source, at), type, at);
        return this.#copy(this.tableAddress(destination), this.tableAddress(source), sp, at);
      }
      case Opcode['table.size']: {
        const table = reader.u32();
        this.tableType(table, at);
        stack.types[sp] = this.tableAddress(table);
        return sp + 1;
      }
      case Opcode['table.grow']: {
        const table = reader.u32();
        const element = this.tableType(table, at);
        const address = this.tableAddress(table);
        const rest = stack.pop(element, stack.pop(address, sp, at), at);
        stack.types[rest] = address;
        return rest + 1;
      }
      case Opcode['table.fill']: {
        const table = reader.u32();
        const element = this.tableType(table, at);
        const address = this.tableAddress(table);
        return stack.pop(address, stack.pop(element, stack.pop(address, sp, at), at), at);
      }
    }
    const address = this.#immediates(opcode, at);
    if (address === i32 || accessSize[opcode] === 0) return stack.apply(opcode, sp, at);
    return this.#access64(opcode, sp, at);
  }

  /** Pops what a copy needs: its length has the smaller of two types of addresses. */
  #copy(destination: number, source: number, sp: number, at: number): number {
    const stack = this.#stack;
    const length = destination === source ? destination : i32;
    return stack.pop(destination, stack.pop(source, stack.pop(length, sp, at), at), at);
  }

  /**
   * Pops and pushes what a load or store of a memory with 64-bit addresses does: the address is at the
   * bottom.
   */
  #access64(opcode: number, sp: number, at: number): number {
    const stack = this.#stack;
    let rest = sp;
    if (operandCount[opcode] > 1) rest = stack.pop(operandType1[opcode], rest, at);
    rest = stack.pop(i64, rest, at);
    if (resultType[opcode] !== 0) stack.types[rest++] = resultType[opcode];
    return rest;
  }

  /**
   * Reads and checks an instruction's immediates, one after the other; returns the type of addresses of the
   * memory that they name.
   */
  #immediates(opcode: number, at: number): number {
    let address: number = i32;
    const end = immediatesFrom[opcode + 1];
    for (let k = immediatesFrom[opcode]; k < end; k++) {
      switch (immediateKinds[k]) {
        case Immediate.memarg:
          address = this.memarg(opcode, this.#reader.u32(), at);
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
    return address;
  }

  /**
   * Reads the rest of a `memarg` whose flags have been read, and checks it; returns the type of the memory's
   * addresses. Bit 6 of the flags says that the memory's index follows, the bits below are the alignment.
   */
  memarg(opcode: number, flags: number, at: number): number {
    const reader = this.#reader;
    if (flags >= 0x80) throw malformed(`malformed memop flags ${flags}`, at);
    const index = (flags & memoryGiven) === 0 ? 0 : reader.u32();
    const offset = reader.u64();
    const address = this.memoryAddress(index, at);
    if ((flags & ~memoryGiven) > naturalAlignment[opcode]) {
      throw invalid('alignment must not be larger than natural', at);
    }
    if (address === i32 && offset > 0xffff_ffff) throw invalid(`offset out of range: ${offset}`, at);
    return address;
  }

  #lane(opcode: number, at: number): void {
    const lane = this.#reader.u8();
    if (lane < laneCount[opcode]) return;
    throw invalid(`invalid lane index ${lane}: ${mnemonic(opcode)} has ${laneCount[opcode]} lanes`, at);
  }

  /** The type of a table's elements. */
  tableType(index: number, at: number): number {
    const { tables } = this.#module;
    if (index >= tables.length) throw invalid(`unknown table ${index}`, at);
    return tables[index].element;
  }

  /** The type of the indices of a table that is there. */
  tableAddress(index: number): number {
    return addressTypeOf(this.#module.tables[index].limits);
  }

  /** Checks that references of one type may be where an instruction wants those of another. */
  checkSubtype(found: number, expected: number, at: number): void {
    if (isSubtype(found, expected)) return;
    const types = `expected ${valTypeName(expected)}, found ${valTypeName(found)}`;
    throw invalid(`type mismatch: ${this.#stack.mnemonicAt(at)} ${types}`, at);
  }

  /** Reads the index of a memory; returns the type of its addresses. */
  readMemory(at: number): number {
    return this.memoryAddress(this.#reader.u32(), at);
  }

  /** The type of the addresses of a memory. */
  memoryAddress(index: number, at: number): number {
    const { memories } = this.#module;
    if (index >= memories.length) throw invalid(`unknown memory ${index}`, at);
    return addressTypeOf(memories[index].limits);
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
