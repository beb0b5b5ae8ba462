import { layoutSlots, slotsOf } from '../layout/widths.js';
import { checkBody } from '../wasm/body-checks.js';
import { CodeReader } from '../wasm/code-reader.js';
import { definedIndex, functionType, type WasmModule } from '../wasm/module.js';
import {
  accessSize,
  canTrap,
  isNumeric,
  mnemonic,
  Opcode,
  opcodeCount,
  opcodes,
  operandCount,
  Prefix,
  resultType,
} from '../wasm/opcodes.js';
import { skipUnreachable } from '../wasm/skip-unreachable.js';
import { type FuncType, ValType } from '../wasm/types.js';
import { CodeWriter } from './code-writer.js';
import { ControlDecoder } from './decode-control.js';
import { MemoryDecoder } from './decode-memories.js';
import { VectorDecoder } from './decode-vectors.js';
import type { FunctionBody } from './function-body.js';
import { OperandStack } from './operand-stack.js';
import { copyOperation, keepsWords, Operation, operationOf, withConstant } from './operations.js';
import { upperHalf } from './value-entries.js';
import type { RelaxedMeaning } from './vectors/relaxed.js';

const { i32, i64, f32, f64, v128, funcref } = ValType;

/** 1 for each opcode of a vector instruction. */
const isVector = new Uint8Array(opcodeCount);
/** 1 for each byte that is the opcode of a constant of at most 8 bytes. */
const beginsConstant = new Uint8Array(0x100);
for (const { code, prefix, kind, mnemonic: name } of opcodes) {
  if (prefix === Prefix.vector) isVector[code] = 1;
  if (prefix === undefined && (kind === 'const' || name === 'ref.null')) beginsConstant[code] = 1;
}

/**
 * Turns functions of validated modules into the interpreter's code, in one pass. Immediates are resolved,
 * operands become places in the frame, and branches become places in the code.
 */
export class FunctionDecoder {
  readonly #module: WasmModule;
  readonly #reader = new CodeReader();
  readonly #writer = new CodeWriter();
  readonly #stack = new OperandStack(this.#writer);
  readonly #control: ControlDecoder;
  readonly #memories: MemoryDecoder;
  readonly #vectors: VectorDecoder;
  readonly #localTypes: number[] = [];
  /** The first slot of each local. */
  readonly #localSlots: number[] = [];

  /** `meaning` is asked when the first relaxed instruction is decoded. */
  constructor(module: WasmModule, meaning: () => RelaxedMeaning) {
    this.#module = module;
    const parts = [this.#reader, this.#writer, this.#stack] as const;
    this.#memories = new MemoryDecoder(module, ...parts);
    this.#control = new ControlDecoder(module, ...parts, this.#memories);
    this.#vectors = new VectorDecoder(...parts, this.#memories, meaning);
  }

  /**
   * Decodes function `functionIndex`, which the module defines.
   *
   * @throws CompileError if it turns out to be invalid
   */
  decode(functionIndex: number): FunctionBody {
    const module = this.#module;
    checkBody(module, functionIndex);
    const reader = this.#reader;
    const control = this.#control;
    const k = definedIndex(module, functionIndex);
    const type = functionType(module, functionIndex);
    const localSlots = this.#begin(type, module.bodyStarts[k], module.bodyEnds[k]);
    while (control.isOpen) {
      const at = reader.position;
      const opcode = reader.opcode();
      if (!control.decode(opcode, at)) this.#decodePlain(opcode, at);
      if (control.isUnreachable) skipUnreachable(reader);
    }
    return {
      functionIndex,
      code: this.#writer.code,
      paramWords: 2 * layoutSlots(type.params).slots,
      localWords: 2 * localSlots,
      frameWords: this.#stack.frameWords,
      constants: this.#stack.constants,
      handlers: this.#writer.handlers,
      places: this.#writer.places,
      wasmOffsets: this.#writer.wasmOffsets,
    };
  }

  /** Reads the declarations of locals; returns how many slots they take, parameters included. */
  #begin(type: FuncType, start: number, end: number): number {
    const { bytes } = this.#module;
    const reader = this.#reader;
    reader.open(bytes, start);
    const types = this.#localTypes;
    types.length = 0;
    types.push(...type.params);
    for (let groups = reader.u32(); groups > 0; groups--) {
      const count = reader.u32();
      const localType = reader.valType();
      for (let k = 0; k < count; k++) types.push(localType);
    }
    const localSlots = this.#placeLocals();
    this.#writer.reset();
    this.#stack.reset(localSlots, mostConstantsIn(bytes, reader.position, end));
    this.#control.begin(type);
    // Results take the places of the parameters and of what follows them.
    this.#stack.reserve(layoutSlots(type.results).slots);
    return localSlots;
  }

  /** Fills `#localSlots`; returns how many slots there are. */
  #placeLocals(): number {
    const slots = this.#localSlots;
    slots.length = 0;
    let next = 0;
    for (const type of this.#localTypes) {
      slots.push(next);
      next += slotsOf(type as ValType);
    }
    return next;
  }

  /** Decodes an instruction other than control instructions: the opcode table tells most of it. */
  #decodePlain(opcode: number, at: number): void {
    if (isVector[opcode] === 1) {
      this.#vectors.decode(opcode, at);
    } else if (accessSize[opcode] !== 0) {
      if (resultType[opcode] === 0) this.#memories.store(opcode, at);
      else this.#memories.load(opcode, at);
    } else if (keepsWords[opcode] === 1) {
      this.#stack.retype(resultType[opcode]);
    } else if (isNumeric[opcode] === 1) {
      this.#numeric(opcode, at);
    } else {
      this.#decodeOther(opcode, at);
    }
  }

  /** Decodes the instructions that each need code of their own. */
  #decodeOther(opcode: number, at: number): void {
    const reader = this.#reader;
    const stack = this.#stack;
    const writer = this.#writer;
    switch (opcode) {
      case Opcode['local.get']:
        this.#getLocal(reader.u32());
        return;
      case Opcode['local.set']:
        this.#setLocal(reader.u32());
        return;
      case Opcode['local.tee']:
        this.#teeLocal(reader.u32());
        return;
      case Opcode['global.get']:
        this.#getGlobal(reader.u32());
        return;
      case Opcode['global.set']:
        this.#setGlobal(reader.u32());
        return;
      case Opcode['i32.const']:
        stack.pushConstant(i32, reader.s32(), 0);
        return;
      case Opcode['i64.const']: {
        const low = reader.s64();
        stack.pushConstant(i64, low, reader.high);
        return;
      }
      case Opcode['f32.const']:
        stack.pushConstant(f32, reader.bits32(), 0);
        return;
      case Opcode['f64.const']: {
        const low = reader.bits32();
        stack.pushConstant(f64, low, reader.bits32());
        return;
      }
      case Opcode.nop:
        return;
      case Opcode.drop:
        stack.drop();
        return;
      case Opcode['select t']:
        for (let count = reader.u32(); count > 0; count--) reader.valType();
        this.#select();
        return;
      case Opcode.select:
        this.#select();
        return;
      case Opcode['ref.null']:
        // All references are alike here.
        reader.skipLeb();
        stack.pushConstant(funcref, 0, 0);
        return;
      case Opcode['ref.is_null']: {
        // A null reference is 0.
        const reference = stack.pop();
        writer.emitResult(Opcode['i64.eqz'], stack.push(i32), reference, 0);
        return;
      }
      case Opcode['ref.as_non_null']: {
        const reference = stack.settleTop(1);
        writer.mark(at);
        writer.emit(Operation.ref_as_non_null, 0, reference, 0);
        return;
      }
      case Opcode['ref.func']:
        writer.emitResult(Operation.ref_func, stack.push(funcref), reader.u32(), 0);
        return;
      default:
        if (this.#memories.decode(opcode, at)) return;
        throw new Error(`internal error: no decoding of ${mnemonic(opcode)}`);
    }
  }

  #getLocal(local: number): void {
    this.#stack.pushLocal(this.#localSlots[local], this.#localTypes[local]);
  }

  #getGlobal(index: number): void {
    const { type } = this.#module.globals[index];
    const operation = type === v128 ? Operation.global_get_vector : Operation.global_get;
    this.#writer.emitResult(operation, this.#stack.push(type), index, 0);
  }

  #setGlobal(index: number): void {
    const { type } = this.#module.globals[index];
    const operation = type === v128 ? Operation.global_set_vector : Operation.global_set;
    this.#writer.emit(operation, index, this.#stack.pop(), 0);
  }

  #setLocal(local: number): void {
    const stack = this.#stack;
    const type = this.#localTypes[local];
    const slot = this.#localSlots[local];
    const place = stack.pop();
    const target = 2 * slot;
    if (place === target) return;
    stack.releaseLocal(slot);
    if (type === v128) stack.releaseLocal(slot + 1);
    if (this.#writer.redirect(place, target)) return;
    this.#writer.emit(copyOperation(type), target, place, 0);
    if (type === v128) this.#writer.emit(copyOperation(type), target + 2, place + 2, 0);
  }

  #teeLocal(local: number): void {
    this.#setLocal(local);
    this.#getLocal(local);
  }

  #select(): void {
    const stack = this.#stack;
    if (stack.type(stack.height - 2) === upperHalf) {
      this.#vectors.select();
      return;
    }
    const condition = stack.pop();
    const otherwise = stack.pop();
    const value = stack.pop();
    const type = stack.type(stack.height);
    const operation = type === f64 ? Operation.selectF64 : Operation.select;
    this.#writer.emitResult(operation, stack.push(type), value, otherwise);
    this.#writer.word(condition);
  }

  #numeric(opcode: number, at: number): void {
    const stack = this.#stack;
    const writer = this.#writer;
    if (canTrap[opcode] === 1) writer.mark(at);
    if (operandCount[opcode] === 1) {
      const operand = stack.pop();
      writer.emitResult(operationOf[opcode], stack.push(resultType[opcode]), operand, 0);
      return;
    }
    const constant = stack.hasConstant ? withConstant(opcode) : undefined;
    if (constant !== undefined) {
      const right = stack.popConstant();
      const left = stack.pop();
      writer.emitResult(constant, stack.push(i32), left, right);
      return;
    }
    const right = stack.pop();
    const left = stack.pop();
    writer.emitResult(operationOf[opcode], stack.push(resultType[opcode]), left, right);
  }
}

/**
 * A cheap upper bound for the constants in code, vectors aside: the number of bytes that could be the opcode
 * of one.
 */
function mostConstantsIn(bytes: Uint8Array, start: number, end: number): number {
  let count = 0;
  for (let at = start; at < end; at++) {
    count += beginsConstant[bytes[at]];
  }
  return count;
}
