import { CodeReader } from '../wasm/code-reader.js';
import { functionType, type WasmModule } from '../wasm/module.js';
import { accessSize, Op, opcodeIndex, operandCount, resultType } from '../wasm/opcodes.js';
import { skipUnreachable } from '../wasm/skip-unreachable.js';
import { type FuncType, ValType } from '../wasm/types.js';
import { CodeWriter } from './code-writer.js';
import { ControlDecoder } from './decode-control.js';
import type { FunctionBody } from './function-body.js';
import { OperandStack } from './operand-stack.js';
import { copyOperation, Operation, prefixedOperation, withConstant } from './operations.js';

const { i32, i64, f32, f64, funcref } = ValType;
const miscPrefix = 0xfc;

/**
 * Turns functions of validated modules into the interpreter's code, in one pass: immediates are resolved, operands become
 * places in the frame, branches become places in the code.
 */
export class FunctionDecoder {
  readonly #module: WasmModule;
  readonly #reader = new CodeReader();
  readonly #writer = new CodeWriter();
  readonly #stack = new OperandStack(this.#writer);
  readonly #control: ControlDecoder;
  readonly #localTypes: number[] = [];

  constructor(module: WasmModule) {
    this.#module = module;
    this.#control = new ControlDecoder(module, this.#reader, this.#writer, this.#stack);
  }

  /** Decodes function `functionIndex`, which the module defines. */
  decode(functionIndex: number): FunctionBody {
    const module = this.#module;
    const reader = this.#reader;
    const control = this.#control;
    const k = functionIndex - module.importedFunctionCount;
    const type = functionType(module, functionIndex);
    const localCount = this.#begin(type, module.bodyStarts[k], module.bodyEnds[k]);
    while (control.isOpen) {
      const at = reader.position;
      const code = reader.u8();
      if (!control.decode(code, at)) this.#decodePlain(code, at);
      if (control.isUnreachable) skipUnreachable(reader);
    }
    return {
      functionIndex,
      code: this.#writer.code,
      paramWords: 2 * type.params.length,
      localWords: 2 * localCount,
      frameWords: this.#stack.frameWords,
      constants: this.#stack.constants,
      places: this.#writer.places,
      wasmOffsets: this.#writer.wasmOffsets,
    };
  }

  /** Reads the declarations of locals; returns how many there are, parameters included. */
  #begin(type: FuncType, start: number, end: number): number {
    const { bytes } = this.#module;
    const reader = this.#reader;
    reader.open(bytes, start);
    const types = this.#localTypes;
    types.length = 0;
    types.push(...type.params);
    for (let groups = reader.u32(); groups > 0; groups--) {
      const count = reader.u32();
      const localType = reader.u8();
      for (let k = 0; k < count; k++) types.push(localType);
    }
    const localCount = types.length;
    this.#writer.reset();
    this.#stack.reset(localCount, mostConstantsIn(bytes, reader.position, end));
    this.#control.begin(type);
    // Results take the places of parameters and whatever comes behind.
    this.#stack.reserve(type.results.length);
    return localCount;
  }

  /** Instructions that are no control instructions. */
  #decodePlain(code: number, at: number): void {
    const reader = this.#reader;
    const stack = this.#stack;
    const writer = this.#writer;
    switch (code) {
      case Op['local.get']:
        this.#getLocal(reader.u32());
        return;
      case Op['local.set']:
        this.#setLocal(reader.u32());
        return;
      case Op['local.tee']:
        this.#teeLocal(reader.u32());
        return;
      case Op['global.get']:
        this.#getGlobal(reader.u32());
        return;
      case Op['global.set']:
        writer.emit(Operation.global_set, reader.u32(), stack.pop(), 0);
        return;
      case Op['i32.const']:
        stack.pushConstant(i32, reader.s32(), 0);
        return;
      case Op['i64.const']: {
        const low = reader.s64();
        stack.pushConstant(i64, low, reader.high);
        return;
      }
      case Op['f32.const']:
        stack.pushConstant(f32, reader.bits32(), 0);
        return;
      case Op['f64.const']: {
        const low = reader.bits32();
        stack.pushConstant(f64, low, reader.bits32());
        return;
      }
      case Op.nop:
        return;
      case Op.drop:
        stack.dropTo(stack.height - 1);
        return;
      case Op['select t']:
        for (let count = reader.u32(); count > 0; count--) reader.u8();
        this.#select();
        return;
      case Op.select:
        this.#select();
        return;
      case Op['ref.null']:
        stack.pushConstant(reader.u8(), 0, 0);
        return;
      case Op['ref.is_null']: {
        // A null reference is 0.
        const reference = stack.pop();
        writer.emitResult(Op['i64.eqz'], stack.push(i32), reference, 0);
        return;
      }
      case Op['ref.func']:
        writer.emitResult(Operation.ref_func, stack.push(funcref), reader.u32(), 0);
        return;
      case Op['table.get']: {
        const table = reader.u32();
        const index = stack.pop();
        writer.mark(at);
        const { element } = this.#module.tables[table];
        writer.emitResult(Operation.table_get, stack.push(element), index, table);
        return;
      }
      case Op['table.set']: {
        const table = reader.u32();
        const value = stack.pop();
        writer.mark(at);
        writer.emit(Operation.table_set, table, stack.pop(), value);
        return;
      }
      case Op['memory.size']:
        reader.u8();
        writer.emitResult(Operation.memory_size, stack.push(i32), 0, 0);
        return;
      case Op['memory.grow']: {
        reader.u8();
        const delta = stack.pop();
        writer.emitResult(Operation.memory_grow, stack.push(i32), delta, 0);
        return;
      }
      case Op['i32.wrap_i64']:
      case Op['i32.reinterpret_f32']:
      case Op['i64.reinterpret_f64']:
      case Op['f32.reinterpret_i32']:
      case Op['f64.reinterpret_i64']:
        // The same words.
        stack.retype(resultType[code]);
        return;
      case miscPrefix:
        this.#decodePrefixed(reader.u32(), at);
        return;
    }
    if (accessSize[code] === 0) this.#numeric(code, at);
    else if (resultType[code] === 0) this.#store(code, at);
    else this.#load(code, at);
  }

  #decodePrefixed(subOpcode: number, at: number): void {
    const reader = this.#reader;
    const operation = prefixedOperation(subOpcode);
    switch (operation) {
      case Operation.memory_init: {
        const segment = reader.u32();
        reader.u8();
        this.#bulk(operation, 3, segment, 0, at);
        return;
      }
      case Operation.memory_copy:
        reader.u8();
        reader.u8();
        this.#bulk(operation, 3, 0, 0, at);
        return;
      case Operation.memory_fill:
        reader.u8();
        this.#bulk(operation, 3, 0, 0, at);
        return;
      case Operation.table_init:
      case Operation.table_copy: {
        const first = reader.u32();
        this.#bulk(operation, 3, first, reader.u32(), at);
        return;
      }
      case Operation.table_fill:
        this.#bulk(operation, 3, reader.u32(), 0, at);
        return;
      case Operation.table_grow:
        this.#bulk(operation, 2, reader.u32(), 0, at);
        this.#stack.push(i32);
        return;
      case Operation.table_size:
        this.#writer.emitResult(operation, this.#stack.push(i32), reader.u32(), 0);
        return;
      case Operation.data_drop:
      case Operation.elem_drop:
        this.#writer.emit(operation, reader.u32(), 0, 0);
        return;
      default:
        // Saturating conversions.
        this.#unary(operation, resultType[opcodeIndex(miscPrefix * 0x100 + subOpcode)]);
    }
  }

  #getLocal(local: number): void {
    this.#stack.pushLocal(local, this.#localTypes[local]);
  }

  #getGlobal(index: number): void {
    const { type } = this.#module.globals[index];
    this.#writer.emitResult(Operation.global_get, this.#stack.push(type), index, 0);
  }

  #setLocal(local: number): void {
    const stack = this.#stack;
    const place = stack.pop();
    const target = 2 * local;
    if (place === target) return;
    stack.releaseLocal(local);
    if (this.#writer.redirect(place, target)) return;
    this.#writer.emit(copyOperation(this.#localTypes[local]), target, place, 0);
  }

  #teeLocal(local: number): void {
    this.#setLocal(local);
    this.#getLocal(local);
  }

  #select(): void {
    const stack = this.#stack;
    const condition = stack.pop();
    const otherwise = stack.pop();
    const value = stack.pop();
    const type = stack.type(stack.height);
    const operation = type === f64 ? Operation.selectF64 : Operation.select;
    this.#writer.emitResult(operation, stack.push(type), value, otherwise);
    this.#writer.word(condition);
  }

  #load(code: number, at: number): void {
    const stack = this.#stack;
    this.#reader.skipLeb();
    const offset = this.#reader.u32();
    const address = stack.pop();
    this.#writer.mark(at);
    this.#writer.emitResult(code, stack.push(resultType[code]), address, offset);
  }

  #store(code: number, at: number): void {
    const stack = this.#stack;
    this.#reader.skipLeb();
    const offset = this.#reader.u32();
    const value = stack.pop();
    this.#writer.mark(at);
    this.#writer.emit(code, offset, stack.pop(), value);
  }

  #numeric(code: number, at: number): void {
    if (canTrap(code)) this.#writer.mark(at);
    if (operandCount[code] === 1) {
      this.#unary(code, resultType[code]);
      return;
    }
    const stack = this.#stack;
    const constant = stack.hasConstant ? withConstant(code) : undefined;
    if (constant !== undefined) {
      const right = stack.popConstant();
      const left = stack.pop();
      this.#writer.emitResult(constant, stack.push(i32), left, right);
      return;
    }
    const right = stack.pop();
    const left = stack.pop();
    this.#writer.emitResult(code, stack.push(resultType[code]), left, right);
  }

  #unary(operation: number, type: number): void {
    const operand = this.#stack.pop();
    this.#writer.emitResult(operation, this.#stack.push(type), operand, 0);
  }

  /** An operation whose operands, `count` of them, are in a row. */
  #bulk(operation: number, count: number, a: number, b: number, at: number): void {
    const stack = this.#stack;
    const first = stack.settleTop(count);
    stack.dropTo(stack.height - count);
    this.#writer.mark(at);
    this.#writer.emit(operation, first, a, b);
  }
}

/** Whether a numeric instruction can trap: divisions, and conversions that do not saturate. */
function canTrap(code: number): boolean {
  if (code >= Op['i32.div_s'] && code <= Op['i32.rem_u']) return true;
  if (code >= Op['i64.div_s'] && code <= Op['i64.rem_u']) return true;
  if (code >= Op['i32.trunc_f32_s'] && code <= Op['i32.trunc_f64_u']) return true;
  return code >= Op['i64.trunc_f32_s'] && code <= Op['i64.trunc_f64_u'];
}

/** An upper bound of how many constants code holds, cheaply: how many of its bytes could be the opcode of one. */
function mostConstantsIn(bytes: Uint8Array, start: number, end: number): number {
  let count = 0;
  for (let at = start; at < end; at++) {
    const byte = bytes[at];
    if ((byte >= Op['i32.const'] && byte <= Op['f64.const']) || byte === Op['ref.null']) count++;
  }
  return count;
}
