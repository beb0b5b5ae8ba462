import { readHeapType, readValType } from './decode-types.js';
import { type CompileError, invalid, malformed } from './errors.js';
import { maxLocals } from './limits.js';
import { definedIndex, type WasmModule } from './module.js';
import {
  type ImmediateKind,
  isPrefix,
  naturalAlignment,
  Opcode,
  opcodes,
  operandCount,
  operandType0,
  operandType1,
  resultType,
  variableSignature,
} from './opcodes.js';
import { Reader } from './reader.js';
import { areSubtypes } from './type-registry.js';
import { emptyBlockType, floor, TypeStack } from './type-stack.js';
import { isDefaultable, isRefType, nonNull, refTo, ValType, valTypeName } from './types.js';
import { illegalOpcode } from './unsupported.js';
import { functionReference } from './validate-const-expr.js';
import { PrefixedValidator } from './validate-prefixed.js';

const { i32, funcref, exnref } = ValType;
/** What `catch_ref` and the like hand over: an exception, never null. */
const exception = nonNull(exnref);

/** Immediates that are, or begin with, a u32. */
const u32Immediates: readonly ImmediateKind[] = [
  ...(['label', 'labels', 'func', 'type', 'local', 'global', 'table', 'tag', 'memarg', 'valTypes'] as const),
];
/** 1 for each single-byte opcode whose first immediate is a u32. */
const startsWithU32 = new Uint8Array(0x100);
for (const { code, prefix, immediates } of opcodes) {
  if (prefix === undefined && immediates.length > 0 && u32Immediates.includes(immediates[0]))
    startsWithU32[code] = 1;
}

/**
 * Decodes and type-checks function bodies in one pass (spec 3.0, sections 3.4 and 5.4; the algorithm is that
 * of appendix 7.3). One validator serves all functions of a module; nothing is allocated per instruction.
 */
export class FunctionValidator {
  readonly #module: WasmModule;
  readonly #reader: Reader;
  readonly #declared: Uint8Array;
  readonly #stack: TypeStack;
  readonly #prefixed: PrefixedValidator;
  readonly #globalTypes: Int32Array;

  // The function at hand.
  #end = 0;
  /** Types of the locals; negative ones of locals that have no value yet, and no default one. */
  readonly #localTypes = new Int32Array(maxLocals);
  /** Locals that got their first value, and the depths of the frames at whose ends they lose it. */
  readonly #initialized: { readonly local: number; readonly depth: number }[] = [];

  /** `declared` has a 1 for each function that `ref.func` may name. */
  constructor(module: WasmModule, declared: Uint8Array) {
    this.#module = module;
    this.#reader = new Reader(module.bytes);
    this.#declared = declared;
    this.#stack = new TypeStack(module);
    this.#prefixed = new PrefixedValidator(module, this.#reader, this.#stack);
    this.#globalTypes = Int32Array.from(module.globals, ({ type }) => type);
  }

  /** Validates function `functionIndex`, which the module defines. */
  validate(functionIndex: number): void {
    const module = this.#module;
    const k = definedIndex(module, functionIndex);
    const reader = this.#reader;
    reader.pos = module.bodyStarts[k];
    this.#end = module.bodyEnds[k];
    const signature = module.functionTypes[functionIndex];
    this.#initialized.length = 0;
    const localCount = this.#readLocals(this.#stack.params(signature));
    this.#readInstructions(localCount, this.#stack.start(signature, reader.pos, this.#end));
  }

  #readLocals(params: readonly number[]): number {
    const reader = this.#reader;
    const types = this.#localTypes;
    const at = reader.pos;
    let count = 0;
    for (; count < params.length; count++) types[count] = params[count];
    const groups = reader.length();
    for (let k = 0; k < groups; k++) {
      const first = count;
      count += reader.u32();
      const type = readValType(reader, this.#module.typeIds);
      if (count <= maxLocals) types.fill(isDefaultable(type) ? type : -type, first, count);
    }
    if (count > 0xffff_ffff) throw malformed('too many locals', at);
    if (count > maxLocals) throw invalid(`too many locals: ${count}, at most ${maxLocals}`, at);
    return count;
  }

  /**
   * The loop over the instructions. Position and stack pointer live in local variables; methods take the
   * stack pointer and return the new one. The cases are literals in one dense range, because only those make
   * V8's interpreter jump through a table. Opcodes far above are dealt with elsewhere.
   */
  #readInstructions(localCount: number, stackPointer: number): void {
    const reader = this.#reader;
    const bytes = reader.bytes;
    const end = this.#end;
    const localTypes = this.#localTypes;
    const typeCount = this.#stack.typeCount;
    const initialized = this.#initialized;
    const globalTypes = this.#globalTypes;
    const hasMemory = this.#module.memories.length > 0;
    const address0 = hasMemory ? this.#prefixed.memoryAddress(0, 0) : i32;
    const counts = operandCount;
    const types0 = operandType0;
    const types1 = operandType1;
    const results = resultType;
    const u32First = startsWithU32;
    const alignments = naturalAlignment;
    const stack = this.#stack;
    let types = stack.types;
    let sp = stackPointer;
    let pos = reader.pos;
    let address: number;
    let element: number;
    while (pos < end) {
      const at = pos;
      const opcode = bytes[pos++];
      // The first immediate, where that is a u32.
      let index = 0;
      if (u32First[opcode] === 1) {
        if (pos >= end) throw this.#bodyTooShort();
        index = bytes[pos++];
        if (index >= 0x80) {
          reader.pos = pos - 1;
          index = reader.u32();
          pos = reader.pos;
        }
      }
      switch (opcode) {
        case 0x00: // unreachable
          sp = stack.setUnreachable();
          break;
        case 0x01: // nop
          break;
        case 0x02: // block
        case 0x03: // loop
        case 0x04: // if
          {
            let signature = typeCount + bytes[pos];
            if (bytes[pos] === emptyBlockType) pos++;
            else {
              reader.pos = pos;
              signature = this.#readBlockType();
              pos = reader.pos;
            }
            if (opcode === 0x04) {
              if (types[sp - 1] === i32) sp--;
              else sp = stack.pop(i32, sp, at);
            }
            sp = stack.enter(opcode, signature, sp, at);
            types = stack.types;
          }
          break;
        case 0x05: // else
          sp = stack.else(sp, at);
          types = stack.types;
          if (initialized.length > 0) this.#forgetLocals(stack.depth);
          break;
        case 0x0b: // end
          sp = stack.leave(sp, at);
          types = stack.types;
          if (initialized.length > 0) this.#forgetLocals(stack.depth + 1);
          if (stack.empty) {
            if (pos !== end) throw malformed('section size mismatch: code behind the end of a function', pos);
            return;
          }
          break;
        case 0x0c: // br
          stack.popTypes(stack.labelTypes(index, at), sp, at);
          sp = stack.setUnreachable();
          break;
        case 0x0d: // br_if
          if (types[sp - 1] === i32) sp--;
          else sp = stack.pop(i32, sp, at);
          {
            const label = stack.labelTypes(index, at);
            if (label.length > 0) {
              sp = stack.pushTypes(label, stack.popTypes(label, sp, at), at);
              types = stack.types;
            }
          }
          break;
        case 0x0e: // br_table
          sp = stack.pop(i32, sp, at);
          reader.pos = pos;
          this.#branchTable(index, sp, at);
          pos = reader.pos;
          sp = stack.setUnreachable();
          break;
        case 0x0f: // return
          stack.popTypes(stack.returnTypes(), sp, at);
          sp = stack.setUnreachable();
          break;
        case 0x10: // call
          if (index >= this.#module.functionTypes.length) throw invalid(`unknown function ${index}`, at);
          sp = stack.call(this.#module.functionTypes[index], sp, at);
          types = stack.types;
          break;
        case 0x11: // call_indirect
          reader.pos = pos;
          sp = stack.call(index, this.#calledThrough(index, sp, at), at);
          pos = reader.pos;
          types = stack.types;
          break;
        case 0x1a: // drop
          if (types[sp - 1] !== floor) sp--;
          else stack.checkUnreachable(at);
          break;
        case 0x1b: // select
          sp = stack.select(stack.pop(i32, sp, at), at);
          break;
        case 0x1c: // select t
          if (index !== 1) throw invalid(`invalid result arity: select with ${index} types`, at);
          {
            reader.pos = pos;
            const type = readValType(reader, this.#module.typeIds);
            pos = reader.pos;
            sp = stack.pop(type, stack.pop(type, stack.pop(i32, sp, at), at), at);
            types[sp++] = type;
          }
          break;
        case 0x20: // local.get
          if (index >= localCount) throw invalid(`unknown local ${index}`, at);
          if (localTypes[index] < 0) throw invalid(`uninitialized local ${index}`, at);
          types[sp++] = localTypes[index];
          break;
        case 0x21: // local.set
          if (index >= localCount) throw invalid(`unknown local ${index}`, at);
          if (types[sp - 1] === localTypes[index]) sp--;
          else sp = this.#setLocal(index, sp, at);
          break;
        case 0x22: // local.tee
          if (index >= localCount) throw invalid(`unknown local ${index}`, at);
          if (types[sp - 1] !== localTypes[index]) {
            sp = this.#setLocal(index, sp, at);
            types[sp++] = localTypes[index];
          }
          break;
        case 0x23: // global.get
          if (index >= globalTypes.length) throw invalid(`unknown global ${index}`, at);
          types[sp++] = globalTypes[index];
          break;
        case 0x24: // global.set
          if (index >= globalTypes.length) throw invalid(`unknown global ${index}`, at);
          if (!this.#module.globals[index].mutable) throw invalid(`immutable global ${index}`, at);
          sp = stack.pop(globalTypes[index], sp, at);
          break;
        case 0x25: // table.get
          element = this.#prefixed.tableType(index, at);
          sp = stack.pop(this.#prefixed.tableAddress(index), sp, at);
          types[sp++] = element;
          break;
        case 0x26: // table.set
          sp = stack.pop(this.#prefixed.tableType(index, at), sp, at);
          sp = stack.pop(this.#prefixed.tableAddress(index), sp, at);
          break;
        case 0x28: // the loads
        case 0x29:
        case 0x2a:
        case 0x2b:
        case 0x2c:
        case 0x2d:
        case 0x2e:
        case 0x2f:
        case 0x30:
        case 0x31:
        case 0x32:
        case 0x33:
        case 0x34:
        case 0x35:
          if (index > alignments[opcode] || bytes[pos] >= 0x80 || !hasMemory) {
            reader.pos = pos;
            address = this.#prefixed.memarg(opcode, index, at);
            pos = reader.pos;
          } else {
            pos++;
            address = address0;
          }
          if (types[sp - 1] === address) sp--;
          else sp = stack.pop(address, sp, at);
          types[sp++] = results[opcode];
          break;
        case 0x36: // the stores
        case 0x37:
        case 0x38:
        case 0x39:
        case 0x3a:
        case 0x3b:
        case 0x3c:
        case 0x3d:
        case 0x3e:
          if (index > alignments[opcode] || bytes[pos] >= 0x80 || !hasMemory) {
            reader.pos = pos;
            address = this.#prefixed.memarg(opcode, index, at);
            pos = reader.pos;
          } else {
            pos++;
            address = address0;
          }
          if (types[sp - 1] === types1[opcode]) sp--;
          else sp = stack.pop(types1[opcode], sp, at);
          if (types[sp - 1] === address) sp--;
          else sp = stack.pop(address, sp, at);
          break;
        case 0x3f: // memory.size
        case 0x40: // memory.grow
          reader.pos = pos;
          address = this.#prefixed.readMemory(at);
          pos = reader.pos;
          if (opcode === 0x40) sp = stack.pop(address, sp, at);
          types[sp++] = address;
          break;
        case 0x41: // i32.const
          if (bytes[pos] < 0x80) pos++;
          else {
            reader.pos = pos;
            reader.s32();
            pos = reader.pos;
          }
          types[sp++] = i32;
          break;
        case 0x42: // i64.const
          if (bytes[pos] < 0x80) pos++;
          else {
            reader.pos = pos;
            reader.s64Halves();
            pos = reader.pos;
          }
          types[sp++] = ValType.i64;
          break;
        case 0x43: // f32.const
          pos += 4;
          types[sp++] = ValType.f32;
          break;
        case 0x44: // f64.const
          pos += 8;
          types[sp++] = ValType.f64;
          break;
        default: {
          // The numeric instructions have one or two operands, one result and no immediates.
          const count = counts[opcode];
          if (count === variableSignature) {
            reader.pos = pos;
            sp = this.#other(opcode, index, sp, at);
            types = stack.types;
            pos = reader.pos;
            break;
          }
          if (count === 2) {
            if (types[sp - 1] === types1[opcode]) sp--;
            else sp = stack.pop(types1[opcode], sp, at);
          }
          if (types[sp - 1] === types0[opcode]) sp--;
          else sp = stack.pop(types0[opcode], sp, at);
          types[sp++] = results[opcode];
        }
      }
    }
    throw this.#bodyTooShort();
  }

  /**
   * The error for a body whose last `end` is not within its bytes. The spec's decoder reads on after the
   * body; its error depends on what it finds there.
   */
  #bodyTooShort(): CompileError {
    const { bytes } = this.#reader;
    const end = this.#end;
    if (end >= bytes.length) return malformed('unexpected end of section or function', end);
    if (bytes[end] === Opcode.end) return malformed('section size mismatch: function without end', end);
    return malformed('END opcode expected', end);
  }

  /** Reads a block type that is not the empty one; the result is a signature. */
  #readBlockType(): number {
    const reader = this.#reader;
    const at = reader.pos;
    if ((reader.bytes[at] & 0xc0) === 0x40)
      return this.#stack.signatureOf(readValType(reader, this.#module.typeIds));
    const index = reader.s33();
    if (index < 0) throw malformed(`malformed block type ${index}`, at);
    if (index >= this.#stack.typeCount) throw invalid(`unknown type ${index}`, at);
    return index;
  }

  /** Reads and checks the `count` labels of a br_table and the default one; nothing is popped. */
  #branchTable(count: number, sp: number, at: number): void {
    const stack = this.#stack;
    const reader = this.#reader;
    if (count > reader.end - reader.pos) throw malformed('length out of bounds', at);
    let arity = -1;
    for (let k = 0; k <= count; k++) {
      const types = stack.labelTypes(reader.u32(), at);
      stack.popTypes(types, sp, at);
      if (arity >= 0 && types.length !== arity) {
        throw invalid('type mismatch: labels of br_table take different numbers of values', at);
      }
      arity = types.length;
    }
  }

  /** The instructions that no case of the loop is about, from their first immediate on that is no u32. */
  #other(opcode: number, index: number, sp: number, at: number): number {
    if (isPrefix[opcode] === 1) return this.#prefixed.instruction(opcode, sp, at);
    const stack = this.#stack;
    const { types } = stack;
    switch (opcode) {
      case Opcode.return_call:
        return this.#tailCall(this.#functionType(index, at), sp, at);
      case Opcode.return_call_indirect:
        return this.#tailCall(index, this.#calledThrough(index, sp, at), at);
      case Opcode.call_ref:
        return stack.call(index, this.#calledReference(index, sp, at), at);
      case Opcode.return_call_ref:
        return this.#tailCall(index, this.#calledReference(index, sp, at), at);
      case Opcode['ref.null']:
        types[sp] = readHeapType(this.#reader, this.#module.typeIds);
        return sp + 1;
      case Opcode['ref.is_null']: {
        const rest = stack.popRef(sp, at);
        types[rest] = i32;
        return rest + 1;
      }
      case Opcode['ref.func']:
        if (index >= this.#declared.length) throw invalid(`unknown function ${index}`, at);
        if (this.#declared[index] === 0) throw invalid(`undeclared function reference ${index}`, at);
        types[sp] = functionReference(this.#module, index);
        return sp + 1;
      case Opcode['ref.as_non_null']: {
        const rest = stack.popRef(sp, at);
        types[rest] = stack.reference;
        return rest + 1;
      }
      case Opcode.br_on_null: {
        const rest = stack.popRef(sp, at);
        const { reference } = stack;
        const label = stack.labelTypes(index, at);
        const end = stack.pushTypes(label, stack.popTypes(label, rest, at), at);
        stack.types[end] = reference;
        return end + 1;
      }
      case Opcode.br_on_non_null: {
        const label = stack.labelTypes(index, at);
        if (label.length === 0 || !isRefType(label[label.length - 1])) {
          throw invalid('type mismatch: the label of br_on_non_null takes no reference at last', at);
        }
        const rest = stack.popRef(sp, at);
        types[rest] = stack.reference;
        return stack.pushTypes(label, stack.popTypes(label, rest + 1, at), at) - 1;
      }
      default:
        return this.#exceptions(opcode, index, sp, at);
    }
  }

  /** Exceptions (spec 3.0, section 3.4.2), with what they were before. */
  #exceptions(opcode: number, index: number, sp: number, at: number): number {
    const stack = this.#stack;
    switch (opcode) {
      case Opcode.throw:
        stack.popTypes(this.#tagParams(index, at), sp, at);
        return stack.setUnreachable();
      case Opcode.throw_ref:
        stack.pop(exnref, sp, at);
        return stack.setUnreachable();
      case Opcode.try_table: {
        const signature = this.#readAnyBlockType();
        this.#readCatches(at);
        return stack.enter(opcode, signature, sp, at);
      }
      case Opcode.try:
        return stack.enter(opcode, this.#readAnyBlockType(), sp, at);
      case Opcode.catch: {
        const params = this.#tagParams(index, at);
        const rest = stack.catch(opcode, sp, at);
        this.#forgetLocals(stack.depth);
        return stack.pushTypes(params, rest, at);
      }
      case Opcode.catch_all: {
        const rest = stack.catch(opcode, sp, at);
        this.#forgetLocals(stack.depth);
        return rest;
      }
      case Opcode.delegate: {
        const rest = stack.delegate(index, sp, at);
        this.#forgetLocals(stack.depth + 1);
        return rest;
      }
      case Opcode.rethrow:
        stack.checkHandler(index, at);
        return stack.setUnreachable();
      default:
        throw illegalOpcode(opcode, undefined, at);
    }
  }

  #readAnyBlockType(): number {
    const reader = this.#reader;
    if (reader.bytes[reader.pos] !== emptyBlockType) return this.#readBlockType();
    reader.pos++;
    return this.#stack.typeCount + emptyBlockType;
  }

  /** Reads and checks the handlers of a `try_table`, whose labels are outside of it. */
  #readCatches(at: number): void {
    const reader = this.#reader;
    const stack = this.#stack;
    for (let rest = reader.length(); rest > 0; rest--) {
      const kindAt = reader.pos;
      const kind = reader.u8();
      if (kind > 3) throw malformed(`malformed catch clause ${kind}`, kindAt);
      const params = kind < 2 ? this.#tagParams(reader.u32(), at) : [];
      const caught = (kind & 1) === 0 ? params : [...params, exception];
      const label = stack.labelTypes(reader.u32(), at);
      if (areSubtypes(caught, label)) continue;
      const texts = [caught, label].map((types) => `[${types.map(valTypeName).join(' ')}]`);
      throw invalid(`type mismatch: a handler catches ${texts[0]}, its label takes ${texts[1]}`, at);
    }
  }

  #tagParams(index: number, at: number): readonly number[] {
    const { tags, types } = this.#module;
    if (index >= tags.length) throw invalid(`unknown tag ${index}`, at);
    return types[tags[index].typeIndex].params;
  }

  /** The type index of a function. */
  #functionType(index: number, at: number): number {
    const { functionTypes } = this.#module;
    if (index >= functionTypes.length) throw invalid(`unknown function ${index}`, at);
    return functionTypes[index];
  }

  /** Reads a table's index and pops the address in it of what is called, a function of a type. */
  #calledThrough(typeIndex: number, sp: number, at: number): number {
    const table = this.#reader.u32();
    const element = this.#prefixed.tableType(table, at);
    this.#prefixed.checkSubtype(element, funcref, at);
    this.#checkType(typeIndex, at);
    return this.#stack.pop(this.#prefixed.tableAddress(table), sp, at);
  }

  /** Pops the reference to what is called, a function of a type. */
  #calledReference(typeIndex: number, sp: number, at: number): number {
    this.#checkType(typeIndex, at);
    return this.#stack.pop(refTo(this.#module.typeIds[typeIndex]), sp, at);
  }

  #checkType(index: number, at: number): void {
    if (index >= this.#stack.typeCount) throw invalid(`unknown type ${index}`, at);
  }

  /** Pops the parameters of a function of a type, whose results are returned. */
  #tailCall(typeIndex: number, sp: number, at: number): number {
    const stack = this.#stack;
    const { results } = this.#module.types[typeIndex];
    const expected = stack.returnTypes();
    if (!areSubtypes(results, expected)) {
      const texts = [expected, results].map((types) => `[${types.map(valTypeName).join(' ')}]`);
      throw invalid(
        `type mismatch: ${stack.mnemonicAt(at)} must return ${texts[0]}, but its callee returns ${texts[1]}`,
        at,
      );
    }
    stack.popTypes(stack.params(typeIndex), sp, at);
    return stack.setUnreachable();
  }

  /** Pops the value of a local, which has one from now on. */
  #setLocal(index: number, sp: number, at: number): number {
    const types = this.#localTypes;
    const type = types[index];
    if (type >= 0) return this.#stack.pop(type, sp, at);
    types[index] = -type;
    this.#initialized.push({ local: index, depth: this.#stack.depth });
    return this.#stack.pop(-type, sp, at);
  }

  /**
   * Locals that got their values in frames of at least this depth have none any more: the frames have been
   * left, or another branch of them begins.
   */
  #forgetLocals(depth: number): void {
    const initialized = this.#initialized;
    let last = initialized.at(-1);
    while (last !== undefined && last.depth >= depth) {
      this.#localTypes[last.local] *= -1;
      initialized.pop();
      last = initialized.at(-1);
    }
  }
}
