import type { CodeReader } from '../wasm/code-reader.js';
import { hasMemoryIndex } from '../wasm/instructions.js';
import type { WasmModule } from '../wasm/module.js';
import { Opcode, resultType } from '../wasm/opcodes.js';
import { addressTypeOf, type Limits, ValType } from '../wasm/types.js';
import type { CodeWriter } from './code-writer.js';
import type { OperandStack } from './operand-stack.js';
import { Operation, operationOf, Wide } from './operations.js';

const { i32, i64 } = ValType;

/** Whether addresses have 64 bits. */
function isWide(limits: Limits): boolean {
  return addressTypeOf(limits) === i64;
}

/** For operands that an operation does not have: any place of the frame. */
const noPlace = 0;

/** Decodes what accesses memories and tables. */
export class MemoryDecoder {
  readonly #module: WasmModule;
  readonly #reader: CodeReader;
  readonly #writer: CodeWriter;
  readonly #stack: OperandStack;
  /** Whether accesses to memory 0 are the loop's own. */
  readonly #isFirstPlain: boolean;
  /** What `readAccess` has read: index of a memory, and the halves of an offset. */
  #memory = 0;
  offset = 0;
  #offsetHigh = 0;

  constructor(module: WasmModule, reader: CodeReader, writer: CodeWriter, stack: OperandStack) {
    this.#module = module;
    this.#reader = reader;
    this.#writer = writer;
    this.#stack = stack;
    this.#isFirstPlain = module.memories.length > 0 && !isWide(module.memories[0].limits);
  }

  /**
   * Reads the immediates of an access. Returns whether it is to memory 0 with an address of 32 bits: then
   * there is nothing to it but `offset`.
   */
  readAccess(): boolean {
    const reader = this.#reader;
    this.#memory = hasMemoryIndex(reader.u32()) ? reader.u32() : 0;
    this.offset = reader.u64();
    this.#offsetHigh = reader.high;
    return this.#memory === 0 && this.#isFirstPlain;
  }

  /** A load of a number. */
  load(opcode: number, at: number): void {
    const isPlain = this.readAccess();
    const address = this.#stack.pop();
    this.#writer.mark(at);
    const place = this.#stack.push(resultType[opcode]);
    if (isPlain) this.#writer.emitResult(operationOf[opcode], place, address, this.offset);
    else this.access(opcode, place, address, noPlace, 0);
  }

  /** A store of a number. */
  store(opcode: number, at: number): void {
    const isPlain = this.readAccess();
    const value = this.#stack.pop();
    const address = this.#stack.pop();
    this.#writer.mark(at);
    if (isPlain) this.#writer.emit(operationOf[opcode], this.offset, address, value);
    else this.access(opcode, noPlace, address, value, 0);
  }

  /** Emits the access whose immediates have been read. */
  access(opcode: number, place: number, address: number, value: number, lane: number): void {
    const writer = this.#writer;
    if (resultType[opcode] === 0) writer.emit(Operation.memory_access, noPlace, address, value);
    else writer.emitResult(Operation.memory_access, place, address, value);
    writer.word(opcode);
    writer.word(this.#memory);
    writer.word(isWide(this.#module.memories[this.#memory].limits) ? Wide.address : 0);
    writer.word(this.offset);
    writer.word(this.#offsetHigh);
    writer.word(lane);
  }

  /** Decodes an instruction on a memory or table as a whole, or on an element, if it is one of these. */
  decode(opcode: number, at: number): boolean {
    const reader = this.#reader;
    switch (opcode) {
      case Opcode['memory.size']:
      case Opcode['memory.grow']:
      case Opcode['memory.fill']:
        this.#memoryOperation(opcode, reader.u32(), 0, at);
        return true;
      case Opcode['memory.copy']: {
        const target = reader.u32();
        this.#memoryOperation(opcode, target, reader.u32(), at);
        return true;
      }
      case Opcode['memory.init']: {
        const segment = reader.u32();
        this.#memoryOperation(opcode, reader.u32(), segment, at);
        return true;
      }
      case Opcode['table.get']: {
        const table = reader.u32();
        const index = this.index(table);
        this.#writer.mark(at);
        const { element } = this.#module.tables[table];
        this.#writer.emitResult(Operation.table_get, this.#stack.push(element), index, table);
        return true;
      }
      case Opcode['table.set']: {
        const table = reader.u32();
        const value = this.#stack.pop();
        const index = this.index(table);
        this.#writer.mark(at);
        this.#writer.emit(Operation.table_set, table, index, value);
        return true;
      }
      case Opcode['table.size']:
      case Opcode['table.grow']:
        this.#tableSize(opcode, reader.u32(), at);
        return true;
      case Opcode['table.fill']: {
        const table = reader.u32();
        this.#tableOperation(opcode, [table, undefined, table], table, 0, at);
        return true;
      }
      case Opcode['table.init']: {
        const segment = reader.u32();
        const table = reader.u32();
        this.#tableOperation(opcode, [table, undefined, undefined], segment, table, at);
        return true;
      }
      case Opcode['table.copy']: {
        const target = reader.u32();
        const source = reader.u32();
        const narrow = this.#isTableWide(target) ? source : target;
        this.#tableOperation(opcode, [target, source, narrow], target, source, at);
        return true;
      }
      case Opcode['data.drop']:
      case Opcode['elem.drop']:
        this.#writer.emit(operationOf[opcode], reader.u32(), 0, 0);
        return true;
      default:
        return false;
    }
  }

  /** Pops the index of an element of a table; returns its place, in 32 bits. */
  index(table: number): number {
    const stack = this.#stack;
    if (!this.#isTableWide(table)) return stack.pop();
    const index = stack.pop();
    const place = stack.own(stack.height);
    this.#writer.emit(Operation.table_index, place, index, 0);
    return place;
  }

  #isTableWide(table: number): boolean {
    return isWide(this.#module.tables[table].limits);
  }

  #isMemoryWide(memory: number): boolean {
    return isWide(this.#module.memories[memory].limits);
  }

  /** `other` is a segment, or the memory that is copied from. */
  #memoryOperation(opcode: number, memory: number, other: number, at: number): void {
    const writer = this.#writer;
    const isCopy = opcode === Opcode['memory.copy'];
    const hasResult = opcode === Opcode['memory.size'] || opcode === Opcode['memory.grow'];
    const result = this.#isMemoryWide(memory) ? i64 : i32;
    if (memory === 0 && this.#isFirstPlain && !(isCopy && other !== 0)) {
      this.#firstMemory(opcode, other, at);
      return;
    }
    const first = this.#operands(opcode === Opcode['memory.size'] ? 0 : hasResult ? 1 : 3);
    writer.mark(at);
    writer.emit(Operation.memory_whole, first, 0, 0);
    writer.word(opcode);
    writer.word(memory);
    writer.word(this.#widths(memory, isCopy ? other : memory));
    writer.word(other);
    if (hasResult) this.#stack.push(result);
  }

  #widths(memory: number, source: number): number {
    const target = this.#isMemoryWide(memory);
    const from = this.#isMemoryWide(source);
    return (target ? Wide.address : 0) | (from ? Wide.source : 0) | (target && from ? Wide.length : 0);
  }

  /** An instruction on memory 0 that is an operation of the loop. */
  #firstMemory(opcode: number, segment: number, at: number): void {
    const stack = this.#stack;
    switch (opcode) {
      case Opcode['memory.size']:
        this.#writer.emitResult(Operation.memory_size, stack.push(i32), 0, 0);
        return;
      case Opcode['memory.grow']: {
        const delta = stack.pop();
        this.#writer.emitResult(Operation.memory_grow, stack.push(i32), delta, 0);
        return;
      }
      default: {
        const first = this.#operands(3);
        this.#writer.mark(at);
        this.#writer.emit(operationOf[opcode], first, segment, 0);
      }
    }
  }

  /** The length of a table, which is the result of `table.size` and `table.grow`. */
  #tableSize(opcode: number, table: number, at: number): void {
    const stack = this.#stack;
    const writer = this.#writer;
    const wide = this.#isTableWide(table);
    const isGrow = opcode === Opcode['table.grow'];
    const place = isGrow ? this.#operands(2) : stack.own(stack.height);
    if (isGrow && wide) writer.emit(Operation.table_index, place + 2, place + 2, 0);
    writer.mark(at);
    if (isGrow) writer.emit(Operation.table_grow, place, table, 0);
    else writer.emitResult(Operation.table_size, place, table, 0);
    if (wide) writer.emit(Opcode['i64.extend_i32_s'], place, place, 0);
    stack.push(wide ? i64 : i32);
  }

  /**
   * An instruction with three operands in a row, some of which count elements of tables; `a`, `b`: its words.
   */
  #tableOperation(
    opcode: number,
    tables: readonly (number | undefined)[],
    a: number,
    b: number,
    at: number,
  ): void {
    const first = this.#operands(tables.length);
    for (const [k, table] of tables.entries()) {
      if (table === undefined || !this.#isTableWide(table)) continue;
      this.#writer.emit(Operation.table_index, first + 2 * k, first + 2 * k, 0);
    }
    this.#writer.mark(at);
    this.#writer.emit(operationOf[opcode], first, a, b);
  }

  /** Puts operands in a row and pops them; returns the place of the first. */
  #operands(count: number): number {
    const stack = this.#stack;
    const first = stack.settleTop(count);
    stack.dropTo(stack.height - count);
    return first;
  }
}
