import type { CodeReader } from '../wasm/code-reader.js';
import {
  accessSize,
  Immediate,
  immediateKinds,
  immediatesFrom,
  Opcode,
  opcodeCount,
  opcodes,
  operandCount,
  resultType,
} from '../wasm/opcodes.js';
import { ValType } from '../wasm/types.js';
import type { CodeWriter } from './code-writer.js';
import type { MemoryDecoder } from './decode-memories.js';
import type { OperandStack } from './operand-stack.js';
import { Operation } from './operations.js';
import { numbersOf } from './vectors/execute.js';
import type { RelaxedMeaning } from './vectors/relaxed.js';

const { v128 } = ValType;
/** 1 for each opcode of a relaxed instruction. */
const isRelaxed = new Uint8Array(opcodeCount);
for (const { code, feature } of opcodes) isRelaxed[code] = feature === 'relaxed-simd' ? 1 : 0;
/** For operands that an operation does not have: any place of the frame. */
const noPlace = 0;

/** Decodes vector instructions. */
export class VectorDecoder {
  readonly #reader: CodeReader;
  readonly #writer: CodeWriter;
  readonly #stack: OperandStack;
  readonly #memories: MemoryDecoder;
  readonly #meaning: () => RelaxedMeaning;
  #numbers: Uint16Array | undefined;

  /** `meaning` is asked when the first relaxed instruction is decoded: it may depend on the processor. */
  constructor(
    reader: CodeReader,
    writer: CodeWriter,
    stack: OperandStack,
    memories: MemoryDecoder,
    meaning: () => RelaxedMeaning,
  ) {
    this.#reader = reader;
    this.#writer = writer;
    this.#stack = stack;
    this.#memories = memories;
    this.#meaning = meaning;
  }

  /** Decodes an instruction whose opcode, at `at`, has been read. */
  decode(opcode: number, at: number): void {
    if (opcode === Opcode['v128.const']) this.#constant();
    else if (accessSize[opcode] !== 0) this.#access(opcode, at);
    else this.#operator(opcode);
  }

  /** A selection between two vectors, by an i32. */
  select(): void {
    this.#emitOperator(Opcode.select, v128, 3, 0);
  }

  /** 16 bytes, as a value on the stack. */
  #constant(): void {
    const place = this.#stack.push(v128);
    for (let half = 0; half < 2; half++) {
      this.#writer.emit(Operation.constant, place + 2 * half, 0, 0);
      this.#writer.word(this.#reader.bits32());
      this.#writer.word(this.#reader.bits32());
    }
  }

  #operator(opcode: number): void {
    const number = isRelaxed[opcode] === 1 ? this.#relaxedNumber(opcode) : opcode;
    const first = immediatesFrom[opcode];
    if (first === immediatesFrom[opcode + 1]) {
      this.#emitOperator(number, resultType[opcode], operandCount[opcode], 0);
    } else if (immediateKinds[first] === Immediate.lanes) {
      // The lanes become a third operand.
      this.#constant();
      this.#emitOperator(number, v128, 3, 0);
    } else {
      this.#emitOperator(number, resultType[opcode], operandCount[opcode], this.#reader.u8());
    }
  }

  #relaxedNumber(opcode: number): number {
    this.#numbers ??= numbersOf(this.#meaning());
    return this.#numbers[opcode];
  }

  #emitOperator(number: number, result: number, operands: number, lane: number): void {
    const stack = this.#stack;
    const c = operands > 2 ? stack.pop() : noPlace;
    const b = operands > 1 ? stack.pop() : noPlace;
    const a = stack.pop();
    this.#writer.emitResult(Operation.vector, stack.push(result), a, b);
    this.#writer.word(number);
    this.#writer.word(c);
    this.#writer.word(lane);
  }

  #access(opcode: number, at: number): void {
    const reader = this.#reader;
    const stack = this.#stack;
    const writer = this.#writer;
    const memories = this.#memories;
    const isPlain = memories.readAccess();
    const lane = immediatesFrom[opcode + 1] - immediatesFrom[opcode] > 1 ? reader.u8() : 0;
    const vector = operandCount[opcode] > 1 ? stack.pop() : noPlace;
    const address = stack.pop();
    writer.mark(at);
    if (!isPlain) {
      const place = resultType[opcode] === 0 ? noPlace : stack.push(v128);
      memories.access(opcode, place, address, vector, lane);
      return;
    }
    if (resultType[opcode] === 0) writer.emit(Operation.vector_access, noPlace, address, vector);
    else writer.emitResult(Operation.vector_access, stack.push(v128), address, vector);
    writer.word(opcode);
    writer.word(memories.offset);
    writer.word(lane);
  }
}
